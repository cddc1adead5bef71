// The list of fields against the structs, the walk over it, and the hash.
#include <kelek/machine/fields.h>

#include <catch2/catch.hpp>

#include "hasher.h"
#include "walk.h"

using namespace kelek::machine;

namespace {

// Converts to whatever a field is, so that an aggregate tells how many fields it has.
struct Anything {
  template <class T>
  constexpr operator T() const;
};

template <class T, class... Fields>
constexpr size_t count_fields() {
  if constexpr (requires { T{Fields{}..., Anything{}}; }) {
    return count_fields<T, Fields..., Anything>();
  } else {
    return sizeof...(Fields);
  }
}

template <class... T>
void check_counts() {
  static_assert(((field_count<T> == count_fields<T>()) && ...), "every field is listed");
}

uint64_t hash_of(const State& state) {
  return full_hash(state);
}

}  // namespace

TEST_CASE("every struct lists all its fields") {
  check_counts<Limits, BallotRules, Elector, Evidence, OptionTally, CommandHeader, KeyRange, KvDeleteRange, KvGet,
               KvCompare, KvTxn, TopicCreate, TopicTrim, BallotVote, BallotCancel, GrantTerms, GrantRequest, GrantIssue,
               GrantUse, GrantRevoke, GrantExtend, PolicySet, PolicyRemove, LockAcquire, LockRelease, LockExtend,
               SessionOpen, SessionKeepAlive, SessionClose, ClockTick, LeaderStart, SetLimits, KvRecord, TxnResult,
               TopicResult, GrantResult, LockResult, SessionResult, TopicRecord, Topic, Grant, Policy, LockHold,
               LockWaiter, StoredResult, Session, EndedSession, KvPutEvent, KvDeleteEvent, TopicAppendEvent,
               BallotOpenedEvent, BallotVotedEvent, BallotClosedEvent, GrantRequestedEvent, GrantIssuedEvent,
               GrantUsedEvent, GrantEndedEvent, LockGrantedEvent, LockReleasedEvent, LockWaitEndedEvent,
               SessionOpenedEvent, SessionEndedEvent>();
  SUCCEED();
}

TEST_CASE("the hash of a state sees every part of it") {
  const State empty;
  CHECK(hash_of(empty) == hash_of(State{}));
  std::vector<State> others(12);
  others[0].applied_index = 1;
  others[1].lease_term = 1;
  others[2].limits.keys = 1;
  others[3].kv["a"].value = "b";
  others[4].kv["ab"].value = "";
  others[5].topics["t"].records.push_back({});
  others[6].ballots[1].votes.push_back({});
  others[7].grants[1].state = GrantState::denied;
  others[8].policies["p"].rule.to_others = false;
  others[9].locks["l"].hold = LockHold{};
  others[10].sessions[1].results.push_back({});
  others[11].ended_sessions[1] = {};
  for (size_t i = 0; i < others.size(); ++i) {
    CHECK(hash_of(others[i]) != hash_of(empty));
    for (size_t j = 0; j < i; ++j) CHECK(hash_of(others[i]) != hash_of(others[j]));
  }
}

TEST_CASE("the hash is the same on every platform") {
  Hasher hasher(1);
  hasher.text("the tigris");
  hasher.number(397);
  CHECK(hasher.value() == 0xf9bef2e4dbffbf54ull);
  Hasher high_bytes(0);
  high_bytes.text("\xff\xfe");
  CHECK(high_bytes.value() == 0x890121d48f6daf15ull);
}

TEST_CASE("texts of other lengths, split otherwise, hash otherwise") {
  const auto two = [](std::string_view first, std::string_view second) {
    Hasher hasher(0);
    hasher.text(first);
    hasher.text(second);
    return hasher.value();
  };
  CHECK(two("ab", "c") != two("a", "bc"));
  CHECK(two("", "abc") != two("abc", ""));
  CHECK(two(std::string_view("a\0", 2), "") != two("a", ""));
}

TEST_CASE("a measure counts texts and items") {
  CHECK(measure(KvPutEvent{"key", "value", 7, 7}) == 8);
  CHECK(measure(std::vector<std::string>{"a", "bc"}) == 3 + 2 * Measure::item_bytes);
}
