// Topics: append-only logs with offsets, among them the log of verdicts.
#include <utility>

#include "context.h"
#include "text.h"

namespace kelek::machine {
namespace {

Topic& make_topic(Context& context, const std::string& name, const std::string& creator, bool verdicts_only) {
  Topic& topic = context.state.topics[name];
  topic.creator = creator;
  topic.verdicts_only = verdicts_only;
  topic.create_revision = context.revision;
  return topic;
}

uint64_t end_offset(const Topic& topic) {
  return topic.first_offset + topic.records.size();
}

uint64_t append(Context& context, const std::string& name, Topic& topic, TopicRecord record) {
  const uint64_t offset = end_offset(topic);
  record.revision = context.revision;
  record.time_ms = context.now_ms;
  context.indexes.topic_bytes += topic_record_size(record);
  context.events.push_back(TopicAppendEvent{name, offset, record});
  topic.records.push_back(std::move(record));
  return offset;
}

Refusal can_create(const Context& context) {
  const uint64_t limit = context.state.limits.topics;
  if (context.state.topics.size() >= limit) {
    return {Code::over_limit, too_much("the machine", context.state.topics.size() + 1, "topics", "topics", limit)};
  }
  return {};
}

Refusal can_grow(const Context& context, const Topic& topic, uint64_t bytes) {
  const Limits& limits = context.state.limits;
  if (topic.records.size() >= limits.topic_records) {
    return {Code::over_limit,
            too_much("the topic", topic.records.size() + 1, "records", "topic_records", limits.topic_records)};
  }
  if (context.indexes.topic_bytes + bytes > limits.topic_bytes) {
    return {Code::over_limit, "all topics together: " + too_much("the records", context.indexes.topic_bytes + bytes,
                                                                 "bytes", "topic_bytes", limits.topic_bytes)};
  }
  return {};
}

}  // namespace

Result execute(Context& context, const TopicCreate& command) {
  if (context.state.topics.count(command.topic) != 0) {
    return refuse(Code::exists);
  }
  if (Refusal refusal = can_create(context); !refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  make_topic(context, command.topic, context.header.caller, command.verdicts_only);
  return done();
}

Result execute(Context& context, TopicAppend&& command) {
  const auto at = context.state.topics.find(command.topic);
  const bool missing = at == context.state.topics.end();
  if (missing && !command.create_if_missing) {
    return refuse(Code::not_found, "no topic \"" + command.topic + "\"");
  }
  const uint64_t next = missing ? 0 : end_offset(at->second);
  if (command.if_offset && *command.if_offset != next) {
    return refuse(Code::revision_mismatch,
                  "the next offset is " + std::to_string(next) + ", not " + std::to_string(*command.if_offset),
                  TopicResult{next});
  }
  if (!missing && at->second.verdicts_only) {
    return refuse(Code::forbidden, "only verdicts of ballots go to the topic \"" + command.topic + "\"");
  }
  TopicRecord record;
  record.author = context.header.caller;
  record.payload = std::move(command.payload);
  Refusal refusal = missing ? can_create(context) : Refusal{};
  if (refusal.ok()) {
    const uint64_t bytes = topic_record_size(record);
    refusal = missing ? can_grow(context, Topic{}, bytes) : can_grow(context, at->second, bytes);
  }
  if (!refusal.ok()) {
    return refuse(refusal.code, std::move(refusal.reason));
  }
  Topic& topic = missing ? make_topic(context, command.topic, context.header.caller, false) : at->second;
  return done(TopicResult{append(context, command.topic, topic, std::move(record))});
}

Result execute(Context& context, const TopicTrim& command) {
  const auto at = context.state.topics.find(command.topic);
  if (at == context.state.topics.end()) {
    return refuse(Code::not_found, "no topic \"" + command.topic + "\"");
  }
  Topic& topic = at->second;
  const bool own = topic.creator == context.header.caller && !topic.verdicts_only;
  if (!own && !context.header.caller_is_admin) {
    return refuse(Code::forbidden, topic.verdicts_only ? "verdicts are trimmed by an admin"
                                                       : "a topic is trimmed by who made it, or by an admin");
  }
  if (command.first_offset > end_offset(topic)) {
    return refuse(Code::invalid, "the topic ends at offset " + std::to_string(end_offset(topic)));
  }
  while (topic.first_offset < command.first_offset) {
    context.indexes.topic_bytes -= topic_record_size(topic.records.front());
    topic.records.pop_front();
    ++topic.first_offset;
  }
  return done(TopicResult{topic.first_offset});
}

// A ballot opens only while its topic has room, and its verdict is then taken whatever came meanwhile: limits
// are overrun by one record per open ballot at most.
Refusal can_take_verdict(const Context& context, const std::string& topic) {
  const auto at = context.state.topics.find(topic);
  if (at == context.state.topics.end()) {
    return can_create(context);
  }
  return can_grow(context, at->second, 0);
}

// It belongs to nobody, so that only an admin can trim it.
void make_verdict_topic(Context& context, const std::string& topic) {
  if (context.state.topics.count(topic) == 0) {
    make_topic(context, topic, {}, true);
  }
}

uint64_t append_verdict(Context& context, const Ballot& ballot, std::string payload) {
  TopicRecord record;
  record.author = ballot.opener;
  record.ballot_id = ballot.ballot_id;
  record.payload = std::move(payload);
  return append(context, ballot.topic, context.state.topics.find(ballot.topic)->second, std::move(record));
}

}  // namespace kelek::machine
