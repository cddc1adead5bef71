// Watching until somebody says stop: shared by watch, topic read --follow, and ballot wait.
#pragma once

#include <functional>

#include <kelek/client/client.h>

#include "process.h"

namespace kelek::cli {

/// Calls `each` with every batch until it gives false, or a signal comes. Throws Failed where the watch ends by itself.
/// True: `each` ended it. `timeout` 0: as long as it takes; otherwise throws Failed (timeout) when it is up.
bool follow(client::Client& client, const machine::WatchFilter& filter, std::uint64_t from_revision,
            StopSignals& signals, const std::function<bool(const machine::EventBatch&)>& each,
            std::chrono::milliseconds timeout = std::chrono::milliseconds(0));

}  // namespace kelek::cli
