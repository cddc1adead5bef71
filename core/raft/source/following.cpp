// Following: appends and heartbeats of the leader (Raft paper, section 5.3).
#include <algorithm>

#include <kelek/raft/invariant.h>

#include "core.h"

namespace kelek::raft {

void Node::Core::hear_leader(const Message& message) {
  auto* follower = std::get_if<Follower>(&role_);
  if (follower != nullptr && follower->leader == message.from) {
    follower->heard_tick = now_ticks_;
  } else {
    become_follower(term_, message.from, RoleEvent::Cause::heard_from_leader);
  }
  restart_election_timer();
  if (options_.lease_reads) promised_until_tick_ = now_ticks_ + options_.election_ticks;
}

/// What was acknowledged and has not left yet would speak of entries that never reached this disk: they are replaced
/// before they were written.
void Node::Core::withdraw_acknowledgements(Index from) {
  const auto speaks_of_them = [from](const Message& message) {
    if (const auto* append = std::get_if<AppendResponse>(&message.body)) return append->match_index >= from;
    if (const auto* heartbeat = std::get_if<HeartbeatResponse>(&message.body)) return heartbeat->match_index >= from;
    const auto* chunk = std::get_if<SnapshotResponse>(&message.body);
    return chunk != nullptr && chunk->match_index >= from;
  };
  messages_after_.erase(std::remove_if(messages_after_.begin(), messages_after_.end(), speaks_of_them),
                        messages_after_.end());
}

void Node::Core::on_append_request(Message& message, AppendRequest& request) {
  hear_leader(message);
  AppendResponse response;
  response.previous_index = request.previous_index;
  response.round = request.round;
  const Index end = request.previous_index + request.entries.size();
  if (incoming_ != nullptr && incoming_->installing) {
    // The log is about to be another: this append would be judged by one that is gone.
    response.hint_index = log_.last_index();
    response.hint_term = log_.last_term();
    return answer(message, response);
  }
  if (end <= commit_) {
    // All of it is committed here already, perhaps compacted: what is committed is the leader's log too.
    response.accepted = true;
    response.match_index = commit_;
    verified_ = std::max(verified_, commit_);
    return answer(message, response);
  }
  const bool agrees = request.previous_index < commit_ || log_.matches(request.previous_index, request.previous_term) ||
                      (mutated(Mutation::previous_term_not_compared) && request.previous_index <= log_.last_index());
  if (!agrees) {
    // Whole terms at a time: the last entry here that the leader's log could hold at or below that place.
    response.hint_index =
        log_.last_at_or_below(std::min(request.previous_index, log_.last_index()), request.previous_term);
    response.hint_term = log_.term_at(response.hint_index).value_or(0);
    return answer(message, response);
  }
  accept_entries(request.previous_index, request.entries);
  verified_ = std::max(verified_, end);
  // The smaller of the leader's commit index and the last entry that this message verified: bounded by the
  // end of the own log instead, stale entries behind it would be applied (ScyllaDB 9965, and willemt/raft to
  // this day).
  commit_to(std::min(request.commit, mutated(Mutation::commit_bounded_by_own_last) ? log_.last_index() : end));
  response.accepted = true;
  response.match_index = mutated(Mutation::append_response_carries_own_last) ? log_.last_index() : end;
  answer(message, response);
}

/// Only a real conflict of terms removes anything: a late append that ends early must not shorten the log
/// (RaftOS 26, willemt 37).
void Node::Core::accept_entries(Index previous, const EntryRange& entries) {
  const Index end = previous + entries.size();
  Index first_new = std::max(previous, commit_) + 1;
  while (first_new <= end && first_new <= log_.last_index() && log_.term_at(first_new) == entries.at(first_new).term) {
    ++first_new;
  }
  if (first_new > end && !mutated(Mutation::every_append_truncates)) return;
  Index replaced_from = 0;
  if (first_new <= log_.last_index() && !mutated(Mutation::conflicts_not_removed)) {
    KELEK_INVARIANT(first_new > commit_);
    replaced_from = first_new;
    log_.truncate(first_new);
    persistence_.truncated(first_new);
    if (!mutated(Mutation::acknowledgement_survives_overwrite)) withdraw_acknowledgements(first_new);
    if (told_last_ >= first_new) {
      told_last_ = first_new - 1;
      told_replaced_ = true;
    }
    const bool rolls_back = !mutated(Mutation::configuration_not_rolled_back) && configurations_.truncate(first_new);
    if (rolls_back) configuration_changed(true);
  }
  log_.append(entries);
  trace(AppendEvent{first_new, end, replaced_from});
  entries.for_each([&](Index index, const Entry& entry) {
    if (entry.kind != EntryKind::configuration || index < first_new) return;
    Result<Configuration> decoded = Configuration::decode(entry.payload.bytes());
    KELEK_INVARIANT(decoded.ok());  // check_entries() has read it
    put_in_force(index, std::make_shared<const Configuration>(std::move(*decoded)));
  });
}

void Node::Core::on_heartbeat_request(const Message& message, const HeartbeatRequest& request) {
  hear_leader(message);
  // The leader sends no more than it knows to match; a heartbeat from before a restart may (ScyllaDB 10578).
  commit_to(std::min(request.commit, verified_));
  if (request.round != 0) answer(message, HeartbeatResponse{request.round, verified_});
}

/// Never goes back, never beyond the log.
void Node::Core::commit_to(Index index) {
  if (index <= commit_ && !mutated(Mutation::commit_assigned_not_max)) return;
  KELEK_INVARIANT(index <= log_.last_index());
  const Index before = commit_;
  commit_ = index;
  if (callers_ != nullptr) callers_->proposals.committed(commit_, log_, callers_->proposal_outcomes);
  if (observer_ != nullptr) trace(CommitEvent{before, commit_});
  if (repair_until_ != 0 && commit_ >= repair_until_) {
    // Repaired. A vote that was lost with the damage may have been given in this term or before (R4).
    repair_until_ = 0;
    no_vote_through_term_ = term_;
  }
}

}  // namespace kelek::raft
