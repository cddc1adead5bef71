// ReferenceModel: what the committed commands must come to, by a second and much simpler machine. It is told each
// committed command once, in order; all answers that clients get, and all that they read, must be its own.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/machine/command.h>
#include <kelek/machine/result.h>

namespace kelek::sim {

/// The part of an answer that the model foretells.
struct Answer {
  machine::Code code = machine::Code::ok;
  /// Of the entry that did it: a retry is answered as the first time.
  std::uint64_t revision = 0;
  /// Appends: the offset.
  std::uint64_t offset = 0;

  friend bool operator==(const Answer& a, const Answer& b) {
    return a.code == b.code && a.revision == b.revision && a.offset == b.offset;
  }
  static Answer of(const machine::Result& result);
};

/// A key at some revision.
struct KeyState {
  bool present = false;
  std::uint64_t mod_revision = 0;
  std::string value;
};

class ReferenceModel {
 public:
  Answer apply(std::uint64_t index, const machine::Command& command);
  void apply_nothing(std::uint64_t index) { revision_ = index; }
  /// What the key was when everything through `revision` was applied.
  KeyState key_at(std::string_view key, std::uint64_t revision) const;

 private:
  struct Session {
    std::uint64_t last = 0;
    std::map<std::uint64_t, Answer> answers;
  };
  struct Change {
    std::uint64_t revision = 0;
    KeyState state;
  };

  Answer act(std::uint64_t index, const machine::Command& command);
  Answer put(std::uint64_t index, const machine::KvPut& put);
  Answer remove(std::uint64_t index, const machine::KvDelete& remove);
  const KeyState* newest(std::string_view key) const;

  std::uint64_t revision_ = 0;
  std::map<std::string, std::vector<Change>, std::less<>> keys_;
  std::map<std::string, std::uint64_t, std::less<>> topics_;
  std::map<std::uint64_t, Session> sessions_;
};

}  // namespace kelek::sim
