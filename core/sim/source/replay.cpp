// One call of the node a record.
#include <kelek/sim/replay.h>

#include <variant>

#include <kelek/wire/recorded_node.h>

namespace kelek::sim {

using namespace wire;

struct Replay::Input {
  Replay& replay;
  raft::Node& node = *replay.node_;

  void operator()(TraceBegin&) const {}
  void operator()(TraceHeld&) const { replay.fail("entries that were held come too late"); }
  void operator()(TraceStart&) const { replay.fail("the node starts a second time"); }
  void operator()(TraceTime& time) const { replay.passed_us_ += time.passed_us; }
  void operator()(TraceTick&) const { node.tick(); }
  void operator()(TraceStep& step) const { replay.digest_.add(node.step(std::move(step.message))); }
  void operator()(TracePropose& propose) const { replay.digest_.add(node.propose(propose.payloads, propose.token)); }
  void operator()(TraceRead& read) const { replay.digest_.add(node.read(read.token, read.mode)); }
  void operator()(TraceChange& change) const { replay.digest_.add(node.change(change.change)); }
  void operator()(TraceTransfer& transfer) const { replay.digest_.add(node.transfer(transfer.to)); }
  void operator()(TraceCampaign&) const { replay.digest_.add(node.campaign()); }
  void operator()(TracePersisted& persisted) const { node.persisted(persisted.ready_number); }
  void operator()(TraceApplied& applied) const { node.applied(applied.index); }
  void operator()(TraceSnapshotStored& stored) const { replay.digest_.add(node.snapshot_stored(stored.snapshot)); }
  void operator()(TraceCompact& compact) const { replay.digest_.add(node.compact(compact.index)); }
  void operator()(TraceSnapshotRefused& refused) const { node.snapshot_refused(refused.id); }
  void operator()(TraceSnapshotUnavailable& unavailable) const { node.snapshot_unavailable(unavailable.peer); }
  void operator()(TracePeerUnreachable& unreachable) const { node.peer_unreachable(unreachable.peer); }
  void operator()(TracePeerFellBack& fell_back) const { node.peer_fell_back(fell_back.peer, fell_back.last_index); }
  void operator()(TraceElectionTimeout& timeout) const { node.set_election_timeout(timeout.ticks); }
  void operator()(TraceReady& ready) const { replay.compare(ready); }
  void operator()(TraceGap&) const {}
  void operator()(TraceEnd&) const {}
};

void Replay::start() {
  raft::Result<std::unique_ptr<raft::Node>> node =
      raft::Node::create(begin_.options, std::move(begin_.state), observer_);
  if (!node.ok()) return fail("the recorded state makes no sense: " + node.error().text);
  node_ = std::move(*node);
}

bool Replay::feed(TraceRecord& record) {
  if (auto* begin = std::get_if<TraceBegin>(&record.what)) {
    begin_ = std::move(*begin);
  } else if (node_ != nullptr) {
    std::visit(Input{*this}, record.what);
  } else if (auto* held = std::get_if<TraceHeld>(&record.what)) {
    begin_.state.entries.push_back(std::move(held->entries));
  } else if (std::holds_alternative<TraceStart>(record.what)) {
    start();
  } else if (auto* time = std::get_if<TraceTime>(&record.what)) {
    passed_us_ += time->passed_us;
  } else if (!std::holds_alternative<TraceGap>(record.what) && !std::holds_alternative<TraceEnd>(record.what)) {
    fail("an input before the node is made");
  }
  return fault_.empty();
}

void Replay::compare(const TraceReady& recorded) {
  if (!node_->has_ready()) return fail("a Ready was recorded, and there is none");
  node_->take_ready(ready_);
  digest_.add(ready_);
  ++readies_;
  const TraceReady found = trace_ready_of(*node_, ready_, digest_.value());
  const auto differ = [this, &recorded](const char* what, std::uint64_t was, std::uint64_t is) {
    if (was == is) return;
    fail("at Ready " + std::to_string(recorded.number) + " the recorded node's " + what + " was " +
         std::to_string(was) + ", and is " + std::to_string(is) + " when its inputs are played again");
  };
  differ("number", recorded.number, found.number);
  differ("term", recorded.term, found.term);
  differ("vote", recorded.vote, found.vote);
  differ("role", static_cast<std::uint64_t>(recorded.role), static_cast<std::uint64_t>(found.role));
  differ("leader", recorded.leader, found.leader);
  differ("commit index", recorded.commit, found.commit);
  differ("last index", recorded.last_index, found.last_index);
  if (recorded.digest != found.digest) {
    fail("at Ready " + std::to_string(recorded.number) +
         " what came out differs from what was recorded (messages, entries, outcomes or answers since the Ready "
         "before)");
  }
}

const char* name_of(RunEnd end) {
  switch (end) {
    case RunEnd::none: return "none";
    case RunEnd::stopped: return "stopped";
    case RunEnd::failed: return "failed";
    case RunEnd::limit: return "limit";
    case RunEnd::killed: return "killed";
    case RunEnd::gap: return "gap";
    case RunEnd::damaged: return "damaged";
    case RunEnd::differs: return "differs";
  }
  return "unknown";
}

void RecordedRun::finish(RunEnd end, std::string text) {
  end_ = end;
  text_ = std::move(text);
  held_ = false;
}

const TraceRecord* RecordedRun::next() {
  if (end_ != RunEnd::none) return nullptr;
  if (held_) return &record_;
  switch (reader_.next(record_)) {
    case TraceReader::Next::record: held_ = true; return &record_;
    case TraceReader::Next::end:
    case TraceReader::Next::torn: finish(RunEnd::killed); return nullptr;
    case TraceReader::Next::error: finish(RunEnd::damaged, reader_.error().text); return nullptr;
  }
  return nullptr;
}

bool RecordedRun::play() {
  if (next() == nullptr) return false;
  held_ = false;
  ++records_;
  if (!replay_.feed(record_)) {
    finish(RunEnd::differs, "record " + std::to_string(record_.number) + ", byte " +
                                std::to_string(record_.offset_bytes) + ": " + replay_.fault());
    return false;
  }
  if (const auto* gap = std::get_if<TraceGap>(&record_.what)) {
    finish(RunEnd::gap, "record " + std::to_string(record_.number) + ": " + std::to_string(gap->records) +
                            " records are missing; what follows cannot be played");
  } else if (const auto* end = std::get_if<TraceEnd>(&record_.what)) {
    static constexpr RunEnd ends[] = {RunEnd::stopped, RunEnd::failed, RunEnd::limit};
    finish(ends[static_cast<std::size_t>(end->reason)]);
  }
  return true;
}

}  // namespace kelek::sim
