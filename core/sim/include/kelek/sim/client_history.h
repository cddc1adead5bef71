// History: what clients asked and heard, and when, as a checker of linearizability wants to have it.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace kelek::sim {

enum class HistoryKind : std::uint8_t { put, put_if_revision, remove, get, append };

/// One request, from the first time it was asked to its answer.
struct HistoryRecord {
  std::uint64_t client = 0;
  HistoryKind kind = HistoryKind::put;
  std::string key;
  /// What was written or appended.
  std::string value;
  /// put_if_revision: the revision that was expected, 0: absent.
  std::uint64_t expected_revision = 0;

  /// False: nobody knows whether it was done, or will be; `returned` is endless then.
  bool answered = false;
  /// Done as asked: not refused for what was there.
  bool done = false;
  /// get: whether the key was there, and its value.
  bool found = false;
  std::string read;
  /// The revision that did it, or that was read (0: absent).
  std::uint64_t revision = 0;
  /// append: the place in the topic.
  std::uint64_t offset = 0;

  std::uint64_t called = 0;
  std::uint64_t returned = UINT64_MAX;
};

using History = std::vector<HistoryRecord>;

}  // namespace kelek::sim
