// What clients and coordinators say to each other. Plain data; client_codec.h has the bytes.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/machine.h>
#include <kelek/machine/result.h>
#include <kelek/raft/membership.h>
#include <kelek/raft/payload.h>
#include <kelek/raft/types.h>
#include <kelek/wire/envelope.h>
#include <kelek/wire/queries.h>
#include <kelek/wire/status_report.h>

namespace kelek::wire {

inline constexpr std::uint64_t client_protocol_version = 1;

// ---- requests ----

/// May be sent at any time, and need not be: every frame carries its version, and who asks is known by key.
struct ClientHello {
  /// "kelek 0.1.0"
  std::string software;
};

/// A command for the machine. Caller and role are what the connection's key says, whatever a client claims.
struct Propose {
  machine::CommandBody body;
  std::uint64_t session_id = 0;  // 0 = no session: a retry may be applied twice
  std::uint64_t sequence = 0;    // 1, 2, 3 … within the session
};

struct Query {
  Consistency consistency = Consistency::linearizable;
  /// Wait until this index is applied (refused at the deadline). 0: as it is.
  std::uint64_t min_index = 0;
  QueryBody body;
};

/// Events from a revision on, as EventFrames with the id that the client chose. Ends by Unwatch, with an
/// EventFrame that says why, or with the connection.
struct Watch {
  std::uint64_t watch_id = 0;
  /// 0: from now on.
  std::uint64_t from_revision = 0;
  machine::WatchFilter filter;
};
struct Unwatch {
  std::uint64_t watch_id = 0;
};

struct GetStatus {};
struct GetMembers {};
/// Counters alone.
struct GetMetrics {};
/// Admin. Contexts hold addresses and keys (runtime/member_context.h).
struct ChangeMembers {
  raft::MembershipChange change;
};
/// Admin: hands the leadership over. 0: to whoever is most up to date.
struct TransferLeadership {
  raft::NodeId to = raft::no_node;
};
/// Admin: the coordinator that is asked takes a snapshot now.
struct TakeSnapshot {};
/// Admin: a part of the stored snapshot of the coordinator that is asked, for a backup. First with id 0 (the
/// newest), then with the id that the answer names, until offset reaches the size.
struct FetchSnapshot {
  std::uint64_t snapshot_id = 0;
  std::uint64_t offset_bytes = 0;
  /// At most client_frame_bytes / 2 are given.
  std::uint64_t max_bytes = 256 * 1024;
};
/// Admin: stop cleanly; answered before it begins.
struct Shutdown {};

/// The order is the numbering on the wire: new ones go to the end, none is ever removed.
using RequestBody = std::variant<ClientHello, Propose, Query, Watch, Unwatch, GetStatus, GetMembers, GetMetrics,
                                 ChangeMembers, TransferLeadership, TakeSnapshot, FetchSnapshot, Shutdown>;

enum class RequestKind : std::uint8_t {
  hello = 0,
  propose,
  query,
  watch,
  unwatch,
  get_status,
  get_members,
  get_metrics,
  change_members,
  transfer_leadership,
  take_snapshot,
  fetch_snapshot,
  shutdown,
};
static_assert(static_cast<std::size_t>(RequestKind::shutdown) + 1 == std::variant_size_v<RequestBody>);
const char* request_name(RequestKind kind);

struct ClientRequest {
  /// Chosen by the client; the answer repeats it. Not used twice while an answer is awaited.
  std::uint64_t request_id = 0;
  /// From its arrival. 0: as long as the coordinator's default.
  std::uint64_t deadline_ms = 0;
  GroupId group = first_group;
  RequestBody body;

