// Linearizability: whether there is an order in which a history's operations, each at one moment between its call and
// its return, give the answers that clients were given (Herlihy and Wing). The search is Wing and Gong's, with Lowe's
// memory of what was tried before, object by object, since a history is linearizable where each of its objects is.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/sim/history.h>

namespace kelek::sim::history {

/// For each object. Where one is reached the verdict is unknown.
struct CheckLimits {
  /// Operations tried on a state.
  std::uint64_t max_steps = 50'000'000;
  /// Of what was tried before, about.
  std::size_t max_memory_bytes = std::size_t{512} << 20;
};

enum class Judgement : std::uint8_t { linearizable, not_linearizable, unknown };
const char* judgement_name(Judgement judgement);

/// Why an object is not linearizable. Numbers are indexes into the history that was given.
struct Explanation {
  /// The return that no order gets past: up to just before it there is an order of all that had returned. What was
  /// called later plays no part.
  std::size_t blocked = 0;
  /// Such an order.
  std::vector<std::size_t> order;
  /// What could be next after that order and is answered (`blocked` is among them): none of it fits.
  std::vector<std::size_t> stuck;
  /// All of this in words, with a diagram of the operations at the end. Some lines, each ended.
  std::string text;
};

struct ObjectVerdict {
  ObjectKind kind = ObjectKind::register_;
  std::string key;
  Judgement judgement = Judgement::linearizable;
  /// Operations of this object that took part.
  std::size_t operations = 0;
  std::uint64_t steps = 0;
  /// Only where not linearizable.
  Explanation explanation;
  /// Only where unknown: the limit that was reached.
  std::string limit;
};

struct Verdict {
  /// The worst of all objects; not_linearizable is worse than unknown.
  Judgement judgement = Judgement::linearizable;
  /// All objects, by kind and key.
  std::vector<ObjectVerdict> objects;
  /// What was given: all, and those among them that took no part: refused ones, stale reads, reads without answer.
  std::size_t operations = 0;
  std::size_t left_out = 0;
  std::uint64_t steps = 0;

  bool linearizable() const { return judgement == Judgement::linearizable; }
  /// One line where all is well; otherwise the explanations too.
  std::string text() const;
};

/// In any order; nothing is kept of it. The same history gives the same verdict everywhere where no limit of memory is
/// reached. A history in which an operation returns before its call is not linearizable, and said to be so.
Verdict check_linearizability(const std::vector<Operation>& operations, const CheckLimits& limits = {});

/// What stale reads promise, where each process does one thing after the other: the revisions that a process is told
/// never go back; a log of one key that a process is shown grows at its end only; and no read shows what nobody had
/// written before it returned. Gives a sentence for each breach, at most `max_faults`.
std::vector<std::string> check_stale_reads(const std::vector<Operation>& operations, std::size_t max_faults = 20);

}  // namespace kelek::sim::history
