// The largest enumerator of each enumeration that is on the wire: what is above is refused.
#pragma once

#include <cstdint>

#include <kelek/machine/ballot.h>
#include <kelek/machine/command.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/message.h>
#include <kelek/raft/status.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::wire {

template <typename Enum>
struct Largest;

#define KELEK_LARGEST(Enum, enumerator)             \
  template <>                                       \
  struct Largest<Enum> {                            \
    static constexpr Enum value = Enum::enumerator; \
  }

KELEK_LARGEST(raft::EntryKind, configuration);
KELEK_LARGEST(raft::ReadMode, quorum);
KELEK_LARGEST(raft::Refusal, aborted);
KELEK_LARGEST(raft::SnapshotResponse::Progress, done);
KELEK_LARGEST(raft::MemberOperation::Kind, update);
KELEK_LARGEST(raft::Role, leader);
KELEK_LARGEST(raft::ReplicationState, snapshot);
KELEK_LARGEST(machine::Rule, one_per_organisation);
KELEK_LARGEST(machine::TieRule, chair);
KELEK_LARGEST(machine::Outcome, cancelled);
KELEK_LARGEST(machine::CompareTarget, version);
KELEK_LARGEST(machine::CompareRelation, greater);
KELEK_LARGEST(machine::Code, out_of_order);
KELEK_LARGEST(machine::GrantState, denied);
KELEK_LARGEST(machine::EndCause, denied);
KELEK_LARGEST(HelloRefusal, rolled_back);
KELEK_LARGEST(Consistency, stale);
KELEK_LARGEST(ResponseOutcome, unknown);
KELEK_LARGEST(RefusalCode, internal);
KELEK_LARGEST(WatchState, cancelled);
#undef KELEK_LARGEST

static_assert(static_cast<std::size_t>(machine::Code::out_of_order) + 1 == machine::codes);
static_assert(static_cast<std::uint8_t>(RefusalCode::internal) == last_refusal_code);

}  // namespace kelek::wire
