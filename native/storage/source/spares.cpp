// Making, keeping and recycling segments. Zeros are written, not only reserved: otherwise the first write
// into each block would change metadata, and its sync would wait for the file system's journal.
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
/// More than a snapshot's worth of segments need not wait for their next life.
constexpr std::size_t max_ready = 4;
/// Left to others when a segment is made.
constexpr std::uint64_t reserved_bytes = std::uint64_t{64} << 10;

}  // namespace

Spares::Spares(FileSystem& files, std::string folder, const SpareOptions& options)
    : files_(files),
      folder_(std::move(folder)),
      options_(options),
      next_bytes_(std::min(options.first_bytes, options.segment_bytes)) {
  if (options_.background) thread_ = std::thread([this] { run(); });
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

/// A segment that is about to be retired can serve.
bool Spares::one_comes_for_nothing() const {
  return std::any_of(retired_.begin(), retired_.end(),
                     [this](const Retired& one) { return is_worth_keeping(one.size_bytes); });
}

/// Gives how much of it was filled. Gently: in small pieces, each synced, with pauses in which the log has
/// the disk for itself. Who waits gets what is there after the present piece: a shorter segment is a segment,
/// too.
Result<std::uint64_t> Spares::fill(File& file, std::uint64_t size_bytes, bool gently) {
  const std::uint64_t piece = gently ? piece_bytes : size_bytes;
  for (std::uint64_t done = 0; done < size_bytes;) {
    const std::uint64_t end = std::min(size_bytes, done + piece);
    Status written = write_zeros(file, done, end);
    if (written) written = file.sync();
    if (!written) return written.error();
    done = end;
    if (!gently) continue;
    std::unique_lock<std::mutex> lock(mutex_);
    wake_.wait_for(lock, pause_between, [this] { return stopping_ || awaited_bytes_ != 0 || one_comes_for_nothing(); });
    if (awaited_bytes_ != 0 && done >= awaited_bytes_) return done;
    if (stopping_ || (awaited_bytes_ == 0 && one_comes_for_nothing())) {
      return make_error(Problem::bad_use, "prepare", file.path(), "This segment is not needed any more.");
    }
  }
  return size_bytes;
}

/// Asked before anything is written: otherwise a disk that is almost full would be filled to its last byte
/// again and again, and whoever else writes there would fail.
Status Spares::check_space(std::uint64_t size_bytes) const {
  const Result<std::uint64_t> free = files_.free_bytes(folder_);
  if (!free || *free >= size_bytes + reserved_bytes) return Nothing{};
  return make_error(Problem::no_space, "prepare", folder_,
                    "Cannot make a segment of " + std::to_string(size_bytes) + " bytes in " + folder_ + ": " +
                        std::to_string(*free) + " bytes are free.");
}

Result<Spare> Spares::make(std::uint64_t size_bytes, bool gently) {
  if (Status enough = check_space(size_bytes); !enough) return enough.error();
  const std::string path = next_name();
  Result<std::unique_ptr<File>> file = files_.open(path, OpenMode::create_new);
  if (!file) return file.error();
  const Result<std::uint64_t> filled = fill(**file, size_bytes, gently);
  if (!filled) {
    file->reset();
    static_cast<void>(files_.remove(path));  // gives back what it took; the next open removes it otherwise
    return filled.error();
  }
  return Spare{std::move(*file), *filled};
}

Status Spares::prepare() {
  std::uint64_t size_bytes = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (!ready_.empty() || making_) return Nothing{};
    making_ = true;
    size_bytes = next_bytes_;
  }
  Result<Spare> made = make(size_bytes, options_.background);
  const std::lock_guard<std::mutex> lock(mutex_);
  making_ = false;
  awaited_bytes_ = 0;
  wake_.notify_all();
  space_low_ = !made && made.error().problem == Problem::no_space;
  if (!made) return made.error();
  ready_.push_back(std::move(*made));
  return Nothing{};
}

/// With the lock held.
std::optional<Spare> Spares::take_ready(std::uint64_t size_bytes) {
  const auto found =
      std::find_if(ready_.begin(), ready_.end(), [=](const Spare& one) { return one.size_bytes >= size_bytes; });
  if (found == ready_.end()) return std::nullopt;
  Spare taken = std::move(*found);
  ready_.erase(found);
  next_bytes_ = std::min(options_.segment_bytes, 2 * next_bytes_);
  wake_.notify_all();
  return taken;
}

Result<Spare> Spares::take(std::uint64_t size_bytes, bool& was_late) {
  was_late = false;
  std::uint64_t made_bytes = 0;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    if (std::optional<Spare> taken = take_ready(size_bytes)) return std::move(*taken);
    was_late = true;
    if (making_ && size_bytes <= next_bytes_) {
      awaited_bytes_ = std::max(size_bytes, std::min(next_bytes_, options_.first_bytes));
      wake_.notify_all();
      wake_.wait(lock, [this] { return !making_; });
      if (std::optional<Spare> taken = take_ready(size_bytes)) return std::move(*taken);
    }
    made_bytes = std::max(size_bytes, std::min(next_bytes_, options_.first_bytes));
    next_bytes_ = std::min(options_.segment_bytes, 2 * next_bytes_);
  }
  Result<Spare> made = make(made_bytes, false);
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!made && made.error().problem == Problem::no_space) space_low_ = true;
  return made;
}

void Spares::retire(std::string name, std::uint64_t size_bytes) {
  if (!options_.background) {
    dispose({std::move(name), size_bytes});
    return;
  }
  const std::lock_guard<std::mutex> lock(mutex_);
  retired_.push_back({std::move(name), size_bytes});
  wake_.notify_all();
}

/// Small ones are of a log's first minutes, large ones of a single large batch.
bool Spares::is_worth_keeping(std::uint64_t size_bytes) const {
  return size_bytes >= options_.segment_bytes / 2 && size_bytes <= options_.segment_bytes;
}

void Spares::dispose(const Retired& old) {
  bool recycle = is_worth_keeping(old.size_bytes);
  std::size_t ready = 0;
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (failure_) return;
    ready = ready_.size();
  }
  // One is kept in any case; more only where nobody else wants the space.
  if (ready >= max_ready || (ready > 0 && !check_space(max_ready * options_.segment_bytes))) recycle = false;
  const std::string path = join_path(folder_, old.name);
  const std::string new_path = recycle ? next_name() : std::string();
  // Under its old name it must not be written to: after a crash it would be a segment with a strange header.
  Status done = recycle ? files_.rename(path, new_path) : files_.remove(path);
  if (done) done = files_.sync_directory(folder_);
  Result<std::unique_ptr<File>> file = std::unique_ptr<File>();
  if (done && recycle) file = files_.open(new_path, OpenMode::read_write);
  if (done && !file) done = file.error();
  const std::lock_guard<std::mutex> lock(mutex_);
  if (!done) {
    failure_ = done.error();
  } else if (recycle) {
    ready_.push_back({std::move(*file), old.size_bytes});
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
    if (ready_.empty() && !making_) {
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
  return space_low_ && ready_.empty();
}

std::optional<Error> Spares::failure() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return failure_;
}

}  // namespace kelek::storage
