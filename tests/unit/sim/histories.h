// Histories for tests: written down by hand, or made by clients of an object that works, or works wrongly.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include <kelek/sim/linearizability.h>

namespace kelek::sim::history::testing {

/// SplitMix64.
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t limit) { return next() % limit; }
  bool one_in(std::uint64_t count) { return below(count) == 0; }

 private:
  std::uint64_t next() {
    std::uint64_t z = (state_ += 0x9e3779b97f4a7c15ULL);
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9ULL;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebULL;
    return z ^ (z >> 31);
  }
  std::uint64_t state_;
};

inline Operation done(std::uint64_t process, Action action, std::uint64_t call, std::uint64_t end,
                      std::string key = "x") {
  Operation operation;
  operation.process = process;
  operation.key = std::move(key);
  operation.action = std::move(action);
  operation.call_time = call;
  operation.return_time = end;
  return operation;
}
inline Operation lost(std::uint64_t process, Action action, std::uint64_t call, std::string key = "x") {
  Operation operation = done(process, std::move(action), call, 0, std::move(key));
  operation.ending = Ending::unknown;
  return operation;
}

/// One object of each kind, as simple as can be. Knows nothing of the models that are tested against it.
struct World {
  std::optional<std::string> value;
  std::uint64_t version = 0;
  std::vector<std::string> log;
  std::uint64_t holder_fence = 0;  // 0: free
  std::uint64_t fences = 0;
  std::uint64_t total = 0;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> counted;
  std::vector<std::uint64_t> members = {1, 2, 3};
  std::uint64_t index = 1;

  /// Does what is asked, and fills in what is answered.
  void perform(Action& action) {
    std::visit([this](auto& each) { serve(each); }, action);
  }

 private:
  void set(const std::string& to) {
    version = value ? version + 1 : 1;
    value = to;
  }
  void serve(Get& get) {
    get.value = value;
    get.version = value ? version : 0;
  }
  void serve(Put& put) {
    set(put.value);
    put.version = version;
  }
  void serve(CompareAndSet& cas) {
    cas.done = value == cas.expected;
    if (cas.done) set(cas.value);
    cas.version = cas.done ? version : 0;
  }
  void serve(Delete& erase) {
    erase.existed = value.has_value();
    value.reset();
    version = 0;
  }
  void serve(Append& append) {
    append.position = log.size();
    log.push_back(append.record);
  }
  void serve(ReadLog& read) {
    const std::uint64_t from = std::min<std::uint64_t>(read.from, log.size());
    read.records.assign(log.begin() + static_cast<std::ptrdiff_t>(from), log.end());
  }
  void serve(Acquire& acquire) {
    acquire.got = holder_fence == 0;
    if (acquire.got) acquire.fence = holder_fence = ++fences;
  }
  void serve(Release& release) {
    release.done = holder_fence != 0 && holder_fence == release.fence;
    if (release.done) holder_fence = 0;
  }
  void serve(Add& add) {
    const auto [place, first] = counted.try_emplace({add.session, add.sequence}, total + add.amount);
    if (first || add.session == 0) total += add.amount;
    add.total = add.session == 0 ? total : place->second;
  }
  void serve(ReadTotal& read) { read.total = total; }
  void serve(ChangeMembers& change) {
    members = change.members;
    change.index = ++index;
  }
  void serve(ReadMembers& read) {
    read.members = members;
    read.index = index;
  }
};

/// What is wrong with the object that clients talk to.
enum class Mutant : std::uint8_t { none, stale_read, lost_update, double_apply, reordered_ack };

struct Making {
  ObjectKind kind = ObjectKind::register_;
  std::uint64_t seed = 1;
  std::size_t operations = 200;
  std::size_t clients = 4;
  Mutant mutant = Mutant::none;
  /// One operation in so many loses its answer; 0: none does.
  std::uint64_t lose_one_in = 0;
};

/// The history of clients that work on one object at once.
std::vector<Operation> make_history(const Making& making);

}  // namespace kelek::sim::history::testing
