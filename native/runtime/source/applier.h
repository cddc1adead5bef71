// Applier: gives committed entries to the machine, in order, each once, and keeps account of what they came to.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

#include <kelek/machine/machine.h>
#include <kelek/raft/entry.h>
#include <kelek/runtime/failure.h>

namespace kelek::runtime {

/// Deterministic: what cannot be decoded is applied as such, on every member alike.
class Applier {
 public:
  /// Told of each entry after it was applied. `result` is null for entries without a command.
  using Listener = std::function<void(raft::Index, const raft::Entry&, machine::Result* result)>;

  explicit Applier(Listener listener) : listener_(std::move(listener)) {}

  /// Entries that were applied before are stepped over; a gap is a broken invariant (internal), and so is an entry
  /// that the machine takes for out of order.
  Failure apply(const raft::EntryRange& entries);

  /// Takes the place of the machine: a snapshot was installed.
  void replace(machine::Machine machine) { machine_ = std::move(machine); }

  machine::Machine take_machine() { return std::move(machine_); }

  const machine::Machine& machine() const { return machine_; }
  raft::Index index() const { return machine_.revision(); }
  std::uint64_t entries_applied() const { return entries_applied_; }

 private:
  Failure apply_one(raft::Index index, const raft::Entry& entry);

  Listener listener_;
  machine::Machine machine_;
  std::uint64_t entries_applied_ = 0;
};

}  // namespace kelek::runtime
