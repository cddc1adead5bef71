// Bringing log and snapshots together after they were read: which snapshot counts, and which entries follow it.
#pragma once

#include "log_recovery.h"
#include "snapshot_parts.h"

namespace kelek::storage {

/// Chooses the snapshot that the log names, or an older sound one (R7, B33), and fills in what open() tells. Where
/// the log cannot go on as it is, `log` is changed to what it can go on from. Changes nothing on the disk.
/// Refused (damaged): not even the first configuration is left.
Result<Recovered> reconcile(RecoveredLog& log, const Identity& identity, const std::string& path,
                            const SnapshotStore::Parts& snapshots, std::uint64_t kept_entries);

}  // namespace kelek::storage
