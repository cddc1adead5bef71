// The choices of the story.
#include "story.h"

namespace kelek::machine::test {

LogEntry Story::next(const Machine& machine) {
  time_ms_ += random_.one_in(40) ? random_.below(3'000) : random_.below(20);
  LogEntry entry;
  if (random_.one_in(150)) {
    ++term_;
    time_ms_ += random_.below(2'000);
    entry.term = term_;
    if (random_.one_in(2)) return entry;  // the first entry of a leader is empty: no command
    entry.command = Command{{}, LeaderStart{}};
    entry.command->header.leader_time_ms = time_ms_;
    return entry;
  }
  entry.term = term_;
  Command command;
  command.header.caller = caller();
  command.header.caller_is_admin = random_.one_in(10);
  command.header.leader_time_ms = random_.one_in(30) ? time_ms_ - 500 : time_ms_;  // clocks differ
  const bool in_session = !machine.state().sessions.empty() && random_.one_in(2);
  if (in_session) {
    const uint64_t session_id = id_of(machine.state().sessions);
    const Session* session = machine.session(session_id);
    command.header.session_id = session_id == 0 ? 1 : session_id;
    command.header.sequence = 1;
    if (session) {
      if (!random_.one_in(20)) command.header.caller = session->owner;
      const uint64_t next_sequence = session->last_sequence + 1;
      const uint64_t back = random_.one_in(5) ? random_.below(6) : 0;
      command.header.sequence = next_sequence > back ? next_sequence - back : 1;
      if (random_.one_in(30)) command.header.sequence += 2;
    }
  }
  command.body = in_session && random_.one_in(3) ? kv(true) : body(machine);
  entry.command = std::move(command);
  return entry;
}

CommandBody Story::body(const Machine& machine) {
  switch (random_.below(10)) {
    case 0:
    case 1: return kv(false);
    case 2: return txn();
    case 3: return topic();
    case 4:
    case 5: return ballot(machine);
    case 6: return grant(machine);
    case 7:
    case 8: return lock(machine);
    default: return random_.one_in(4) ? admin() : session(machine);
  }
}

CommandBody Story::kv(bool in_session) {
  if (random_.one_in(6)) return KvDelete{name("key ", 40), {}, random_.one_in(2)};
  if (random_.one_in(25)) return KvDeleteRange{{name("key ", 40), ""}};
  KvPut command = put(name("key ", 40), std::string(random_.below(40), static_cast<char>('a' + random_.below(26))));
  if (random_.one_in(8)) command.if_absent = true;
  if (!command.if_absent && random_.one_in(8)) command.if_revision = random_.below(200);
  if (random_.one_in(4)) command.ttl_ms = 100 + random_.below(2'000);
  command.bind_to_session = in_session && random_.one_in(2);
  command.want_previous = random_.one_in(3);
  return command;
}

CommandBody Story::txn() {
  KvTxn command;
  for (uint64_t i = random_.below(3); i > 0; --i) {
    command.compares.push_back(KvCompare{name("key ", 40), static_cast<CompareTarget>(random_.below(4)),
                                         static_cast<CompareRelation>(random_.below(4)), random_.below(3), "a"});
  }
  for (uint64_t i = 1 + random_.below(4); i > 0; --i) {
    command.then_operations.push_back(put(name("key ", 40), name("value ", 5)));
    command.else_operations.push_back(KvGet{name("key ", 40)});
  }
  command.then_operations.push_back(KvDelete{name("key ", 40), {}, true});
  if (random_.one_in(4)) command.else_operations.push_back(KvDeleteRange{prefix_range("key 1")});
  return command;
}

CommandBody Story::topic() {
  switch (random_.below(8)) {
    case 0: return TopicCreate{name("topic ", 5), random_.one_in(5)};
    case 1: return TopicTrim{name("topic ", 5), random_.below(10)};
    default: break;
  }
  TopicAppend command{name("topic ", 5), name("record ", 100), {}, random_.one_in(2)};
  if (random_.one_in(8)) command.if_offset = random_.below(10);
  return command;
}

CommandBody Story::ballot(const Machine& machine) {
  const uint64_t ballot_id = id_of(machine.state().ballots);
  if (random_.one_in(40)) return BallotCancel{ballot_id};
  const Ballot* known = machine.ballot(ballot_id);
  if (known && !random_.one_in(6)) {
    BallotVote vote = vote_for(ballot_id, random_.one_in(6) ? abstain_word : known->options[random_.below(2)]);
    vote.veto = random_.one_in(20);
    vote.confidence_per_mille = static_cast<uint32_t>(random_.below(1001));
    vote.rationale = name("because ", 9);
    if (random_.one_in(3)) vote.evidence.push_back(Evidence{"file:evidence", {}});
    return vote;
  }
  BallotOpen command;
  command.question = name("question ", 9);
  command.options = {"yes", "no", "later"};
  command.duration_ms = 500 + random_.below(4'000);
  command.topic = random_.one_in(3) ? name("topic ", 5) : "verdicts";
  if (random_.one_in(4)) {
    command.grant_request = id_of(machine.state().grants);
    command.policy = name("policy ", 3);
    if (command.grant_request != 0) return command;
    command.policy.clear();
  }
  command.rules.rule = static_cast<Rule>(random_.below(6));
  for (uint64_t i = 0; i < 1 + random_.below(6); ++i) {
    command.electorate.push_back(elector("agent " + std::to_string(i), name("organisation ", 3), 1, random_.one_in(9)));
  }
  if (command.rules.rule == Rule::k_of_n || command.rules.rule == Rule::weight_threshold) command.rules.threshold = 1;
  command.rules.participation_floor = random_.below(2);
  command.rules.tie_rule = static_cast<TieRule>(random_.below(4));
  if (command.rules.tie_rule == TieRule::chair) command.rules.chair = "agent 0";
  command.rules.wait_for_all_votes = random_.one_in(4);
  return command;
}

CommandBody Story::grant(const Machine& machine) {
  const uint64_t grant_id = id_of(machine.state().grants);
  const Grant* known = machine.grant(grant_id);
  const uint64_t fence = known ? known->fence : 0;
  switch (random_.below(7)) {
    case 0: return GrantUse{grant_id, fence, 1 + random_.below(2)};
    case 1: return random_.one_in(2) ? CommandBody(GrantRevoke{grant_id}) : CommandBody(GrantExtend{grant_id, fence});
    case 2: return GrantIssue{grant_id == 0 ? 1 : grant_id, {}, name("policy ", 3)};
    default: break;
  }
  GrantTerms terms;
  terms.subject = random_.one_in(3) ? "" : caller();
  terms.action = "deploy";
  terms.resource = name("host/", 3);
  terms.uses = random_.below(4);
  terms.ttl_ms = random_.one_in(3) ? 0 : 100 + random_.below(3'000);
  if (random_.one_in(4)) terms.not_after_ms = time_ms_ + random_.below(2'000);
  return random_.one_in(2) ? CommandBody(GrantRequest{terms, "why not"})
                           : CommandBody(GrantIssue{0, terms, name("policy ", 3)});
}

CommandBody Story::lock(const Machine& machine) {
  const std::string lock_name = name("lock ", 4);
  const Lock* known = machine.lock(lock_name);
  uint64_t token = random_.below(100);
  if (known && known->hold && random_.one_in(2)) token = known->hold->fence;
  if (known && !known->waiters.empty() && random_.one_in(3)) token = known->waiters.begin()->first;
  switch (random_.below(5)) {
    case 0:
    case 1: return LockRelease{lock_name, token};
    case 2: return LockExtend{lock_name, token, random_.one_in(2) ? 0 : 100 + random_.below(2'000)};
    default:
      return LockAcquire{lock_name, 100 + random_.below(2'000), random_.one_in(3) ? 0 : random_.below(3'000),
                         random_.one_in(2)};
  }
}

CommandBody Story::session(const Machine& machine) {
  const uint64_t session_id = id_of(machine.state().sessions);
  switch (random_.below(5)) {
    case 0: return SessionClose{session_id};
    case 1: return SessionKeepAlive{session_id};
    case 2: return ClockTick{};
    default: return SessionOpen{100 + random_.below(10'000)};
  }
}

CommandBody Story::admin() {
  if (random_.one_in(3)) {
    SetLimits command;
    command.limits.session_results = 1 + random_.below(8);
    command.limits.ended_sessions = 1 + random_.below(20);
    command.limits.closed_ballots = 1 + random_.below(20);
    command.limits.ended_grants = 1 + random_.below(20);
    command.limits.range_delete_keys = 1 + random_.below(100);
    command.limits.keys = 20 + random_.below(100);
    command.limits.topic_records = 20 + random_.below(1'000);
    return command;
  }
  if (random_.one_in(5)) return PolicyRemove{name("policy ", 3)};
  PolicySet command;
  command.policy = name("policy ", 3);
  command.action = "deploy";
  command.resource = random_.one_in(2) ? "host/*" : "host/1";
  command.max_uses = random_.below(4);
  command.issuers = {random_.one_in(2) ? "*" : "agent 1"};
  for (uint64_t i = 0; i < random_.below(4); ++i) command.electorate.push_back(elector("agent " + std::to_string(i)));
  return command;
}

}  // namespace kelek::machine::test
