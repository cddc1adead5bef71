// The simulated cluster for unit tests: what goes wrong in a step is an exception here, which fails the test.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

#include <kelek/sim/cluster.h>

namespace kelek::raft::testing {

using sim::append_of;
using sim::digest_of;
using sim::entries_of;
using sim::message_of;
using sim::NodeIds;
using sim::Setup;
using sim::Which;

class Cluster : public sim::Cluster {
 public:
  explicit Cluster(Setup setup = Setup()) : sim::Cluster(std::move(setup)) { must_hold(); }

  void tick(const NodeIds& nodes, std::size_t times = 1) { must(sim::Cluster::tick(nodes, times)); }
  void tick_all(std::size_t times = 1) { tick(up_nodes(), times); }
  void run(std::size_t rounds, const Fact& until = {}) { must(sim::Cluster::run(rounds, until)); }
  void settle(const NodeIds& among = {}, const Fact& until = {}) { must(sim::Cluster::settle(among, until)); }
  std::size_t deliver(const Which& which = {}, std::size_t count = SIZE_MAX) {
    return held(sim::Cluster::deliver(which, count));
  }
  Status step(const Message& message) { return held(sim::Cluster::step(message)); }
  Status campaign(NodeId id) { return held(sim::Cluster::campaign(id)); }
  Result<Proposed> propose(NodeId id, const std::string& data, std::size_t times = 1, Token token = 0) {
    return held(sim::Cluster::propose(id, data, times, token));
  }
  Status read(NodeId id, Token token, ReadMode mode = ReadMode::linearizable) {
    return held(sim::Cluster::read(id, token, mode));
  }
  /// "+4 ~5 -2" as in scenarios; "leave".
  Result<Index> change(NodeId id, std::string_view operations, bool explicit_leave = false) {
    return held(sim::Cluster::change(id, wish_of(operations, explicit_leave)));
  }
  Status transfer(NodeId from, NodeId to) { return held(sim::Cluster::transfer(from, to)); }
  void persist(NodeId id, std::size_t count = SIZE_MAX) {
    sim::Cluster::persist(id, count);
    must_hold();
  }
  void take(NodeId id) {
    sim::Cluster::take(id);
    must_hold();
  }
  void restart(NodeId id) {
    sim::Cluster::restart(id);
    must_hold();
  }
  void resume_applying(NodeId id) {
    sim::Cluster::resume_applying(id);
    must_hold();
  }
  SnapshotMetadata snapshot(NodeId id, std::optional<Index> index = std::nullopt) {
    const Result<SnapshotMetadata> taken = held(sim::Cluster::snapshot(id, index));
    if (!taken) throw std::logic_error("no snapshot: " + taken.error().text);
    return *taken;
  }
  Index compact(NodeId id, Index index) { return held(sim::Cluster::compact(id, index)); }

  PeerStatus peer(NodeId leader, NodeId id) const {
    const std::optional<PeerStatus> found = sim::Cluster::peer(leader, id);
    if (!found) throw std::logic_error("no record of node " + std::to_string(id));
    return *found;
  }
  Index match(NodeId leader, NodeId id) const { return peer(leader, id).match; }

 private:
  static MembershipChange wish_of(std::string_view operations, bool explicit_leave) {
    MembershipChange wish;
    wish.explicit_leave = explicit_leave;
    for (std::size_t place = 0; place < operations.size() && operations != "leave"; ++place) {
      const char sign = operations[place];
      if (sign == ' ') continue;
      MemberOperation operation;
      operation.kind = sign == '+'   ? MemberOperation::Kind::add_voter
                       : sign == '~' ? MemberOperation::Kind::add_learner
                                     : MemberOperation::Kind::remove;
      while (place + 1 < operations.size() && operations[place + 1] != ' ') {
        operation.id = operation.id * 10 + static_cast<NodeId>(operations[++place] - '0');
      }
      wish.operations.push_back(operation);
    }
    return wish;
  }
  void must_hold() const {
    if (fault()) throw std::logic_error(fault()->text);
  }
  void must(sim::Outcome outcome) const {
    must_hold();
    if (outcome == sim::Outcome::never_held) throw std::logic_error("what was waited for did not happen");
    if (outcome == sim::Outcome::never_rests) throw std::logic_error("the cluster never comes to rest");
  }
  template <typename Value>
  Value held(Value value) const {
    must_hold();
    return value;
  }
};

}  // namespace kelek::raft::testing
