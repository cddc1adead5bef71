// TraceRecorder: puts what a RecordedNode encodes into a file, on a thread of its own. The loop is never held up: what
// the thread cannot take in time is dropped, counted, and marked in the file.
#pragma once

#include <array>
#include <atomic>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <span>
#include <string>
#include <thread>

#include <kelek/raft/value_or.h>
#include <kelek/wire/trace_codec.h>

namespace kelek::runtime {

struct TraceOptions {
  std::string file;
  std::uint64_t limit_bytes = 0;
  bool with_payloads = false;
  /// What may wait for the thread.
  std::size_t queue_bytes = std::size_t{16} << 20;
};

/// All calls on the loop's thread.
class TraceRecorder {
 public:
  /// Runs of one node that a directory keeps: FILE, FILE.2, … FILE.16. None is ever written over.
  static constexpr int most_runs = 16;

  /// Makes the file, mode 0600, and writes `begin` to it. The error is a sentence that names the file.
  static raft::ValueOr<std::unique_ptr<TraceRecorder>, std::string> open(const TraceOptions& options,
                                                                         const wire::TraceBegin& begin);
  /// Ends the file, if end() did not, without a word of why.
  ~TraceRecorder();
  TraceRecorder(const TraceRecorder&) = delete;
  TraceRecorder& operator=(const TraceRecorder&) = delete;

  wire::TraceEncoder& encoder() { return encoder_; }
  const std::string& file() const { return file_; }

  /// Before the inputs of a turn of the loop, and where time has passed within one.
  void at(std::uint64_t now_us) { encoder_.time(now_us); }
  /// Gives what was encoded to the thread. False: nothing more is recorded; trouble() says why.
  bool hand_over();
  /// Writes what waits, and why it ends.
  void end(wire::TraceEnd::Reason reason);

  /// After hand_over() gave false: a sentence.
  std::string trouble() const;
  std::uint64_t dropped_records() const { return dropped_; }

 private:
  TraceRecorder(const TraceOptions& options, std::string file, int descriptor);
  bool write_beginning(const wire::TraceBegin& begin);
  void mark_gap();
  void stop_thread();
  void run();
  bool write_blocks(std::span<const std::byte> records);
  bool write_block(std::span<const std::byte> records);
  void write_end(wire::TraceEnd::Reason reason);

  const TraceOptions options_;
  const std::string file_;
  const int descriptor_;
  wire::TraceEncoder encoder_;
  std::uint64_t handed_records_ = 0;
  std::uint64_t dropped_ = 0;
  std::uint64_t gap_ = 0;

  // The thread's.
  std::uint64_t written_bytes_ = 0;
  std::uint32_t blocks_ = 0;

  mutable std::mutex mutex_;
  std::condition_variable wake_;
  wire::Buffer waiting_;
  bool closing_ = false;
  std::string trouble_;
  std::atomic<bool> over_{false};
  std::thread thread_;
};

}  // namespace kelek::runtime
