// Node: one member of one Raft group. Takes events, gives effects, calls nobody (but its observer).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include <kelek/raft/digest.h>
#include <kelek/raft/entry.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/message.h>
#include <kelek/raft/options.h>
#include <kelek/raft/ready.h>
#include <kelek/raft/result.h>
#include <kelek/raft/status.h>
#include <kelek/raft/trace.h>
#include <kelek/raft/types.h>

namespace kelek::raft {

/// What a node starts from: what its storage found, or an empty one with the first configuration.
struct DurableState {
  HardState hard_state;
  /// The newest snapshot; index 0 if there is none.
  SnapshotMetadata snapshot;
  /// The configuration of index 0 where there is no snapshot: the same at all first members; empty for who joins.
  ConfigurationRef configuration;
  /// Consecutive, from snapshot.index + 1 or below.
  std::vector<EntryRange> entries;
  /// Of the entry before the first of `entries`, where the storage knows it. 0: not known; then, if a snapshot covers
  /// the first entry and it is not entry 1, of that entry only the term is kept.
  Term term_before_entries = 0;
  /// What the application has applied already (at least what its snapshot holds).
  Index applied = 0;
  /// It ran before: with lease reads on, it waits one election timeout before it votes.
  bool restarted = false;
  /// The storage found damage in what was acknowledged: the node receives and acknowledges, and neither votes nor
  /// campaigns until its log has reached repair_until from a leader (durability.md, R4).
  bool damaged = false;
  Index repair_until = 0;
  /// The partly received snapshot that the storage kept, and how many bytes of it, from the start; or null.
  std::shared_ptr<const SnapshotMetadata> partial_snapshot;
  std::uint64_t partial_snapshot_bytes = 0;
};

/// Where a proposal went.
struct Proposed {
  /// Appended here, by this leader: entries first_index … in `term`. 0: forwarded to `leader`.
  Index first_index = 0;
  Term term = 0;
  NodeId leader = no_node;
};

/// What a snapshot at an index has to say: Raft paper, section 7.
struct SnapshotBasis {
  Index index = 0;
  Term term = 0;
  ConfigurationRef configuration;
};

/// Not thread-safe: one thread at a time. Every call returns at once; none throws (but bad_alloc), none aborts but
/// for a broken invariant of its own. Any call may follow any other.
class Node {
 public:
  /// Refused (malformed) with all reasons in the text: bad options, a state that contradicts itself.
  static Result<std::unique_ptr<Node>> create(const Options& options, DurableState state, Observer* observer = nullptr);
  ~Node();
  Node(const Node&) = delete;
  Node& operator=(const Node&) = delete;

  /// Time passes. Elections, heartbeats, deadlines hang on it (Raft paper, section 5.2).
  void tick();
  /// Nothing happens by itself within the next so many ticks (at least 1): a driver may sleep that long and then
  /// call tick() as often as time has passed.
  std::uint64_t ticks_to_deadline() const;

  /// A message for this node. Refused: malformed, wrong_recipient, wrong_incarnation; the rest is for the protocol,
  /// which also answers, or ignores, what is old or senseless.
  Status step(Message&& message);
  Status step(const Message& message) { return step(Message(message)); }

  /// Offers commands for the log, all or none, in this order (Raft paper, section 5.3). At a follower that knows a
  /// leader they are forwarded, once. With a token, an outcome follows in a Ready, exactly one.
  /// Refused: no_leader, transferring, too_large, too_many_uncommitted, too_many_waiting, out_of_range (no payload at
  /// all). What the leader refuses comes back in the outcome. Without a token nobody hears what became of it.
  Result<Proposed> propose(std::span<const Payload> payloads, Token token = 0);
  Result<Proposed> propose(const Payload& payload, Token token = 0);

  /// Asks for an index at which a read is linearizable (thesis, section 6.4); the outcome follows in a Ready.
  /// Forwarded at a follower. Refused: no_leader, too_many_waiting; in the outcome: not_leader, too_many_waiting,
  /// aborted (the leader stepped down, or did not answer within election_ticks): then it may be asked again.
  Status read(Token token, ReadMode mode = ReadMode::linearizable);

