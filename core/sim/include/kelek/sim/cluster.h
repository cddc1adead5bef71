// Cluster: raft::Node, several times, with simulated disks, a network driven by hand, and the invariants of Raft
// checked after every step. It speaks as stories do: deliver, drop, hold, crash, persist.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include <kelek/raft/node.h>
#include <kelek/sim/disk.h>
#include <kelek/sim/ledger.h>
#include <kelek/sim/network.h>

namespace kelek::sim {

using NodeIds = std::vector<raft::NodeId>;

/// Which nodes there are, and what is on their disks before anything moves.
struct Setup {
  NodeIds voters = {1, 2, 3};
  NodeIds learners;
  /// Nodes with an empty log and no configuration.
  NodeIds spares;
  /// Instead of voters and learners.
  std::optional<raft::Configuration> configuration;
  /// For all nodes; the id is filled in.
  raft::Options options;
  std::map<raft::NodeId, raft::Options> options_of;
  /// Writes are durable only once persist() says so, or at the next settle() or run().
  bool async_storage = false;
  /// Readys are taken only by take(), settle() and run(): several events go into one, as in a busy process.
  bool takes_late = false;
  std::map<raft::NodeId, std::vector<raft::Term>> logs;
  struct TermAndVote {
    raft::Term term = 0;
    raft::NodeId vote = raft::no_node;
  };
  std::map<raft::NodeId, TermAndVote> terms;
  NetworkOptions network;
  Schedule schedule;
  /// Must outlive the cluster.
  raft::Observer* observer = nullptr;

  Setup();
};

/// Why a cluster does not go on.
struct Fault {
  enum class Kind : std::uint8_t {
    /// An invariant of Raft, or the contract between a node and whoever drives it, is broken.
    invariant,
    /// A node does not start from what the Setup gave it.
    setup,
    /// Too much is in flight, or a node never comes to rest.
    limit,
  };
  Kind kind = Kind::invariant;
  std::string text;
};

/// What became of a call that moves until something holds.
enum class Outcome : std::uint8_t {
  done,
  /// Nothing moves any more, or the rounds are over, and it still does not hold.
  never_held,
  /// Something moves for ever.
  never_rests,
  /// See Cluster::fault().
  fault,
};

/// One thread, no clock, no randomness but what the seeds give: the same calls give the same run on every machine.
/// Once fault() is set nothing moves any more. Nodes are named by ids that the Setup has; calls that need a node that
/// is up, or down, say so, and it is for the caller to look first.
class Cluster {
 public:
  explicit Cluster(Setup setup = Setup());

  const std::optional<Fault>& fault() const { return fault_; }

  // Time and messages. `until` is looked at before the first step and after each (one delivery, one write, one tick).
  using Fact = std::function<bool()>;
  /// Nodes that are up.
  Outcome tick(const NodeIds& nodes, std::size_t times = 1);
  Outcome tick_all(std::size_t times = 1) { return tick(up_nodes(), times); }
  /// Rounds: every node that is up ticks once, then all that is due is written, delivered and applied, with all that
  /// it causes.
  Outcome run(std::size_t rounds, const Fact& until = {});
  /// Without ticks; among the nodes that are up, if none are named. What others sent, or get, stays in flight.
  Outcome settle(const NodeIds& among = {}, const Fact& until = {});
  /// Those in flight now, oldest first; what they cause stays in flight.
  std::size_t deliver(const Which& which = {}, std::size_t count = SIZE_MAX);
  std::size_t drop(const Which& which = {}, std::size_t count = SIZE_MAX) { return network_.drop(which, count); }
  /// Puts second copies in flight, as the newest messages, or sets them aside.
  std::size_t duplicate(const Which& which = {}, std::size_t count = SIZE_MAX, bool held = false);
  /// Sets aside, out of reach of all but release(), which puts back in the old place.
  std::size_t hold(const Which& which = {}, std::size_t count = SIZE_MAX) { return network_.hold(which, count); }
  std::size_t release(const Which& which = {}, std::size_t count = SIZE_MAX) { return network_.release(which, count); }
  std::size_t in_flight(const Which& which = {}) const { return network_.messages(which).size(); }
  std::vector<raft::Message> messages(const Which& which = {}) const { return network_.messages(which); }
  /// How many of those in flight that match are older than the first that is `wanted`: Which::after, to mean that one.
  std::optional<std::size_t> place_of(const Which& which, const Network::Test& wanted) const {
    return network_.place_of(which, wanted);
  }
  /// A message made by hand, handled at once.
  raft::Status step(const raft::Message& message);

