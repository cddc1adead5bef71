// Node::Core: the state of a node, and the steps of the protocol on it, spread over the sources by concern.
#pragma once

#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>

#include "configurations.h"
#include "log.h"
#include "mutation_effects.h"
#include "persistence.h"
#include "proposals.h"
#include "role.h"

namespace kelek::raft {

/// For terms and indexes: no group gets there by counting, and no sum with a number below it wraps around.
inline constexpr std::uint64_t beyond_reach = std::uint64_t{1} << 62;

class Node::Core {
 public:
  Core(const Options& options, Observer* observer);
  /// restoring.cpp
  Status restore(DurableState state);
  NodeStatus status() const;
  std::vector<PeerStatus> peer_statuses() const;
  /// digest.cpp
  std::uint64_t digest(const Renaming& names) const;

  /// core.cpp
  void tick();
  std::uint64_t ticks_to_deadline() const;
  Status step(Message& message);
  /// proposing.cpp
  Result<Proposed> propose(std::span<const Payload> payloads, Token token);
  /// reading.cpp
  Status read(Token token, ReadMode mode);
  /// reconfiguring.cpp
  Result<Index> change(const MembershipChange& change);
  /// transferring.cpp
  Status transfer(NodeId to);
  /// election.cpp
  Status campaign();
  void set_election_timeout(std::uint32_t ticks);

  /// taking.cpp
  bool has_ready() const { return may_have_ready_ && look_for_ready(); }
  /// Something happened that may have brought work.
  void touched() { may_have_ready_ = true; }
  void take_ready(Ready& ready);
  void persisted(std::uint64_t number);
  void applied(Index index);

  /// snapshotting.cpp
  Result<SnapshotBasis> snapshot_basis(Index index) const;
  Status snapshot_stored(const SnapshotMetadata& snapshot);
  Index compact(Index index);
  SnapshotId oldest_snapshot_in_use() const;
  void snapshot_refused(SnapshotId id);
  void snapshot_unavailable(NodeId peer);
  void peer_unreachable(NodeId peer);
  void peer_fell_back(NodeId peer, Index last_index);

  const ConfigurationRef& configuration() const {
    if (mutated(Mutation::configuration_active_at_commit)) return configurations_.at(commit_);
    return configurations_.in_force();
  }
  const Options& options() const { return options_; }
  const Log& log() const { return log_; }

 private:
  Status restore_log(const DurableState& state, ConfigurationRef base);

  /// Who waits for an answer, and the answers on their way: made when somebody asks first.
  struct Callers {
    struct ForwardedRead {
      Token request;
      Token token;
      std::uint64_t deadline_tick;
    };
    Proposals proposals;
    std::vector<ForwardedRead> forwarded_reads;
    std::vector<ReadOutcome> read_outcomes;
    std::vector<ProposalOutcome> proposal_outcomes;
    std::optional<TransferOutcome> transfer_outcome;
    Token last_request = 0;
    /// Who this node, then the leader, told to go: it waits for the new leader.
    NodeId transfer_watched = no_node;

    bool has_outcomes() const {
      return !read_outcomes.empty() || !proposal_outcomes.empty() || transfer_outcome.has_value();
    }
  };

  /// A snapshot that is being received.
  struct Incoming {
    std::shared_ptr<const SnapshotMetadata> metadata;
    std::uint64_t received_bytes = 0;
    bool complete = false;
    /// The Ready that its last chunk went out with; 0: not yet.
    std::uint64_t last_chunk_ready = 0;
    bool installing = false;
    /// What the next Ready takes.
    std::vector<ChunkToStore> chunks;
    /// Of the last chunk.
    Term term = 0;
    NodeId from = no_node;
    Incarnation from_incarnation = 0;
  };

  // core.cpp: roles, terms, and what reaches whom.
  template <typename Held>
  Held* held_role() const {
    const auto* held = std::get_if<std::unique_ptr<Held>>(&role_);
    return held != nullptr ? held->get() : nullptr;
  }
  Leader* leader() { return held_role<Leader>(); }
  const Leader* leader() const { return held_role<Leader>(); }
  Role role() const { return static_cast<Role>(role_.index()); }
  NodeId known_leader() const;
  bool has_leader() const;
  bool is_voter() const { return is_voter_of(*configuration()); }
  bool is_voter_of(const Configuration& configuration) const;
  void become_follower(Term term, NodeId leader, RoleEvent::Cause cause);
  void trace_role(Role from, RoleEvent::Cause cause);
  template <typename Event>
  void trace(Event event) {
    if (observer_ == nullptr) return;
    report(TraceEvent{options_.id, term_, vote_, commit_, log_.last_index(), role(), configuration().get(), event});
  }
  void report(const TraceEvent& event) { observer_->observe(event); }