  /// Leader only. Refused: not_leader, not_ready, change_pending, transferring, bad_change, not_caught_up, already,
  /// not_member. Gives the index of the entry. (Raft paper, section 6; thesis, chapter 4.)
  /// A learner becomes a voter once it has acknowledged all that is committed. Refused as not_caught_up, ask again: it
  /// then is enough that it has, within election_ticks, what was committed at the first time (thesis, section 4.2.1),
  /// since under steady load a learner far away never has it all.
  Result<Index> change(const MembershipChange& change);

  /// Leader only: brings `to` up to date, tells it to campaign, and gives up after one election timeout (thesis,
  /// section 3.10). Refused: not_leader, not_voter, already, transferring, not_member.
  Status transfer(NodeId to);

  /// Starts an election now, without pre-vote (Raft paper, section 5.2). Refused: not_voter, already (it leads; or
  /// lease reads are on, and it heard from its leader less than election_ticks ago), snapshot_pending, stopped
  /// (damaged, restarted a moment ago with lease reads, or its disk stands still).
  Status campaign();

  /// All of the Ready of this number, and of those before, is durable. Numbers that were not taken, or were reported
  /// already, are ignored.
  void persisted(std::uint64_t ready_number);

  /// The application has applied through `index` (handed out before; otherwise ignored).
  void applied(Index index);

  /// What a snapshot of `index` has to carry. Refused (out_of_range): not applied yet, or compacted away.
  Result<SnapshotBasis> snapshot_basis(Index index) const;
  /// The application's snapshot is durable: slow followers may get it. Ignored if an older one than known.
  /// Refused (out_of_range): its index is above what is applied, or its term is not the log's.
  Status snapshot_stored(const SnapshotMetadata& snapshot);
  /// Drops the log through `index`, at most through the newest snapshot, and keeps what running transfers need.
  /// Gives the index through which the log is dropped now.
  Index compact(Index index);

  /// The oldest snapshot that a running transfer reads, or else the newest known; 0 before the first. Older ones may
  /// go. Ask after snapshot_stored(): a transfer whose snapshot is gone begins anew with the newest, and for ever
  /// where it takes longer than the time between two snapshots (B68).
  SnapshotId oldest_snapshot_in_use() const;

  /// The received snapshot failed its check, or could not be written: it is asked for again from its start.
  void snapshot_refused(SnapshotId id);
  /// The chunks for this peer cannot be read.
  void snapshot_unavailable(NodeId peer);
  /// What was sent to this peer is probably lost: it is probed instead of streamed to.
  void peer_unreachable(NodeId peer);
  /// This peer has told, outside of Raft's messages, that its storage lost what it had acknowledged behind
  /// `last_index` (DurableState::damaged). At the leader its match index goes back, as no answer can make it
  /// go, so that it gets the entries anew and none is counted that it holds no more. Ignored where nothing
  /// was lost.
  void peer_fell_back(NodeId peer, Index last_index);

  bool has_ready() const;
  /// Moves all effects into `ready` (cleared first; its memory is used again). At the leader, appends are built here:
  /// whatever was proposed since the last call goes out in as few messages as the limits allow.
  void take_ready(Ready& ready);

  NodeStatus status() const;
  /// Only at the leader; otherwise empty.
  std::vector<PeerStatus> peers() const;
  /// The newest in the log (Raft paper, section 6: in force as soon as it is there). Never null.
  const ConfigurationRef& configuration() const;
  const Options& options() const;
  /// Entries held in memory from `index` on, at most `max_entries`. Empty where compacted or not there.
  EntryRange entries_from(Index index, std::uint32_t max_entries) const;

  /// Model checkers: of all that decides what the node does from here on, given the same calls. Left out is time, as if
  /// all deadlines were out of reach, and who waits for an answer: reads, proposals with tokens.
  std::uint64_t digest(const Renaming& names = {}) const;
  /// Simulators and tests: fixes the election timeout, for good, or has it drawn again (0), and restarts its timer.
  void set_election_timeout(std::uint32_t ticks);

 private:
  class Core;
  explicit Node(std::unique_ptr<Core> core);
  std::unique_ptr<Core> core_;
};

}  // namespace kelek::raft
