// The turn of data.
#include "loop.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <utility>

#include <kelek/transport/frame.h>
#include <kelek/wire/command_codec.h>

#include "clocks.h"

namespace kelek::runtime {
namespace {

constexpr std::size_t frames_per_turn = 1'024;
constexpr int readies_per_turn = 16;
constexpr int longest_wait_ms = 1'000;
constexpr std::uint64_t witness_after_ms = 50;
constexpr std::uint64_t progress_interval_ms = 5'000;
constexpr std::uint64_t handover_interval_ms = 5'000;
/// 5 GiB a day.
constexpr std::uint64_t scrub_interval_ms = 1'000;
constexpr std::size_t scrub_bytes = 64 * 1024;
/// So many election timeouts, and this at least, may pass without a leader before clients are sent elsewhere. A cut is
/// more likely by then than an election that goes on; and a watch would tell its client nothing wrong, but nothing at
/// all.
constexpr std::uint64_t leaderless_elections = 4;
constexpr std::uint64_t least_leaderless_ms = 1'000;
constexpr const char* full_disk = "has no space left on its disk: takes no proposals";

}  // namespace

Loop::Loop(Engine& engine, Opening& opening, transport::Wakeup& wakeup)
    : engine_(engine),
      opening_(opening),
      wakeup_(wakeup),
      answers_(engine),
      admin_(engine, answers_),
      greeter_(engine, [this](raft::NodeId node, raft::Incarnation incarnation) { admin_.on_met(node, incarnation); }),
      peers_(engine, greeter_),
      clients_(engine, answers_, admin_),
      readies_(engine, peers_, clients_, admin_) {
  admin_.ask_to_stop = [this] { request_stop(); };
  admin_.say_hello = [this](raft::NodeId node) {
    greeter_.forget(node);
    greet_at_ms_ = 0;
  };
  peers_.before_command = [this] { stamp(); };
  clients_.before_command = [this] { stamp(); };
  clients_.before_lease_read = [this] {
    if (engine_.leads() && engine_.options.raft.lease_reads) age_lease(steady_us());
  };
  readies_.on_role = [this](const raft::RoleChange& role) { on_role(role); };
  opening_.listener = [this](raft::Index index, const raft::Entry& entry, machine::Result* result) {
    readies_.on_applied(index, entry, result);
  };
}

bool Loop::submit(Submission submission) {
  {
    const std::lock_guard<std::mutex> guard(submissions_mutex_);
    if (closed_ || submissions_.size() >= engine_.options.limits.requests) return false;
    submissions_.push_back(std::move(submission));
  }
  wakeup_.notify();
  return true;
}

void Loop::request_stop() noexcept {
  int none = 0;
  wish_.compare_exchange_strong(none, 1);
  wakeup_.notify();
}

void Loop::abandon() noexcept {
  wish_.store(2);
  wakeup_.notify();
}

Failure Loop::run() {
  engine_.started_ms = steady_ms();
  last_tick_us_ = steady_us();
  if (!engine_.node) greeter_.begin_genesis();
  while (engine_.stop != StopPhase::stopped && !engine_.failure.failed() && wish_.load() != 2) turn();
  return finish();
}

void Loop::turn() {
  std::array<zmq_pollitem_t, 3> items = {engine_.peers->poll_item(), engine_.server->poll_item(),
                                         transport::poll_item_of(wakeup_.descriptor())};
  transport::wait_for_events(items, std::chrono::milliseconds(timeout_ms()));
  ++engine_.counters.turns;
  if (items[2].revents != 0) wakeup_.clear();
  engine_.peers->keep_links();
  more_ = false;
  stamped_ = false;
  const std::uint64_t now_us = steady_us();
  const std::uint64_t now_ms = now_us / 1'000;
  if (engine_.trace) engine_.trace->at(now_us);
  if (engine_.node) {
    readies_.collect();
    readies_.collect_snapshot();
  }
  tick(now_us);
  take_submissions();
  more_ = clients_.receive(frames_per_turn) || more_;
  if (now_ms >= greet_at_ms_) greet_at_ms_ = greeter_.greet(now_ms);
  if (!agree_on_genesis()) return;
  tick_for_deadline();
  more_ = readies_.process(readies_per_turn) || more_;
  clients_.expire(now_ms);
  // What an old leader appended may wait for ever for its fate: who asks elsewhere, under the same session, learns it.
  if (is_leaderless_for_long(now_ms)) {
    clients_.send_elsewhere(wire::RefusalCode::no_leader, "This coordinator has known no leader for a while.");
  }
  pump_watches(now_ms);
  take_snapshot_if_due();
  watch_disk(now_ms);
  stop_step(now_ms);
  if (engine_.trace) hand_over_trace();
}

/// The recorder may end, or lose something; the coordinator goes on, and says so.
void Loop::hand_over_trace() {
  if (!engine_.trace->hand_over()) {
    engine_.events.warn("{}", engine_.trace->trouble());
    engine_.node->stop_recording();
    engine_.trace.reset();
    return;
  }
  const std::uint64_t dropped = engine_.trace->dropped_records();
  if (trace_gaps_told_ == 0 && dropped != 0) {
    engine_.events.warn("the trace {} cannot be written fast enough: records are missing in it", engine_.trace->file());
  }
  trace_gaps_told_ = dropped;
}

/// Until the first configuration is there, there is no node; false: nothing more to do in this turn.
bool Loop::agree_on_genesis() {
  if (engine_.node) return true;
  if (wish_.load() != 0) engine_.stop = StopPhase::stopped;
  const Genesis* genesis = greeter_.genesis();
  if (engine_.failure.failed() || genesis == nullptr || !genesis->agreed()) return false;
  const Failure failure = opening_.establish(genesis->agreed());
  if (failure.failed()) {
    engine_.fail(failure);
    return false;
  }
  engine_.trouble.clear();
  engine_.events.info("the initial members agree: {}", genesis->agreed()->describe());
  last_tick_us_ = steady_us();
  greet_at_ms_ = 0;
  return true;
}

/// Ticks come before the frames that waited meanwhile, so that a lease is never believed longer than it is; but a
/// pause of our own is no silence of the leader's: before a follower gives it up, its frames are read.
void Loop::tick(std::uint64_t now_us) {
  if (engine_.node && engine_.leads() && engine_.options.raft.lease_reads) age_lease(now_us);
  std::uint64_t ticks = take_ticks(now_us);
  if (!engine_.node) {
    more_ = peers_.receive(frames_per_turn);
    return;
  }
  if (engine_.leads()) {
    // Answers first: after a stall of its own they wait in the sockets, and the ticks alone would declare the quorum
    // lost. For the same reason a leader does not make up for more than half an election timeout.
    more_ = peers_.receive(frames_per_turn);
    ticks = std::min<std::uint64_t>(ticks, engine_.options.raft.election_ticks / 2);
    for (; ticks > 0; --ticks) engine_.node->tick();
    return;
  }
  while (ticks > 0 && engine_.node->ticks_to_deadline() > 1) {
    engine_.node->tick();
    --ticks;
  }
  more_ = peers_.receive(frames_per_turn);
  if (ticks > 0) engine_.node->tick();
}

std::uint64_t Loop::take_ticks(std::uint64_t now_us) {
  const std::uint64_t tick_us = std::uint64_t{engine_.options.tick_ms} * 1'000;
  const std::uint64_t ticks = (now_us - last_tick_us_) / tick_us;
  last_tick_us_ += ticks * tick_us;
  return ticks;
}

/// Before anything that may be a read, and before each read: a leader that was stopped (SIGSTOP, a sleeping machine)
/// between its ticks and a read would believe in a lease that is over, and answer what another leader has replaced.
void Loop::age_lease(std::uint64_t now_us) {
  const std::uint64_t most = 4 * std::uint64_t{engine_.options.raft.election_ticks};
  for (std::uint64_t ticks = std::min(take_ticks(now_us), most); ticks > 0; --ticks) engine_.node->tick();
}

void Loop::take_submissions() {
  {
    const std::lock_guard<std::mutex> guard(submissions_mutex_);
    taken_.swap(submissions_);
  }
  for (Submission& submission : taken_) clients_.submit(std::move(submission));
  taken_.clear();
}

void Loop::stamp() {
  if (stamped_ || !engine_.node) return;
  // The node leads from the message on that elected it, and takes commands: before its Ready tells us of that.
  const raft::NodeStatus status = engine_.node->status();
  if (status.role == raft::Role::leader) begin_leadership(status.term);
  if (stamped_ || !engine_.leads()) return;
  stamped_ = true;
  const std::optional<std::uint64_t> time_ms =
      engine_.clock.tick_for_batch(read_clocks(), engine_.applier->machine().next_deadline_ms());
  if (time_ms.has_value()) propose_tick(machine::ClockTick{}, *time_ms);
}

void Loop::tick_for_deadline() {
  if (!engine_.leads() || stamped_ || tick_index_ > engine_.applier->index()) return;
  const std::optional<std::uint64_t> time_ms =
      engine_.clock.tick_for_deadline(read_clocks(), engine_.applier->machine().next_deadline_ms());
  if (time_ms.has_value()) propose_tick(machine::ClockTick{}, *time_ms);
}

/// Leases and ballots hang on log time: an operator should hear of a clock that nobody believes.
void Loop::tell_clock_jumps() {
  const std::uint64_t jumps = engine_.clock.jumps_back() + engine_.clock.jumps_ahead();
  if (jumps == clock_jumps_told_) return;
  clock_jumps_told_ = jumps;
  engine_.events.warn(
      "the system's clock jumped ({} times back, {} times far ahead since the start): log time goes on "
      "by the steady clock, and ahead by at most {} ms at once; set the clock right",
      engine_.clock.jumps_back(), engine_.clock.jumps_ahead(), engine_.options.clock_max_jump_ms);
}

void Loop::propose_tick(machine::CommandBody body, std::uint64_t time_ms) {
  machine::Command command;
  tell_clock_jumps();
  command.header.leader_time_ms = time_ms;
  command.body = std::move(body);
  const raft::Result<raft::Proposed> proposed = engine_.node->propose(wire::command_payload(command));
  if (!proposed.ok()) return;
  tick_index_ = proposed->first_index;
  ++engine_.counters.clock_ticks;
}

void Loop::on_role(const raft::RoleChange& role) {
  ++engine_.counters.role_changes;
  const bool new_leader = role.leader != engine_.role.leader || role.term != engine_.role.term;
  if (new_leader) engine_.leader_since_ms = steady_ms();
  engine_.leaderless_since_ms = role.leader == raft::no_node ? steady_ms() : 0;
  engine_.role = role;
  engine_.round_trips.clear();
  static constexpr const char* names[] = {"follower", "pre-candidate", "candidate", "leader"};
  engine_.events.info("role={} term={} leader={}", names[static_cast<std::size_t>(role.role)], role.term, role.leader);
  if (role.role == raft::Role::leader) begin_leadership(role.term);
}

/// The first command of a term, before anybody's: what was proposed before it would be judged by a time that may be
/// long past, and a ballot opened then would be closed by this one.
void Loop::begin_leadership(raft::Term term) {
  if (begun_term_ == term) return;
  begun_term_ = term;
  stamped_ = true;
  tick_index_ = 0;
  propose_tick(machine::LeaderStart{}, engine_.clock.begin(read_clocks()));
}

std::uint64_t Loop::leaderless_patience_ms() const {
  const std::uint64_t election_ms = std::uint64_t{engine_.options.raft.election_ticks} * engine_.options.tick_ms;
  return std::max(least_leaderless_ms, leaderless_elections * election_ms);
}

bool Loop::is_leaderless_for_long(std::uint64_t now_ms) const {
  return engine_.leaderless_since_ms != 0 && engine_.leaderless_for_ms(now_ms) >= leaderless_patience_ms();
}

void Loop::pump_watches(std::uint64_t now_ms) {
  if (engine_.watches.size() == 0) return;
  const WatchHub::Send send = [this](transport::ConnectionId connection, const wire::EventFrame& frame) {
    return answers_.send_events(connection, frame);
  };
  if (is_leaderless_for_long(now_ms)) return engine_.watches.cancel_all(send);
  more_ = engine_.watches.pump(engine_.applier->machine(), send) || more_;
  if (now_ms < progress_at_ms_) return;
  progress_at_ms_ = now_ms + progress_interval_ms;
  engine_.watches.say_progress(engine_.applier->machine(), send);
}

void Loop::take_snapshot_if_due() {
  if (!engine_.snapshots->is_due(engine_.node->status())) return;
  const Failure failure = engine_.snapshots->begin(engine_.node->node(), engine_.applier->machine());
  if (failure.failed()) engine_.events.warn("no snapshot begun: {}", failure.text);
}

/// Notes when the log has been idle (durability.md, IDLE-WITNESS), and what a full disk means: no proposals, no
/// leadership, reads go on (R6).
void Loop::watch_disk(std::uint64_t now_ms) {
  const std::uint64_t batches = engine_.writer->batches();
  if (batches != batches_seen_) {
    batches_seen_ = batches;
    last_write_ms_ = now_ms;
    witnessed_ = false;
  }
  if (!witnessed_ && now_ms >= last_write_ms_ + witness_after_ms && !engine_.writer->busy()) {
    witnessed_ = true;
    engine_.writer->note_idle();
    readies_.collect();
  }
  if (engine_.repair_until != 0 && engine_.node->status().commit >= engine_.repair_until) {
    engine_.events.info("the log is repaired up to index {}", engine_.repair_until);
    engine_.repair_until = 0;
    engine_.trouble.clear();
  }
  const bool stalls = engine_.writer->stalled();
  if (stalls != engine_.disk_stalls) {
    engine_.disk_stalls = stalls;
    if (stalls) engine_.events.warn("the disk does not answer: clients are sent elsewhere until it does");
    if (!stalls) engine_.events.info("the disk answers again");
    if (stalls) clients_.send_elsewhere(wire::RefusalCode::disk, "The disk of this coordinator does not answer.");
  }
  scrub(now_ms);
  const bool space_low = engine_.directory->log().space_low();
  if (space_low != space_was_low_) {
    space_was_low_ = space_low;
    if (space_low) engine_.trouble = full_disk;
    if (!space_low && engine_.trouble == full_disk) engine_.trouble.clear();
    if (space_low) engine_.events.warn("the disk is full: proposals are refused, reads go on");
  }
  if (!space_low || !engine_.leads() || now_ms < handover_at_ms_) return;
  handover_at_ms_ = now_ms + handover_interval_ms;
  admin_.hand_over();
}

/// Reads a little of the log again and again, so that damage is found while others still have what it holds (R8).
void Loop::scrub(std::uint64_t now_ms) {
  const std::string damage = engine_.writer->damage();
  if (!damage.empty() && engine_.trouble.empty()) {
    engine_.trouble = "has a damaged log; restart it, so that it repairs itself from the others: " + damage;
    engine_.events.warn("this node {}", engine_.trouble);
  }
  if (now_ms < scrub_at_ms_ || engine_.writer->busy()) return;
  scrub_at_ms_ = now_ms + scrub_interval_ms;
  engine_.writer->scrub(scrub_bytes);
}

void Loop::stop_step(std::uint64_t now_ms) {
  if (wish_.load() != 1) return;
  if (engine_.stop == StopPhase::running) {
    engine_.stop = StopPhase::handing_over;
    stop_deadline_ms_ = now_ms + engine_.options.stop_deadline_ms;
    engine_.events.info("stopping: {}", engine_.leads() ? "hands the leadership over first" : "flushes the log");
    if (engine_.leads() && !admin_.hand_over()) engine_.stop = StopPhase::flushing;
  }
  // The first heir did not take over in time: the next one that is caught up.
  const bool leads_on = engine_.stop == StopPhase::handing_over && engine_.leads();
  if (leads_on && engine_.node->status().transferring_to == raft::no_node) admin_.hand_over();
  // Commands that were accepted get their outcome, if it comes in time.
  const bool answered = engine_.requests.size() == 0;
  if (engine_.stop == StopPhase::handing_over && !engine_.leads() && answered) engine_.stop = StopPhase::flushing;
  if (now_ms >= stop_deadline_ms_) engine_.stop = StopPhase::flushing;
  if (engine_.stop == StopPhase::flushing) engine_.stop = StopPhase::stopped;
}

int Loop::timeout_ms() const {
  if (more_) return 0;
  const std::uint64_t now_us = steady_us();
  const std::uint64_t now_ms = now_us / 1'000;
  std::uint64_t wait_ms = longest_wait_ms;
  const auto until = [&wait_ms, now_ms](std::uint64_t at_ms) {
    wait_ms = std::min(wait_ms, at_ms > now_ms ? at_ms - now_ms : 0);
  };
  until(greet_at_ms_);
  if (!engine_.node) return static_cast<int>(wait_ms);
  if (engine_.node->has_ready()) return 0;
  const std::uint64_t ticks_us = engine_.node->ticks_to_deadline() * engine_.options.tick_ms * 1'000;
  const std::uint64_t passed_us = now_us - last_tick_us_;
  wait_ms = std::min(wait_ms, ticks_us > passed_us ? (ticks_us - passed_us + 999) / 1'000 : 0);
  if (const auto deadline_ms = engine_.requests.next_deadline_ms()) until(*deadline_ms);
  if (!witnessed_) until(last_write_ms_ + witness_after_ms);
  if (engine_.watches.size() != 0) until(progress_at_ms_);
  const bool waited_for = engine_.watches.size() != 0 || engine_.requests.size() != 0;
  if (waited_for && engine_.leaderless_since_ms != 0 && !is_leaderless_for_long(now_ms)) {
    until(engine_.leaderless_since_ms + leaderless_patience_ms());
  }
  if (engine_.stop != StopPhase::running) until(stop_deadline_ms_);
  if (engine_.leads() && tick_index_ <= engine_.applier->index()) {
    const auto left_ms = engine_.clock.until_deadline_ms(read_clocks(), engine_.applier->machine().next_deadline_ms());
    if (left_ms.has_value()) wait_ms = std::min(wait_ms, *left_ms);
  }
  return static_cast<int>(wait_ms);
}

/// Nobody is left without an answer; then the log is sealed, if this is a clean stop.
Failure Loop::finish() {
  const bool clean = !engine_.failure.failed() && wish_.load() != 2;
  {
    const std::lock_guard<std::mutex> guard(submissions_mutex_);
    closed_ = true;
  }
  engine_.stop = StopPhase::stopped;
  if (wish_.load() != 2) {
    take_submissions();
    clients_.end_all(clean ? wire::RefusalCode::stopping : wire::RefusalCode::disk,
                     clean ? "The coordinator shuts down." : "The coordinator failed: " + engine_.failure.text);
    engine_.watches.cancel_all([this](transport::ConnectionId connection, const wire::EventFrame& frame) {
      return answers_.send_events(connection, frame);
    });
  }
  if (clean && engine_.writer) engine_.fail(engine_.writer->close());
  if (engine_.trace && wish_.load() != 2) {
    engine_.trace->end(clean ? wire::TraceEnd::Reason::stopped : wire::TraceEnd::Reason::failed);
  }
  if (engine_.failure.failed()) {
    engine_.events.warn("stopped: {} ({})", engine_.failure.text, failure_name(engine_.failure.kind));
  } else {
    engine_.events.info("stopped {}", clean ? "cleanly" : "at once");
  }
  return engine_.failure;
}

}  // namespace kelek::runtime
