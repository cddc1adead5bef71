// A fetched snapshot as a file of storage's own format, which `kelek snapshot restore` reads.
#include "backup.h"

#include <memory>
#include <span>

#include <kelek/storage/offline.h>
#include <kelek/storage/posix_file.h>

#include "exit_codes.h"

namespace kelek::cli {

void save_backup(const std::string& file, const std::string& cluster, raft::NodeId from,
                 const client::FetchedSnapshot& fetched) {
  const std::string& encoded = fetched.metadata.configuration;
  raft::Result<raft::Configuration> configuration =
      raft::Configuration::decode(std::as_bytes(std::span<const char>(encoded.data(), encoded.size())));
  if (!configuration.ok()) throw failed("the snapshot came without a configuration that can be read");
  raft::SnapshotMetadata basis;
  basis.index = fetched.metadata.index;
  basis.term = fetched.metadata.term;
  basis.configuration = std::make_shared<const raft::Configuration>(std::move(configuration.value()));
  storage::Identity identity;
  identity.cluster_name = cluster;
  identity.node_id = from;
  const storage::Result<raft::SnapshotMetadata> written =
      storage::write_backup(storage::posix_file_system(), file, identity, basis,
                            std::as_bytes(std::span<const char>(fetched.bytes.data(), fetched.bytes.size())));
  if (!written.ok()) {
    const bool exists = written.error().problem == storage::Problem::exists;
    throw Failed(exists ? exit_refused : exit_error, storage::problem_name(written.error().problem),
                 written.error().text);
  }
}

}  // namespace kelek::cli