  RequestKind kind() const { return static_cast<RequestKind>(body.index()); }
};

// ---- responses ----

enum class ResponseOutcome : std::uint8_t {
  /// Done. For a proposal: committed and applied; the machine's own answer, which may be a refusal, is in the
  /// body.
  ok = 0,
  /// Surely not done, now or later.
  refused = 1,
  /// It may have happened, or may yet happen: never a guess (known-bugs.md, B64).
  unknown = 2,
};

/// Why not ok. The numbers are those of the wire: new ones go to the end, none is ever removed.
enum class RefusalCode : std::uint8_t {
  none = 0,
  no_leader = 1,         ///< nobody leads at the moment
  not_leader = 2,        ///< only the leader can do this: ask it
  deadline = 3,          ///< the time was up
  not_permitted = 4,     ///< the role of the caller's key does not allow it
  over_limit = 5,        ///< too much is waiting, of this client's or at all: later
  too_large = 6,         ///< the request or a part of it is too large
  malformed = 7,         ///< the frame makes no sense; the text says where
  wrong_version = 8,     ///< a version of the protocol that the coordinator does not speak
  unknown_group = 9,     ///< no such group here
  invalid = 10,          ///< the command makes no sense; the text says why
  transferring = 11,     ///< leadership is on its way to another: in a moment
  not_ready = 12,        ///< the leader, or this coordinator, is not ready yet: in a moment
  stopping = 13,         ///< the coordinator shuts down: ask another
  disk = 14,             ///< the disk of the coordinator failed or is full
  change_pending = 15,   ///< one change of the membership at a time
  bad_change = 16,       ///< the change makes no sense; the text says why
  not_caught_up = 17,    ///< the member lacks too much of the log
  not_voter = 18,        ///< only voters can lead
  not_member = 19,       ///< no member of that id
  already = 20,          ///< it is so already
  leadership_lost = 21,  ///< the leader changed while the command was on its way
  not_found = 22,        ///< no such snapshot or watch
  watch_exists = 23,     ///< a watch of that id runs already
  internal = 24,         ///< a fault of the coordinator's
};
inline constexpr std::uint8_t last_refusal_code = 24;
/// The word for a code ("no_leader"), and one plain sentence for a person.
const char* refusal_name(RefusalCode code);
const char* describe(RefusalCode code);

struct ServerHello {
  std::string software;
  /// The caller's name and roles, as the coordinator knows them by key.
  std::string caller;
  std::string roles;
};
struct WatchStarted {
  std::uint64_t watch_id = 0;
  /// The first revision that it tells of.
  std::uint64_t from_revision = 0;
};
struct MemberReport {
  raft::NodeId id = raft::no_node;
  raft::Incarnation incarnation = 0;
  bool voter = false;
  bool outgoing = false;
  bool learner = false;
  std::string context;
};
struct MembersReport {
  bool joint = false;
  std::vector<MemberReport> members;
};
struct MetricsReport {
  std::vector<Counter> counters;
};
/// The entry that holds the change; it is committed.
struct MembersChanged {
  raft::Index index = 0;
};
struct LeadershipTransferred {
  raft::NodeId leader = raft::no_node;
};
struct SnapshotTaken {
  std::uint64_t snapshot_id = 0;
  raft::Index index = 0;
  std::uint64_t size_bytes = 0;
};
struct SnapshotPart {
  std::uint64_t snapshot_id = 0;
  raft::Index index = 0;
  raft::Term term = 0;
  std::uint64_t size_bytes = 0;
  std::array<std::uint8_t, 32> digest{};
  /// raft::Configuration::encode() of its index.
  std::string configuration;
  std::uint64_t offset_bytes = 0;
  std::string data;
};

/// The order is the numbering on the wire: new ones go to the end, none is ever removed.
using ResponseBody =
    std::variant<std::monostate, ServerHello, machine::Result, KvGetAnswer, machine::KvPage, machine::KvCount,
                 machine::TopicPage, TopicListAnswer, BallotGetAnswer, BallotListAnswer, GrantGetAnswer,
                 GrantListAnswer, GrantCheckAnswer, PolicyGetAnswer, PolicyListAnswer, LockGetAnswer, LockListAnswer,
                 SessionGetAnswer, SessionListAnswer, machine::Limits, MachineAnswer, WatchStarted, StatusReport,
                 MembersReport, MetricsReport, MembersChanged, LeadershipTransferred, SnapshotTaken, SnapshotPart>;

struct ClientResponse {
  std::uint64_t request_id = 0;
  ResponseOutcome outcome = ResponseOutcome::unknown;
  RefusalCode code = RefusalCode::none;
  /// For a person; empty when the code says all.
  std::string text;
  /// Who leads, as far as known, and where clients reach it; 0 and empty if not.
  raft::NodeId leader = raft::no_node;
  std::string leader_address;
  // The header of etcd's answers.
  raft::NodeId member = raft::no_node;  // who answers
  raft::Term term = 0;                  // of the entry, or the member's own
  std::uint64_t revision = 0;           // of the entry, or of which the answer speaks
  ResponseBody body;
};

// ---- events ----

enum class WatchState : std::uint8_t {
  /// Goes on.
  events = 0,
  /// Ended: revisions below first_revision are gone from memory. Read the state anew, and go on from there.
  compacted = 1,
  /// Ended: the client did not read fast enough. Resume from next_revision.
  lagged = 2,
  /// Ended by the coordinator, which shuts down or was removed. Resume elsewhere from next_revision.
  cancelled = 3,
};

struct EventFrame {
  std::uint64_t watch_id = 0;
  WatchState state = WatchState::events;
  /// The oldest revision that a watch may start from; only where compacted.
  std::uint64_t first_revision = 0;
  /// All revisions below were told of, as far as the filter lets them through: resume from here.
  std::uint64_t next_revision = 0;
  /// Only the events that the filter lets through.
  std::vector<machine::SharedEventBatch> batches;
};

/// What a coordinator sends to a client.
using ServerFrame = std::variant<ClientResponse, EventFrame>;

}  // namespace kelek::wire
