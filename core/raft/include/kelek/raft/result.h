// Errors as values: Error says what was refused and why; Result carries a value or an Error.
#pragma once

#include <optional>
#include <string>

#include <kelek/raft/types.h>
#include <kelek/raft/value_or.h>

namespace kelek::raft {

/// Why a call was refused. A refusal means: surely not done, and nothing changed.
enum class Refusal : std::uint8_t {
  none = 0,
  not_leader,            ///< ask `leader`, if it is known
  no_leader,             ///< nobody is known to lead: try again after a tick
  too_large,             ///< a payload above max_payload_bytes, or above what a message may carry
  too_many_uncommitted,  ///< the uncommitted tail is full: try again once something is committed
  too_many_waiting,      ///< the queue of reads or forwarded proposals is full
  transferring,          ///< leadership is on its way to another
  not_ready,             ///< the leader has not committed an entry of its term yet
  change_pending,        ///< one change of the membership at a time
  bad_change,            ///< the change makes no sense; the text says why
  not_caught_up,         ///< a learner that lacks committed entries; ask again (Node::change)
  not_voter,             ///< only voters campaign or take over leadership
  not_member,            ///< no member of that id
  already,               ///< it is so already
  snapshot_pending,      ///< a snapshot is being installed, or the application is behind it
  out_of_range,          ///< an index that the log does not hold or that is not applied yet
  wrong_incarnation,     ///< the sender runs on another disk than the configuration means
  malformed,             ///< a message that no correct member sends; the text says why
  wrong_recipient,       ///< a message for somebody else
  stopped,               ///< the node refuses to go on: its durable state cannot be trusted
  aborted,               ///< begun, and given up before anything was done
};

/// A plain sentence for each.
const char* describe(Refusal refusal);

struct Error {
  Refusal refusal = Refusal::none;
  /// Who leads, as far as this node knows.
  NodeId leader = no_node;
  /// Names the thing, for people. May be empty where the refusal says all.
  std::string text;
};

/// A value, or the reason why there is none.
template <typename Value>
class Result : public ValueOr<Value, Error> {
 public:
  using ValueOr<Value, Error>::ValueOr;
  Result(Refusal refusal) : ValueOr<Value, Error>(Error{refusal, no_node, {}}) {}  // NOLINT: so is a refusal
};

struct Nothing {};
/// Done, or refused.
using Status = Result<Nothing>;

}  // namespace kelek::raft
