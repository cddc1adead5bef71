// Words and sentences for the enumerations of the protocols.
#include <kelek/wire/client_protocol.h>
#include <kelek/wire/envelope.h>

namespace kelek::wire {
namespace {

struct RefusalText {
  const char* name;
  const char* sentence;
};

// In the order of the codes.
constexpr RefusalText refusals[] = {
    {"none", "Not refused."},
    {"no_leader", "Nobody leads the group at the moment; try again."},
    {"not_leader", "Only the leader can do this."},
    {"deadline", "The time for this request was up."},
    {"not_permitted", "The role of the caller's key does not allow this."},
    {"over_limit", "Too many requests are waiting; try again later."},
    {"too_large", "The request, or a part of it, is larger than the limits allow."},
    {"malformed", "The frame makes no sense."},
    {"wrong_version", "The coordinator does not speak this version of the client protocol."},
    {"unknown_group", "There is no such group here."},
    {"invalid", "The command makes no sense."},
    {"transferring", "The leadership is on its way to another member; try again in a moment."},
    {"not_ready", "The coordinator is not ready yet; try again in a moment."},
    {"stopping", "The coordinator is shutting down; ask another one."},
    {"disk", "The disk of the coordinator failed or is full."},
    {"change_pending", "Another change of the membership is under way."},
    {"bad_change", "The change of the membership makes no sense."},
    {"not_caught_up", "The member lacks too much of the log to become a voter."},
    {"not_voter", "Only voters can lead."},
    {"not_member", "There is no member of that id."},
    {"already", "It is so already."},
    {"leadership_lost", "The leader changed while the command was on its way."},
    {"not_found", "There is no such thing here."},
    {"watch_exists", "A watch of that id runs already on this connection."},
    {"internal", "The coordinator has a fault."},
};
static_assert(std::size(refusals) == last_refusal_code + std::size_t{1});

constexpr const char* requests[] = {
    "hello",         "propose",        "query",       "watch",          "unwatch",
    "get status",    "get members",    "get metrics", "change members", "transfer leadership",
    "take snapshot", "fetch snapshot", "shutdown",
};
static_assert(std::size(requests) == std::variant_size_v<RequestBody>);

constexpr const char* hello_refusals[] = {
    "none",    "other_cluster",  "other_version", "wrong_incarnation",
    "removed", "unknown_member", "other_genesis", "rolled_back",
};

template <typename Table, typename Enum>
const auto& row(const Table& table, Enum value) {
  const auto at = static_cast<std::size_t>(value);
  return table[at < std::size(table) ? at : 0];
}

}  // namespace

const char* refusal_name(RefusalCode code) {
  return row(refusals, code).name;
}

const char* describe(RefusalCode code) {
  return row(refusals, code).sentence;
}

const char* request_name(RequestKind kind) {
  return row(requests, kind);
}

const char* hello_refusal_name(HelloRefusal refusal) {
  return row(hello_refusals, refusal);
}

}  // namespace kelek::wire
