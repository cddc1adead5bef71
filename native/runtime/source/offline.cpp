// Backup, restore and the lost majority, on directories that nobody runs on.
#include <kelek/runtime/offline.h>

#include <sodium.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <utility>

#include <kelek/runtime/member_context.h>
#include <kelek/storage/offline.h>
#include <kelek/storage/posix_file.h>
#include <kelek/wire/snapshot_codec.h>

#include "log_writer.h"
#include "opening.h"

namespace kelek::runtime {
namespace {

storage::FileSystem& files() {
  return storage::posix_file_system();
}

constexpr std::uint64_t largest_backup_bytes = std::uint64_t{64} << 30;

/// What was in force at `index`: the newest configuration entry up to it, or what the log began with.
raft::ConfigurationRef configuration_at(const storage::Recovered& recovered, raft::Index index) {
  raft::ConfigurationRef found =
      recovered.snapshot.index != 0 ? recovered.snapshot.configuration : recovered.first_configuration;
  for (const raft::EntryRange& range : recovered.entries) {
    range.for_each([&](raft::Index at, const raft::Entry& entry) {
      if (at > index || at <= recovered.snapshot.index || entry.kind != raft::EntryKind::configuration) return;
      raft::Result<raft::Configuration> decoded = raft::Configuration::decode(entry.payload.bytes());
      if (decoded.ok()) found = std::make_shared<const raft::Configuration>(std::move(*decoded));
    });
  }
  return found;
}

Result<std::vector<std::byte>> encode_state(const machine::State& state) {
  std::vector<std::byte> bytes;
  const bool written = wire::encode_snapshot(state, [&bytes](std::span<const std::byte> part) {
    if (part.size() > largest_backup_bytes - bytes.size()) return false;
    bytes.insert(bytes.end(), part.begin(), part.end());
    return true;
  });
  if (!written) return Failure{FailureKind::data_directory, "The state is too large for a backup."};
  return bytes;
}

void add_to_hash(crypto_generichash_state& hash, std::string_view text) {
  const std::uint64_t size = text.size();
  crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(&size), sizeof size);
  crypto_generichash_update(&hash, reinterpret_cast<const unsigned char*>(text.data()), text.size());
}

/// The same at every member that restores the same backup into the same list of members.
raft::Incarnation restored_incarnation(const RestoreOptions& options, const storage::Backup& backup, raft::NodeId id) {
  std::vector<InitialMember> members = options.members;
  std::sort(members.begin(), members.end(), [](const InitialMember& a, const InitialMember& b) { return a.id < b.id; });
  crypto_generichash_state hash;
  crypto_generichash_init(&hash, nullptr, 0, sizeof(raft::Incarnation) * 2);
  add_to_hash(hash, options.cluster);
  add_to_hash(hash, std::string_view(reinterpret_cast<const char*>(backup.metadata.digest.data()),
                                     backup.metadata.digest.size()));
  for (const InitialMember& member : members) {
    add_to_hash(hash, std::to_string(member.id));
    add_to_hash(hash, encode(MemberContext{member.peer_address, member.client_address, member.public_key}));
  }
  add_to_hash(hash, std::to_string(id));
  unsigned char bytes[sizeof(raft::Incarnation) * 2];
  crypto_generichash_final(&hash, bytes, sizeof bytes);
  raft::Incarnation incarnation = 0;
  std::memcpy(&incarnation, bytes, sizeof incarnation);
  return incarnation | 1;
}

Result<raft::Configuration> restored_configuration(const RestoreOptions& options, const storage::Backup& backup) {
  std::vector<raft::Member> members;
  for (const InitialMember& initial : options.members) {
    const MemberContext context{initial.peer_address, initial.client_address, initial.public_key};
    const std::string problem = check(context);
    if (!problem.empty()) {
      return Failure{FailureKind::bad_options, "Member " + std::to_string(initial.id) + ": " + problem};
    }
    raft::Member member;
    member.id = initial.id;
    member.incarnation = restored_incarnation(options, backup, initial.id);
    member.voter = true;
    member.context = encode(context);
    members.push_back(std::move(member));
  }
  raft::Result<raft::Configuration> made = raft::Configuration::make(std::move(members));
  if (!made.ok()) return Failure{FailureKind::bad_options, "The members make no configuration: " + made.error().text};
  return std::move(*made);
}

}  // namespace

Result<DirectoryReport> inspect_directory(const std::string& data_directory) {
  const storage::Result<storage::DirectoryReport> found = storage::inspect(files(), data_directory);
  if (!found.ok()) return failure_of(found.error());
  DirectoryReport report;
  report.node_id = found->recovered.identity.node_id;
  report.incarnation = found->recovered.identity.incarnation;
  report.hard_state = found->recovered.hard_state;
  report.snapshot_index = found->recovered.snapshot.index;
  report.last_index = found->last_index;
  report.last_term = found->last_term;
  report.configuration = found->configuration.empty() ? "" : found->configuration.describe();
  for (const raft::Member& member : found->configuration.members()) {
    const Result<MemberContext> context = decode_member_context(member.context);
    if (!context.ok()) continue;
    report.members.push_back({member.id, context->peer_address, context->client_address, context->public_key});
  }
  for (const std::string& sentence : found->damage) report.damage += (report.damage.empty() ? "" : " ") + sentence;
  return report;
}

