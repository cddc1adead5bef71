// Which run goes on next.
#include <kelek/sim/trace_merge.h>

#include <variant>

namespace kelek::sim {

using namespace raft;

namespace {

/// Messages that were lost stay among those on their way; so many are remembered.
constexpr std::size_t most_on_their_way = 1'000'000;

/// Made by who drives the core, where its disk is full, and so never told as sent.
bool is_from_driver(const Message& message) {
  const auto* response = std::get_if<ProposeResponse>(&message.body);
  return response != nullptr && response->refusal == Refusal::not_ready;
}

}  // namespace

void TraceMerge::add(std::string name, wire::TraceReader::Read read) {
  runs_.push_back(std::make_unique<Told>(*this, std::move(name), std::move(read)));
}

void TraceMerge::Told::observe(const TraceEvent& event) {
  ToldEvent told{event, run.replay().wall_us(), false};
  if (const auto* send = std::get_if<SendEvent>(&event.what)) {
    std::map<std::uint64_t, std::uint32_t>& sent = merge.on_their_way_;
    if (sent.size() < most_on_their_way) ++sent[wire::digest_of(*send->message)];
  } else if (const auto* receive = std::get_if<ReceiveEvent>(&event.what)) {
    const auto found = merge.on_their_way_.find(wire::digest_of(*receive->message));
    told.unexplained = found == merge.on_their_way_.end();
    if (told.unexplained) {
      if (!is_from_driver(*receive->message)) ++merge.unexplained_;
    } else if (--found->second == 0) {
      merge.on_their_way_.erase(found);
    }
  }
  if (merge.listener_) merge.listener_(told);
}

void TraceMerge::read_beginnings() {
  begun_ = true;
  for (const std::unique_ptr<Told>& told : runs_) {
    const wire::TraceRecord* record = told->run.next();
    const auto* begin = record != nullptr ? std::get_if<wire::TraceBegin>(&record->what) : nullptr;
    if (begin == nullptr) continue;
    told->node = begin->options.id;
    told->began_us = begin->wall_us;
  }
}

bool TraceMerge::has_begun_before(const Told& told) const {
  for (const std::unique_ptr<Told>& other : runs_) {
    if (other.get() == &told || other->node != told.node || other->run.end() != RunEnd::none) continue;
    if (other->began_us < told.began_us) return true;
  }
  return false;
}

bool TraceMerge::may_still_send(NodeId sender) const {
  for (const std::unique_ptr<Told>& told : runs_) {
    if (told->node == sender && told->run.end() == RunEnd::none) return true;
  }
  return false;
}

bool TraceMerge::waits(Told& told) const {
  const wire::TraceRecord* record = told.run.next();
  const auto* step = record != nullptr ? std::get_if<wire::TraceStep>(&record->what) : nullptr;
  if (step == nullptr || is_from_driver(step->message)) return false;
  if (on_their_way_.count(wire::digest_of(step->message)) != 0) return false;
  return may_still_send(step->message.from);
}

bool TraceMerge::step() {
  if (!begun_) read_beginnings();
  Told* next = nullptr;
  Told* earliest = nullptr;
  for (const std::unique_ptr<Told>& told : runs_) {
    if (told->run.next() == nullptr || has_begun_before(*told)) continue;
    const std::uint64_t at_us = told->run.records() == 0 ? told->began_us : told->run.replay().wall_us();
    const auto is_before = [at_us](const Told* other) {
      return other == nullptr || at_us < (other->run.records() == 0 ? other->began_us : other->run.replay().wall_us());
    };
    if (is_before(earliest)) earliest = told.get();
    if (is_before(next) && !waits(*told)) next = told.get();
  }
  // Each waits for another: something was heard that no file says was sent.
  if (next == nullptr) next = earliest;
  if (next == nullptr) return false;
  next->run.play();
  return true;
}

}  // namespace kelek::sim
