// Writes what a running cluster gave of a snapshot as a backup file.
#pragma once

#include <string>

#include <kelek/client/admin.h>

namespace kelek::cli {

/// Throws Failed: the file exists, the disk is full, or what came is no configuration.
void save_backup(const std::string& file, const std::string& cluster, raft::NodeId from,
                 const client::FetchedSnapshot& fetched);

}  // namespace kelek::cli
