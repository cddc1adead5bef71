// Words, sentences, limits and texts: small things that must not be forgotten when something is added.
#include <set>

#include "text.h"
#include "world.h"

using namespace kelek::machine;

TEST_CASE("every code has a word of its own and a sentence") {
  std::set<std::string> words;
  for (size_t i = 0; i < codes; ++i) {
    const Code code = static_cast<Code>(i);
    CHECK(words.insert(code_name(code)).second);
    const std::string sentence = describe(code);
    CHECK(sentence.back() == '.');
    CHECK(sentence.find('\n') == std::string::npos);
  }
  CHECK(code_name(Code::revision_mismatch) == std::string("revision_mismatch"));
  CHECK(code_name(Code::out_of_order) == std::string("out_of_order"));
  CHECK(code_name(static_cast<Code>(200)) == std::string("unknown"));
  CHECK(describe(static_cast<Code>(200)) == std::string("This answer is not known here."));
}

TEST_CASE("kinds have the names of their numbers") {
  CHECK(command_name(CommandKind::clock_tick) == std::string("clock-tick"));
  CHECK(command_name(CommandKind::ballot_open) == std::string("ballot-open"));
  CHECK(command_name(CommandKind::session_close) == std::string("session-close"));
  CHECK(command_name(static_cast<CommandKind>(99)) == std::string("unknown"));
  CHECK(command_kind(Command{{}, LockAcquire{}}) == CommandKind::lock_acquire);
  CHECK(event_name(EventKind::kv_put) == std::string("kv-put"));
  CHECK(event_name(EventKind::session_ended) == std::string("session-ended"));
  CHECK(event_kind(Event(LockGrantedEvent{})) == EventKind::lock_granted);
  CHECK(outcome_name(Outcome::no_quorum) == std::string("no_quorum"));
  CHECK(rule_name(Rule::one_per_organisation) == std::string("one_per_organisation"));
  CHECK(tie_rule_name(TieRule::chair) == std::string("chair"));
  CHECK(grant_state_name(GrantState::denied) == std::string("denied"));
  CHECK(end_cause_name(EndCause::denied) == std::string("denied"));
}

TEST_CASE("the numbers of the wire do not move") {
  CHECK(static_cast<int>(CommandKind::kv_put) == 3);
  CHECK(static_cast<int>(CommandKind::ballot_vote) == 11);
  CHECK(static_cast<int>(CommandKind::lock_acquire) == 20);
  CHECK(static_cast<int>(CommandKind::session_close) == 25);
  CHECK(static_cast<int>(EventKind::ballot_closed) == 5);
  CHECK(static_cast<int>(EventKind::session_ended) == 14);
  CHECK(Command{{}, KvPut{}}.body.index() == 3);
  CHECK(Command{{}, LockAcquire{}}.body.index() == 20);
}

TEST_CASE("the defaults of the limits are within their own bounds, and every row is tested") {
  CHECK(validate(Limits{}) == "");
  std::set<std::string> names;
  for (const LimitInfo& info : limit_table()) {
    CHECK(names.insert(info.name).second);
    Limits limits;
    limits.*info.field = info.maximum + 1;
    CHECK(validate(limits).find(info.name) == 0);
    if (info.minimum != 0) {
      limits.*info.field = info.minimum - 1;
      CHECK(validate(limits).find(info.name) == 0);
    }
  }
  Limits limits;
  limits.lease_min_ms = limits.lease_max_ms + 1;
  CHECK(validate(limits) == "lease_min_ms is larger than lease_max_ms");
}

TEST_CASE("UTF-8 is what the standard says") {
  for (const char* good : {"", "abc", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xf4\x8f\xbf\xbf"}) {
    CHECK(is_utf8(good));
  }
  for (const char* bad : {"\x80", "\xc3", "\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf0\x80\x80\x80",
                          "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\xe2\x82", "a\xff", "\xc3(", "\xe2\x28\xa1"}) {
    CHECK_FALSE(is_utf8(bad));
  }
}
