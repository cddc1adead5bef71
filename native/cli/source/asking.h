// Asking coordinators for their status, each by itself.
#pragma once

#include <cstdint>

#include <kelek/client/client_options.h>

#include "status_text.h"

namespace kelek::cli {

/// One coordinator, and nobody in its place.
Asked ask_one(const client::ClientOptions& options, const client::Endpoint& endpoint, std::uint32_t deadline_ms);
/// All that the options name, at the same time.
ClusterStatus ask_all(const client::ClientOptions& options, std::uint32_t deadline_ms);

}  // namespace kelek::cli
