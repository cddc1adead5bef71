// Each query: a look at the machine, cut to a page.
#include "queries.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace kelek::runtime {
namespace {

constexpr std::uint64_t page_items = 1'000;
/// What an item of a list takes beside its strings, at the most.
constexpr std::size_t item_overhead_bytes = 128;

std::uint64_t clipped(std::uint64_t limit) {
  return limit == 0 ? page_items : std::min(limit, page_items);
}

std::size_t bytes_of(const machine::KvItem& item) {
  return item.key.size() + item.record.value.size() + item_overhead_bytes;
}
std::size_t bytes_of(const machine::TopicItem& item) {
  return item.record.author.size() + item.record.payload.size() + item_overhead_bytes;
}
std::size_t bytes_of(const machine::GrantTerms& terms) {
  return terms.subject.size() + terms.action.size() + terms.resource.size() + item_overhead_bytes;
}
std::size_t bytes_of(const machine::Grant& grant) {
  return bytes_of(grant.terms) + grant.requester.size() + grant.reason.size() + grant.issuer.size() +
         grant.policy.size() + item_overhead_bytes;
}
std::size_t bytes_of(const machine::Policy& policy) {
  std::size_t bytes = policy.rule.policy.size() + policy.rule.action.size() + policy.rule.resource.size();
  for (const std::string& issuer : policy.rule.issuers) bytes += issuer.size() + 8;
  return bytes + item_overhead_bytes;
}
std::size_t bytes_of(const wire::TopicSummary& topic) {
  return topic.topic.size() + topic.creator.size() + item_overhead_bytes;
}
std::size_t bytes_of(const wire::BallotSummary& ballot) {
  return ballot.question.size() + ballot.opener.size() + ballot.winner.size() + item_overhead_bytes;
}
std::size_t bytes_of(const wire::LockSummary& lock) {
  return lock.lock.size() + lock.holder.size() + item_overhead_bytes;
}
std::size_t bytes_of(const wire::SessionSummary& session) {
  return session.owner.size() + item_overhead_bytes;
}

/// How many of the items fit, at least one.
template <typename Item>
std::size_t fitting(const std::vector<Item>& items, std::size_t max_bytes) {
  std::size_t bytes = 0;
  for (std::size_t i = 0; i < items.size(); ++i) {
    bytes += bytes_of(items[i]);
    if (bytes > max_bytes) return std::max<std::size_t>(i, 1);
  }
  return items.size();
}

wire::TopicSummary summary(const std::string& name, const machine::Topic& topic) {
  return {name, topic.creator, topic.verdicts_only, topic.first_offset, topic.first_offset + topic.records.size()};
}

wire::BallotSummary summary(const machine::Ballot& ballot) {
  wire::BallotSummary result;
  result.ballot_id = ballot.ballot_id;
  result.question = ballot.question;
  result.opener = ballot.opener;
  result.opened_time_ms = ballot.opened_time_ms;
  result.deadline_ms = ballot.deadline_ms;
  result.electors = ballot.electorate.size();
  result.votes = ballot.votes.size();
  if (!ballot.verdict.has_value()) return result;
  result.outcome = ballot.verdict->outcome;
  if (ballot.verdict->winner.has_value()) result.winner = ballot.options[*ballot.verdict->winner];
  return result;
}

wire::LockSummary summary(const std::string& name, const machine::Lock& lock) {
  wire::LockSummary result;
  result.lock = name;
  result.waiters = lock.waiters.size();
  if (!lock.hold.has_value()) return result;
  result.holder = lock.hold->holder;
  result.fence = lock.hold->fence;
  result.deadline_ms = lock.hold->deadline_ms;
  return result;
}

wire::SessionSummary summary(const machine::Session& session) {
  return {session.session_id, session.owner, session.ttl_ms, session.deadline_ms, session.last_sequence};
}

/// Walks a map of names from behind `after`, within `prefix`; take(name, value) adds an item and gives its bytes, or
/// 0 for one that is left out. True: there is more.
template <typename Map, typename Take>
bool walk_names(const Map& map, const wire::ByName& part, std::size_t max_bytes, Take&& take) {
  std::uint64_t items = 0;
  std::size_t bytes = 0;
  auto place = part.after < part.prefix ? map.lower_bound(part.prefix) : map.upper_bound(part.after);
  for (; place != map.end() && place->first.compare(0, part.prefix.size(), part.prefix) == 0; ++place) {
    if (items >= clipped(part.limit) || bytes > max_bytes / 2) return true;
    const std::size_t taken = take(place->first, place->second);
    bytes += taken;
    items += taken != 0 ? 1 : 0;
  }
  return false;
}

template <typename Map, typename Take>
bool walk_ids(const Map& map, const wire::ById& part, std::size_t max_bytes, Take&& take) {
  std::uint64_t items = 0;
  std::size_t bytes = 0;
  for (auto place = map.upper_bound(part.after); place != map.end(); ++place) {
    if (items >= clipped(part.limit) || bytes > max_bytes / 2) return true;
    const std::size_t taken = take(place->second);
    bytes += taken;
    items += taken != 0 ? 1 : 0;
  }
  return false;
}

template <typename Value>
std::optional<Value> copy_of(const Value* value) {
  return value == nullptr ? std::nullopt : std::optional<Value>(*value);
}

/// One overload a query.
struct Answerer {
  const machine::Machine& machine;
  std::size_t max_bytes;

