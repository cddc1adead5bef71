// Loop: turns of data. Sockets, clocks and wishes from other threads come in; the desks and the core do their work;
// then it waits for the next thing to happen.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <mutex>
#include <vector>

#include "admin_desk.h"
#include "answers.h"
#include "client_desk.h"
#include "engine.h"
#include "greeter.h"
#include "opening.h"
#include "peer_desk.h"
#include "ready_processor.h"

namespace kelek::runtime {

class Loop {
 public:
  Loop(Engine& engine, Opening& opening, transport::Wakeup& wakeup);

  /// Until a stop or a failure.
  Failure run();

  // ---- any thread ----
  bool submit(Submission submission);
  /// Async-signal-safe.
  void request_stop() noexcept;
  void abandon() noexcept;

 private:
  void turn();
  void take_submissions();
  void tick(std::uint64_t now_us);
  std::uint64_t take_ticks(std::uint64_t now_us);
  void age_lease(std::uint64_t now_us);
  bool agree_on_genesis();
  /// Log time goes before the commands of this turn, once.
  void stamp();
  void begin_leadership(raft::Term term);
  void propose_tick(machine::CommandBody body, std::uint64_t time_ms);
  void tick_for_deadline();
  void tell_clock_jumps();
  void on_role(const raft::RoleChange& role);
  void watch_disk(std::uint64_t now_ms);
  void scrub(std::uint64_t now_ms);
  std::uint64_t leaderless_patience_ms() const;
  bool is_leaderless_for_long(std::uint64_t now_ms) const;
  void pump_watches(std::uint64_t now_ms);
  void take_snapshot_if_due();
  void stop_step(std::uint64_t now_ms);
  void hand_over_trace();
  int timeout_ms() const;
  Failure finish();

  Engine& engine_;
  Opening& opening_;
  transport::Wakeup& wakeup_;
  Answers answers_;
  AdminDesk admin_;
  Greeter greeter_;
  PeerDesk peers_;
  ClientDesk clients_;
  ReadyProcessor readies_;

  std::uint64_t last_tick_us_ = 0;
  std::uint64_t greet_at_ms_ = 0;
  std::uint64_t last_write_ms_ = 0;
  std::uint64_t progress_at_ms_ = 0;
  std::uint64_t batches_seen_ = 0;
  std::uint64_t stop_deadline_ms_ = 0;
  std::uint64_t handover_at_ms_ = 0;
  std::uint64_t scrub_at_ms_ = 0;
  std::uint64_t clock_jumps_told_ = 0;
  std::uint64_t trace_gaps_told_ = 0;
  raft::Index tick_index_ = 0;  // of the newest idle tick, until it is applied
  raft::Term begun_term_ = 0;   // the newest whose LeaderStart was proposed here
  bool stamped_ = false;
  bool more_ = false;
  bool witnessed_ = false;
  bool space_was_low_ = false;

  std::atomic<int> wish_{0};  // 1 stop, 2 abandon
  std::mutex submissions_mutex_;
  std::vector<Submission> submissions_;
  bool closed_ = false;
  std::vector<Submission> taken_;
};

}  // namespace kelek::runtime
