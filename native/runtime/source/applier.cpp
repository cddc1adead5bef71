// From entries to results.
#include "applier.h"

#include <utility>

#include <kelek/wire/command_codec.h>

namespace kelek::runtime {

Failure Applier::apply(const raft::EntryRange& entries) {
  Failure failure;
  entries.for_each([this, &failure](raft::Index index, const raft::Entry& entry) {
    if (failure.failed() || index <= machine_.revision()) return;
    failure = apply_one(index, entry);
  });
  return failure;
}

Failure Applier::apply_one(raft::Index index, const raft::Entry& entry) {
  const auto out_of_order = [this, index] {
    return Failure{FailureKind::internal, "Entry " + std::to_string(index) + " came to a machine that has applied " +
                                              std::to_string(machine_.revision()) + "."};
  };
  if (index != machine_.revision() + 1) return out_of_order();
  ++entries_applied_;
  if (entry.kind != raft::EntryKind::command) {
    if (!machine_.apply_empty(index, entry.term)) return out_of_order();
    listener_(index, entry, nullptr);
    return {};
  }
  wire::Result<machine::Command> command = wire::decode_command(entry.payload.bytes());
  machine::ApplyOutcome outcome = command.ok() ? machine_.apply(index, entry.term, std::move(*command))
                                               : machine_.apply_undecodable(index, entry.term, command.error().text);
  if (outcome.result.code == machine::Code::out_of_order) return out_of_order();
  listener_(index, entry, &outcome.result);
  return {};
}

}  // namespace kelek::runtime
