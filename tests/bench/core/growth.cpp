// Throughput, and how it and the idle cost change as the work grows.
#include "growth.h"

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "../harness/allocations.h"
#include "group.h"

namespace kelek::bench {
namespace {

raft::Payload payload_of(std::uint64_t size_bytes) {
  return raft::Payload::copy_of(std::string(size_bytes, 'x'));
}

/// So many groups of three in one thread: each gets one proposal in turn, and is idle otherwise.
void many_groups(const Settings& settings, std::uint64_t count) {
  if (!settings.wants({"groups", 3, 256, count})) return;
  const std::size_t before = live_bytes();
  const auto configuration = configuration_of(3);
  std::vector<std::unique_ptr<Group>> groups;
  for (std::uint64_t i = 0; i < count; ++i) {
    groups.push_back(std::make_unique<Group>(GroupOptions{3, true, 1024}, configuration));
    groups.back()->elect();
    groups.back()->compact(true);
  }
  const double bytes = static_cast<double>(live_bytes() - before) / static_cast<double>(count);
  report_figures({"groups/idle_memory", 3, 0, count}, {{"bytes_per_op", bytes}});

  const raft::Payload payload = payload_of(256);
  std::uint64_t messages = 0;
  report({"groups/throughput", 3, 256, count}, repeat(settings, count, messages, [&] {
           for (const auto& group : groups) {
             require(group->leader().propose(payload).ok(), "a proposal was refused");
             group->settle();
             group->compact();
           }
         }));
  report({"groups/tick", 3, 0, count}, repeat(settings, count, messages, [&] {
           for (const auto& group : groups) {
             for (raft::NodeId id = 1; id <= 3; ++id) group->node(id).tick();
             group->settle();
           }
         }));
}

/// A follower comes back that lacks so many entries, all still in the leader's log: cost of each.
void follower_away(const Settings& settings, std::uint64_t entries) {
  const Subject subject{"away", 3, 256, entries};
  if (!settings.wants(subject)) return;
  const raft::Payload payload = payload_of(256);
  const std::vector<raft::Payload> round(1024, payload);
  std::vector<Sample> samples;
  for (int run = 0; run < settings.runs; ++run) {
    Group group({3, false, entries * 2});
    group.elect();
    group.cut_off(3);
    for (std::uint64_t done = 0; done < entries; done += round.size()) {
      require(group.leader().propose(round).ok(), "a proposal was refused");
      group.settle();
    }
    group.leader().peer_unreachable(3);
    group.reconnect();
    Sample sample;
    const Stopwatch watch;
    group.leader().tick();
    group.settle();
    for (int ticks = 0; !group.all_applied() && ticks < 100; ++ticks) {
      group.leader().tick();
      group.settle();
    }
    watch.stop(sample);
    require(group.all_applied(), "the follower did not catch up");
    sample.operations = entries;
    samples.push_back(sample);
  }
  report(subject, samples);
}

}  // namespace

void throughput(const Settings& settings, const char* bench, std::uint64_t nodes, std::uint64_t payload_bytes,
                std::uint64_t batch) {
  const Subject subject{bench, nodes, payload_bytes, batch};
  if (!settings.wants(subject)) return;
  const bool as_one = std::string_view(bench) == "throughput/as_one";
  Group group({nodes, false, 1024});
  group.elect();
  const raft::Payload payload = payload_of(payload_bytes);
  const std::vector<raft::Payload> payloads(batch, payload);
  const auto round = [&] {
    if (as_one) {
      require(group.leader().propose(payloads).ok(), "a proposal was refused");
    } else {
      for (std::uint64_t i = 0; i < batch; ++i) {
        require(group.leader().propose(payload).ok(), "a proposal was refused");
      }
    }
    group.settle();
    group.compact();
  };
  for (std::uint64_t i = 0; i < 20000 / batch + 2; ++i) round();
  const auto samples = repeat(settings, batch, group.messages(), round);
  require(group.all_applied(), "not applied by all");
  report(subject, samples);
}

void growth(const Settings& settings) {
  for (const std::uint64_t nodes : {3U, 5U, 7U, 9U}) throughput(settings, "throughput/as_one", nodes, 256, 64);
  for (const std::uint64_t payload : {16U, 256U, 4096U, 65536U, 1048576U}) {
    throughput(settings, "throughput/calls", 3, payload, 16);
  }
  for (const std::uint64_t count : {1U, 10U, 100U, 1000U}) many_groups(settings, count);
  for (const std::uint64_t entries : {10240U, 102400U, 1024000U}) follower_away(settings, entries);
}

}  // namespace kelek::bench