  wire::ResponseBody operator()(const wire::KvGetQuery& query) const {
    return wire::KvGetAnswer{copy_of(machine.kv_get(query.key))};
  }
  wire::ResponseBody operator()(const wire::KvListQuery& query) const {
    machine::KvPage page = machine.kv_range(query.query);
    const std::size_t count = fitting(page.items, max_bytes);
    if (count < page.items.size()) {
      page.next_key = page.items[count].key;
      page.more = true;
      page.items.resize(count);
    }
    return page;
  }
  wire::ResponseBody operator()(const wire::KvCountQuery& query) const { return machine.kv_count(query.range); }
  wire::ResponseBody operator()(const wire::TopicReadQuery& query) const {
    return cut(machine.topic_read(query.topic, query.offset, query.limit));
  }
  wire::ResponseBody operator()(const wire::TopicTailQuery& query) const {
    return cut(machine.topic_tail(query.topic, query.limit));
  }
  wire::ResponseBody operator()(const wire::TopicListQuery& query) const {
    wire::TopicListAnswer answer;
    answer.more = walk_names(machine.state().topics, query.part, max_bytes,
                             [&answer](const std::string& name, const machine::Topic& topic) {
                               answer.topics.push_back(summary(name, topic));
                               return bytes_of(answer.topics.back());
                             });
    return answer;
  }
  wire::ResponseBody operator()(const wire::BallotGetQuery& query) const {
    return wire::BallotGetAnswer{copy_of(machine.ballot(query.ballot_id))};
  }
  wire::ResponseBody operator()(const wire::BallotListQuery& query) const {
    wire::BallotListAnswer answer;
    answer.more = walk_ids(machine.state().ballots, query.part, max_bytes, [&](const machine::Ballot& ballot) {
      if (query.open_only && ballot.verdict.has_value()) return std::size_t{0};
      answer.ballots.push_back(summary(ballot));
      return bytes_of(answer.ballots.back());
    });
    return answer;
  }
  wire::ResponseBody operator()(const wire::GrantGetQuery& query) const {
    return wire::GrantGetAnswer{copy_of(machine.grant(query.grant_id))};
  }
  wire::ResponseBody operator()(const wire::GrantListQuery& query) const {
    wire::GrantListAnswer answer;
    answer.more = walk_ids(machine.state().grants, query.part, max_bytes, [&](const machine::Grant& grant) {
      if (query.active_only && grant.state != machine::GrantState::active) return std::size_t{0};
      answer.grants.push_back(grant);
      return bytes_of(grant);
    });
    return answer;
  }
  wire::ResponseBody operator()(const wire::GrantCheckQuery& query) const {
    return wire::GrantCheckAnswer{
        machine.grant_check(query.grant_id, query.fence, query.subject, query.action, query.resource)};
  }
  wire::ResponseBody operator()(const wire::PolicyGetQuery& query) const {
    return wire::PolicyGetAnswer{copy_of(machine.policy(query.policy))};
  }
  wire::ResponseBody operator()(const wire::PolicyListQuery& query) const {
    wire::PolicyListAnswer answer;
    answer.more = walk_names(machine.state().policies, query.part, max_bytes,
                             [&answer](const std::string&, const machine::Policy& policy) {
                               answer.policies.push_back(policy);
                               return bytes_of(policy);
                             });
    return answer;
  }
  wire::ResponseBody operator()(const wire::LockGetQuery& query) const {
    return wire::LockGetAnswer{copy_of(machine.lock(query.lock))};
  }
  wire::ResponseBody operator()(const wire::LockListQuery& query) const {
    wire::LockListAnswer answer;
    answer.more = walk_names(machine.state().locks, query.part, max_bytes,
                             [&answer](const std::string& name, const machine::Lock& lock) {
                               answer.locks.push_back(summary(name, lock));
                               return bytes_of(answer.locks.back());
                             });
    return answer;
  }
  wire::ResponseBody operator()(const wire::SessionGetQuery& query) const {
    wire::SessionGetAnswer answer;
    if (const machine::Session* session = machine.session(query.session_id)) answer.session = summary(*session);
    return answer;
  }
  wire::ResponseBody operator()(const wire::SessionListQuery& query) const {
    wire::SessionListAnswer answer;
    answer.more = walk_ids(machine.state().sessions, query.part, max_bytes, [&](const machine::Session& session) {
      answer.sessions.push_back(summary(session));
      return bytes_of(answer.sessions.back());
    });
    return answer;
  }
  wire::ResponseBody operator()(const wire::LimitsQuery&) const { return machine.limits(); }
  wire::ResponseBody operator()(const wire::MachineQuery&) const {
    return wire::MachineAnswer{machine.revision(), machine.term(), machine.time_ms(), machine.state_hash()};
  }

 private:
  wire::ResponseBody cut(machine::TopicPage page) const {
    const std::size_t count = fitting(page.items, max_bytes);
    if (count < page.items.size()) {
      page.next_offset = page.items[count].offset;
      page.items.resize(count);
    }
    return page;
  }
};

}  // namespace

wire::ResponseBody answer_query(const machine::Machine& machine, const wire::QueryBody& query, std::size_t max_bytes) {
  return std::visit(Answerer{machine, max_bytes}, query);
}

}  // namespace kelek::runtime
