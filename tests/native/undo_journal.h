// UndoJournal: what a coordinator did to its data directory and what was there before, in a file of the harness, so
// that power_cut.py can turn the death of the process into a loss of power.
#pragma once

#include <sys/types.h>

#include <cstddef>
#include <cstdint>

namespace kelek::shim {

/// The file that KELEK_UNDO_JOURNAL names, for the directory that KELEK_UNDO_DIRECTORY names; without them nothing is
/// noted. Everything but the two *_done is called before the change, and the change follows under the same Guard: so
/// whatever was done is in the journal, and what was not done is undone without effect.
class Guard {
 public:
  Guard();
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;
};

void note_write(int descriptor, std::uint64_t offset_bytes, std::size_t size_bytes);
void note_resize(int descriptor, std::uint64_t size_bytes);
/// An open with O_CREAT, or mkdir: noted where nothing has this name yet.
void note_creation(const char* path, bool is_directory);
void note_rename(const char* from, const char* to);
void note_removal(const char* path);

/// How many changes were noted before a sync began; only those are covered by it.
std::uint64_t noted();
/// The sync of a file or of a directory went well.
void note_sync_done(int descriptor, std::uint64_t noted_before);

}  // namespace kelek::shim
