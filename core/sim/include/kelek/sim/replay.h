// Replay: what went into a recorded node goes into a new one, and what comes out is compared.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <kelek/raft/node.h>
#include <kelek/wire/trace_codec.h>
#include <kelek/wire/trace_digest.h>

namespace kelek::sim {

/// Gives a new node the inputs of one trace, record by record.
class Replay {
 public:
  /// `observer` hears all that the node does; may be null; outlives this.
  explicit Replay(raft::Observer* observer) : observer_(observer), digest_(wire::mark_of) {}

  /// False: the outputs differ, or the record makes no sense here; fault() says how. Nothing is to be fed afterwards.
  bool feed(wire::TraceRecord& record);
  const std::string& fault() const { return fault_; }

  const wire::TraceBegin& begin() const { return begin_; }
  /// The clock of the calendar, as the recorded node's process saw it.
  std::uint64_t wall_us() const { return begin_.wall_us + passed_us_; }
  std::uint64_t readies() const { return readies_; }
  /// Null until the beginning is told.
  const raft::Node* node() const { return node_.get(); }

 private:
  struct Input;
  void start();
  void compare(const wire::TraceReady& recorded);
  void fail(std::string text) {
    if (fault_.empty()) fault_ = std::move(text);
  }

  raft::Observer* observer_;
  wire::OutputDigest digest_;
  wire::TraceBegin begin_;
  std::unique_ptr<raft::Node> node_;
  raft::Ready ready_;
  std::uint64_t passed_us_ = 0;
  std::uint64_t readies_ = 0;
  std::string fault_;
};

/// How the record of a run ends.
enum class RunEnd : std::uint8_t {
  /// There is more.
  none,
  stopped,
  failed,
  /// The limit of the file's size was reached.
  limit,
  /// No word of an end: the process was killed.
  killed,
  /// Records are missing; what follows cannot be played.
  gap,
  /// Bytes that make no sense, or a checksum that does not fit.
  damaged,
  /// The outputs are others than those recorded.
  differs,
};
const char* name_of(RunEnd end);

/// One file: its reader and its replay.
class RecordedRun {
 public:
  RecordedRun(std::string name, wire::TraceReader::Read read, raft::Observer* observer = nullptr)
      : name_(std::move(name)), reader_(std::move(read)), replay_(observer) {}

  /// The next record that play() will feed; null at the end.
  const wire::TraceRecord* next();
  /// Feeds it. False at the end.
  bool play();

  const std::string& name() const { return name_; }
  const Replay& replay() const { return replay_; }
  RunEnd end() const { return end_; }
  /// What is wrong, with the place in the file; empty where all is well.
  const std::string& text() const { return text_; }
  /// Fed so far.
  std::uint64_t records() const { return records_; }

 private:
  void finish(RunEnd end, std::string text = {});

  std::string name_;
  wire::TraceReader reader_;
  Replay replay_;
  wire::TraceRecord record_;
  bool held_ = false;
  RunEnd end_ = RunEnd::none;
  std::string text_;
  std::uint64_t records_ = 0;
};

}  // namespace kelek::sim
