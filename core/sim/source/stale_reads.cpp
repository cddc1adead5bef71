// Stale reads: old answers are allowed, older ones than before are not.
#include <algorithm>
#include <map>
#include <optional>
#include <set>
#include <utility>

#include <kelek/sim/linearizability.h>

#include "operation_text.h"

namespace kelek::sim::history {
namespace {

using ProcessKey = std::pair<std::uint64_t, std::string>;

std::string name_of(const Operation& operation) {
  return "process " + std::to_string(operation.process) + ", stale read of " + quoted(operation.key) + " at " +
         std::to_string(operation.call_time) + ": ";
}

/// For each value of a register or log: the first call that would write it.
std::map<std::pair<std::string, std::string>, std::uint64_t> first_writes(const std::vector<Operation>& history) {
  std::map<std::pair<std::string, std::string>, std::uint64_t> first;
  for (const Operation& operation : history) {
    const std::string* value = nullptr;
    if (const auto* put = std::get_if<Put>(&operation.action)) value = &put->value;
    if (const auto* cas = std::get_if<CompareAndSet>(&operation.action)) value = &cas->value;
    if (const auto* append = std::get_if<Append>(&operation.action)) value = &append->record;
    if (value == nullptr || operation.ending == Ending::refused) continue;
    const auto [place, added] = first.try_emplace({operation.key, *value}, operation.call_time);
    if (!added) place->second = std::min(place->second, operation.call_time);
  }
  return first;
}

class Monotony {
 public:
  Monotony(const std::vector<Operation>& history, std::size_t max_faults)
      : written_(first_writes(history)), max_faults_(max_faults) {}

  void look_at(const Operation& read) {
    revisions(read);
    if (const auto* get = std::get_if<Get>(&read.action)) {
      if (get->value) was_written(read, *get->value);
    } else if (const auto* log = std::get_if<ReadLog>(&read.action)) {
      for (const std::string& record : log->records) was_written(read, record);
      grows(read, *log);
    }
  }
  std::vector<std::string> faults() && { return std::move(faults_); }

 private:
  void complain(const Operation& read, const std::string& what) {
    if (faults_.size() < max_faults_) faults_.push_back(name_of(read) + what);
  }

  void revisions(const Operation& read) {
    if (read.revision == 0) return;
    auto [place, added] = newest_.try_emplace(read.process, read.revision);
    if (!added && read.revision < place->second) {
      complain(read, "tells of revision " + std::to_string(read.revision) + ", and the process had been told of " +
                         std::to_string(place->second));
    }
    place->second = std::max(place->second, read.revision);
  }

  void was_written(const Operation& read, const std::string& value) {
    const auto place = written_.find({read.key, value});
    if (place == written_.end()) {
      complain(read, "shows " + quoted(value) + ", which nobody wrote");
    } else if (place->second > read.return_time) {
      complain(read, "shows " + quoted(value) + " before anybody wrote it");
    }
  }

  void grows(const Operation& read, const ReadLog& shown) {
    std::vector<std::optional<std::string>>& known = logs_[{read.process, read.key}];
    const std::uint64_t end = shown.from + shown.records.size();
    if (end < known.size() && !shown.records.empty()) {
      complain(read, "shows a log that ends at " + std::to_string(end) + ", and the process had been shown " +
                         std::to_string(known.size()));
    }
    constexpr std::uint64_t longest = 1'000'000;  // no index is believed beyond
    if (end > longest) return;
    if (known.size() < end) known.resize(static_cast<std::size_t>(end));
    for (std::size_t i = 0; i < shown.records.size(); ++i) {
      std::optional<std::string>& place = known[static_cast<std::size_t>(shown.from) + i];
      if (place && *place != shown.records[i]) {
        complain(read, "shows " + quoted(shown.records[i]) + " at position " + std::to_string(shown.from + i) +
                           ", where the process had been shown " + quoted(*place));
      }
      place = shown.records[i];
    }
  }

  const std::map<std::pair<std::string, std::string>, std::uint64_t> written_;
  const std::size_t max_faults_;
  std::map<std::uint64_t, std::uint64_t> newest_;
  std::map<ProcessKey, std::vector<std::optional<std::string>>> logs_;
  std::vector<std::string> faults_;
};

}  // namespace

std::vector<std::string> check_stale_reads(const std::vector<Operation>& operations, std::size_t max_faults) {
  std::vector<const Operation*> reads;
  for (const Operation& operation : operations) {
    if (operation.stale && operation.ending == Ending::answered) reads.push_back(&operation);
  }
  // A process does one thing after the other, so that the order of the calls is that of the answers.
  std::stable_sort(reads.begin(), reads.end(),
                   [](const Operation* a, const Operation* b) { return a->call_time < b->call_time; });
  Monotony monotony(operations, max_faults);
  for (const Operation* read : reads) monotony.look_at(*read);
  return std::move(monotony).faults();
}

}  // namespace kelek::sim::history
