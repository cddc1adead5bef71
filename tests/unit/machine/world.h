// A machine with the little that a test needs around it: it counts indexes, keeps a clock, and writes
// headers.
#pragma once

#include <catch2/catch.hpp>

#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include <kelek/machine/machine.h>

namespace kelek::machine::test {

struct World {
  Machine machine;
  uint64_t term = 1;
  uint64_t time_ms = 1'000;
  ApplyOutcome last;

  // Applies as the next entry; the answer is the result.
  Result apply(const std::string& caller, CommandBody body) { return apply_with(header_of(caller), std::move(body)); }
  Result as_admin(CommandBody body) {
    CommandHeader header = header_of("admin");
    header.caller_is_admin = true;
    return apply_with(std::move(header), std::move(body));
  }
  Result in_session(const std::string& caller, uint64_t session_id, uint64_t sequence, CommandBody body) {
    CommandHeader header = header_of(caller);
    header.session_id = session_id;
    header.sequence = sequence;
    return apply_with(std::move(header), std::move(body));
  }
  Result apply_with(CommandHeader header, CommandBody body) {
    last = machine.apply(machine.revision() + 1, term, Command{std::move(header), std::move(body)});
    return last.result;
  }
  // The leader lets log time pass.
  void wait(uint64_t milliseconds) {
    time_ms += milliseconds;
    apply_with(header_of(""), ClockTick{});
  }
  // Another leader takes over, after so long without one.
  void elect(uint64_t milliseconds_without_leader) {
    ++term;
    time_ms += milliseconds_without_leader;
    apply_with(header_of(""), LeaderStart{});
  }
  uint64_t open_session(const std::string& caller, uint64_t ttl_ms = 10'000) {
    return std::get<SessionResult>(apply(caller, SessionOpen{ttl_ms}).body).session_id;
  }
  void set_limit(uint64_t Limits::*field, uint64_t value) {
    SetLimits command{machine.limits()};
    command.limits.*field = value;
    REQUIRE(as_admin(command).code == Code::ok);
  }

  CommandHeader header_of(const std::string& caller) const {
    CommandHeader header;
    header.caller = caller;
    header.leader_time_ms = time_ms;
    return header;
  }

  // The events of the last entry of one kind.
  template <class T>
  std::vector<T> events() const {
    std::vector<T> found;
    if (last.events) {
      for (const Event& event : last.events->events) {
        if (const T* match = std::get_if<T>(&event)) {
          found.push_back(*match);
        }
      }
    }
    return found;
  }
};

template <class T>
const T& body(const Result& result) {
  REQUIRE(std::holds_alternative<T>(result.body));
  return std::get<T>(result.body);
}

inline KvPut put(std::string key, std::string value) {
  KvPut command;
  command.key = std::move(key);
  command.value = std::move(value);
  return command;
}

inline Elector elector(std::string voter, std::string organisation = "", uint64_t weight = 1, bool may_veto = false) {
  return Elector{std::move(voter), std::move(organisation), weight, may_veto};
}

// Five reviewers and the two usual options.
inline BallotOpen review(Rule rule = Rule::majority) {
  BallotOpen command;
  command.question = "Merge the change?";
  command.options = {"approve", "reject"};
  command.electorate = {elector("ada"), elector("ben"), elector("cleo"), elector("dan"), elector("eve")};
  command.rules.rule = rule;
  command.duration_ms = 60'000;
  return command;
}

inline BallotVote vote_for(uint64_t ballot_id, std::string choice) {
  BallotVote command;
  command.ballot_id = ballot_id;
  command.choice = std::move(choice);
  return command;
}

}  // namespace kelek::machine::test

namespace Catch {
template <>
struct StringMaker<kelek::machine::Code> {
  static std::string convert(kelek::machine::Code code) { return kelek::machine::code_name(code); }
};
template <>
struct StringMaker<kelek::machine::Outcome> {
  static std::string convert(kelek::machine::Outcome outcome) { return kelek::machine::outcome_name(outcome); }
};
}  // namespace Catch
