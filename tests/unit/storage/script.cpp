// The script: appends, votes, replaced entries, snapshots taken and received, clean stops.
#include "script.h"

namespace kelek::storage::test {

std::string Model::describe() const {
  std::string text = "term " + std::to_string(hard_state.term) + " vote " + std::to_string(hard_state.vote) +
                     " commit " + std::to_string(hard_state.commit) + " snapshot " + std::to_string(snapshot_index) +
                     " last " + std::to_string(last_index) + " |";
  for (const auto& [index, content] : entries) {
    if (index > snapshot_index) text += " " + std::to_string(index) + ":" + content;
  }
  return text;
}

std::string describe(const Recovered& recovered) {
  Model model;
  model.hard_state = recovered.hard_state;
  model.snapshot_index = recovered.snapshot.index;
  model.last_index = std::max(recovered.last_index(), recovered.snapshot.index);
  for (const raft::EntryRange& range : recovered.entries) {
    range.for_each([&](raft::Index index, const raft::Entry& one) {
      model.entries[index] = std::to_string(one.term) + "/" + std::string(one.payload.text());
    });
  }
  return model.describe();
}

std::vector<std::byte> state_at(raft::Index index) {
  SimulatedRandom random(index);
  std::vector<std::byte> bytes(static_cast<std::size_t>(random.below(80'000)));
  for (std::byte& byte : bytes) byte = static_cast<std::byte>(random.next() & 0xff);
  return bytes;
}

bool Script::good(const Status& status) {
  if (!status) failure_ = status.error().text;
  return status.ok();
}

bool Script::open() {
  Result<DataDirectory::Opened> opened = DataDirectory::open(disk_, path, identity_of_node(), small_options(12 * 1024));
  if (!opened) {
    failure_ = opened.error().text;
    return false;
  }
  opened_ = std::move(*opened);
  durable_ = states_.size() - 1;  // what was found was written anew, or confirmed (R5)
  return true;
}

raft::EntryRange Script::make_entries(raft::Index first, std::uint32_t count) {
  raft::EntryRange::Builder builder(first, count);
  for (std::uint32_t i = 0; i < count; ++i) {
    const std::string text =
        std::to_string(++written_) + std::string(static_cast<std::size_t>(random_.below(400)), 'x');
    builder.add(model_.hard_state.term, raft::EntryKind::command, raft::Payload::copy_of(text));
    model_.entries[first + i] = std::to_string(model_.hard_state.term) + "/" + text;
  }
  model_.last_index = first + count - 1;
  return builder.finish();
}

void Script::stage_entries(raft::Index first, std::uint32_t count) {
  model_.entries.erase(model_.entries.lower_bound(first), model_.entries.end());
  const raft::EntryRange range = make_entries(first, count);
  staged_well_ = good(log()->stage(&model_.hard_state, {&range, 1}));
}

/// The state counts as possible from here on, whether or not the write goes well.
bool Script::write_batch() {
  if (!staged_well_) return false;
  states_.push_back(model_.describe());
  return good(log()->write());
}

bool Script::sync() {
  if (!good(log()->sync())) return false;
  durable_ = states_.size() - 1;
  synced_last_ = model_.last_index;
  return true;
}

bool Script::append() {
  stage_entries(model_.last_index + 1, 1 + static_cast<std::uint32_t>(random_.below(4)));
  return write_batch() && sync();
}

bool Script::vote() {
  ++model_.hard_state.term;
  model_.hard_state.vote = 1 + random_.below(3);
  return good(log()->stage(&model_.hard_state, {})) && write_batch() && sync();
}

/// Written and not synced, as the core allows.
bool Script::advance_commit() {
  if (model_.hard_state.commit >= synced_last_) return true;
  model_.hard_state.commit += 1 + random_.below(synced_last_ - model_.hard_state.commit);
  return good(log()->stage(&model_.hard_state, {})) && write_batch();
}

bool Script::replace() {
  if (model_.last_index <= model_.hard_state.commit) return true;
  ++model_.hard_state.term;
  model_.hard_state.vote = 0;
  const raft::Index first = model_.hard_state.commit + 1 + random_.below(model_.last_index - model_.hard_state.commit);
  stage_entries(first, 1 + static_cast<std::uint32_t>(random_.below(3)));
  return write_batch() && sync();
}

bool Script::write_two() {
  stage_entries(model_.last_index + 1, 2);
  if (!write_batch()) return false;
  stage_entries(model_.last_index + 1, 2);
  return write_batch() && sync();
}

bool Script::take_snapshot() {
  const raft::Index index = model_.hard_state.commit;
  if (index <= model_.snapshot_index) return true;
  raft::SnapshotMetadata basis;
  basis.index = index;
  basis.term = model_.hard_state.term;
  basis.configuration = std::make_shared<const raft::Configuration>(three_voters());
  SnapshotStore& snapshots = opened_->directory->snapshots();
  Result<raft::SnapshotMetadata> made = snapshots.write(basis, state_at(index));
  if (!made) return good(made.error());
  if (!good(log()->stage_snapshot(*made, SnapshotUse::compacts))) return false;
  model_.snapshot_index = index;
  if (!write_batch() || !sync()) return false;
  if (!good(snapshots.verify(made->id)) || !good(snapshots.remove_older_than(made->id))) return false;
  ++snapshots_taken_;
  Result<raft::Index> released = log()->release(index);
  return released ? true : good(released.error());
}

bool Script::receive_snapshot() {
  const std::vector<std::byte> bytes = state_at(model_.last_index + 5);
  auto metadata = std::make_shared<raft::SnapshotMetadata>();
  metadata->index = model_.last_index + 5;
  metadata->term = model_.hard_state.term;
  metadata->configuration = std::make_shared<const raft::Configuration>(three_voters());
  metadata->size_bytes = bytes.size();
  Digest digest;
  digest.add(bytes);
  metadata->digest = digest.finish();
  metadata->id = snapshot_id_of(*metadata);
  SnapshotStore& snapshots = opened_->directory->snapshots();
  for (std::size_t at = 0; at == 0 || at < bytes.size(); at += 30'000) {
    const std::size_t size = std::min<std::size_t>(30'000, bytes.size() - at);
    const raft::ChunkToStore chunk{metadata, at,
                                   raft::Payload::copy_of(std::span<const std::byte>(bytes).subspan(at, size))};
    if (!good(snapshots.store_chunk(chunk)) || !good(snapshots.sync_chunks())) return false;
  }
  if (!good(snapshots.promote(metadata->id))) return false;
  model_.snapshot_index = model_.last_index = metadata->index;
  model_.hard_state.commit = metadata->index;
  model_.entries.clear();
  raft::Ready ready;
  ready.snapshot = metadata;
  ready.hard_state = model_.hard_state;
  if (!good(log()->stage(ready)) || !write_batch() || !sync()) return false;
  ++snapshots_received_;
  Result<raft::Index> released = log()->release(metadata->index);
  return released ? true : good(released.error());
}

bool Script::reopen() {
  if (!good(log()->close())) return false;
  durable_ = states_.size() - 1;
  opened_.reset();
  if (!open()) return false;
  REQUIRE(opened_->recovered.report.clean_stop);
  REQUIRE(test::describe(opened_->recovered) == model_.describe());
  return true;
}

bool Script::step() {
  switch (random_.below(24)) {
    case 0: return vote();
    case 1:
    case 2:
    case 3: return advance_commit();
    case 4:
    case 5: return replace();
    case 6:
    case 7: return write_two();
    case 8: return take_snapshot();
    case 9: return random_.below(3) == 0 ? receive_snapshot() : append();
    case 10:
    case 11: return good(log()->idle_witness());
    case 12: return reopen();
    default: return append();
  }
}

bool Script::run(int steps) {
  Status made = DataDirectory::create(disk_, path, identity_of_node(), three_voters(), small_options(12 * 1024));
  if (!good(made)) return false;
  created_ = true;
  model_.hard_state.term = 1;
  if (!open() || !vote()) return false;
  for (int i = 0; i < steps; ++i) {
    if (!step()) return false;
  }
  return true;
}

void check_recovery(SimulatedDisk& disk, const Script& script) {
  Result<DataDirectory::Opened> opened =
      DataDirectory::open(disk, Script::path, identity_of_node(), small_options(12 * 1024));
  if (!opened && opened.error().problem == Problem::not_found && !script.created()) return;
  INFO((opened.ok() ? "" : opened.error().text));
  REQUIRE(opened.ok());
  const Recovered& recovered = opened->recovered;
  for (const std::string& damage : recovered.report.damage) UNSCOPED_INFO(damage);
  REQUIRE_FALSE(recovered.damaged);
  REQUIRE(recovered.report.damage.empty());
  const std::vector<std::string>& states = script.attempted();
  const std::string found = describe(recovered);
  const auto first = states.begin() + static_cast<std::ptrdiff_t>(script.durable());
  INFO("found   " << found << "\nat least " << *first);
  REQUIRE(std::find(first, states.end(), found) != states.end());
  if (recovered.snapshot.index > 0) {
    const auto bytes = opened->directory->snapshots().read_all(recovered.snapshot.id, 1 << 20);
    REQUIRE(bytes.ok());
    REQUIRE(*bytes == state_at(recovered.snapshot.index));
  }

  // What is acknowledged now is there after the power is lost once more.
  const raft::Index next = std::max(recovered.last_index(), recovered.snapshot.index) + 1;
  REQUIRE_WELL(write(opened->directory->log(), entry(next, recovered.hard_state.term + 1, "after")));
  disk.crash(Tearing::all_lost, 1);
  Result<DataDirectory::Opened> again =
      DataDirectory::open(disk, Script::path, identity_of_node(), small_options(12 * 1024));
  INFO((again.ok() ? "" : again.error().text));
  REQUIRE(again.ok());
  REQUIRE(again->recovered.report.damage.empty());
  REQUIRE(again->recovered.last_index() == next);
  const std::string kept = found.substr(found.find('|') + 1);
  REQUIRE(describe(again->recovered).find(kept) != std::string::npos);
}

}  // namespace kelek::storage::test
