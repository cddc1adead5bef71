// The five kinds of object as sequential machines for the search: what a state is, and which answers fit it.
//
// Each model has
//   State                  a small value with ==
//   Step prepare(Operation)  an operation in the model's own terms; all of them come before the first apply. What is
//                          equal and open has the same effect, whichever of them it is
//   bool apply(State&, Step)  does it; false where the answer does not fit, or an open operation would do nothing,
//                          and the state is then worth nothing
//   write(State, Words)    words that differ for states that differ
//   describe(State)        for people
//   memory_bytes()         what it holds beside states
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include <kelek/sim/history.h>

#include "interner.h"
#include "visited.h"

namespace kelek::sim::history {

class RegisterModel {
 public:
  static constexpr Interner::Id absent = ~Interner::Id{0};
  struct State {
    Interner::Id value = absent;
    std::uint64_t version = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  enum class Verb : std::uint8_t { get, put, compare_and_set, erase };
  struct Step {
    Verb verb = Verb::get;
    bool open = false;
    Interner::Id value = absent;     // read or to be written
    Interner::Id expected = absent;  // compare and set
    std::uint64_t version = 0;       // answered; 0: not told
    bool told = false;               // erase: whether the answer tells that it existed
    bool done = false;               // compare and set: it held; erase: it existed
    friend bool operator==(const Step&, const Step&) = default;
  };

  Step prepare(const Operation& operation);
  bool apply(State& state, const Step& step) const;
  static void write(const State& state, Words& to);
  std::string describe(const State& state) const;
  static std::size_t memory_bytes() { return 0; }

 private:
  bool write_value(State& state, const Step& step) const;
  bool compare_and_set(State& state, const Step& step) const;
  static bool erase(State& state, const Step& step);

  Interner values_;
  bool versions_told_ = false;  // where nobody tells any, counting them would only keep equal states apart
};

/// A state is a place in a tree of records: the way to it from the root is the log. So equal logs are one number.
class LogModel {
 public:
  struct State {
    std::uint32_t end = 0;
    friend bool operator==(const State&, const State&) = default;
  };
  struct Step {
    bool reads = false;
    Interner::Id record = 0;            // append
    bool told = false;                  // append: whether the answer tells the position
    std::uint64_t position = 0;         // append: answered; read: from
    std::vector<Interner::Id> records;  // read: answered
    friend bool operator==(const Step&, const Step&) = default;
  };

  /// Looking ahead: a record goes nowhere where some answer of the whole history shows another one. It takes nothing
  /// from any order there is, and spares the search most of what it would try with appends that nobody was answered.
  /// But where there is no order, the search then comes to its end sooner than the answer that shows it.
  explicit LogModel(bool looks_ahead = false) : looks_ahead_(looks_ahead), nodes_(1) {}
  Step prepare(const Operation& operation);
  bool apply(State& state, const Step& step);
  static void write(const State& state, Words& to) { to.push_back(state.end); }
  std::string describe(const State& state) const;
  std::size_t memory_bytes() const { return nodes_.capacity() * sizeof(Node) + children_.size() * bytes_a_child; }

 private:
  static constexpr std::size_t bytes_a_child = 64;  // of a map's node, about
  struct Node {
    std::uint32_t parent = 0;
    std::uint32_t depth = 0;
    Interner::Id record = 0;
  };

  bool ends_with(std::uint32_t node, const Step& step) const;
  std::uint32_t child(std::uint32_t node, Interner::Id record);
  bool is_elsewhere(std::uint64_t position, Interner::Id record) const;

  bool looks_ahead_;
  std::map<std::uint64_t, Interner::Id> shown_;  // by answers, at these positions
  Interner records_;
  std::vector<Node> nodes_;
  std::map<std::pair<std::uint32_t, Interner::Id>, std::uint32_t> children_;
};

class LockModel {
 public:
  struct State {
    bool held = false;
    std::uint64_t fence = 0;  // of the hold; 0: that of an acquire whose outcome nobody was told
    std::uint64_t ends = 0;   // from when on the hold may have ended by itself; 0: it does not
    std::uint64_t floor = 0;  // the highest fence that is known to have been given
    friend bool operator==(const State&, const State&) = default;
  };
  struct Step {
    bool acquires = false;
    bool open = false;
    bool done = false;
    std::uint64_t fence = 0;
    std::uint64_t latest = 0;  // when it happened at the latest
    std::uint64_t ends = 0;    // the hold that it would get
    friend bool operator==(const Step&, const Step&) = default;
  };

  Step prepare(const Operation& operation);
  static bool apply(State& state, const Step& step);
  static void write(const State& state, Words& to);
  static std::string describe(const State& state);
  static std::size_t memory_bytes() { return 0; }

 private:
  static bool may_have_ended(const State& state, const Step& step) {
    return state.held && state.ends != 0 && step.latest >= state.ends;
  }
  static bool acquire(State& state, const Step& step);
  static bool release(State& state, const Step& step);
};

class CounterModel {
 public:
  struct Counted {
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
    std::uint64_t total = 0;
    friend bool operator==(const Counted&, const Counted&) = default;
  };
  struct State {
    std::uint64_t total = 0;
    std::vector<Counted> newest;  // of each session, by session; only where something comes again at all
    friend bool operator==(const State&, const State&) = default;
  };
  struct Step {
    bool reads = false;
    bool open = false;
    bool told = false;
    std::uint64_t total = 0;
    std::uint64_t amount = 0;
    std::uint64_t session = 0;
    std::uint64_t sequence = 0;
    friend bool operator==(const Step&, const Step&) = default;
  };

  Step prepare(const Operation& operation);
  bool apply(State& state, const Step& step) const;
  static void write(const State& state, Words& to);
  static std::string describe(const State& state);
  static std::size_t memory_bytes() { return 0; }

 private:
  static bool add_in_session(State& state, const Step& step);

  std::map<std::pair<std::uint64_t, std::uint64_t>, bool> sent_;
  bool sent_again_ = false;
};

class ConfigurationModel {
 public:
  static constexpr Interner::Id nobody_knows = ~Interner::Id{0};
  struct State {
    Interner::Id members = nobody_knows;
    bool index_known = false;
    std::uint64_t index = 0;  // not known: it is above
    friend bool operator==(const State&, const State&) = default;
  };
  struct Step {
    bool reads = false;
    Interner::Id members = 0;
    std::uint64_t index = 0;  // answered; 0: not told, or open
    friend bool operator==(const Step&, const Step&) = default;
  };

  Step prepare(const Operation& operation);
  static bool apply(State& state, const Step& step);
  static void write(const State& state, Words& to);
  std::string describe(const State& state) const;
  static std::size_t memory_bytes() { return 0; }

 private:
  Interner members_;
};

}  // namespace kelek::sim::history
