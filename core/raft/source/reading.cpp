// Reads: ReadIndex by a round of the leader's, or by its lease; forwarded at a follower (thesis, section 6.4).
#include <algorithm>

#include "core.h"

namespace kelek::raft {

Status Node::Core::read(Token token, ReadMode mode) {
  if (Leader* leading = leader()) {
    if (leading->reads.size() >= options_.max_waiting) return Refusal::too_many_waiting;
    take_read(*leading, token, options_.id, options_.incarnation, mode);
    return Nothing{};
  }
  if (known_leader() == no_node) return Refusal::no_leader;
  if (callers().forwarded_reads.size() >= options_.max_waiting) {
    return Error{Refusal::too_many_waiting, known_leader(), {}};
  }
  const Token request = next_request();
  callers_->forwarded_reads.push_back({request, token, now_ticks_ + options_.election_ticks});
  send_to_leader(ReadRequest{request, mode});
  return Nothing{};
}

void Node::Core::send_to_leader(ReadRequest request) {
  send_now(messages_, known_leader(), incarnation_of(known_leader()), 0, request);
}

void Node::Core::take_read(Leader& leading, Token token, NodeId origin, Incarnation incarnation, ReadMode mode) {
  WaitingRead read{token, origin, incarnation, 0, 0};
  // Before the first commit of the term the commit index may lie behind what an earlier leader told (etcd 7331).
  if (leading.committed_own_entry || mutated(Mutation::read_index_before_own_term_commit)) {
    read.index = commit_;
    if (mutated(Mutation::read_without_quorum_round)) return answer_read(read, Refusal::none);
    if (mode == ReadMode::linearizable && options_.lease_reads && leading.lease->holds(now_ticks_, lease_ticks())) {
      if (observer_ != nullptr) trace(ReadEvent{token, read.index, true, true});
      return answer_read(read, Refusal::none);
    }
  }
  leading.reads.add(read);
  leading.sends_due = true;
  if (observer_ != nullptr) trace(ReadEvent{token, read.index, false, false});
}

void Node::Core::confirm_reads(Leader& leading) {
  const Round confirmed =
      leading.tracker.quorum_value(leading.round, [](const Progress& peer) { return peer.round_answered; });
  if (options_.lease_reads) leading.lease->confirm(confirmed);
  if (leading.reads.empty()) return;
  leading.reads.confirm(confirmed, [this](const WaitingRead& read) {
    if (observer_ != nullptr) trace(ReadEvent{read.token, read.index, true, false});
    answer_read(read, Refusal::none);
  });
}

void Node::Core::answer_read(const WaitingRead& read, Refusal refusal) {
  if (read.origin == options_.id) {
    callers().read_outcomes.push_back({read.token, refusal, read.index});
    return;
  }
  send_now(messages_after_, read.origin, read.origin_incarnation, 0, ReadResponse{read.token, refusal, read.index});
}

void Node::Core::on_read_request(const Message& message, const ReadRequest& request) {
  const WaitingRead read{request.token, message.from, message.from_incarnation, 0, 0};
  Leader* leading = leader();
  if (leading == nullptr) return answer_read(read, Refusal::not_leader);
  if (leading->reads.size() >= options_.max_waiting) return answer_read(read, Refusal::too_many_waiting);
  take_read(*leading, read.token, read.origin, read.origin_incarnation, request.mode);
}

void Node::Core::on_read_response(const ReadResponse& response) {
  if (callers_ == nullptr) return;
  std::vector<Callers::ForwardedRead>& reads = callers_->forwarded_reads;
  const auto found = std::find_if(reads.begin(), reads.end(),
                                  [&](const Callers::ForwardedRead& read) { return read.request == response.token; });
  if (found == reads.end()) return;
  callers_->read_outcomes.push_back({found->token, response.refusal, response.index});
  reads.erase(found);
}

/// A proposal that nobody answered may have been appended: unknown. A read can be asked again without harm: refused.
void Node::Core::expire_callers() {
  callers_->proposals.expire(now_ticks_, callers_->proposal_outcomes);
  std::vector<Callers::ForwardedRead>& reads = callers_->forwarded_reads;
  std::size_t expired = 0;
  while (expired < reads.size() && reads[expired].deadline_tick <= now_ticks_) {
    callers_->read_outcomes.push_back({reads[expired++].token, Refusal::aborted, 0});
  }
  reads.erase(reads.begin(), reads.begin() + static_cast<std::ptrdiff_t>(expired));
}

}  // namespace kelek::raft