  /// Whether the message may be looked at; answers it where its term is old.
  bool settle_term(const Message& message);
  void answer_old_term(const Message& message);
  bool is_for_us(const Message& message) const;
  bool incarnations_fit(const Message& message) const;
  const char* fault_of(const Message& message) const;
  const char* fault_of_entries(const Message& message, const AppendRequest& request) const;
  bool contradicts_commit(const Message& message, const AppendRequest& request) const;
  const char* fault_of_chunk(const Message& message, const SnapshotChunk& chunk) const;
  void dispatch(Message& message);

  /// To who asked.
  template <typename Body>
  void answer(const Message& request, Body body) {
    Message& queued = (mutated(answer_before_persist<Body>) ? messages_ : messages_after_).emplace_back();
    queued.to = request.from;
    queued.to_incarnation = request.from_incarnation;
    finish(queued, std::move(body), term_);
  }
  template <typename Body>
  void send_now(std::vector<Message>& list, NodeId to, Incarnation to_incarnation, Term term, Body body) {
    Message& queued = list.emplace_back();
    queued.to = to;
    queued.to_incarnation = to_incarnation;
    finish(queued, std::move(body), term);
  }
  template <typename Body>
  void finish(Message& queued, Body body, Term term) {
    queued.from = options_.id;
    queued.from_incarnation = options_.incarnation;
    queued.term = term;
    queued.body.template emplace<Body>(std::move(body));
    if (observer_ != nullptr) trace(SendEvent{&queued});
  }
  void send_to_leader(ReadRequest request);
  void send_to_leader(ProposeRequest request);
  Incarnation incarnation_of(NodeId id) const;

  // election.cpp
  void restart_election_timer();
  void draw_election_timeout();
  void on_election_timeout();
  Refusal may_campaign() const;
  Refusal may_ask_for_votes() const;
  bool may_still_be_needed() const;
  bool may_vote() const;
  bool is_promised_to_leader() const { return now_ticks_ < promised_until_tick_; }
  void become_pre_candidate();
  void become_candidate(bool by_transfer, RoleEvent::Cause cause);
  void count_own_vote();
  void on_pre_vote_request(const Message& message, const PreVoteRequest& request);
  void on_pre_vote_response(const Message& message, const PreVoteResponse& response);
  void on_vote_request(const Message& message, const VoteRequest& request);
  void on_vote_response(const Message& message, const VoteResponse& response);
  void on_timeout_now(const Message& message);
  void record_vote(VoteCount& votes, NodeId from, bool granted);
  bool log_is_up_to_date(Index last_index, Term last_term) const;
  void build_election_requests(Ready& ready);

  // leading.cpp
  void become_leader();
  void on_append_response(const Message& message, const AppendResponse& response);
  void on_heartbeat_response(const Message& message, const HeartbeatResponse& response);
  Progress* heard_from(const Message& message);
  void peer_acknowledged(Leader& leader, Progress& peer, Index match);
  void round_answered(Leader& leader, Progress& peer, Round round);
  void advance_commit();
  void review_commit();
  void leader_tick(Leader& leader);
  bool quorum_heard(const Leader& leader) const;
  bool disk_stalled() const;
  void append_own(Entry entry);

  // following.cpp
  void hear_leader(const Message& message);
  void on_append_request(Message& message, AppendRequest& request);
  void on_heartbeat_request(const Message& message, const HeartbeatRequest& request);
  void accept_entries(Index previous, const EntryRange& entries);
  void commit_to(Index index);
  void withdraw_acknowledgements(Index from);

  // sending.cpp
  void build_appends(Leader& leader, std::vector<Message>& messages);
  void start_round(Leader& leader);
  void send_append(Leader& leader, Progress& peer, std::vector<Message>& messages);
  void send_heartbeat(Leader& leader, Progress& peer, std::vector<Message>& messages, Round round);
  bool send_to_peer(Leader& leader, Progress& peer, std::vector<Message>& messages);

  // proposing.cpp
  Refusal may_append(const Leader& leader, std::size_t bytes) const;
  Refusal append_proposal(Leader& leader, std::span<const Payload> payloads);
  Result<Proposed> forward_proposal(std::span<const Payload> payloads, Token token);
  void on_propose_request(const Message& message, ProposeRequest& request);
  void on_propose_response(const ProposeResponse& response);
  Token next_request();
  Token salted_start() const;

