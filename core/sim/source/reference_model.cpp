// The second, simple machine.
#include "reference_model.h"

namespace kelek::sim {

using machine::Code;

namespace {

const std::uint64_t kept_answers = machine::Limits{}.session_results;

}  // namespace

Answer Answer::of(const machine::Result& result) {
  Answer answer{result.code, result.revision, 0};
  if (const auto* topic = std::get_if<machine::TopicResult>(&result.body)) answer.offset = topic->offset;
  return answer;
}

Answer ReferenceModel::apply(std::uint64_t index, const machine::Command& command) {
  revision_ = index;
  const machine::CommandHeader& header = command.header;
  if (header.session_id == 0) return act(index, command);
  const auto found = sessions_.find(header.session_id);
  if (found == sessions_.end()) return {Code::unknown_session, index, 0};
  Session& session = found->second;
  if (header.sequence + kept_answers <= session.last) return {Code::stale_sequence, index, 0};
  if (header.sequence <= session.last) return session.answers[header.sequence];
  if (header.sequence > session.last + 1) return {Code::sequence_gap, index, 0};
  session.last = header.sequence;
  const Answer answer = act(index, command);
  session.answers[header.sequence] = answer;
  return answer;
}

Answer ReferenceModel::act(std::uint64_t index, const machine::Command& command) {
  if (const auto* put_command = std::get_if<machine::KvPut>(&command.body)) return put(index, *put_command);
  if (const auto* delete_command = std::get_if<machine::KvDelete>(&command.body)) return remove(index, *delete_command);
  if (const auto* append = std::get_if<machine::TopicAppend>(&command.body)) {
    return {Code::ok, index, topics_[append->topic]++};
  }
  if (std::holds_alternative<machine::SessionOpen>(command.body)) sessions_[index];
  return {Code::ok, index, 0};
}

const KeyState* ReferenceModel::newest(std::string_view key) const {
  const auto found = keys_.find(key);
  return found == keys_.end() || !found->second.back().state.present ? nullptr : &found->second.back().state;
}

Answer ReferenceModel::put(std::uint64_t index, const machine::KvPut& put) {
  const KeyState* before = newest(put.key);
  if (put.if_absent && before != nullptr) return {Code::exists, index, 0};
  if (put.if_revision && *put.if_revision != (before != nullptr ? before->mod_revision : 0)) {
    return {Code::revision_mismatch, index, 0};
  }
  keys_[put.key].push_back({index, {true, index, put.value}});
  return {Code::ok, index, 0};
}

Answer ReferenceModel::remove(std::uint64_t index, const machine::KvDelete& remove) {
  if (newest(remove.key) == nullptr) return {Code::not_found, index, 0};
  keys_[remove.key].push_back({index, {}});
  return {Code::ok, index, 0};
}

KeyState ReferenceModel::key_at(std::string_view key, std::uint64_t revision) const {
  const auto found = keys_.find(key);
  if (found == keys_.end()) return {};
  for (auto change = found->second.rbegin(); change != found->second.rend(); ++change) {
    if (change->revision <= revision) return change->state;
  }
  return {};
}

}  // namespace kelek::sim
