// JSON of everything that commands show.
#include "json_of.h"

#include <variant>

#include <kelek/runtime/member_context.h>

#include "demo/review.h"

namespace kelek::cli {
namespace {

Json time_json(std::uint64_t ms) {
  return ms == 0 ? Json() : Json(time_text(ms));
}

Json electors_json(const std::vector<machine::Elector>& electorate) {
  Json all = Json::array();
  for (const machine::Elector& elector : electorate) {
    all.push_back({{"voter", elector.voter},
                   {"organisation", elector.organisation},
                   {"weight", elector.weight},
                   {"may_veto", elector.may_veto}});
  }
  return all;
}

Json vote_json(const machine::Ballot& ballot, const machine::Vote& vote) {
  Json evidence = Json::array();
  for (const machine::Evidence& item : vote.evidence) {
    evidence.push_back({{"uri", item.uri}, {"sha256", hex(item.sha256)}});
  }
  const machine::Elector& elector = ballot.electorate.at(vote.elector);
  return {{"voter", elector.voter},
          {"organisation", elector.organisation},
          {"choice", choice_of(ballot, vote)},
          {"veto", vote.veto},
          {"confidence_per_mille", vote.confidence_per_mille},
          {"rationale", vote.rationale},
          {"evidence", evidence},
          {"revision", vote.revision},
          {"time", time_json(vote.time_ms)}};
}

}  // namespace

const char* role_name(raft::Role role) {
  switch (role) {
    case raft::Role::follower: return "follower";
    case raft::Role::pre_candidate: return "pre-candidate";
    case raft::Role::candidate: return "candidate";
    case raft::Role::leader: return "leader";
  }
  return "unknown";
}

const char* state_name(raft::ReplicationState state) {
  switch (state) {
    case raft::ReplicationState::probe: return "probe";
    case raft::ReplicationState::replicate: return "replicate";
    case raft::ReplicationState::snapshot: return "snapshot";
  }
  return "unknown";
}

std::string choice_of(const machine::Ballot& ballot, const machine::Vote& vote) {
  return vote.choice < ballot.options.size() ? ballot.options[vote.choice] : std::string(machine::abstain_word);
}

Json json_of(const std::string& key, const machine::KvRecord& record) {
  Json all;
  put_bytes(all, "key", key);
  put_bytes(all, "value", record.value);
  all["create_revision"] = record.create_revision;
  all["mod_revision"] = record.mod_revision;
  all["version"] = record.version;
  if (record.ttl_ms != 0) all["ttl_ms"] = record.ttl_ms;
  if (record.deadline_ms != 0) all["expires"] = time_json(record.deadline_ms);
  if (record.session_id != 0) all["session"] = record.session_id;
  return all;
}

Json json_of(const std::string& topic, const machine::TopicItem& item) {
  Json all{{"topic", topic},
           {"offset", item.offset},
           {"revision", item.record.revision},
           {"time", time_json(item.record.time_ms)},
           {"author", item.record.author}};
  if (item.record.ballot_id != 0) all["ballot"] = item.record.ballot_id;
  put_bytes(all, "payload", item.record.payload);
  return all;
}

Json json_of(const machine::BallotRules& rules, const std::vector<std::string>& options) {
  Json all{{"rule", machine::rule_name(rules.rule)},
           {"threshold", rules.threshold},
           {"participation_floor", rules.participation_floor},
           {"tie_rule", machine::tie_rule_name(rules.tie_rule)}};
  if (rules.tie_rule == machine::TieRule::status_quo && rules.status_quo < options.size()) {
    all["status_quo"] = options[rules.status_quo];
  }
  if (!rules.chair.empty()) all["chair"] = rules.chair;
  all["wait_for_all_votes"] = rules.wait_for_all_votes;
  return all;
}

Json json_of(const machine::Verdict& verdict, const std::vector<std::string>& options) {
  Json tally = Json::array();
  for (std::size_t i = 0; i < verdict.tally.size(); ++i) {
    tally.push_back({{"option", i < options.size() ? options[i] : ""},
                     {"votes", verdict.tally[i].votes},
                     {"weight", verdict.tally[i].weight},
                     {"mean_confidence_per_mille", verdict.tally[i].mean_confidence_per_mille}});
  }
  Json all{{"outcome", machine::outcome_name(verdict.outcome)}};
  const bool won = verdict.winner.has_value() && *verdict.winner < options.size();
  all["winner"] = won ? Json(options[*verdict.winner]) : Json();
  all["by_tie_rule"] = verdict.by_tie_rule;
  all["before_deadline"] = verdict.before_deadline;
  all["tally"] = tally;
  all["abstentions"] = verdict.abstentions;
  all["electors_voted"] = verdict.electors_voted;
  all["dissenting_votes"] = verdict.dissent;
  all["revision"] = verdict.revision;
  all["time"] = time_json(verdict.time_ms);
  all["topic_offset"] = verdict.topic_offset;
  return all;
}

Json json_of(const machine::Ballot& ballot) {
  Json votes = Json::array();
  for (const machine::Vote& vote : ballot.votes) votes.push_back(vote_json(ballot, vote));
  Json all{{"ballot", ballot.ballot_id},
           {"question", ballot.question},
           {"options", ballot.options},
           {"electorate", electors_json(ballot.electorate)},
           {"rules", json_of(ballot.rules, ballot.options)},
           {"opener", ballot.opener},
           {"topic", ballot.topic},
           {"opened", time_json(ballot.opened_time_ms)},
           {"deadline", time_json(ballot.deadline_ms)},
           {"votes", votes}};
  if (ballot.grant_request != 0) all["grant"] = ballot.grant_request;
  all["verdict"] = ballot.verdict.has_value() ? json_of(*ballot.verdict, ballot.options) : Json();
  return all;
}

Json json_of(const wire::BallotSummary& ballot) {
  Json all{{"ballot", ballot.ballot_id},
           {"question", ballot.question},
           {"opener", ballot.opener},
           {"opened", time_json(ballot.opened_time_ms)},
           {"deadline", time_json(ballot.deadline_ms)},
           {"electors", ballot.electors},
           {"votes", ballot.votes}};
  all["outcome"] = ballot.outcome.has_value() ? Json(machine::outcome_name(*ballot.outcome)) : Json();
  all["winner"] = ballot.winner.empty() ? Json() : Json(ballot.winner);
  return all;
}

Json json_of(const machine::GrantTerms& terms) {
  return {{"subject", terms.subject}, {"action", terms.action}, {"resource", terms.resource},
          {"uses", terms.uses},       {"ttl_ms", terms.ttl_ms}, {"not_after", time_json(terms.not_after_ms)}};
}

Json json_of(const machine::Grant& grant) {
  Json all{{"grant", grant.grant_id}, {"state", machine::grant_state_name(grant.state)}};
  all.update(json_of(grant.terms));
  all["requester"] = grant.requester;
  all["reason"] = grant.reason;
  all["issuer"] = grant.issuer;
  all["policy"] = grant.policy;
  if (grant.ballot_id != 0) all["ballot"] = grant.ballot_id;
  all["fence"] = grant.fence;
  all["used"] = grant.used;
  all["deadline"] = time_json(grant.deadline_ms);
  return all;
}

Json json_of(const machine::Policy& policy) {
  const machine::PolicySet& rule = policy.rule;
  Json all{{"policy", rule.policy},         {"action", rule.action},
           {"resource", rule.resource},     {"max_uses", rule.max_uses},
           {"max_ttl_ms", rule.max_ttl_ms}, {"issuers", rule.issuers},
           {"to_others", rule.to_others},   {"electorate", electors_json(rule.electorate)}};
  if (!rule.electorate.empty()) all["rules"] = json_of(rule.rules, {});
  all["revision"] = policy.revision;
  return all;
}

Json json_of(const std::string& name, const machine::Lock& lock) {
  Json waiters = Json::array();
  for (const auto& [ticket, waiter] : lock.waiters) {
    waiters.push_back({{"ticket", ticket}, {"caller", waiter.caller}, {"until", time_json(waiter.deadline_ms)}});
  }
  Json all{{"lock", name}, {"held", lock.hold.has_value()}};
  if (lock.hold.has_value()) {
    all["holder"] = lock.hold->holder;
    all["fence"] = lock.hold->fence;
    all["expires"] = time_json(lock.hold->deadline_ms);
  }
  all["waiters"] = waiters;
  return all;
}

Json json_of(const wire::LockSummary& lock) {
  return {{"lock", lock.lock},
          {"holder", lock.holder},
          {"fence", lock.fence},
          {"expires", time_json(lock.deadline_ms)},
          {"waiters", lock.waiters}};
}

Json json_of(const wire::SessionSummary& session) {
  return {{"session", session.session_id},
          {"owner", session.owner},
          {"ttl_ms", session.ttl_ms},
          {"expires", time_json(session.deadline_ms)},
          {"last_sequence", session.last_sequence}};
}

namespace {

/// What each kind of event says beside its kind.
struct EventFields {
  Json& all;

