// Random schedules: everything that can happen to a cluster, in an order drawn from a seed, with every
// invariant checked after every step; then the faults end, and the cluster must lead, agree and go on.
#include <cstdlib>
#include <string>

#include "story.h"

using namespace kelek::raft;
using namespace kelek::raft::testing;

namespace {

/// SplitMix64.
class Dice {
 public:
  explicit Dice(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound) {
    state_ += 0x9e3779b97f4a7c15U;
    std::uint64_t value = state_;
    value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
    value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
    return (value ^ (value >> 31)) % bound;
  }
  bool one_in(std::uint64_t bound) { return below(bound) == 0; }
  template <typename List>
  auto pick(const List& list) {
    return list[static_cast<std::size_t>(below(list.size()))];
  }

 private:
  std::uint64_t state_;
};

class Schedule {
 public:
  explicit Schedule(std::uint64_t seed) : dice_(seed), cluster_(draw_setup(seed)) {}

  void play(int steps) {
    for (int i = 0; i < steps; ++i) step();
  }

  /// No more faults: within so many rounds all nodes that the configuration names agree, and a write commits.
  void recover() {
    cluster_.heal();
    cluster_.release();
    for (const NodeId id : all_) {
      if (!cluster_.is_up(id)) cluster_.restart(id);
    }
    cluster_.run(300, [&] { return leads_well(); });
    for (int attempt = 0; attempt < 20; ++attempt) {
      if (leader() != no_node && cluster_.propose(leader(), "after").ok()) break;
      cluster_.run(5);
    }
    cluster_.run(200, [&] { return agreed(); });
  }

  const Cluster& cluster() const { return cluster_; }

 private:
  Setup draw_setup(std::uint64_t seed) {
    const std::uint64_t voter_count = 1 + dice_.below(5);
    Setup setup = voters(voter_count);
    setup.spares = {voter_count + 1, voter_count + 2};
    all_ = setup.voters;
    all_.insert(all_.end(), setup.spares.begin(), setup.spares.end());
    setup.async_storage = dice_.one_in(2);
    setup.takes_late = dice_.one_in(2);
    Options& options = setup.options;
    options.seed = seed;
    options.pre_vote = !dice_.one_in(3);
    options.check_quorum = !dice_.one_in(3);
    options.lease_reads = options.check_quorum && dice_.one_in(2);
    const std::uint32_t entries[] = {1, 2, 64};
    options.max_append_entries = entries[dice_.below(3)];
    options.max_inflight_appends = static_cast<std::uint32_t>(1 + dice_.below(8));
    options.snapshot_chunk_bytes = static_cast<std::uint32_t>(1 + dice_.below(16));
    options.max_unapplied_bytes = 1 + static_cast<std::size_t>(dice_.below(40));
    options.max_unapplied_entries = 1 + static_cast<std::uint32_t>(dice_.below(8));
    crashes_ = dice_.one_in(2);
    changes_ = dice_.one_in(2);
    snapshots_ = dice_.one_in(2);
    return setup;
  }

  void step() {
    const NodeId id = dice_.pick(all_);
    const std::uint64_t choice = dice_.below(100);
    if (choice < 50) {
      cluster_.deliver({}, 1 + dice_.below(3));
    } else if (choice < 65) {
      if (cluster_.is_up(id)) cluster_.tick({id}, 1 + dice_.below(4));
    } else if (choice < 72) {
      if (cluster_.is_up(id)) cluster_.propose(id, "p" + std::to_string(++proposals_), 1 + dice_.below(3));
    } else if (choice < 76) {
      if (cluster_.is_up(id)) cluster_.read(id, ++token_);
    } else if (choice < 83) {
      if (cluster_.is_up(id)) cluster_.take(id);
      if (cluster_.is_up(id)) cluster_.persist(id, 1 + dice_.below(2));
    } else if (choice < 93) {
      disturb_network(id);
    } else {
      disturb_node(id);
    }
  }