  // Requests, to a node that is up.
  raft::Status campaign(raft::NodeId id);
  raft::Result<raft::Proposed> propose(raft::NodeId id, const std::string& data, std::size_t times = 1,
                                       raft::Token token = 0);
  raft::Status read(raft::NodeId id, raft::Token token, raft::ReadMode mode = raft::ReadMode::linearizable);
  /// The incarnations of who is added are filled in.
  raft::Result<raft::Index> change(raft::NodeId id, raft::MembershipChange wish);
  raft::Status transfer(raft::NodeId from, raft::NodeId to);
  /// The leader hears that the disk of `id` lost what lies behind `last`.
  void peer_fell_back(raft::NodeId leader, raft::NodeId id, raft::Index last);
  /// Holds also after a restart.
  void timeout(raft::NodeId id, std::uint32_t ticks);

  // Disks and crashes.
  /// The oldest writes of a node that is up: all that one step made it write is one.
  void persist(raft::NodeId id, std::size_t count = SIZE_MAX);
  /// Takes the Readys that wait (takes_late).
  void take(raft::NodeId id);
  std::size_t unwritten(raft::NodeId id) const { return host(id).pending.size(); }
  /// What it had not written is lost; what it had sent stays in flight. Its reads that wait are given up.
  void crash(raft::NodeId id);
  void restart(raft::NodeId id);
  /// A node that is down: it comes back as another incarnation.
  void wipe(raft::NodeId id);
  /// A node that is down: see Disk::lose_from(). Once it is back, and until it is repaired, it tells at each of its
  /// ticks how far its log goes, over links that are whole, as coordinators do when they greet each other.
  bool damage(raft::NodeId id, raft::Index first);

  // The end of all trouble (evidence.md, I22).
  /// Whether these are a majority of each half of every configuration that any node goes by, with sound disks.
  bool is_quorum(const NodeIds& nodes) const;
  /// Whether election timeouts are drawn from so many ticks that these nodes, once healed, elect well before 10 of them
  /// are over: with fewer, split votes may follow each other for long.
  bool has_time_to_elect(const NodeIds& nodes) const;
  /// These, a quorum that has time to elect, come back, and reach each other, and nobody else; nothing is late or lost
  /// any more; election timeouts that were fixed are drawn again. They must elect within 10 election timeouts and apply
  /// a write on all members among them within 20, not counting what some have to catch up on: otherwise I22 is broken.
  Outcome recover(const NodeIds& nodes);
  void pause_applying(raft::NodeId id) { host(id).applying = false; }
  void resume_applying(raft::NodeId id);
  /// At the applied index, or at an earlier one that the caller has noted; durable at once.
  raft::Result<raft::SnapshotMetadata> snapshot(raft::NodeId id, std::optional<raft::Index> index = std::nullopt);
  /// Gives the index through which the log is dropped now.
  raft::Index compact(raft::NodeId id, raft::Index index);
  /// To be changed by who plays a bad disk: behind the back of a node that is up that is a broken invariant.
  Disk& disk(raft::NodeId id);
  const Disk& disk(raft::NodeId id) const { return host(id).disk; }

  // Links.
  void cut(raft::NodeId from, raft::NodeId to) { network_.cut(from, to); }
  void isolate(raft::NodeId id);
  void partition(const std::vector<NodeIds>& groups);
  void heal() { network_.heal(); }

  // What there is.
  bool has_node(raft::NodeId id) const { return hosts_.count(id) != 0; }
  bool is_up(raft::NodeId id) const { return host(id).node != nullptr; }
  NodeIds up_nodes() const;
  NodeIds all_nodes() const;
  raft::Node& node(raft::NodeId id) { return *host(id).node; }
  const raft::Node& node(raft::NodeId id) const { return *host(id).node; }
  raft::NodeStatus status(raft::NodeId id) const { return host(id).node->status(); }
  raft::Role role(raft::NodeId id) const { return status(id).role; }
  raft::Term term(raft::NodeId id) const { return status(id).term; }
  raft::NodeId vote(raft::NodeId id) const { return status(id).vote; }
  raft::Index commit(raft::NodeId id) const { return status(id).commit; }
  raft::Index last(raft::NodeId id) const { return status(id).last_index; }
  /// The highest of all nodes that are up.
  raft::Term highest_term() const;
  /// That any node was ever in.
  raft::Term highest_term_ever() const { return ledger_.highest_term(); }
  /// Who leads in the highest term of all nodes that are up, or 0.
  raft::NodeId leader() const;
  /// Terms from the first index held; of a node that is down, of what is durable.
  std::vector<raft::Term> log(raft::NodeId id) const;
  /// In memory, or of a node that is down on its disk; none where it is compacted or not there.
  std::optional<raft::Entry> entry(raft::NodeId id, raft::Index index) const;
  /// What the node has applied, or, while it is down, what its durable snapshot holds.
  std::vector<std::string> data(raft::NodeId id) const;
  std::string config(raft::NodeId id) const { return host(id).node->configuration()->describe(); }
  /// What the leader knows of the other; none if it does not lead or keeps no record of it.
  std::optional<raft::PeerStatus> peer(raft::NodeId leader, raft::NodeId id) const;
  bool same_logs() const;
  /// Of the newest one on its disk; 0: none.
  raft::Index snapshot_index(raft::NodeId id) const { return host(id).disk.snapshot_index(); }
  /// How often the leadership went to a node or term that it had not been at before.
  std::size_t elections() const { return ledger_.elections(); }
  const raft::ReadOutcome* read_outcome(raft::NodeId id, raft::Token token) const;
  const raft::ProposalOutcome* proposal_outcome(raft::NodeId id, raft::Token token) const;
  const std::optional<raft::TransferOutcome>& transfer_outcome(raft::NodeId id) const { return host(id).transfer; }
  raft::Incarnation incarnation(raft::NodeId id) const { return host(id).incarnation; }

