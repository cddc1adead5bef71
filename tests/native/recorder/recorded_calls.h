// RecordedCalls: operations of a history, done through a client of a real cluster, with their answers and times.
#pragma once

#include <cstdint>
#include <string>

#include <kelek/client/client.h>
#include <kelek/sim/history.h>

namespace kelek::recorder {

/// Nanoseconds of the machine's monotonic clock, which all processes share.
std::uint64_t now_ns();

/// The grant whose uses are the counter.
struct Counter {
  std::uint64_t grant_id = 0;
  std::uint64_t fence = 0;
  std::uint64_t limit = 0;  // uses that it was issued with
};

/// How long locks are asked for.
inline constexpr std::uint64_t lock_ttl_ms = 3'000;
/// How many of a log's newest records a read asks for that does not want all of them.
inline constexpr std::uint64_t tail_records = 5;

class RecordedCalls {
 public:
  RecordedCalls(client::Client& client, const Counter& counter) : client_(client), counter_(counter) {}

  /// Asks what `operation` asks (a read of a log with `from` not 0 asks for its tail), fills in what was answered and
  /// when, and how it ended.
  void perform(sim::history::Operation& operation);

 private:
  struct Doing;

  client::Client& client_;
  const Counter counter_;
  /// Of the newest stale read: the next one asks for nothing older.
  std::uint64_t told_revision_ = 0;
};

}  // namespace kelek::recorder