  void operator()(const machine::KvPutEvent& event) const {
    put_bytes(all, "key", event.key);
    put_bytes(all, "value", event.value);
    all["create_revision"] = event.create_revision;
    all["version"] = event.version;
  }
  void operator()(const machine::KvDeleteEvent& event) const {
    put_bytes(all, "key", event.key);
    all["cause"] = machine::end_cause_name(event.cause);
  }
  void operator()(const machine::TopicAppendEvent& event) const {
    all["topic"] = event.topic;
    all["offset"] = event.offset;
    all["author"] = event.record.author;
    if (event.record.ballot_id != 0) all["ballot"] = event.record.ballot_id;
    put_bytes(all, "payload", event.record.payload);
  }
  void operator()(const machine::BallotOpenedEvent& event) const {
    all.update(
        Json{{"ballot", event.ballot_id}, {"question", event.question}, {"deadline", time_json(event.deadline_ms)}});
  }
  void operator()(const machine::BallotVotedEvent& event) const {
    all.update(Json{{"ballot", event.ballot_id},
                    {"voter", event.voter},
                    {"choice", event.choice},
                    {"veto", event.veto},
                    {"votes", event.votes},
                    {"electors", event.electors}});
  }
  void operator()(const machine::BallotClosedEvent& event) const {
    all.update(Json{{"ballot", event.ballot_id},
                    {"outcome", machine::outcome_name(event.verdict.outcome)},
                    {"winner", event.winner},
                    {"electors_voted", event.verdict.electors_voted}});
  }
  void operator()(const machine::GrantRequestedEvent& event) const {
    all["grant"] = event.grant_id;
    all.update(json_of(event.terms));
  }
  void operator()(const machine::GrantIssuedEvent& event) const {
    all["grant"] = event.grant_id;
    all["fence"] = event.fence;
    all.update(json_of(event.terms));
    all["deadline"] = time_json(event.deadline_ms);
  }
  void operator()(const machine::GrantUsedEvent& event) const {
    all.update(Json{{"grant", event.grant_id}, {"used", event.used}});
  }
  void operator()(const machine::GrantEndedEvent& event) const {
    all.update(Json{{"grant", event.grant_id}, {"cause", machine::end_cause_name(event.cause)}});
  }
  void operator()(const machine::LockGrantedEvent& event) const {
    all.update(Json{{"lock", event.lock},
                    {"holder", event.holder},
                    {"fence", event.fence},
                    {"ticket", event.ticket},
                    {"expires", time_json(event.deadline_ms)}});
  }
  void operator()(const machine::LockReleasedEvent& event) const {
    all.update(Json{{"lock", event.lock},
                    {"holder", event.holder},
                    {"fence", event.fence},
                    {"cause", machine::end_cause_name(event.cause)}});
  }
  void operator()(const machine::LockWaitEndedEvent& event) const {
    all.update(Json{{"lock", event.lock},
                    {"caller", event.caller},
                    {"ticket", event.ticket},
                    {"cause", machine::end_cause_name(event.cause)}});
  }
  void operator()(const machine::SessionOpenedEvent& event) const {
    all.update(Json{{"session", event.session_id}, {"owner", event.owner}});
  }
  void operator()(const machine::SessionEndedEvent& event) const {
    all.update(
        Json{{"session", event.session_id}, {"owner", event.owner}, {"cause", machine::end_cause_name(event.cause)}});
  }
};

}  // namespace

Json json_of(const machine::Event& event) {
  Json all{{"event", machine::event_name(machine::event_kind(event))}};
  std::visit(EventFields{all}, event);
  return all;
}

std::vector<Json> json_of(const machine::EventBatch& batch) {
  std::vector<Json> all;
  for (const machine::Event& event : batch.events) {
    Json line{{"revision", batch.revision}, {"term", batch.term}, {"time", time_json(batch.time_ms)}};
    line.update(json_of(event));
    all.push_back(std::move(line));
  }
  return all;
}

Json json_of(const wire::MembersReport& members) {
  Json list = Json::array();
  for (const wire::MemberReport& member : members.members) {
    Json one{{"node", member.id},           {"id", member.id},           {"voter", member.voter},
             {"outgoing", member.outgoing}, {"learner", member.learner}, {"incarnation", hex(member.incarnation)}};
    const runtime::Result<runtime::MemberContext> context = runtime::decode_member_context(member.context);
    if (context.ok()) {
      one["peer"] = context->peer_address;
      one["client"] = context->client_address;
      one["public_key"] = context->public_key;
    }
    list.push_back(std::move(one));
  }
  return {{"joint", members.joint}, {"members", list}};
}

}  // namespace kelek::cli
