// A cluster driven by bytes: what arrives, what is lost, who crashes. All invariants are the oracle; what breaks one is
// shortened and printed as a scenario.
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string>

#include <kelek/sim/cluster.h>
#include <kelek/sim/scenario.h>
#include <kelek/sim/shrink.h>

#include "replayer.h"

using namespace kelek;

namespace {

constexpr std::size_t most_steps = 300;
constexpr std::size_t most_in_flight = 400;

/// Bytes are read one after the other; behind the end there are zeros.
class Input {
 public:
  Input(const std::uint8_t* data, std::size_t size) : data_(data), left_(size) {}
  bool empty() const { return left_ == 0; }
  std::uint32_t next() {
    if (left_ == 0) return 0;
    --left_;
    return *data_++;
  }

 private:
  const std::uint8_t* data_;
  std::size_t left_;
};

sim::Swarm swarm_of(Input& input) {
  sim::Swarm swarm;
  swarm.voters = 1 + input.next() % 5;
  // Six nodes at the most need that many to elect in time (Cluster::has_time_to_elect).
  swarm.options.election_ticks = 12;
  const std::uint32_t flags = input.next();
  swarm.options.pre_vote = (flags & 1) != 0;
  swarm.options.check_quorum = (flags & 2) != 0;
  swarm.options.lease_reads = (flags & 6) == 6;
  swarm.async_storage = (flags & 8) != 0;
  swarm.takes_late = (flags & 16) != 0;
  swarm.spares = (flags & 32) != 0 ? 1 : 0;
  swarm.options.max_append_entries = (flags & 64) != 0 ? 1 : 64;
  swarm.options.max_inflight_appends = (flags & 128) != 0 ? 1 : 8;
  swarm.options.disk_stall_ticks = 0;
  return swarm;
}

class Driver {
 public:
  explicit Driver(const sim::Swarm& swarm, sim::Setup setup)
      : swarm_(swarm), cluster_(std::move(setup)), nodes_(swarm.voters + swarm.spares) {}

  void drive(Input& input) {
    for (std::size_t step = 0; step < most_steps && !input.empty() && !cluster_.fault(); ++step) {
      const std::uint32_t what = input.next();
      act(what % 16, input.next());
      if (cluster_.in_flight() > most_in_flight) cluster_.drop({}, most_in_flight / 2);
    }
    recover();
    if (cluster_.fault() && cluster_.fault()->kind == sim::Fault::Kind::invariant) tell(cluster_.fault()->text);
  }

 private:
  using Kind = sim::Act::Kind;

  void act(std::uint32_t what, std::uint32_t which) {
    const raft::NodeId node = 1 + which % nodes_;
    const std::uint32_t rest = which / nodes_;
    if (what <= 5) return message(Kind::deliver, which);
    if (what == 6) return message(Kind::duplicate, which);
    if (what == 7) return lose(which);
    if (what == 13) return cluster_.is_up(node) ? go_down(node) : come_up(node);
    if (!cluster_.is_up(node)) return;
    switch (what) {
      case 8: return tick(node, 1 + rest % 24);
      case 9: return campaign(node);
      case 10: return propose(node);
      case 11: return persist(node, 1 + rest % 3);
      case 12: return take(node);
      case 14: return ask(node, rest);
      default: return change(node, rest);
    }
  }

