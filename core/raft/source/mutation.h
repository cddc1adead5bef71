// Mutation: one rule of Raft broken on purpose, to see that the tests notice. Chosen at run time in the libraries that
// tests/mutations builds for itself; everywhere else none of them exists.
#pragma once

#include <cstdint>

namespace kelek::raft {

/// Numbered as in the exam: 1 is M01. M40 is in core/wire, since the core has no sessions.
enum class Mutation : std::uint8_t {
  none = 0,
  commit_without_term_test = 1,
  vote_response_before_persist = 2,
  append_response_before_persist = 3,
  vote_cleared_by_step_down = 4,
  vote_kept_in_newer_term = 5,
  vote_response_of_older_term_counts = 6,
  vote_responses_counted_not_voters = 7,
  vote_without_log_test = 8,
  log_test_by_index_only = 9,
  log_test_by_term_only = 10,
  every_append_truncates = 11,
  conflicts_not_removed = 12,
  previous_term_not_compared = 13,
  commit_bounded_by_own_last = 14,
  heartbeat_carries_full_commit = 15,
  append_response_carries_own_last = 16,
  match_assigned_not_max = 17,
  append_response_of_older_term_counts = 18,
  quorum_is_half = 19,
  commit_assigned_not_max = 20,
  leader_counts_unwritten_entries = 21,
  every_message_before_persist = 22,
  snapshot_older_than_commit_installed = 23,
  suffix_kept_by_installation = 24,
  snapshot_without_its_configuration = 25,
  change_before_own_term_commit = 26,
  change_while_another_pends = 27,
  configuration_active_at_commit = 28,
  configuration_not_rolled_back = 29,
  restart_replays_from_the_beginning = 30,
  read_index_before_own_term_commit = 31,
  read_without_quorum_round = 32,
  any_answer_confirms_a_read = 33,
  lease_kept_after_timeout_now = 34,
  newer_term_in_answers_ignored = 35,
  acknowledgement_survives_overwrite = 36,
  own_vote_counted_before_durable = 37,
  leader_outside_configuration_counts_itself = 38,
  learner_counts_in_quorum = 39,
};

#ifdef KELEK_MUTATIONS
/// The one in force. Set before any node is made.
inline Mutation mutation_in_force = Mutation::none;
inline bool mutated(Mutation mutation) {
  return mutation == mutation_in_force && mutation != Mutation::none;
}
#else
constexpr bool mutated(Mutation) {
  return false;
}
#endif

}  // namespace kelek::raft
