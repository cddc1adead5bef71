// The table of limits: names, smallest and largest values.
#include <kelek/machine/limits.h>

namespace kelek::machine {
namespace {

constexpr uint64_t mebibyte = 1024 * 1024;
constexpr uint64_t gibibyte = 1024 * mebibyte;
constexpr uint64_t ten_years_ms = 3653ull * 24 * 3600 * 1000;

constexpr LimitInfo table[] = {
    {"command_bytes", &Limits::command_bytes, 1024, 4 * mebibyte},
    {"name_bytes", &Limits::name_bytes, 16, 1024},
    {"key_bytes", &Limits::key_bytes, 1, 64 * 1024},
    {"value_bytes", &Limits::value_bytes, 1, 4 * mebibyte},
    {"record_bytes", &Limits::record_bytes, 1024, 4 * mebibyte},
    {"txn_operations", &Limits::txn_operations, 1, 10'000},
    {"keys", &Limits::keys, 1, 1'000'000'000},
    {"kv_bytes", &Limits::kv_bytes, 1024, 1024 * gibibyte},
    {"result_bytes", &Limits::result_bytes, 1024, 4 * mebibyte},
    {"range_delete_keys", &Limits::range_delete_keys, 1, 1'000'000},
    {"page_items", &Limits::page_items, 1, 1'000'000},
    {"page_bytes", &Limits::page_bytes, 1024, 64 * mebibyte},
    {"topics", &Limits::topics, 1, 10'000'000},
    {"topic_records", &Limits::topic_records, 1, 1'000'000'000},
    {"topic_bytes", &Limits::topic_bytes, 1024, 1024 * gibibyte},
    {"open_ballots", &Limits::open_ballots, 1, 1'000'000},
    {"closed_ballots", &Limits::closed_ballots, 1, 10'000'000},
    {"electors", &Limits::electors, 1, 100'000},
    {"options", &Limits::options, 2, 64},
    {"elector_weight", &Limits::elector_weight, 1, 1'000'000'000'000},
    {"ballot_bytes", &Limits::ballot_bytes, 64 * 1024, 64 * gibibyte},
    {"question_bytes", &Limits::question_bytes, 1, mebibyte},
    {"rationale_bytes", &Limits::rationale_bytes, 0, mebibyte},
    {"evidence_items", &Limits::evidence_items, 0, 1'000},
    {"evidence_uri_bytes", &Limits::evidence_uri_bytes, 0, 64 * 1024},
    {"ballot_duration_ms", &Limits::ballot_duration_ms, 1, ten_years_ms},
    {"grants", &Limits::grants, 1, 100'000'000},
    {"ended_grants", &Limits::ended_grants, 1, 100'000'000},
    {"grant_uses", &Limits::grant_uses, 1, 1'000'000'000'000},
    {"grant_request_ms", &Limits::grant_request_ms, 1, ten_years_ms},
    {"policies", &Limits::policies, 1, 1'000'000},
    {"policy_issuers", &Limits::policy_issuers, 1, 100'000},
    {"locks", &Limits::locks, 1, 100'000'000},
    {"lock_waiters", &Limits::lock_waiters, 1, 1'000'000},
    {"lease_min_ms", &Limits::lease_min_ms, 1, ten_years_ms},
    {"lease_max_ms", &Limits::lease_max_ms, 1, ten_years_ms},
    {"sessions", &Limits::sessions, 1, 10'000'000},
    {"session_bindings", &Limits::session_bindings, 1, 1'000'000},
    {"session_results", &Limits::session_results, 1, 10'000},
    {"session_result_bytes", &Limits::session_result_bytes, 0, 64 * mebibyte},
    {"ended_sessions", &Limits::ended_sessions, 1, 10'000'000},
    {"history_bytes", &Limits::history_bytes, 0, 64 * gibibyte},
};
static_assert(sizeof(Limits) == sizeof(uint64_t) * std::size(table), "every limit has its row");

}  // namespace

std::span<const LimitInfo> limit_table() {
  return table;
}

std::string validate(const Limits& limits) {
  for (const LimitInfo& info : table) {
    const uint64_t value = limits.*info.field;
    if (value < info.minimum || value > info.maximum) {
      return std::string(info.name) + " is " + std::to_string(value) + ", allowed is " + std::to_string(info.minimum) +
             " to " + std::to_string(info.maximum);
    }
  }
  if (limits.lease_min_ms > limits.lease_max_ms) {
    return "lease_min_ms is larger than lease_max_ms";
  }
  return {};
}

}  // namespace kelek::machine
