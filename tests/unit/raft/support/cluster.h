// Cluster: raft::Node, several times, with simulated disks, a network driven by hand, and the invariants of
// Raft checked after every step. It speaks as the tests' stories do: deliver, drop, hold, crash, persist.
#pragma once

#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>

#include "disk.h"
#include "ledger.h"

namespace kelek::raft::testing {

using NodeIds = std::vector<NodeId>;

/// Which nodes there are, and what is on their disks before anything moves.
struct Setup {
  NodeIds voters = {1, 2, 3};
  NodeIds learners;
  /// Nodes with an empty log and no configuration.
  NodeIds spares;
  /// Instead of voters and learners.
  std::optional<Configuration> configuration;
  /// For all nodes; the id is filled in.
  Options options;
  std::map<NodeId, Options> options_of;
  /// Writes are durable only once persist() says so, or at the next settle() or run().
  bool async_storage = false;
  /// Readys are taken only by take(), settle() and run(): several events go into one, as in a busy process.
  bool takes_late = false;
  std::map<NodeId, std::vector<Term>> logs;
  struct TermAndVote {
    Term term = 0;
    NodeId vote = no_node;
  };
  std::map<NodeId, TermAndVote> terms;
  Observer* observer = nullptr;

  Setup();
};

/// Some of the messages in flight. 0 is everybody.
struct Which {
  NodeId from = no_node;
  NodeId to = no_node;
  std::optional<MessageKind> kind;

  bool matches(const Message& message) const {
    return (from == no_node || message.from == from) && (to == no_node || message.to == to) &&
           (!kind || message.kind() == *kind);
  }
};

class Cluster {
 public:
  explicit Cluster(Setup setup = Setup());

  // Time and messages. `until` is looked at before the first step and after each; the call throws if it never
  // holds.
  using Fact = std::function<bool()>;
  void tick(const NodeIds& nodes, std::size_t times = 1);
  void tick_all(std::size_t times = 1) { tick(up_nodes(), times); }
  void run(std::size_t rounds, const Fact& until = {});
  void settle(const NodeIds& among = {}, const Fact& until = {});
  std::size_t deliver(const Which& which = {}, std::size_t count = SIZE_MAX);
  std::size_t drop(const Which& which = {}, std::size_t count = SIZE_MAX);
  std::size_t duplicate(const Which& which = {}, std::size_t count = SIZE_MAX, bool held = false);
  std::size_t hold(const Which& which = {}, std::size_t count = SIZE_MAX);
  std::size_t release(const Which& which = {}, std::size_t count = SIZE_MAX);
  std::size_t in_flight(const Which& which = {}) const;
  std::vector<Message> messages(const Which& which = {}) const;
  /// A message made by hand, handled at once.
  Status step(const Message& message);

  // Requests.
  Status campaign(NodeId id);
  Result<Proposed> propose(NodeId id, const std::string& data, std::size_t times = 1, Token token = 0);
  Status read(NodeId id, Token token, ReadMode mode = ReadMode::linearizable);
  /// "+4 ~5 -2" as in the scenario language; "leave".
  Result<Index> change(NodeId id, std::string_view operations, bool explicit_leave = false);
  Status transfer(NodeId from, NodeId to);
  void timeout(NodeId id, std::uint32_t ticks) { node(id).set_election_timeout(ticks); }

  // Disks and crashes.
  void persist(NodeId id, std::size_t count = SIZE_MAX);
  /// Takes the Readys that wait (takes_late).
  void take(NodeId id);
  std::size_t unwritten(NodeId id) const { return host(id).pending.size(); }
  void crash(NodeId id);
  void restart(NodeId id);
  void wipe(NodeId id);
  void pause_applying(NodeId id) { host(id).applying = false; }
  void resume_applying(NodeId id);
  /// At the applied index; or at an earlier one that the test has noted.
  SnapshotMetadata snapshot(NodeId id, std::optional<Index> index = std::nullopt);
  Index compact(NodeId id, Index index);
  Disk& disk(NodeId id) { return host(id).disk; }

