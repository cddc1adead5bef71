// A load of commands with a fixed number outstanding: each answer sends the next command. The same loop for a
// coordinator in this process and for a client.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <kelek/machine/command.h>

namespace kelek::bench {

/// A put whose entry takes about payload_bytes in the log.
inline constexpr std::size_t payload_bytes = 256;
machine::KvPut put_command();

struct LoadResult {
  std::uint64_t done = 0;
  std::uint64_t failed = 0;
  std::uint64_t wall_ns = 0;
  /// Of the commands that went well, sorted.
  std::vector<std::uint64_t> latencies_ns;

  std::uint64_t percentile_ns(std::uint64_t percent) const;
};

/// Counts what goes out and comes back. Not thread-safe: once the first commands are out, it belongs to the
/// thread that reports the answers.
class Load {
 public:
  Load(std::uint64_t outstanding, std::uint64_t count);

  /// Sends one command and, when its answer comes, calls what it is given with whether it went well.
  using Send = std::function<void(std::function<void(bool)>)>;
  /// The first `outstanding` commands; all others follow from their answers.
  void start(Send send);
  bool finished() const { return result_.done + result_.failed == count_; }
  LoadResult take();

 private:
  void send_next();

  Send send_;
  std::uint64_t outstanding_;
  std::uint64_t count_;
  std::uint64_t sent_ = 0;
  std::uint64_t begun_ns_ = 0;
  LoadResult result_;
};

}  // namespace kelek::bench
