// What is measured of the core as the work grows: members, groups, payloads, and a follower that was away.
#pragma once

#include <cstdint>

#include "../harness/samples.h"

namespace kelek::bench {

/// A round is `batch` proposals at the leader and everything until all have applied all of them. The bench is
/// "throughput/calls" (one call a proposal) or "throughput/as_one" (one call for all).
void throughput(const Settings& settings, const char* bench, std::uint64_t nodes, std::uint64_t payload_bytes,
                std::uint64_t batch);

void growth(const Settings& settings);

}  // namespace kelek::bench
