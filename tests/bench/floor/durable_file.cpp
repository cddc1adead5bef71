// Plain system calls, nothing else.
#include "durable_file.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <vector>

namespace kelek::bench {
namespace {

void require_done(bool done, const std::string& what) {
  if (done) return;
  std::perror(what.c_str());
  std::_Exit(1);
}

void write_at(int descriptor, const std::byte* bytes, std::size_t size, std::size_t offset) {
  const ssize_t written = pwrite(descriptor, bytes, size, static_cast<off_t>(offset));
  require_done(written == static_cast<ssize_t>(size), "pwrite");
}

}  // namespace

DurableFile::DurableFile(const std::string& folder, std::size_t size_bytes) : size_bytes_(size_bytes) {
  std::string path = folder + "/durable-XXXXXX";
  descriptor_ = mkstemp(path.data());
  require_done(descriptor_ >= 0, path);
  require_done(unlink(path.c_str()) == 0, path);
  const std::vector<std::byte> zeros(std::size_t{1} << 20);
  for (std::size_t offset = 0; offset < size_bytes; offset += zeros.size()) {
    write_at(descriptor_, zeros.data(), std::min(zeros.size(), size_bytes - offset), offset);
  }
  require_done(fsync(descriptor_) == 0, "fsync");
}

DurableFile::~DurableFile() {
  close(descriptor_);
}

void DurableFile::append(std::span<const std::byte> bytes) {
  require_done(written_bytes_ + bytes.size() <= size_bytes_, "the preallocated file is full");
  write_at(descriptor_, bytes.data(), bytes.size(), written_bytes_);
  written_bytes_ += bytes.size();
  require_done(fdatasync(descriptor_) == 0, "fdatasync");
}

}  // namespace kelek::bench
