// Drawing a swarm.
#include <kelek/sim/swarm.h>

#include <array>

namespace kelek::sim {

namespace {

template <typename Value, std::size_t count>
Value one_of(Random& random, const std::array<Value, count>& values) {
  return values[static_cast<std::size_t>(random.below(count))];
}

void draw_members(Random& random, Swarm& swarm) {
  swarm.voters = one_of<std::uint32_t, 12>(random, {3, 3, 3, 3, 3, 5, 5, 5, 4, 2, 1, 7});
  swarm.clients = static_cast<std::uint32_t>(random.between(1, 5));
}

void draw_options(Random& random, Swarm& swarm) {
  raft::Options& options = swarm.options;
  options.election_ticks = static_cast<std::uint32_t>(random.between(8, 14));
  options.heartbeat_ticks = static_cast<std::uint32_t>(random.between(1, 3));
  // As large as the scenario language lets it be.
  options.seed = random.below(1'000'000'000);
  options.pre_vote = random.chance(600);
  options.check_quorum = random.chance(600);
  options.lease_reads = options.check_quorum && random.chance(350);
  options.disk_stall_ticks = random.chance(300) ? 20 : 0;
  options.max_append_entries = one_of<std::uint32_t, 4>(random, {1, 2, 8, 2048});
  options.max_inflight_appends = one_of<std::uint32_t, 4>(random, {1, 2, 8, 256});
  if (random.chance(150)) options.max_append_bytes = 200;
  if (random.chance(150)) options.max_inflight_bytes = 400;
  options.snapshot_chunk_bytes = one_of<std::uint32_t, 3>(random, {256, 2'048, 262'144});
  options.max_inflight_chunks = one_of<std::uint32_t, 2>(random, {1, 4});
  if (random.chance(150)) options.max_uncommitted_bytes = 2'000;
  options.max_unapplied_entries = one_of<std::uint32_t, 2>(random, {4, 65'536});
  swarm.priorities = random.chance(150);
  swarm.async_storage = random.chance(600);
  swarm.takes_late = random.chance(300);
  swarm.durable_machine = random.chance(600);
  if (random.chance(400)) swarm.snapshot_distance = one_of<std::uint32_t, 3>(random, {5, 20, 60});
}

void draw_network(Random& random, Swarm& swarm) {
  swarm.delay_min = one_of<Time, 3>(random, {50, 500, 5'000});
  swarm.delay_spread = one_of<Time, 4>(random, {100, 1'000, 8'000, 40'000});
  if (random.chance(400)) swarm.loss = one_of<PerMille, 3>(random, {10, 100, 300});
  if (random.chance(400)) swarm.duplicate = one_of<PerMille, 3>(random, {10, 100, 300});
  if (random.chance(500)) swarm.reorder = one_of<PerMille, 3>(random, {20, 100, 500});
  if (random.chance(400)) swarm.capsule = one_of<PerMille, 2>(random, {5, 30});
  swarm.sync_min = one_of<Time, 3>(random, {50, 500, 5'000});
  swarm.sync_spread = one_of<Time, 3>(random, {100, 3'000, 30'000});
  swarm.think_spread = one_of<Time, 3>(random, {10'000, 50'000, 300'000});
  swarm.reads = one_of<PerMille, 4>(random, {0, 100, 300, 700});
}

void draw_faults(Random& random, Swarm& swarm) {
  const auto weight = [&random](PerMille exists) {
    return random.chance(exists) ? static_cast<std::uint32_t>(random.between(1, 8)) : 0;
  };
  Swarm::Weights& weights = swarm.weights;
  weights.crash = weight(450);
  weights.crash_leader = weight(450);
  weights.crash_all = weight(120);
  weights.isolate_leader = weight(400);
  weights.cut = weight(350);
  weights.partition = weight(350);
  weights.clog = weight(250);
  weights.swap_links = weight(200);
  weights.pause = weight(250);
  weights.clock = weight(250);
  swarm.clock_spread = swarm.options.lease_reads ? tick_time / 25 : tick_time / 2;
  weights.campaign = weight(250);
  weights.transfer = weight(250);
  weights.change = weight(300);
  weights.stall = swarm.async_storage ? weight(250) : 0;
  weights.disk_failure = weight(150);
  weights.wipe = weight(150);
  weights.damage = weight(150);
  if (weights.change != 0) swarm.spares = static_cast<std::uint32_t>(random.between(0, 2));
  if (random.chance(400)) swarm.strike = one_of<PerMille, 3>(random, {10, 60, 200});
  if (random.chance(300)) swarm.lonely_append = one_of<PerMille, 2>(random, {50, 300});
  swarm.fault_interval = one_of<Time, 4>(random, {50'000, 150'000, 400'000, 1'000'000});
  swarm.outage_spread = one_of<Time, 3>(random, {100'000, 500'000, 2'000'000});
}

}  // namespace

Swarm draw_swarm(std::uint64_t seed) {
  Random random(mix(seed ^ 0x5377a2d1c0ffee01U));
  Swarm swarm;
  draw_members(random, swarm);
  draw_options(random, swarm);
  draw_network(random, swarm);
  draw_faults(random, swarm);
  swarm.deliveries = one_of<std::uint32_t, 3>(random, {600, 1'500, 4'000});
  for (std::uint32_t i = 0; swarm.priorities && i < swarm.voters + swarm.spares; ++i) {
    swarm.election_delay_ticks.push_back(static_cast<std::uint32_t>(random.below(3) * 5));
  }
  return swarm;
}

std::string Swarm::describe() const {
  std::string text = std::to_string(voters) + " voters";
  const auto add = [&text](bool there, const std::string& what) {
    if (there) text += ", " + what;
  };
  add(spares != 0, std::to_string(spares) + " spares");
  add(true, std::to_string(clients) + " clients");
  add(true, "appends of " + std::to_string(options.max_append_entries));
  add(options.pre_vote, "pre-vote");
  add(options.check_quorum, "check-quorum");
  add(options.lease_reads, "lease reads");
  add(priorities, "priorities");
  add(async_storage, "writes that take time");
  add(takes_late, "late Readys");
  add(snapshot_distance != 0, "snapshots");
  add(loss != 0, "loss");
  add(duplicate != 0, "duplicates");
  add(reorder != 0, "reordering");
  add(capsule != 0, "time capsules");
  add(strike != 0, "strikes");
  add(lonely_append != 0, "lonely appends");
  add(weights.crash + weights.crash_leader + weights.crash_all != 0, "crashes");
  add(weights.isolate_leader + weights.cut + weights.partition + weights.clog + weights.swap_links != 0, "cuts");
  add(weights.pause + weights.clock != 0, "bad clocks");
  add(weights.transfer != 0, "transfers");
  add(weights.change != 0, "membership changes");
  add(weights.stall + weights.disk_failure != 0, "bad disks");
  add(weights.wipe != 0, "wiped disks");
  add(weights.damage != 0, "damage");
  return text;
}

}  // namespace kelek::sim
