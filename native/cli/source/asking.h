// Asking coordinators for their status, each by itself.
#pragma once

#include <cstdint>

#include <kelek/client/client_options.h>

#include "status_text.h"

namespace kelek::cli {

/// One coordinator, and nobody in its place.
Asked ask_one(const client::ClientOptions& options, const client::Endpoint& endpoint, std::uint32_t deadline_ms);
/// Names a coordinator in the options, unless one with its key is there already.
void add_endpoint(client::ClientOptions& options, const std::string& address, const std::string& public_key);
/// All that the options name, at the same time.
ClusterStatus ask_all(const client::ClientOptions& options, std::uint32_t deadline_ms);

}  // namespace kelek::cli
