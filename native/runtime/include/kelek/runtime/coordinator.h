// Coordinator: one member of the cluster as a process (or a part of one) runs it: core, machine, log and sockets
// in one loop on one thread. `kelek serve` is little more than this class and a signal handler.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/failure.h>
#include <kelek/runtime/request_outcome.h>

namespace kelek::runtime {

/// Life: open() → run(), or start() and join() → destructor. Errors are values; nothing throws but bad_alloc.
class Coordinator {
 public:
  /// Reads keys, locks and recovers the data directory, binds the sockets. Nothing is sent yet. Takes as long as
  /// the recovery of the log. Failures: every FailureKind but `removed` and `wrong_incarnation`, which run() gives.
  static Result<std::unique_ptr<Coordinator>> open(CoordinatorOptions options);

  /// Stops at once where it still runs: nothing is handed over, nothing more is written (as a crash would).
  ~Coordinator();
  Coordinator(const Coordinator&) = delete;
  Coordinator& operator=(const Coordinator&) = delete;

  /// Runs the loop on the calling thread until request_stop(), a shutdown by an admin, or a failure. Once.
  /// Failure::none: stopped cleanly (handed over, flushed, log sealed).
  Failure run();

  /// The same on a thread of its own. join() waits for its end and gives what run() gave.
  void start();
  Failure join();

  /// Asks for a clean stop. Any thread, any number of times, and async-signal-safe.
  void request_stop() noexcept;
  /// Ends the loop as the destructor does, without waiting for it. Any thread.
  void abandon() noexcept;

  /// Offers a command in process, as options.local_caller, without sockets in between. Any thread, after open().
  /// `done` is called once, on the loop's thread; it must not block. False: the queue is full, `done` is dropped.
  bool submit(Submission submission);

  raft::NodeId node_id() const;
  raft::Incarnation incarnation() const;

 private:
  class Parts;
  explicit Coordinator(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

}  // namespace kelek::runtime
