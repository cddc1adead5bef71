// Reading: nothing here changes anything.
#include <algorithm>

#include "engine.h"
#include "text.h"

namespace kelek::machine {
namespace {

template <class Map, class Key>
auto find_in(const Map& map, const Key& key) -> decltype(&map.begin()->second) {
  const auto at = map.find(key);
  return at == map.end() ? nullptr : &at->second;
}

bool in_range(const KeyRange& range, const std::string& key) {
  return range.to.empty() || key < range.to;
}

// At most `limit` of what a page may hold; 0 = all that.
uint64_t page_limit(uint64_t limit, const Limits& limits) {
  return limit == 0 ? limits.page_items : std::min(limit, limits.page_items);
}

TopicPage page_of(const Topic& topic, uint64_t offset, uint64_t limit, const Limits& limits) {
  TopicPage page;
  page.first_offset = topic.first_offset;
  page.end_offset = topic.first_offset + topic.records.size();
  page.next_offset = offset;
  if (offset < topic.first_offset) {
    page.code = Code::compacted;
    page.next_offset = topic.first_offset;
    return page;
  }
  uint64_t bytes = 0;
  while (page.next_offset < page.end_offset && page.items.size() < limit) {
    const TopicRecord& record = topic.records[static_cast<size_t>(page.next_offset - topic.first_offset)];
    bytes += topic_record_size(record);
    if (bytes > limits.page_bytes && !page.items.empty()) {
      break;
    }
    page.items.push_back(TopicItem{page.next_offset, record});
    ++page.next_offset;
  }
  return page;
}

Refusal why_grant_permits_nothing(const Grant& grant, uint64_t now_ms) {
  switch (grant.state) {
    case GrantState::active: break;
    case GrantState::pending:
    case GrantState::denied: return {Code::not_approved, std::string("it is ") + grant_state_name(grant.state)};
    case GrantState::exhausted: return {Code::exhausted, {}};
    case GrantState::expired: return {Code::expired, {}};
    case GrantState::revoked: return {Code::ended, {}};
  }
  if (grant.deadline_ms != 0 && grant.deadline_ms <= now_ms) {
    return {Code::expired, {}};
  }
  return {};
}

}  // namespace

uint64_t Machine::revision() const {
  return state().applied_index;
}
uint64_t Machine::term() const {
  return state().applied_term;
}
uint64_t Machine::time_ms() const {
  return state().time_ms;
}
uint64_t Machine::state_hash() const {
  return state().hash;
}
std::optional<uint64_t> Machine::next_deadline_ms() const {
  return engine_->indexes().next_deadline_ms();
}
const Limits& Machine::limits() const {
  return state().limits;
}
uint64_t Machine::kv_bytes() const {
  return engine_->indexes().kv_bytes;
}
const State& Machine::state() const {
  return engine_->state();
}

const KvRecord* Machine::kv_get(std::string_view key) const {
  return find_in(state().kv, key);
}
const Topic* Machine::topic(std::string_view name) const {
  return find_in(state().topics, name);
}
const Ballot* Machine::ballot(uint64_t ballot_id) const {
  return find_in(state().ballots, ballot_id);
}
const Grant* Machine::grant(uint64_t grant_id) const {
  return find_in(state().grants, grant_id);
}
const Policy* Machine::policy(std::string_view name) const {
  return find_in(state().policies, name);
}
const Lock* Machine::lock(std::string_view name) const {
  return find_in(state().locks, name);
}
const Session* Machine::session(uint64_t session_id) const {
  return find_in(state().sessions, session_id);
}

KvPage Machine::kv_range(const KvRangeQuery& query) const {
  KvPage page;
  const uint64_t limit = page_limit(query.limit, limits());
  uint64_t bytes = 0;
  auto at = state().kv.lower_bound(query.range.from);
  for (; at != state().kv.end() && in_range(query.range, at->first); ++at) {
    const uint64_t size = at->first.size() + (query.keys_only ? 0 : at->second.value.size());
    bytes += size;
    if (page.items.size() == limit || (bytes > limits().page_bytes && !page.items.empty())) {
      page.more = true;
      page.next_key = at->first;
      break;
    }
    KvItem item{at->first, {}};
    if (query.keys_only) {
      const KvRecord& record = at->second;
      item.record = KvRecord{{},
                             record.create_revision,
                             record.mod_revision,
                             record.version,
                             record.ttl_ms,
                             record.deadline_ms,
                             record.session_id};
    } else {
      item.record = at->second;
    }
    page.items.push_back(std::move(item));
  }
  return page;
}

KvCount Machine::kv_count(const KeyRange& range) const {
  KvCount count;
  if (range.from.empty() && range.to.empty()) {
    count.keys = state().kv.size();
    return count;
  }
  auto at = state().kv.lower_bound(range.from);
  for (; at != state().kv.end() && in_range(range, at->first); ++at) {
    if (count.keys == limits().page_items) {
      count.more = true;
      break;
    }
    ++count.keys;
  }
  return count;
}

TopicPage Machine::topic_read(std::string_view name, uint64_t offset, uint64_t limit) const {
  const Topic* found = topic(name);
  if (!found) {
    TopicPage page;
    page.code = Code::not_found;
    return page;
  }
  return page_of(*found, offset, page_limit(limit, limits()), limits());
}

TopicPage Machine::topic_tail(std::string_view name, uint64_t limit) const {
  const Topic* found = topic(name);
  if (!found) {
    return topic_read(name, 0, limit);
  }
  const uint64_t wanted = std::min<uint64_t>(page_limit(limit, limits()), found->records.size());
  uint64_t offset = found->first_offset + found->records.size();
  uint64_t bytes = 0;
  for (uint64_t i = 0; i < wanted; ++i) {
    bytes += topic_record_size(found->records[static_cast<size_t>(found->records.size() - 1 - i)]);
    if (bytes > limits().page_bytes && i != 0) {
      break;
    }
    --offset;
  }
  return page_of(*found, offset, wanted, limits());
}

Refusal Machine::grant_check(uint64_t grant_id, uint64_t fence, std::string_view subject, std::string_view action,
                             std::string_view resource) const {
  const Grant* found = grant(grant_id);
  if (!found) {
    return {Code::not_found, "no grant " + std::to_string(grant_id)};
  }
  if (found->terms.subject != subject) {
    return {Code::not_eligible, "the grant is for \"" + found->terms.subject + "\""};
  }
  if (!covers(found->terms.action, action) || !covers(found->terms.resource, resource)) {
    return {Code::forbidden, "the grant is for \"" + found->terms.action + "\" on \"" + found->terms.resource + "\""};
  }
  if (Refusal refusal = why_grant_permits_nothing(*found, time_ms()); !refusal.ok()) {
    return refusal;
  }
  if (fence != 0 && fence != found->fence) {
    return {Code::stale_fence, "the fence is " + std::to_string(found->fence)};
  }
  return {};
}

HistoryPage Machine::history(uint64_t from_revision, uint64_t max_batches) const {
  return engine_->history().read(from_revision, max_batches, revision());
}

}  // namespace kelek::machine