 private:
  /// A Ready that is not durable yet, and the step that it belongs to.
  struct Pending {
    raft::Ready ready;
    std::uint64_t step = 0;
  };
  struct Host {
    raft::NodeId id = raft::no_node;
    raft::Incarnation incarnation = 0;
    std::uint64_t starts = 0;
    std::optional<std::uint32_t> timeout_ticks;
    Disk disk;
    std::unique_ptr<raft::Node> node;
    std::deque<Pending> pending;
    std::map<raft::SnapshotId, StoredSnapshot> snapshots;

    bool applying = true;
    std::deque<raft::EntryRange> unapplied;
    raft::Index applied = 0;
    std::vector<std::string> data;
    /// data.size() after each applied index, so that a snapshot of an earlier one can be made.
    std::map<raft::Index, std::size_t> data_size_at;

    std::set<raft::Token> waiting_reads;
    std::map<raft::Token, raft::ReadOutcome> reads;
    std::map<raft::Token, raft::ProposalOutcome> outcomes;
    std::optional<raft::TransferOutcome> transfer;
  };

  Host& host(raft::NodeId id);
  const Host& host(raft::NodeId id) const;
  void add_host(raft::NodeId id, raft::ConfigurationRef configuration);
  void seed(Host& host);
  void start(Host& host);
  void fail(Fault::Kind kind, std::string text);
  /// Takes all Readys (unless they are taken late), then checks the invariants.
  void work(Host& host, const std::optional<Handled>& handled = std::nullopt);
  void take_all(Host& host);
  void take_ready(Host& host);
  void report(Host& host, const raft::Ready& ready);
  /// Writes what needs no sync, or everything where storage is not asynchronous.
  void flush(Host& host);
  void write_oldest(Host& host);
  /// All that the oldest step made it write.
  void write_step(Host& host);
  void send(Host& host, raft::Message&& message);
  void apply(Host& host);
  void load_snapshot(Host& host, const StoredSnapshot& snapshot);
  void tell_of_loss(const Host& host);
  void heal_among(const NodeIds& nodes);
  /// Rounds that these may need for what some of them lack.
  std::size_t catching_up(const NodeIds& nodes) const;
  /// The longest that one of these waits, in ticks.
  std::size_t longest_timeout(const NodeIds& nodes) const;
  raft::NodeId leader_among(const NodeIds& nodes) const;
  bool has_applied(const NodeIds& nodes, raft::Index index) const;
  std::string describe(const NodeIds& nodes) const;
  void handle(const raft::Message& message);
  /// One write or delivery among `nodes`; false if nothing moves.
  bool move_once(const NodeIds& nodes, const Network::Test& allowed, bool only_due);
  Outcome move_all(const NodeIds& nodes, const Network::Test& allowed, bool only_due, const Fact& until);
  void check(const Host& changed, const std::optional<Handled>& handled = std::nullopt);

  Setup setup_;
  std::map<raft::NodeId, Host> hosts_;
  Network network_;
  Ledger ledger_;
  std::optional<Fault> fault_;
  std::uint64_t steps_ = 0;
  raft::SnapshotId last_snapshot_id_ = 0;
  raft::Incarnation last_incarnation_ = 0;
};

/// Messages by hand.
raft::Message message_of(raft::NodeId from, raft::NodeId to, raft::Term term, raft::MessageBody body);
/// Entries `first` … with these terms; their data is their index, as in the logs that a Setup seeds.
raft::EntryRange entries_of(raft::Index first, const std::vector<raft::Term>& terms);
raft::AppendRequest append_of(raft::Index previous, raft::Term previous_term, const std::vector<raft::Term>& terms,
                              raft::Index commit);

}  // namespace kelek::sim
