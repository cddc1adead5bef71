// The public face of the log.
#include <kelek/storage/log.h>

#include "log_parts.h"

namespace kelek::storage {

Log::Log(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Log::~Log() = default;

Status Log::stage(const raft::Ready& ready) {
  return parts_->stage(ready);
}

Status Log::stage(const raft::HardState* hard_state, std::span<const raft::EntryRange> entries) {
  return parts_->stage_entries(hard_state, entries);
}

Status Log::stage_snapshot(const raft::SnapshotMetadata& snapshot, SnapshotUse use) {
  return parts_->stage_snapshot(snapshot, use);
}

bool Log::has_staged() const {
  return !parts_->batch().empty();
}
std::size_t Log::staged_bytes() const {
  return parts_->batch().size_bytes();
}
Status Log::write() {
  return parts_->write();
}
Status Log::sync() {
  return parts_->sync();
}

Status Log::commit() {
  Status written = parts_->write();
  return written ? parts_->sync() : written;
}

bool Log::needs_sync() const {
  return parts_->needs_sync();
}
Status Log::idle_witness() {
  return parts_->idle_witness();
}
Result<raft::Index> Log::release(raft::Index through) {
  return parts_->release(through);
}
Status Log::prepare() {
  return parts_->spares().prepare();
}
bool Log::space_low() const {
  return parts_->spares().space_low();
}
Result<ScrubStep> Log::scrub(std::size_t max_bytes) {
  return parts_->scrub(max_bytes);
}
Status Log::close() {
  return parts_->close();
}
Status Log::failure() const {
  return parts_->failure();
}
bool Log::failed() const {
  return parts_->failed();
}
LogStatus Log::status() const {
  return parts_->status();
}

}  // namespace kelek::storage
