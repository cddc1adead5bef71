// The file, its thread, and the little that passes between it and the loop.
#include "trace_recorder.h"

#include <fcntl.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <cstring>
#include <utility>

namespace kelek::runtime {
namespace {

/// How often the thread looks, while there is something and while there is nothing: what a killed process takes with
/// it is no more than that.
constexpr std::chrono::milliseconds busy_pause{10};
constexpr std::chrono::milliseconds idle_pause{40};
/// Room for the record that says why nothing follows.
constexpr std::uint64_t end_bytes = wire::trace_block_header_bytes + 16;

std::string reason_of(int error) {
  return std::strerror(error);
}

}  // namespace

TraceRecorder::TraceRecorder(const TraceOptions& options, std::string file, int descriptor)
    : options_(options), file_(std::move(file)), descriptor_(descriptor), encoder_(options.with_payloads) {}

raft::ValueOr<std::unique_ptr<TraceRecorder>, std::string> TraceRecorder::open(const TraceOptions& options,
                                                                               const wire::TraceBegin& begin) {
  std::string file = options.file;
  int descriptor = -1;
  for (int run = 1; run <= most_runs && descriptor < 0; ++run) {
    file = run == 1 ? options.file : options.file + "." + std::to_string(run);
    descriptor = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
    if (descriptor < 0 && errno != EEXIST) return "The trace " + file + " cannot be made: " + reason_of(errno) + ".";
  }
  if (descriptor < 0) {
    return "There are " + std::to_string(most_runs) + " traces " + options.file + " already: move them away.";
  }
  std::unique_ptr<TraceRecorder> recorder(new TraceRecorder(options, file, descriptor));
  if (!recorder->write_beginning(begin)) return recorder->trouble_;
  recorder->thread_ = std::thread([&recorder = *recorder] { recorder.run(); });
  return recorder;
}

TraceRecorder::~TraceRecorder() {
  stop_thread();
  ::close(descriptor_);
}

/// Before the thread is there, and before anybody waits for the node.
bool TraceRecorder::write_beginning(const wire::TraceBegin& begin) {
  encoder_.begin(begin);
  const bool written = write_blocks(encoder_.buffer().bytes());
  encoder_.buffer().clear();
  handed_records_ = encoder_.records();
  return written;
}

bool TraceRecorder::hand_over() {
  wire::Buffer& encoded = encoder_.buffer();
  if (over_.load(std::memory_order_relaxed)) return false;
  if (encoded.size() == 0) return true;
  const std::unique_lock<std::mutex> lock(mutex_, std::try_to_lock);
  // The thread takes what waits by a swap, and lets go at once: the next turn will do, unless too much has come
  // together.
  if (!lock.owns_lock() && encoded.size() <= options_.queue_bytes / 2) return true;
  if (!lock.owns_lock() || waiting_.size() + encoded.size() > options_.queue_bytes) {
    const std::uint64_t lost = encoder_.records() - handed_records_;
    dropped_ += lost;
    gap_ += lost;
  } else {
    mark_gap();
    waiting_.write(encoded.bytes());
  }
  handed_records_ = encoder_.records();
  encoded.clear();
  return true;
}

/// Before what follows the records that were dropped.
void TraceRecorder::mark_gap() {
  if (gap_ == 0) return;
  wire::TraceEncoder mark(false);
  mark.add(wire::TraceGap{std::exchange(gap_, 0)});
  waiting_.write(mark.buffer().bytes());
}

void TraceRecorder::end(wire::TraceEnd::Reason reason) {
  if (!thread_.joinable()) return;
  stop_thread();
  if (!over_.load()) write_end(reason);
  over_.store(true);
}

/// With it goes what hand_over() kept because the thread was just taking: it said true, so it is to be in the file.
void TraceRecorder::stop_thread() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard<std::mutex> guard(mutex_);
    mark_gap();
    waiting_.write(encoder_.buffer().bytes());
    encoder_.buffer().clear();
    closing_ = true;
  }
  wake_.notify_all();
  thread_.join();
}

std::string TraceRecorder::trouble() const {
  const std::lock_guard<std::mutex> guard(mutex_);
  return trouble_;
}

void TraceRecorder::run() {
  wire::Buffer taken;
  std::unique_lock<std::mutex> lock(mutex_);
  std::chrono::milliseconds pause = busy_pause;
  while (true) {
    if (!closing_) wake_.wait_for(lock, pause, [this] { return closing_; });
    std::swap(taken, waiting_);
    const bool closing = closing_;
    lock.unlock();
    const bool good = over_.load() || taken.size() == 0 || write_blocks(taken.bytes());
    pause = taken.size() == 0 ? idle_pause : busy_pause;
    taken.clear();
    taken.shrink(std::size_t{1} << 20);
    if (!good) over_.store(true);
    lock.lock();
    if (closing) return;
  }
}

/// One block: what the loop handed over are whole records.
bool TraceRecorder::write_blocks(std::span<const std::byte> records) {
  if (written_bytes_ == 0) {
    const std::span<const std::byte> magic = wire::trace_magic();
    if (::write(descriptor_, magic.data(), magic.size()) != static_cast<ssize_t>(magic.size())) {
      trouble_ = "The trace " + file_ + " cannot be written: " + reason_of(errno) + ".";
      return false;
    }
    written_bytes_ = magic.size();
  }
  if (written_bytes_ + wire::trace_block_header_bytes + records.size() + end_bytes > options_.limit_bytes) {
    write_end(wire::TraceEnd::Reason::limit);
    const std::lock_guard<std::mutex> guard(mutex_);
    trouble_ = "The trace " + file_ + " has reached its limit of " + std::to_string(options_.limit_bytes) +
               " bytes: nothing more is recorded.";
    return false;
  }
  if (records.size() > wire::max_trace_block_bytes) {
    trouble_ = "The trace " + file_ + " cannot begin: the log is too large for it.";
    return false;
  }
  return write_block(records);
}

bool TraceRecorder::write_block(std::span<const std::byte> records) {
  auto header = wire::trace_block_header(blocks_ + 1, records);
  std::size_t done = 0;
  const std::size_t size = header.size() + records.size();
  while (done < size) {
    std::array<iovec, 2> parts{};
    const std::size_t head = done < header.size() ? header.size() - done : 0;
    const std::size_t tail = head != 0 ? 0 : done - header.size();
    parts[0] = {header.data() + (header.size() - head), head};
    parts[1] = {const_cast<std::byte*>(records.data()) + tail, records.size() - tail};
    const ssize_t written = ::writev(descriptor_, parts.data(), static_cast<int>(parts.size()));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) {
      const std::lock_guard<std::mutex> guard(mutex_);
      trouble_ = "The trace " + file_ + " cannot be written, and ends here: " + reason_of(errno) + ".";
      return false;
    }
    done += static_cast<std::size_t>(written);
  }
  ++blocks_;
  written_bytes_ += size;
  return true;
}

void TraceRecorder::write_end(wire::TraceEnd::Reason reason) {
  wire::TraceEncoder last(false);
  last.add(wire::TraceEnd{reason});
  write_block(last.buffer().bytes());
}

}  // namespace kelek::runtime
