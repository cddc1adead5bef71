// Reading and writing a small file by its descriptor, without a buffer of the library's that would keep a
// copy.
#pragma once

#include <cerrno>
#include <cstddef>
#include <optional>
#include <string_view>

#include <unistd.h>

namespace kelek::transport {

/// False with errno set if not everything could be written.
inline bool write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

/// Reads up to the end or `size_bytes`; nothing, with errno set, if the system refuses.
inline std::optional<std::size_t> read_all(int descriptor, char* bytes, std::size_t size_bytes) {
  std::size_t total = 0;
  while (total < size_bytes) {
    const ssize_t got = ::read(descriptor, bytes + total, size_bytes - total);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) break;
    total += static_cast<std::size_t>(got);
  }
  return total;
}

}  // namespace kelek::transport