  void disturb_network(NodeId id) {
    const NodeId other = dice_.pick(all_);
    switch (dice_.below(6)) {
      case 0: cluster_.drop(link(id, other), 1 + dice_.below(3)); break;
      case 1: cluster_.duplicate({}, 1, dice_.one_in(2)); break;
      case 2: cluster_.hold({}, 1 + dice_.below(2)); break;
      case 3: cluster_.release({}, 1 + dice_.below(3)); break;
      case 4:
        if (dice_.one_in(3)) cluster_.cut(id, other);
        break;
      default: cluster_.heal(); break;
    }
  }

  void disturb_node(NodeId id) {
    const bool up = cluster_.is_up(id);
    switch (dice_.below(5)) {
      case 0:
        if (crashes_ && up) cluster_.crash(id);
        break;
      case 1:
        if (!up) cluster_.restart(id);
        break;
      case 2:
        if (changes_ && up) change(id);
        break;
      case 3:
        if (snapshots_ && up) take_snapshot(id);
        break;
      default:
        if (up && dice_.one_in(2)) cluster_.transfer(id, dice_.pick(all_));
        if (up && dice_.one_in(4)) cluster_.campaign(id);
        break;
    }
  }

  void change(NodeId id) {
    std::string operations;
    for (std::uint64_t i = dice_.below(3); i < 3; ++i) {
      operations += std::string(1, "+~-"[dice_.below(3)]) + std::to_string(dice_.pick(all_)) + " ";
    }
    cluster_.change(id, dice_.one_in(5) ? "leave" : operations, dice_.one_in(8));
  }

  void take_snapshot(NodeId id) {
    cluster_.take(id);
    if (cluster_.unwritten(id) > 0) return;
    const NodeStatus status = cluster_.status(id);
    if (status.applied <= cluster_.snapshot_index(id)) return;
    // Who joined and got the log from its beginning knows the members only from the first change on.
    if (!cluster_.node(id).snapshot_basis(status.applied).ok()) return;
    cluster_.snapshot(id);
    cluster_.compact(id, status.applied - dice_.below(status.applied));
  }

  /// Of those that lead, the one of the highest term. A node that was removed may be in a higher term than
  /// all that stay, and is right to be ignored.
  NodeId leader() const {
    NodeId best = no_node;
    for (const NodeId id : cluster_.up_nodes()) {
      if (cluster_.role(id) != Role::leader) continue;
      if (best == no_node || cluster_.term(id) > cluster_.term(best)) best = id;
    }
    return best;
  }

  bool leads_well() const {
    const NodeId leader = this->leader();
    return leader != no_node && cluster_.status(leader).commit == cluster_.status(leader).last_index;
  }

  bool agreed() {
    const NodeId leader = this->leader();
    if (leader == no_node || cluster_.data(leader).empty()) return false;
    // A joint configuration that was asked to stay may have to be left by hand.
    if (cluster_.node(leader).configuration()->is_joint()) cluster_.change(leader, "leave");
    for (const Member& member : cluster_.node(leader).configuration()->members()) {
      if (cluster_.data(member.id) != cluster_.data(leader)) return false;
    }
    return leads_well();
  }

  Dice dice_;
  NodeIds all_;
  bool crashes_ = false;
  bool changes_ = false;
  bool snapshots_ = false;
  Cluster cluster_;
  std::uint64_t proposals_ = 0;
  Token token_ = 0;
};

}  // namespace

TEST_CASE("random schedules break nothing, and the cluster recovers") {
  const char* from = std::getenv("KELEK_FIRST_SEED");
  const char* count = std::getenv("KELEK_SEEDS");
  const std::uint64_t first = from != nullptr ? std::stoull(from) : 1;
  const std::uint64_t seeds = count != nullptr ? std::stoull(count) : 200;
  for (std::uint64_t seed = first; seed < first + seeds; ++seed) {
    INFO("KELEK_FIRST_SEED=" << seed << " KELEK_SEEDS=1");
    try {
      Schedule schedule(seed);
      schedule.play(1500);
      schedule.recover();
    } catch (const std::exception& broken) {
      FAIL(broken.what());
    }
  }
}
