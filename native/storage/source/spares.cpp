// Making, keeping and recycling segments. Zeros are written, not only reserved: otherwise the first write into each
// block would change metadata, and its sync would wait for the file system's journal.
#include "spares.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include "errors.h"

namespace kelek::storage {
namespace {

/// How long to wait before space is looked for again.
constexpr std::chrono::milliseconds retry_after{500};
/// A sync of the log may have to wait for zeros that are on their way to the disk: for so many and no more.
constexpr std::uint64_t piece_bytes = std::uint64_t{512} << 10;
constexpr std::chrono::milliseconds pause_between{4};

}  // namespace

Spares::Spares(FileSystem& files, std::string folder, std::uint64_t segment_bytes, bool background)
    : files_(files), folder_(std::move(folder)), segment_bytes_(segment_bytes), background_(background) {
  if (background_) thread_ = std::thread([this] { run(); });
}

Spares::~Spares() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  if (thread_.joinable()) thread_.join();
}

std::string Spares::next_name() {
  const std::lock_guard<std::mutex> lock(mutex_);
  return join_path(folder_, "spare-" + std::to_string(++made_) + ".tmp");
}

/// Gently: in small pieces, each synced, with pauses in which the log has the disk for itself, unless it waits for
/// just this segment.
Status Spares::fill(File& file, std::uint64_t size_bytes, bool gently) {
  const std::uint64_t piece = gently ? piece_bytes : size_bytes;
  for (std::uint64_t done = 0; done < size_bytes; done += piece) {
    Status written = write_zeros(file, done, std::min(size_bytes, done + piece));
    if (written) written = file.sync();
    if (!written || !gently) return written;
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, pause_between, [this] { return stopping_ || hurry_; });
    if (stopping_) return make_error(Problem::bad_use, "prepare", file.path(), "The log is being closed.");
  }
  return Nothing{};
}

Result<Spare> Spares::make(std::uint64_t size_bytes, bool gently) {
  const std::string path = next_name();
  Result<std::unique_ptr<File>> file = files_.open(path, OpenMode::create_new);
  if (!file) return file.error();
  Status made = fill(**file, size_bytes, gently);
  if (!made) {
    file->reset();
    static_cast<void>(files_.remove(path));  // gives back what it took; the next open removes it otherwise
    return made.error();
  }
  return Spare{std::move(*file), size_bytes};
}

Status Spares::prepare() {
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (spare_ || making_) return Nothing{};
    making_ = true;
  }
  Result<Spare> made = make(segment_bytes_, background_);
  const std::lock_guard<std::mutex> lock(mutex_);
  making_ = hurry_ = false;
  wake_.notify_all();
  space_low_ = !made && made.error().problem == Problem::no_space;
  if (!made) return made.error();
  spare_ = std::move(*made);
  return Nothing{};
}

Result<Spare> Spares::take(std::uint64_t size_bytes, bool& was_late) {
  was_late = false;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (size_bytes <= segment_bytes_ && !spare_ && making_) {
      was_late = hurry_ = true;
      wake_.notify_all();
      wake_.wait(lock, [this] { return !making_; });
    }
    if (spare_ && spare_->size_bytes >= size_bytes) {
      Spare taken = std::move(*spare_);
      spare_.reset();
      wake_.notify_all();
      return taken;
    }
  }
  was_late = true;
  Result<Spare> made = make(size_bytes, false);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!made && made.error().problem == Problem::no_space) space_low_ = true;
  return made;
}

void Spares::retire(std::string name, std::uint64_t size_bytes) {
  if (!background_) {
    dispose({std::move(name), size_bytes});
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  retired_.push_back({std::move(name), size_bytes});
  wake_.notify_all();
}

void Spares::dispose(const Retired& old) {
  bool recycle = false;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) return;
    recycle = !spare_ && !making_ && old.size_bytes == segment_bytes_;
    if (recycle) making_ = true;
  }
  const std::string path = join_path(folder_, old.name);
  const std::string new_path = recycle ? next_name() : std::string();
  // Under its old name it must not be written to: after a crash it would be a segment with a strange header.
  Status done = recycle ? files_.rename(path, new_path) : files_.remove(path);
  if (done) done = files_.sync_directory(folder_);
  Result<std::unique_ptr<File>> file = std::unique_ptr<File>();
  if (done && recycle) file = files_.open(new_path, OpenMode::read_write);
  if (done && !file) done = file.error();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (recycle) making_ = hurry_ = false;
  if (!done) {
    failure_ = done.error();
  } else if (recycle) {
    spare_ = Spare{std::move(*file), old.size_bytes};
    space_low_ = false;
  }
  wake_.notify_all();
}

void Spares::run() {
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    if (!retired_.empty()) {
      const Retired old = retired_.front();
      retired_.pop_front();
      lock.unlock();
      dispose(old);
      lock.lock();
      continue;
    }
    if (!spare_ && !making_) {
      lock.unlock();
      const Status made = prepare();
      lock.lock();
      if (!made) wake_.wait_for(lock, retry_after, [this] { return stopping_ || !retired_.empty(); });
      continue;
    }
    wake_.wait(lock);
  }
}

bool Spares::space_low() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return space_low_ && !spare_;
}

std::optional<Error> Spares::failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

}  // namespace kelek::storage
