// Measures the core by the method of ../README.md: every row of its table. Prints one JSON row a line.
#include <cstdio>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>

#include "../harness/allocations.h"
#include "../harness/samples.h"
#include "group.h"
#include "growth.h"

namespace kelek::bench {
namespace {

/// Fresh groups, built before the clock starts, until the first member leads.
void election(const Settings& settings, std::uint64_t nodes) {
  const Subject subject{"election", nodes, 0, 0};
  if (!settings.wants(subject)) return;
  const auto configuration = configuration_of(nodes);
  const std::uint64_t at_once = 1 + 192 / nodes;
  std::vector<Sample> samples;
  for (int run = 0; run < settings.runs; ++run) {
    Sample sample;
    const std::uint64_t end = wall_ns() + 2 * settings.run_ns;
    do {
      std::vector<std::unique_ptr<Group>> groups;
      for (std::uint64_t i = 0; i < at_once; ++i) {
        groups.push_back(std::make_unique<Group>(GroupOptions{nodes, false, 1024}, configuration));
      }
      const Stopwatch watch;
      for (const auto& group : groups) {
        require(group->leader().campaign().ok(), "node 1 refused to campaign");
        while (group->leader().status().role != raft::Role::leader) group->pass();
      }
      watch.stop(sample);
      for (const auto& group : groups) sample.messages += group->messages();
      sample.operations += at_once;
    } while (wall_ns() < end);
    samples.push_back(sample);
  }
  report(subject, samples);
}

/// One tick of the leader and all that it causes.
void heartbeat(const Settings& settings, std::uint64_t nodes) {
  const Subject subject{"heartbeat", nodes, 0, 0};
  if (!settings.wants(subject)) return;
  Group group({nodes, true, 1024});
  group.elect();
  const std::uint64_t before = group.messages();
  group.leader().tick();
  group.settle();
  require(group.messages() == before + 2 * (nodes - 1), "a heartbeat round is not one question and answer each");
  report(subject, repeat(settings, 1, group.messages(), [&group] {
           group.leader().tick();
           group.settle();
         }));
}

/// `batch` reads wait at the leader and are confirmed by a quorum.
void quorum_reads(const Settings& settings, std::uint64_t nodes, std::uint64_t batch) {
  const Subject subject{"quorum_read", nodes, 0, batch};
  if (!settings.wants(subject)) return;
  Group group({nodes, false, 1024});
  group.elect();
  std::uint64_t asked = 0;
  const auto samples = repeat(settings, batch, group.messages(), [&] {
    for (std::uint64_t i = 0; i < batch; ++i) {
      require(group.leader().read(++asked, raft::ReadMode::quorum).ok(), "a read was refused");
    }
    group.settle();
  });
  require(group.reads() == asked, "reads were lost");
  report(subject, samples);
}

/// A follower's tick with nothing to do; its election timeout is too far away to be reached.
void idle_tick(const Settings& settings) {
  const Subject subject{"tick", 0, 0, 0};
  if (!settings.wants(subject)) return;
  Group group({3, false, 1024});
  group.elect();
  raft::Node& follower = group.node(2);
  follower.set_election_timeout(0xffffffffU);
  constexpr std::uint64_t ticks = 1024;
  const std::uint64_t none = 0;
  report(subject, repeat(settings, ticks, none, [&follower] {
           for (std::uint64_t i = 0; i < ticks; ++i) follower.tick();
         }));
  require(follower.status().role == raft::Role::follower && !follower.has_ready(), "the follower was not idle");
}

/// Live heap of a node after an election and compaction: of all, the leader's, and a follower's.
void idle_memory(const Settings& settings, std::uint64_t nodes) {
  if (!settings.wants({"idle_memory", nodes, 0, 0})) return;
  const std::size_t before = live_bytes();
  Group group({nodes, false, 1024});
  group.elect();
  group.compact(true);
  group.forget_readys();
  const std::size_t with_driver = live_bytes();
  group.destroy(1);
  const std::size_t without_leader = live_bytes();
  group.destroy(2);
  const std::size_t without_follower = live_bytes();
  for (raft::NodeId id = 3; id <= nodes; ++id) group.destroy(id);
  // What is left is the driver's list of members; the configuration that all shared went with the last of
  // them.
  const std::size_t driver = live_bytes() - before;
  const double all = static_cast<double>(with_driver - before - driver) / static_cast<double>(nodes);
  report_figures({"idle_memory", nodes, 0, 0}, {{"bytes_per_op", all}});
  const auto leader_bytes = static_cast<double>(with_driver - without_leader);
  report_figures({"idle_memory/leader", nodes, 0, 0}, {{"bytes_per_op", leader_bytes}});
  const auto follower_bytes = static_cast<double>(without_leader - without_follower);
  report_figures({"idle_memory/follower", nodes, 0, 0}, {{"bytes_per_op", follower_bytes}});
}

/// Making one node of a group of so many.
void build(const Settings& settings, std::uint64_t nodes) {
  const Subject subject{"build", nodes, 0, 0};
  if (!settings.wants(subject)) return;
  const auto configuration = configuration_of(nodes);
  const GroupOptions group{nodes, false, 1024};
  std::vector<std::unique_ptr<raft::Node>> made(nodes);
  std::vector<Sample> samples;
  for (int run = 0; run < settings.runs; ++run) {
    Sample sample;
    for (auto& node : made) node.reset();
    const Stopwatch watch;
    for (raft::NodeId id = 1; id <= nodes; ++id) {
      raft::DurableState state;
      state.configuration = configuration;
      made[id - 1] = std::move(raft::Node::create(options_of(id, group), std::move(state)).value());
    }
    watch.stop(sample);
    sample.operations = nodes;
    samples.push_back(sample);
  }
  report(subject, samples);
}

void table(const Settings& settings) {
  for (const std::uint64_t nodes : {3U, 5U}) {
    for (const std::uint64_t payload : {16U, 256U}) {
      for (const std::uint64_t batch : {1U, 64U, 1024U}) {
        throughput(settings, "throughput/calls", nodes, payload, batch);
        if (batch > 1) throughput(settings, "throughput/as_one", nodes, payload, batch);
      }
    }
  }
  for (const std::uint64_t nodes : {3U, 5U, 101U}) election(settings, nodes);
  heartbeat(settings, 3);
  quorum_reads(settings, 3, 64);
  idle_tick(settings);
  idle_memory(settings, 3);
  idle_memory(settings, 101);
  build(settings, 101);
}

}  // namespace
}  // namespace kelek::bench

int main(int count, char** values) {
  using namespace kelek::bench;
  const bool growing = count > 1 && std::string_view(values[1]) == "--growth";
  const int skipped = growing ? 1 : 0;
  const auto settings = Settings::from_arguments(count - skipped, values + skipped);
  if (!settings) {
    std::fprintf(stderr, "usage: core_bench [--growth] [--quick] [--only PART]\n");
    return 2;
  }
  if (growing) {
    growth(*settings);
  } else {
    table(*settings);
  }
}