Result<Done> export_backup(const std::string& data_directory, const std::string& file) {
  if (sodium_init() < 0) return Failure{FailureKind::internal, "The system has no randomness."};
  const storage::Result<storage::Identity> identity = storage::read_identity(files(), data_directory);
  if (!identity.ok()) return failure_of(identity.error());
  const storage::Result<storage::DataDirectory::Opened> opened =
      storage::DataDirectory::open(files(), data_directory, *identity);
  if (!opened.ok()) return failure_of(opened.error());
  const storage::Recovered& recovered = opened->recovered;
  if (recovered.damaged) {
    return Failure{FailureKind::corrupt, "The log of " + data_directory + " is damaged: no backup is made of it."};
  }
  const Result<machine::Machine> machine = replay(opened->directory->snapshots(), recovered);
  if (!machine.ok()) return machine.failure();
  if (machine->revision() == 0) {
    return Failure{FailureKind::data_directory, data_directory + " holds nothing that is known to be committed."};
  }
  const Result<std::vector<std::byte>> bytes = encode_state(machine->state());
  if (!bytes.ok()) return bytes.failure();
  raft::SnapshotMetadata basis;
  basis.index = machine->revision();
  basis.term = machine->term();
  basis.configuration = configuration_at(recovered, basis.index);
  const storage::Result<raft::SnapshotMetadata> written =
      storage::write_backup(files(), file, *identity, basis, *bytes);
  if (!written.ok()) return failure_of(written.error());
  return Done{};
}

Result<Done> restore_backup(const RestoreOptions& options) {
  if (sodium_init() < 0) return Failure{FailureKind::internal, "The system has no randomness."};
  const storage::Result<storage::Backup> backup =
      storage::read_backup(files(), options.backup_file, largest_backup_bytes);
  if (!backup.ok()) return failure_of(backup.error());
  const wire::Result<machine::State> state = wire::decode_snapshot(backup->bytes);
  if (!state.ok()) {
    return Failure{FailureKind::corrupt, options.backup_file + " is no backup of a machine: " + state.error().text};
  }
  const Result<raft::Configuration> configuration = restored_configuration(options, *backup);
  if (!configuration.ok()) return configuration.failure();
  if (configuration->find(options.node_id) == nullptr) {
    return Failure{FailureKind::bad_options, "Node " + std::to_string(options.node_id) + " is not among the members."};
  }
  storage::Identity identity;
  identity.cluster_id = cluster_id_of(options.cluster);
  identity.cluster_name = options.cluster;
  identity.node_id = options.node_id;
  identity.incarnation = restored_incarnation(options, *backup, options.node_id);
  const storage::Status imported =
      storage::import_backup(files(), options.backup_file, options.data_directory, identity, *configuration);
  if (!imported.ok()) return failure_of(imported.error());
  return Done{};
}

Result<Done> force_configuration(const ForceOptions& options) {
  const storage::Result<storage::DirectoryReport> found = storage::inspect(files(), options.data_directory);
  if (!found.ok()) return failure_of(found.error());
  const raft::Configuration& present = found->configuration;
  const raft::NodeId self = found->recovered.identity.node_id;
  const std::size_t living = options.reachable_voters + (present.is_voter(self) ? 1 : 0);
  if (living * 2 > present.voter_count()) {
    return Failure{FailureKind::bad_options, std::to_string(living) + " of " + std::to_string(present.voter_count()) +
                                                 " voters live: that is a majority, which can change its members by "
                                                 "itself (kelek members remove)."};
  }
  std::vector<raft::Member> members;
  for (const raft::NodeId id : options.survivors) {
    const raft::Member* member = present.find(id);
    if (member == nullptr) {
      return Failure{FailureKind::bad_options, "Node " + std::to_string(id) + " is not a member of " +
                                                   (present.empty() ? "anything" : present.describe()) + "."};
    }
    members.push_back(*member);
    members.back().voter = true;
    members.back().outgoing = false;
    members.back().learner = false;
  }
  const raft::Result<raft::Configuration> wanted = raft::Configuration::make(std::move(members));
  if (!wanted.ok()) return Failure{FailureKind::bad_options, wanted.error().text};
  const storage::Result<raft::Index> forced = storage::force_configuration(files(), options.data_directory, *wanted);
  if (!forced.ok()) return failure_of(forced.error());
  return Done{};
}

}  // namespace kelek::runtime