  // reading.cpp
  void take_read(Leader& leader, Token token, NodeId origin, Incarnation incarnation, ReadMode mode);
  void answer_read(const WaitingRead& read, Refusal refusal);
  void confirm_reads(Leader& leader);
  void on_read_request(const Message& message, const ReadRequest& request);
  void on_read_response(const ReadResponse& response);
  void expire_callers();
  Callers& callers() {
    if (callers_ == nullptr) {
      callers_ = std::make_unique<Callers>();
      callers_->last_request = salted_start();
    }
    return *callers_;
  }
  std::uint64_t lease_ticks() const { return options_.election_ticks - options_.lease_drift_ticks; }

  // reconfiguring.cpp
  void put_in_force(Index index, ConfigurationRef configuration);
  void configuration_changed(bool rolled_back);
  void leave_joint_if_due(Leader& leader);
  void step_down_if_removed();
  bool is_promotion_of_laggard(const Leader& leader, const MembershipChange& change, Index goal) const;
  Status check_promotion(Leader& leader, const MembershipChange& change);

  // transferring.cpp
  void go_on_with_transfer(Leader& leader, Progress& peer);
  void tell_to_go(Leader& leader, Progress& peer);
  void give_up_transfer(Leader& leader);
  void leader_learned();

  // snapshotting.cpp
  bool needs_snapshot(const Progress& peer) const { return peer.next <= log_.base_index(); }
  bool send_chunks(Leader& leader, Progress& peer, std::vector<Message>& messages);
  bool is_behind_commit(const SnapshotMetadata& snapshot) const {
    return snapshot.index <= commit_ && !mutated(Mutation::snapshot_older_than_commit_installed);
  }
  void on_snapshot_chunk(const Message& message, SnapshotChunk& chunk);
  void on_snapshot_response(const Message& message, const SnapshotResponse& response);
  void answer_snapshot(const Message& message, SnapshotId id, SnapshotResponse::Progress progress,
                       std::uint64_t next_offset, Index match);
  void install_received(std::uint64_t durable_ready);
  void snapshot_durable();
  void answer_installed(const Incoming& installed);

  // taking.cpp
  bool look_for_ready() const;
  bool something_to_take() const;
  bool may_hand_out() const;
  void take_writes(Ready& ready);
  void take_committed(Ready& ready);
  void take_news(Ready& ready);
  void release_memory();
  HardState hard_state() const { return {term_, vote_, commit_}; }

  Options options_;
  Observer* observer_;

  // Durable once written: Raft paper, figure 2.
  Term term_ = 0;
  NodeId vote_ = no_node;
  Index commit_ = 0;
  Log log_;
  Configurations configurations_;
  Persistence persistence_;
  std::shared_ptr<SnapshotMetadata> newest_snapshot_;

  RoleState role_;
  /// False when something was committed that the membership may hang on.
  bool commit_reviewed_ = true;
  /// The last entry that an append of this term's leader was accepted for: what it may commit here.
  Index verified_ = 0;

  std::uint64_t now_ticks_ = 0;
  std::uint64_t election_deadline_tick_ = 0;
  std::uint64_t elections_ = 0;
  std::uint32_t election_timeout_ticks_ = 0;
  bool timeout_fixed_ = false;
  // Of what follows below; here they take no room.
  bool snapshot_to_install_ = false;
  bool told_replaced_ = false;
  Role told_role_ = Role::follower;
  /// False: nothing has happened since has_ready() found nothing.
  mutable bool may_have_ready_ = true;
  /// Lease reads: who restarted may have answered the leader just before (thesis, section 6.4.1).
  std::uint64_t no_vote_before_tick_ = 0;
  /// Lease reads: until then the leader heard last may count on this node, whatever terms it learns of meanwhile.
  std::uint64_t promised_until_tick_ = 0;
  /// Damaged storage: no vote until the log reaches repair_until_, and then only above the term of that moment.
  Index repair_until_ = 0;
  Term no_vote_through_term_ = 0;

  std::unique_ptr<Incoming> incoming_;

  std::unique_ptr<Callers> callers_;

  // What the next Ready takes.
  std::vector<Message> messages_;
  std::vector<Message> messages_after_;

  // What the last Ready told.
  HardState told_hard_state_;
  Index told_last_ = 0;
  NodeId told_leader_ = no_node;
  const Configuration* told_configuration_ = nullptr;
  Index handed_ = 0;
  Index applied_ = 0;
  std::size_t unapplied_bytes_ = 0;
};

}  // namespace kelek::raft
