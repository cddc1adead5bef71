// World: everything in one run of the simulator: hosts, network, clients, faults, and the heap of what comes next.
#pragma once

#include <array>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <kelek/machine/machine.h>
#include <kelek/raft/node.h>
#include <kelek/sim/ledger.h>
#include <kelek/sim/seed.h>

#include "by_link.h"
#include "clients.h"
#include "event_queue.h"
#include "message_pool.h"
#include "shapes.h"

namespace kelek::sim {

inline constexpr std::size_t most_hosts = 12;

/// A Ready that is on its way to the disk, and the step that it belongs to.
struct PendingWrite {
  std::unique_ptr<raft::Ready> ready;
  std::uint64_t step = 0;
};

/// A member that runs, or could.
struct Host {
  raft::NodeId id = raft::no_node;
  raft::Incarnation incarnation = 0;
  std::uint64_t starts = 0;
  /// Another number after each start and crash: events of an earlier life do not count.
  std::uint64_t life = 0;
  raft::Options options;
  std::unique_ptr<NodeDisk> disk;
  std::unique_ptr<raft::Node> node;  // null while it is down
  machine::Machine machine;
  raft::Index applied = 0;
  raft::Index snapshot_index = 0;

  std::deque<PendingWrite> pending;
  std::uint64_t step = 0;
  /// How many steps the running sync will make durable; 0: none runs.
  std::size_t syncing = 0;
  bool take_scheduled = false;
  /// The disk hangs until then.
  Time stalled_until = 0;

  Time tick_period = tick_time;
  /// When its clock ticks next.
  Time next_tick = 0;
  /// When the queue will look whether it has to; 0: never.
  Time tick_event = 0;
  bool paused = false;
  std::vector<raft::Message> backlog;

  /// Lost acknowledged entries up to here, and does not vote until it has them again.
  raft::Index repair_until = 0;
  /// In force when it was last seen.
  raft::ConfigurationRef configuration;

  bool up() const { return node != nullptr; }
};

class World {
 public:
  World(std::uint64_t seed, const Swarm& swarm, const SeedOptions& options);
  Report run();

 private:
  friend class Clients;

  // world.cpp: the loop.
  void set_up();
  void run_safety();
  void handle(const Event& event);
  /// For who wants to play the run again.
  void record(Act::Kind kind, raft::NodeId node, std::uint64_t count = 1, bool flag = false);
  void record(Act::Kind kind, const raft::Message& message);
  void note(std::uint64_t what) { digest_ = mix(digest_ ^ what) + digest_; }
  bool broken() const { return !ledger_.broken().empty(); }
  Host* host_of(raft::NodeId id);
  Host& host_at(std::size_t place) { return hosts_[place]; }
  /// Who leads in the highest term, of those that are up; or null.
  Host* leader();
  void look_at_shape();

  // world_hosts.cpp: what a host does.
  void add_host(raft::NodeId id, raft::ConfigurationRef configuration);
  void start(Host& host);
  void crash(Host& host);
  void wipe(Host& host);
  void rot(Host& host);
  void on_tick(Host& host);
  void catch_up(Host& host);
  void schedule_tick(Host& host);
  void tell_of_loss(Host& host);
  void on_take(Host& host);
  void on_write(Host& host);
  void on_resume(Host& host);
  void receive(Host& host, raft::Message&& message);
  void work(Host& host, const std::optional<Handled>& handled = std::nullopt);
  void take_all(Host& host);
  void take_ready(Host& host);
  void flush(Host& host);
  void schedule_write(Host& host);
  void write_oldest(Host& host);
  void write_step(Host& host);
  std::unique_ptr<raft::Ready> fresh_ready();

  // world_state.cpp: the machine of a host.
  void apply(Host& host, const raft::EntryRange& range);
  void apply_entry(Host& host, raft::Index index, const raft::Entry& entry);
  void load_snapshot(Host& host, raft::Index index);
  void snapshot_if_due(Host& host);

  // world_network.cpp
  void send(Host& host, raft::Message&& message);
  void put_in_flight(raft::Message&& message, Time delay, bool in_order);
  void deliver(std::uint32_t place, std::uint64_t number);
  bool& cut(raft::NodeId from, raft::NodeId to) { return cuts_.at(from, to); }
  void heal();
  void cut_off(raft::NodeId id);
  void choose_lonely_append(raft::Ready& ready);

  // world_faults.cpp
  void schedule_fault();
  void on_fault();
  void fault(std::uint32_t kind);
  void strike();
  void aim(const raft::Ready& ready, const Host& host);
  Host* any_host(bool up);
  void crash_for_a_while(Host& host);
  void cut_for_a_while();
  void cut_one(Host& host);
  void part_in_two();
  void swap_links(const Host& a, const Host& b);
  void pause(Host& host);
  void change_clock(Host& host);
  void transfer();
  bool may_lose(const Host& host) const;
  bool is_impaired(const raft::Member& member, const Host* also) const;
  void change_membership();
  raft::MembershipChange draw_change(const raft::Configuration& present);
  bool keeps_quorum(const raft::Configuration& configuration) const;

  // world_liveness.cpp
  void run_liveness();
  std::vector<Host*> choose_quorum();
  bool is_quorum(const std::vector<Host*>& chosen) const;
  std::string describe_hosts() const;
  bool is_member(const Host& host);
  void heal_among(const std::vector<Host*>& chosen);
  Time catching_up(const std::vector<Host*>& chosen) const;
  bool run_until(Time deadline, const std::function<bool()>& done);

  std::uint64_t seed_;
  Swarm swarm_;
  SeedOptions options_;
  Random random_;
  Time now_ = 0;
  EventQueue queue_;
  Ledger ledger_;
  std::deque<Host> hosts_;  // stay where they are
  raft::NodeId last_id_ = 0;
  raft::Incarnation last_incarnation_ = 1'000;

  MessagePool flights_;
  ByLink<bool, most_hosts> cuts_;
  ByLink<Time, most_hosts> clogged_until_;
  ByLink<Time, most_hosts> last_arrival_;
  std::array<raft::NodeId, most_hosts + 1> swapped_{};
  /// Faults are over: the network is what the liveness phase makes of it.
  bool calm_ = false;

  /// A fault that is aimed: after so many deliveries, at this node.
  std::uint32_t strike_in_ = 0;
  raft::NodeId strike_at_ = raft::no_node;

  Clients clients_;
  Shapes shapes_;
  std::size_t next_turn_ = 0;
  std::vector<std::unique_ptr<raft::Ready>> spare_readys_;
  std::uint64_t digest_ = 0;
  Report report_;
};

}  // namespace kelek::sim