  // Links.
  void cut(NodeId from, NodeId to) { cuts_.insert({from, to}); }
  void isolate(NodeId id);
  void partition(const std::vector<NodeIds>& groups);
  void heal() { cuts_.clear(); }

  // What there is.
  bool is_up(NodeId id) const { return host(id).node != nullptr; }
  NodeIds up_nodes() const;
  Node& node(NodeId id) { return *host(id).node; }
  NodeStatus status(NodeId id) const { return host(id).node->status(); }
  Role role(NodeId id) const { return status(id).role; }
  Term term(NodeId id) const { return status(id).term; }
  NodeId vote(NodeId id) const { return status(id).vote; }
  Index commit(NodeId id) const { return status(id).commit; }
  Index last(NodeId id) const { return status(id).last_index; }
  /// Who leads in the highest term of all nodes that are up, or 0.
  NodeId leader() const;
  std::vector<Term> log(NodeId id) const;
  std::vector<std::string> data(NodeId id) const { return host(id).data; }
  std::string config(NodeId id) const { return host(id).node->configuration()->describe(); }
  PeerStatus peer(NodeId leader, NodeId id) const;
  Index match(NodeId leader, NodeId id) const { return peer(leader, id).match; }
  bool same_logs() const;
  Index snapshot_index(NodeId id) const;
  /// How often the leadership went to a node or term that it had not been at before.
  std::size_t elections() const { return ledger_.elections(); }
  const ReadOutcome* read_outcome(NodeId id, Token token) const;
  const ProposalOutcome* proposal_outcome(NodeId id, Token token) const;
  const std::optional<TransferOutcome>& transfer_outcome(NodeId id) const { return host(id).transfer; }
  Incarnation incarnation(NodeId id) const { return host(id).incarnation; }

 private:
  struct Host {
    NodeId id = no_node;
    Incarnation incarnation = 0;
    std::uint64_t starts = 0;
    Disk disk;
    std::unique_ptr<Node> node;
    std::deque<Ready> pending;
    std::map<SnapshotId, StoredSnapshot> snapshots;

    bool applying = true;
    std::deque<EntryRange> unapplied;
    Index applied = 0;
    std::vector<std::string> data;
    /// data.size() after each applied index, so that a snapshot of an earlier one can be made.
    std::map<Index, std::size_t> data_size_at;

    std::map<Token, ReadOutcome> reads;
    std::map<Token, ProposalOutcome> outcomes;
    std::optional<TransferOutcome> transfer;
  };
  struct Flight {
    Message message;
    bool held = false;
  };

  Host& host(NodeId id) { return hosts_.at(id); }
  const Host& host(NodeId id) const { return hosts_.at(id); }
  void add_host(NodeId id, ConfigurationRef configuration);
  void seed(Host& host);
  void start(Host& host);
  /// Takes all Readys (unless they are taken late), then checks the invariants.
  void work(Host& host);
  void take_all(Host& host);
  void write_oldest(Host& host);
  void send(Host& host, Message&& message);
  void apply(Host& host);
  void load_snapshot(Host& host, const StoredSnapshot& snapshot);
  void handle(Flight&& flight);
  bool settle_once(const NodeIds& among);
  void check();

  Setup setup_;
  std::map<NodeId, Host> hosts_;
  std::deque<Flight> flights_;
  std::set<std::pair<NodeId, NodeId>> cuts_;
  Ledger ledger_;
  SnapshotId last_snapshot_id_ = 0;
  Incarnation last_incarnation_ = 0;
};

/// Messages by hand.
Message message_of(NodeId from, NodeId to, Term term, MessageBody body);
/// Entries `first` … with these terms; their data is their index, as in the logs that a Setup seeds.
EntryRange entries_of(Index first, const std::vector<Term>& terms);
AppendRequest append_of(Index previous, Term previous_term, const std::vector<Term>& terms, Index commit);

}  // namespace kelek::raft::testing
