// Mutation: one rule of the log broken on purpose, to see that the tests notice. Chosen at run time in the library that
// tests/mutations builds for itself; everywhere else none of them exists.
#pragma once

#include <cstdint>

namespace kelek::storage {

/// Numbered as in the exam: 1 is L01.
enum class Mutation : std::uint8_t {
  none = 0,
  no_directory_sync = 1,
  sync_before_the_last_write = 2,
  header_crc_not_checked = 3,
  chain_not_checked = 4,
  generation_not_checked = 5,
  truncated_at_any_wrong_crc = 6,
  retry_after_failed_sync = 7,
  sync_record_before_entries = 8,
  segments_deleted_before_snapshot_sync = 9,
  hard_state_in_a_file_of_its_own = 10,
};

#ifdef KELEK_MUTATIONS
/// The one in force. Set before any log is opened.
inline Mutation mutation_in_force = Mutation::none;
inline bool mutated(Mutation mutation) {
  return mutation == mutation_in_force && mutation != Mutation::none;
}
#else
constexpr bool mutated(Mutation) {
  return false;
}
#endif

}  // namespace kelek::storage
