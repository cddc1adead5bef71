// The fields of every struct of the machine's data, in order: hashing, measuring and coding walk them through
// this one list, so that none forgets a field. A test counts them against the structs.
#pragma once

#include <tuple>
#include <type_traits>

#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/result.h>
#include <kelek/machine/state.h>

namespace kelek::machine {

template <class T>
struct Fields;  // members: a tuple of pointers to members

template <class T>
inline constexpr size_t field_count = std::tuple_size_v<std::remove_cv_t<decltype(Fields<T>::members)>>;

// Calls visit(field) for every field of the object, in order.
template <class T, class Visitor>
constexpr void for_each_field(T& object, Visitor&& visit) {
  std::apply([&](auto... member) { (visit(object.*member), ...); }, Fields<std::remove_const_t<T>>::members);
}

template <class T>
concept HasFields = requires {
  Fields<std::remove_const_t<T>>::members;
};

// ---- limits.h ----
template <>
struct Fields<Limits> {
  static constexpr auto members = std::make_tuple(
      &Limits::command_bytes, &Limits::name_bytes, &Limits::key_bytes, &Limits::value_bytes, &Limits::record_bytes,
      &Limits::txn_operations, &Limits::keys, &Limits::kv_bytes, &Limits::result_bytes, &Limits::range_delete_keys,
      &Limits::page_items, &Limits::page_bytes, &Limits::topics, &Limits::topic_records, &Limits::topic_bytes,
      &Limits::open_ballots, &Limits::closed_ballots, &Limits::electors, &Limits::options, &Limits::elector_weight,
      &Limits::ballot_bytes, &Limits::question_bytes, &Limits::rationale_bytes, &Limits::evidence_items,
      &Limits::evidence_uri_bytes, &Limits::ballot_duration_ms, &Limits::grants, &Limits::ended_grants,
      &Limits::grant_uses, &Limits::grant_request_ms, &Limits::policies, &Limits::policy_issuers, &Limits::locks,
      &Limits::lock_waiters, &Limits::lease_min_ms, &Limits::lease_max_ms, &Limits::sessions, &Limits::session_bindings,
      &Limits::session_results, &Limits::session_result_bytes, &Limits::ended_sessions, &Limits::history_bytes);
};
// ---- ballot.h ----
template <>
struct Fields<Elector> {
  static constexpr auto members =
      std::make_tuple(&Elector::voter, &Elector::organisation, &Elector::weight, &Elector::may_veto);
};
template <>
struct Fields<BallotRules> {
  static constexpr auto members = std::make_tuple(
      &BallotRules::rule, &BallotRules::threshold, &BallotRules::participation_floor, &BallotRules::tie_rule,
      &BallotRules::status_quo, &BallotRules::chair, &BallotRules::wait_for_all_votes);
};
template <>
struct Fields<Evidence> {
  static constexpr auto members = std::make_tuple(&Evidence::uri, &Evidence::sha256);
};
template <>
struct Fields<Vote> {
  static constexpr auto members =
      std::make_tuple(&Vote::elector, &Vote::choice, &Vote::veto, &Vote::confidence_per_mille, &Vote::rationale,
                      &Vote::evidence, &Vote::revision, &Vote::time_ms);
};
template <>
struct Fields<OptionTally> {
  static constexpr auto members =
      std::make_tuple(&OptionTally::votes, &OptionTally::weight, &OptionTally::mean_confidence_per_mille);
};
template <>
struct Fields<Verdict> {
  static constexpr auto members =
      std::make_tuple(&Verdict::outcome, &Verdict::winner, &Verdict::by_tie_rule, &Verdict::before_deadline,
                      &Verdict::tally, &Verdict::abstentions, &Verdict::electors_voted, &Verdict::dissent,
                      &Verdict::revision, &Verdict::time_ms, &Verdict::topic_offset);
};
template <>
struct Fields<Ballot> {
  static constexpr auto members =
      std::make_tuple(&Ballot::ballot_id, &Ballot::question, &Ballot::options, &Ballot::electorate, &Ballot::rules,
                      &Ballot::opener, &Ballot::topic, &Ballot::opened_time_ms, &Ballot::deadline_ms,
                      &Ballot::grant_request, &Ballot::approving_option, &Ballot::votes, &Ballot::verdict);
};
// ---- command.h ----
template <>
struct Fields<CommandHeader> {
  static constexpr auto members =
      std::make_tuple(&CommandHeader::caller, &CommandHeader::caller_is_admin, &CommandHeader::session_id,
                      &CommandHeader::sequence, &CommandHeader::leader_time_ms);
};
template <>
struct Fields<KeyRange> {
  static constexpr auto members = std::make_tuple(&KeyRange::from, &KeyRange::to);
};
template <>
struct Fields<KvPut> {
  static constexpr auto members = std::make_tuple(&KvPut::key, &KvPut::value, &KvPut::if_revision, &KvPut::if_absent,
                                                  &KvPut::ttl_ms, &KvPut::bind_to_session, &KvPut::want_previous);
};
template <>
struct Fields<KvDelete> {
  static constexpr auto members = std::make_tuple(&KvDelete::key, &KvDelete::if_revision, &KvDelete::want_previous);
};
template <>
struct Fields<KvDeleteRange> {
  static constexpr auto members = std::make_tuple(&KvDeleteRange::range);
};
template <>
struct Fields<KvGet> {
  static constexpr auto members = std::make_tuple(&KvGet::key);
};
template <>
struct Fields<KvCompare> {
  static constexpr auto members =
      std::make_tuple(&KvCompare::key, &KvCompare::target, &KvCompare::relation, &KvCompare::number, &KvCompare::value);
};
template <>
struct Fields<KvTxn> {
  static constexpr auto members = std::make_tuple(&KvTxn::compares, &KvTxn::then_operations, &KvTxn::else_operations);
};
template <>
struct Fields<TopicCreate> {
  static constexpr auto members = std::make_tuple(&TopicCreate::topic, &TopicCreate::verdicts_only);
};
template <>
struct Fields<TopicAppend> {
  static constexpr auto members = std::make_tuple(&TopicAppend::topic, &TopicAppend::payload, &TopicAppend::if_offset,
                                                  &TopicAppend::create_if_missing);
};
template <>
struct Fields<TopicTrim> {
  static constexpr auto members = std::make_tuple(&TopicTrim::topic, &TopicTrim::first_offset);
};
template <>
struct Fields<BallotOpen> {
  static constexpr auto members =
      std::make_tuple(&BallotOpen::question, &BallotOpen::options, &BallotOpen::electorate, &BallotOpen::rules,
                      &BallotOpen::duration_ms, &BallotOpen::topic, &BallotOpen::grant_request,
                      &BallotOpen::approving_option, &BallotOpen::policy);
};
template <>
struct Fields<BallotVote> {
  static constexpr auto members =
      std::make_tuple(&BallotVote::ballot_id, &BallotVote::choice, &BallotVote::veto, &BallotVote::confidence_per_mille,
                      &BallotVote::rationale, &BallotVote::evidence);
};
template <>
struct Fields<BallotCancel> {
  static constexpr auto members = std::make_tuple(&BallotCancel::ballot_id);
};
template <>
struct Fields<GrantTerms> {
  static constexpr auto members = std::make_tuple(&GrantTerms::subject, &GrantTerms::action, &GrantTerms::resource,
                                                  &GrantTerms::uses, &GrantTerms::ttl_ms, &GrantTerms::not_after_ms);
};
template <>
struct Fields<GrantRequest> {
  static constexpr auto members = std::make_tuple(&GrantRequest::terms, &GrantRequest::reason);
};
template <>
struct Fields<GrantIssue> {
  static constexpr auto members = std::make_tuple(&GrantIssue::grant_id, &GrantIssue::terms, &GrantIssue::policy);
};
template <>
struct Fields<GrantUse> {
  static constexpr auto members = std::make_tuple(&GrantUse::grant_id, &GrantUse::fence, &GrantUse::uses);
};
template <>
struct Fields<GrantRevoke> {
  static constexpr auto members = std::make_tuple(&GrantRevoke::grant_id);
};
template <>
struct Fields<GrantExtend> {
  static constexpr auto members = std::make_tuple(&GrantExtend::grant_id, &GrantExtend::fence);
};
template <>
struct Fields<PolicySet> {
  static constexpr auto members = std::make_tuple(&PolicySet::policy, &PolicySet::action, &PolicySet::resource,
                                                  &PolicySet::max_uses, &PolicySet::max_ttl_ms, &PolicySet::issuers,
                                                  &PolicySet::to_others, &PolicySet::electorate, &PolicySet::rules);
};
template <>
struct Fields<PolicyRemove> {
  static constexpr auto members = std::make_tuple(&PolicyRemove::policy);
};
template <>
struct Fields<LockAcquire> {
  static constexpr auto members =
      std::make_tuple(&LockAcquire::lock, &LockAcquire::ttl_ms, &LockAcquire::wait_ms, &LockAcquire::bind_to_session);
};
template <>
struct Fields<LockRelease> {
  static constexpr auto members = std::make_tuple(&LockRelease::lock, &LockRelease::token);
};
template <>
struct Fields<LockExtend> {
  static constexpr auto members = std::make_tuple(&LockExtend::lock, &LockExtend::fence, &LockExtend::ttl_ms);
};
template <>
struct Fields<SessionOpen> {
  static constexpr auto members = std::make_tuple(&SessionOpen::ttl_ms);
};
template <>
struct Fields<SessionKeepAlive> {
  static constexpr auto members = std::make_tuple(&SessionKeepAlive::session_id);
};
template <>
struct Fields<SessionClose> {
  static constexpr auto members = std::make_tuple(&SessionClose::session_id);
};
template <>
struct Fields<SetLimits> {
  static constexpr auto members = std::make_tuple(&SetLimits::limits);
};
template <>
struct Fields<Command> {
  static constexpr auto members = std::make_tuple(&Command::header, &Command::body);
};
// ---- result.h ----
template <>
struct Fields<KvRecord> {
  static constexpr auto members =
      std::make_tuple(&KvRecord::value, &KvRecord::create_revision, &KvRecord::mod_revision, &KvRecord::version,
                      &KvRecord::ttl_ms, &KvRecord::deadline_ms, &KvRecord::session_id);
};
template <>
struct Fields<KvResult> {
  static constexpr auto members = std::make_tuple(&KvResult::record, &KvResult::deleted);
};
template <>
struct Fields<TxnResult> {
  static constexpr auto members = std::make_tuple(&TxnResult::compares_held, &TxnResult::operations);
};
template <>
struct Fields<TopicResult> {
  static constexpr auto members = std::make_tuple(&TopicResult::offset);
};
template <>
struct Fields<BallotResult> {
  static constexpr auto members =
      std::make_tuple(&BallotResult::ballot_id, &BallotResult::deadline_ms, &BallotResult::verdict);
};
template <>
struct Fields<GrantResult> {
  static constexpr auto members =
      std::make_tuple(&GrantResult::grant_id, &GrantResult::state, &GrantResult::fence, &GrantResult::uses_left,
                      &GrantResult::uses_limited, &GrantResult::deadline_ms);
};
template <>
struct Fields<LockResult> {
  static constexpr auto members = std::make_tuple(&LockResult::held, &LockResult::fence, &LockResult::ticket,
                                                  &LockResult::position, &LockResult::deadline_ms, &LockResult::holder);
};
template <>
struct Fields<SessionResult> {
  static constexpr auto members = std::make_tuple(&SessionResult::session_id, &SessionResult::deadline_ms);
};
template <>
struct Fields<Result> {
  static constexpr auto members =
      std::make_tuple(&Result::code, &Result::reason, &Result::revision, &Result::term, &Result::body);
};
// ---- state.h ----
template <>
struct Fields<TopicRecord> {
  static constexpr auto members = std::make_tuple(&TopicRecord::revision, &TopicRecord::time_ms, &TopicRecord::author,
                                                  &TopicRecord::ballot_id, &TopicRecord::payload);
};
template <>
struct Fields<Topic> {
  static constexpr auto members = std::make_tuple(&Topic::creator, &Topic::verdicts_only, &Topic::create_revision,
                                                  &Topic::first_offset, &Topic::records);
};
template <>
struct Fields<Grant> {
  static constexpr auto members = std::make_tuple(
      &Grant::grant_id, &Grant::terms, &Grant::state, &Grant::requester, &Grant::reason, &Grant::issuer, &Grant::policy,
      &Grant::ballot_id, &Grant::fence, &Grant::used, &Grant::deadline_ms, &Grant::ended_revision);
};
template <>
struct Fields<Policy> {
  static constexpr auto members = std::make_tuple(&Policy::rule, &Policy::revision);
};
template <>
struct Fields<LockHold> {
  static constexpr auto members = std::make_tuple(&LockHold::holder, &LockHold::fence, &LockHold::ticket,
                                                  &LockHold::ttl_ms, &LockHold::deadline_ms, &LockHold::session_id);
};
template <>
struct Fields<LockWaiter> {
  static constexpr auto members =
      std::make_tuple(&LockWaiter::caller, &LockWaiter::ticket, &LockWaiter::ttl_ms, &LockWaiter::wait_ms,
                      &LockWaiter::deadline_ms, &LockWaiter::session_id);
};
template <>
struct Fields<Lock> {
  static constexpr auto members = std::make_tuple(&Lock::hold, &Lock::waiters);
};
template <>
struct Fields<StoredResult> {
  static constexpr auto members = std::make_tuple(&StoredResult::sequence, &StoredResult::result);
};
template <>
struct Fields<Session> {
  static constexpr auto members = std::make_tuple(&Session::session_id, &Session::owner, &Session::ttl_ms,
                                                  &Session::deadline_ms, &Session::last_sequence, &Session::results);
};
template <>
struct Fields<EndedSession> {
  static constexpr auto members = std::make_tuple(&EndedSession::cause, &EndedSession::ended_revision);
};
template <>
struct Fields<State> {
  static constexpr auto members =
      std::make_tuple(&State::applied_index, &State::applied_term, &State::lease_term, &State::time_ms, &State::hash,
                      &State::limits, &State::kv, &State::topics, &State::ballots, &State::grants, &State::policies,
                      &State::locks, &State::sessions, &State::ended_sessions);
};
// ---- events.h ----
template <>
struct Fields<KvPutEvent> {
  static constexpr auto members =
      std::make_tuple(&KvPutEvent::key, &KvPutEvent::value, &KvPutEvent::create_revision, &KvPutEvent::version);
};
template <>
struct Fields<KvDeleteEvent> {
  static constexpr auto members = std::make_tuple(&KvDeleteEvent::key, &KvDeleteEvent::cause);
};
template <>
struct Fields<TopicAppendEvent> {
  static constexpr auto members =
      std::make_tuple(&TopicAppendEvent::topic, &TopicAppendEvent::offset, &TopicAppendEvent::record);
};
template <>
struct Fields<BallotOpenedEvent> {
  static constexpr auto members =
      std::make_tuple(&BallotOpenedEvent::ballot_id, &BallotOpenedEvent::question, &BallotOpenedEvent::deadline_ms);
};
template <>
struct Fields<BallotVotedEvent> {
  static constexpr auto members =
      std::make_tuple(&BallotVotedEvent::ballot_id, &BallotVotedEvent::voter, &BallotVotedEvent::choice,
                      &BallotVotedEvent::veto, &BallotVotedEvent::votes, &BallotVotedEvent::electors);
};
template <>
struct Fields<BallotClosedEvent> {
  static constexpr auto members =
      std::make_tuple(&BallotClosedEvent::ballot_id, &BallotClosedEvent::verdict, &BallotClosedEvent::winner);
};
template <>
struct Fields<GrantRequestedEvent> {
  static constexpr auto members = std::make_tuple(&GrantRequestedEvent::grant_id, &GrantRequestedEvent::terms);
};
template <>
struct Fields<GrantIssuedEvent> {
  static constexpr auto members = std::make_tuple(&GrantIssuedEvent::grant_id, &GrantIssuedEvent::fence,
                                                  &GrantIssuedEvent::terms, &GrantIssuedEvent::deadline_ms);
};
template <>
struct Fields<GrantUsedEvent> {
  static constexpr auto members = std::make_tuple(&GrantUsedEvent::grant_id, &GrantUsedEvent::used);
};
template <>
struct Fields<GrantEndedEvent> {
  static constexpr auto members = std::make_tuple(&GrantEndedEvent::grant_id, &GrantEndedEvent::cause);
};
template <>
struct Fields<LockGrantedEvent> {
  static constexpr auto members =
      std::make_tuple(&LockGrantedEvent::lock, &LockGrantedEvent::holder, &LockGrantedEvent::fence,
                      &LockGrantedEvent::ticket, &LockGrantedEvent::deadline_ms);
};
template <>
struct Fields<LockReleasedEvent> {
  static constexpr auto members = std::make_tuple(&LockReleasedEvent::lock, &LockReleasedEvent::holder,
                                                  &LockReleasedEvent::fence, &LockReleasedEvent::cause);
};
template <>
struct Fields<LockWaitEndedEvent> {
  static constexpr auto members = std::make_tuple(&LockWaitEndedEvent::lock, &LockWaitEndedEvent::caller,
                                                  &LockWaitEndedEvent::ticket, &LockWaitEndedEvent::cause);
};
template <>
struct Fields<SessionOpenedEvent> {
  static constexpr auto members = std::make_tuple(&SessionOpenedEvent::session_id, &SessionOpenedEvent::owner);
};
template <>
struct Fields<SessionEndedEvent> {
  static constexpr auto members =
      std::make_tuple(&SessionEndedEvent::session_id, &SessionEndedEvent::owner, &SessionEndedEvent::cause);
};
template <>
struct Fields<EventBatch> {
  static constexpr auto members = std::make_tuple(&EventBatch::revision, &EventBatch::term, &EventBatch::time_ms,
                                                  &EventBatch::events, &EventBatch::size_bytes);
};
template <>
struct Fields<ClockTick> {
  static constexpr auto members = std::make_tuple();
};
template <>
struct Fields<LeaderStart> {
  static constexpr auto members = std::make_tuple();
};

}  // namespace kelek::machine
