// What an event is about, and whether a watch wants it.
#include <kelek/machine/events.h>

namespace kelek::machine {
namespace {

struct Subject {
  std::string operator()(const KvPutEvent& event) const { return event.key; }
  std::string operator()(const KvDeleteEvent& event) const { return event.key; }
  std::string operator()(const TopicAppendEvent& event) const { return event.topic; }
  std::string operator()(const LockGrantedEvent& event) const { return event.lock; }
  std::string operator()(const LockReleasedEvent& event) const { return event.lock; }
  std::string operator()(const LockWaitEndedEvent& event) const { return event.lock; }
  std::string operator()(const BallotOpenedEvent& event) const { return std::to_string(event.ballot_id); }
  std::string operator()(const BallotVotedEvent& event) const { return std::to_string(event.ballot_id); }
  std::string operator()(const BallotClosedEvent& event) const { return std::to_string(event.ballot_id); }
  std::string operator()(const GrantRequestedEvent& event) const { return std::to_string(event.grant_id); }
  std::string operator()(const GrantIssuedEvent& event) const { return std::to_string(event.grant_id); }
  std::string operator()(const GrantUsedEvent& event) const { return std::to_string(event.grant_id); }
  std::string operator()(const GrantEndedEvent& event) const { return std::to_string(event.grant_id); }
  std::string operator()(const SessionOpenedEvent& event) const { return std::to_string(event.session_id); }
  std::string operator()(const SessionEndedEvent& event) const { return std::to_string(event.session_id); }
};

}  // namespace

std::string event_subject(const Event& event) {
  return std::visit(Subject{}, event);
}

bool matches(const Event& event, const WatchFilter& filter) {
  if ((filter.kinds & watch_bit(event_kind(event))) == 0) {
    return false;
  }
  if (filter.subject_prefix.empty() && !filter.exact) {
    return true;
  }
  const std::string subject = event_subject(event);
  return filter.exact ? subject == filter.subject_prefix
                      : subject.compare(0, filter.subject_prefix.size(), filter.subject_prefix) == 0;
}

}  // namespace kelek::machine