  sim::Act& did(Kind kind, raft::NodeId node) {
    sim::Act& act = acts_.emplace_back();
    act.kind = kind;
    act.node = node;
    return act;
  }
  void message(Kind kind, std::uint32_t which) {
    const std::size_t count = cluster_.in_flight();
    if (count == 0) return;
    sim::Which one;
    one.after = which % count;
    const std::vector<raft::Message> messages = cluster_.messages(one);
    const raft::Message& chosen = messages.front();
    sim::MessageName& name = did(kind, raft::no_node).message;
    name = sim::MessageName::of(chosen);
    name.highest_term = cluster_.highest_term_ever();
    if (kind == Kind::deliver) {
      cluster_.deliver(one, 1);
    } else {
      cluster_.duplicate(one, 1);
    }
  }
  void lose(std::uint32_t which) {
    sim::Which one;
    one.after = which;
    cluster_.drop(one, 1);
  }
  void go_down(raft::NodeId node) {
    did(Kind::crash, node);
    cluster_.crash(node);
  }
  void come_up(raft::NodeId node) {
    did(Kind::restart, node);
    cluster_.restart(node);
  }
  void tick(raft::NodeId node, std::uint32_t times) {
    did(Kind::tick, node).count = times;
    cluster_.tick({node}, times);
  }
  void campaign(raft::NodeId node) {
    if (cluster_.campaign(node)) did(Kind::campaign, node);
  }
  void propose(raft::NodeId node) {
    ++proposals_;
    if (!cluster_.propose(node, "e" + std::to_string(proposals_), 1, proposals_)) return;
    did(Kind::propose, node).count = proposals_;
  }
  void persist(raft::NodeId node, std::uint32_t count) {
    if (cluster_.unwritten(node) == 0) return;
    did(Kind::persist, node).count = count;
    cluster_.persist(node, count);
  }
  void take(raft::NodeId node) {
    did(Kind::take, node);
    cluster_.take(node);
  }
  void ask(raft::NodeId node, std::uint32_t what) {
    if (what % 4 <= 1) {
      const raft::ReadMode mode = what % 4 == 0 ? raft::ReadMode::linearizable : raft::ReadMode::quorum;
      if (!cluster_.read(node, ++reads_, mode)) return;
      sim::Act& act = did(Kind::read, node);
      act.count = reads_;
      act.flag = what % 4 == 0;
    } else if (what % 4 == 2) {
      const raft::NodeId to = 1 + (what / 4) % nodes_;
      if (cluster_.transfer(node, to)) did(Kind::transfer, node).other = to;
    } else if (cluster_.status(node).applied > cluster_.snapshot_index(node) && cluster_.snapshot(node)) {
      did(Kind::snapshot, node);
      did(Kind::compact, node).count = cluster_.snapshot_index(node);
      cluster_.compact(node, cluster_.snapshot_index(node));
    }
  }
  void change(raft::NodeId node, std::uint32_t what) {
    using Operation = raft::MemberOperation;
    raft::MembershipChange wish;
    for (std::uint32_t i = 0; i < what % 3; ++i) {
      Operation& operation = wish.operations.emplace_back();
      operation.kind = static_cast<Operation::Kind>((what / 3 + i) % 3);
      operation.id = 1 + (what / 9 + i) % nodes_;
    }
    if (cluster_.change(node, wish)) did(Kind::change, node).wish = wish;
  }

  /// Everybody is there again: somebody must come to lead, and writes must go on.
  void recover() {
    if (cluster_.fault()) return;
    const sim::NodeIds all = cluster_.all_nodes();
    did(Kind::recover, raft::no_node).nodes = all;
    if (cluster_.recover(all) == sim::Outcome::never_rests) tell("I20 Bounds: the cluster never comes to rest");
  }

  [[noreturn]] void tell(const std::string& broken) {
    std::fprintf(stderr, "\n%s\n", broken.c_str());
    const auto begun = std::chrono::steady_clock::now();
    const sim::Shrunk shrunk =
        sim::shrink(swarm_, acts_, broken, sim::invariant_of(broken) + ", found by fuzzing",
                    [&] { return std::chrono::steady_clock::now() - begun > std::chrono::seconds(20); });
    std::fputs(shrunk.reproduced ? shrunk.scenario.c_str() : "It cannot be said as a scenario.\n", stderr);
    std::abort();
  }

  sim::Swarm swarm_;
  sim::Cluster cluster_;
  std::uint32_t nodes_;
  sim::Acts acts_;
  std::uint64_t proposals_ = 0;
  std::uint64_t reads_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  Input input(data, size);
  const sim::Swarm swarm = swarm_of(input);
  const auto setup = sim::parse_scenario(sim::setup_text(swarm));
  if (!setup) std::abort();
  Driver(swarm, setup->setup).drive(input);
  return 0;
}
