// One Ready after the other.
#include "ready_processor.h"

#include <algorithm>
#include <functional>
#include <iterator>
#include <optional>
#include <utility>
#include <variant>

#include "clocks.h"

namespace kelek::runtime {

bool ReadyProcessor::process(int max_readies) {
  for (int taken = 0; taken < max_readies; ++taken) {
    if (engine_.failure.failed()) return false;
    const bool ready = engine_.node->has_ready();
    if (ready) engine_.node->take_ready(ready_);
    send_held_back();
    if (!ready) return false;
    carry_out();
    collect();
    // One turn for those who were just answered: what they ask for next takes the held back commit indexes
    // along.
    if (!held_back_.empty()) return true;
  }
  return engine_.node->has_ready();
}

/// A leader's word that something is committed, alone in a message, waits until what was committed is applied
/// here and its clients are answered: under load the next append says the same, and a third of all messages
/// is saved.
void ReadyProcessor::hold_back_commit_notices() {
  if (ready_.committed.empty() || !engine_.leads()) return;
  const auto is_notice = [](const raft::Message& message) {
    const auto* heartbeat = std::get_if<raft::HeartbeatRequest>(&message.body);
    return heartbeat != nullptr && heartbeat->round == 0;
  };
  const auto notices = std::stable_partition(ready_.messages.begin(), ready_.messages.end(), std::not_fn(is_notice));
  held_back_.assign(std::make_move_iterator(notices), std::make_move_iterator(ready_.messages.end()));
  ready_.messages.erase(notices, ready_.messages.end());
}

/// Those that the Ready in hand does not make needless. A notice left out is one that the network lost.
void ReadyProcessor::send_held_back() {
  if (held_back_.empty()) return;
  const auto is_told_anyway = [this](const raft::Message& notice) {
    return std::any_of(ready_.messages.begin(), ready_.messages.end(), [&notice](const raft::Message& message) {
      return message.to == notice.to && message.kind() == raft::MessageKind::append_request;
    });
  };
  held_back_.erase(std::remove_if(held_back_.begin(), held_back_.end(), is_told_anyway), held_back_.end());
  peers_.send(held_back_);
}

void ReadyProcessor::carry_out() {
  if (ready_.role.has_value()) on_role(*ready_.role);
  if (ready_.configuration) {
    engine_.configuration = ready_.configuration;
    engine_.members->follow(*ready_.configuration);
    engine_.events.info("configuration in force: {}", ready_.configuration->describe());
  }
  hold_back_commit_notices();
  peers_.send(ready_.messages);
  if (ready_.snapshot) install(*ready_.snapshot);
  for (const raft::ProposalOutcome& outcome : ready_.proposals) clients_.on_proposal(outcome);
  engine_.writer->add(ready_);
  // A follower's acknowledgement waits for its disk, so the disk goes first. A leader's clients wait for the
  // machine, and while they send their next requests its disk works.
  const bool machine_first = engine_.leads() && engine_.options.sync == SyncMode::in_loop;
  if (!machine_first) engine_.writer->flush();
  apply_committed();
  // After what is committed: the leader that removed itself ends with the commit that answers who asked for
  // it.
  if (ready_.role.has_value()) admin_.on_role(*ready_.role);
  if (machine_first) engine_.writer->flush();
  for (const raft::ReadOutcome& outcome : ready_.reads) clients_.on_read(outcome);
  clients_.on_applied();
  if (ready_.transfer.has_value()) admin_.on_transfer(*ready_.transfer);
}

void ReadyProcessor::apply_committed() {
  for (const raft::EntryRange& range : ready_.committed) {
    if (range.empty()) continue;
    const Failure failure = engine_.applier->apply(range);
    if (failure.failed()) {
      engine_.fail(failure);
      return;
    }
    engine_.node->applied(range.last_index());
  }
  if (!ready_.committed.empty()) engine_.clock.learn(engine_.applier->machine().time_ms());
}

void ReadyProcessor::on_applied(raft::Index index, const raft::Entry& entry, machine::Result* result) {
  if (result == nullptr) {
    engine_.ledger.skipped_to(index);
    if (entry.kind == raft::EntryKind::configuration) admin_.on_applied(index, entry);
    return;
  }
  const std::optional<raft::Token> token = engine_.ledger.applied(index, *result);
  if (token.has_value()) clients_.on_result(*token, std::move(*result));
}

/// The received snapshot was checked when its last chunk was written; it becomes the machine.
void ReadyProcessor::install(const raft::SnapshotMetadata& snapshot) {
  Result<machine::Machine> machine = load_machine(engine_.directory->snapshots(), snapshot);
  if (!machine.ok()) {
    engine_.fail(machine.failure());
    return;
  }
  engine_.applier->replace(std::move(*machine));
  engine_.node->applied(snapshot.index);
  engine_.clock.learn(engine_.applier->machine().time_ms());
  engine_.ledger.skipped_to(snapshot.index);
  while (const std::optional<raft::Token> token = engine_.ledger.take_skipped()) {
    clients_.on_lost_result(*token);
  }
  engine_.events.info("snapshot installed index={} bytes={}", snapshot.index, snapshot.size_bytes);
}

void ReadyProcessor::collect() {
  const Failure failure = engine_.writer->failure();
  if (engine_.writer->collect(durable_)) {
    if (engine_.trace) engine_.trace->at(steady_us());  // a sync may have taken long
    for (Durable& durable : durable_) take_durable(durable);
  }
  if (failure.failed()) engine_.fail(failure);
}

void ReadyProcessor::take_durable(Durable& durable) {
  for (const raft::SnapshotId id : durable.refused_snapshots) {
    engine_.events.warn("a received snapshot was damaged, or could not be written: it is asked for again");
    engine_.node->snapshot_refused(id);
  }
  if (durable.ready_number != 0) engine_.node->persisted(durable.ready_number);
  peers_.send(durable.messages);
  if (durable.snapshot.has_value()) compact(*durable.snapshot);
}

void ReadyProcessor::compact(const raft::SnapshotMetadata& snapshot) {
  const raft::Status known = engine_.node->snapshot_stored(snapshot);
  if (!known.ok()) {
    engine_.events.warn("the core does not take the snapshot of index {}: {}", snapshot.index, known.error().text);
    return;
  }
  const raft::Index wanted = engine_.snapshots->compact_through(snapshot.index, engine_.node->status());
  const raft::Index dropped = engine_.node->compact(wanted);
  engine_.writer->release(dropped == 0 ? 1 : dropped, engine_.node->oldest_snapshot_in_use());
  engine_.writer->flush();
  engine_.events.info("snapshot taken index={} bytes={} log_from={}", snapshot.index, snapshot.size_bytes, dropped + 1);
  admin_.on_snapshot(snapshot);
}

void ReadyProcessor::collect_snapshot() {
  std::optional<Snapshots::Finished> finished = engine_.snapshots->take_finished();
  if (!finished.has_value()) return;
  if (!finished->ok()) {
    engine_.events.warn("no snapshot could be taken: {}", finished->failure().text);
    admin_.on_snapshot_failure(finished->failure());
    return;
  }
  // While it was written a newer one came from the leader and took the place of the log. In the log its record would
  // stand behind the newer one's, and recovery would go back to it, to a log that begins far behind it.
  if ((*finished)->index <= engine_.node->status().snapshot_index) {
    if (const std::optional<raft::SnapshotMetadata> newest = engine_.snapshots->newest()) admin_.on_snapshot(*newest);
    return;
  }
  engine_.writer->add_snapshot(**finished);
  engine_.writer->flush();
  collect();
}

}  // namespace kelek::runtime
