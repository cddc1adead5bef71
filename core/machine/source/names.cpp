// The words for codes, kinds and states, and the sentences that explain codes.
#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

namespace kelek::machine {
namespace {

struct CodeText {
  const char* name;
  const char* sentence;
};

constexpr CodeText code_texts[] = {
    {"ok", "Done."},
    {"not_found", "There is nothing by this name or id."},
    {"revision_mismatch", "It was changed since the revision that the condition names."},
    {"exists", "It is there already."},
    {"compacted", "What was asked for is older than what is kept; read the present state and go on from there."},
    {"not_eligible", "The caller is not in the electorate, or not the one whom this permits something."},
    {"already_voted", "The caller has voted in this ballot; the first vote counts and is final."},
    {"ballot_closed", "The ballot is closed; its verdict stands."},
    {"deadline_passed", "The deadline of the ballot has passed."},
    {"unknown_session", "There is no such session; open a new one, and check what the last command came to."},
    {"expired_session", "The session has ended; open a new one, and check what the last command came to."},
    {"sequence_gap", "A command of this session is missing before this one; send that first."},
    {"stale_sequence", "This command was applied before, and its answer is no longer kept."},
    {"held_by_another", "Somebody holds it, or waits before."},
    {"not_holder", "The caller does not hold it."},
    {"stale_fence", "The fencing token is older than the present one: it was lost meanwhile."},
    {"exhausted", "All uses are counted."},
    {"expired", "Its time is over."},
    {"not_approved", "It is not approved, neither by a ballot nor by a policy."},
    {"forbidden", "The caller may not do this."},
    {"invalid", "The command contradicts itself or has a malformed part."},
    {"over_limit", "It is larger or more than a limit allows."},
    {"session_required", "This command needs a session, so that it is counted exactly once."},
    {"ended", "It was given back or revoked."},
    {"out_of_order", "The entry is not the next one of the log."},
};
static_assert(std::size(code_texts) == codes);

constexpr const char* command_names[] = {
    "clock-tick",      "leader-start", "set-limits",    "kv-put",        "kv-delete",
    "kv-delete-range", "kv-txn",       "topic-create",  "topic-append",  "topic-trim",
    "ballot-open",     "ballot-vote",  "ballot-cancel", "grant-request", "grant-issue",
    "grant-use",       "grant-revoke", "grant-extend",  "policy-set",    "policy-remove",
    "lock-acquire",    "lock-release", "lock-extend",   "session-open",  "session-keep-alive",
    "session-close",
};
static_assert(std::size(command_names) == command_kinds);

constexpr const char* event_names[] = {
    "kv-put",        "kv-delete",       "topic-append",    "ballot-opened",  "ballot-voted",
    "ballot-closed", "grant-requested", "grant-issued",    "grant-used",     "grant-ended",
    "lock-granted",  "lock-released",   "lock-wait-ended", "session-opened", "session-ended",
};
static_assert(std::size(event_names) == event_kinds);

constexpr const char* outcome_names[] = {"decided", "rejected", "no_quorum", "vetoed", "cancelled"};
constexpr const char* rule_names[] = {"plurality", "majority",         "k_of_n",
                                      "unanimous", "weight_threshold", "one_per_organisation"};
constexpr const char* tie_rule_names[] = {"reject", "first_option", "status_quo", "chair"};
constexpr const char* grant_state_names[] = {"pending", "active", "exhausted", "expired", "revoked", "denied"};
constexpr const char* end_cause_names[] = {"released", "expired", "session_ended", "revoked", "exhausted", "denied"};

template <class Enum, size_t count>
const char* name_in(const char* const (&names)[count], Enum value) {
  const size_t at = static_cast<size_t>(value);
  return at < count ? names[at] : "unknown";
}

}  // namespace

const char* code_name(Code code) {
  const size_t at = static_cast<size_t>(code);
  return at < codes ? code_texts[at].name : "unknown";
}

const char* describe(Code code) {
  const size_t at = static_cast<size_t>(code);
  return at < codes ? code_texts[at].sentence : "This answer is not known here.";
}

const char* command_name(CommandKind kind) {
  return name_in(command_names, kind);
}
const char* event_name(EventKind kind) {
  return name_in(event_names, kind);
}
const char* outcome_name(Outcome outcome) {
  return name_in(outcome_names, outcome);
}
const char* rule_name(Rule rule) {
  return name_in(rule_names, rule);
}
const char* tie_rule_name(TieRule rule) {
  return name_in(tie_rule_names, rule);
}
const char* grant_state_name(GrantState state) {
  return name_in(grant_state_names, state);
}
const char* end_cause_name(EndCause cause) {
  return name_in(end_cause_names, cause);
}

}  // namespace kelek::machine
