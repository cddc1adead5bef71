// Arguments that several commands share: lengths of time, and how fresh a read has to be.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "cli.h"

namespace kelek::cli {

/// "1500ms", "10s", "5m", "2h", "7d"; a bare number is seconds. Throws Failed (bad use) that names `flag`.
std::uint64_t parse_duration(const std::string& text, const std::string& flag);

/// --stale and --min-revision.
struct ReadFlags {
  bool stale = false;
  std::uint64_t min_revision = 0;

  client::CallOptions apply(client::CallOptions call) const {
    call.stale = stale || min_revision != 0;
    call.min_revision = min_revision;
    return call;
  }
};
std::shared_ptr<ReadFlags> add_read_flags(CLI::App& leaf);

/// A value given as an argument; "-" is standard input up to its end, and "@FILE" a file. Throws Failed.
std::string value_of(const std::string& argument);

}  // namespace kelek::cli
