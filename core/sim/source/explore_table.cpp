// States of single nodes, and the steps between them.
#include "explore_table.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include <kelek/raft/invariant.h>

namespace kelek::sim {

namespace {

std::vector<raft::Renaming> all_renamings(const ExploreOptions& options) {
  std::vector<raft::NodeId> order(options.nodes);
  std::iota(order.begin(), order.end(), raft::NodeId{1});
  std::vector<raft::Renaming> renamings;
  do {
    raft::Renaming renaming;
    std::copy(order.begin(), order.end(), renaming.names.begin() + 1);
    renamings.push_back(renaming);
  } while (options.symmetry && std::next_permutation(order.begin(), order.end()));
  return renamings;
}

std::uint64_t key_of(StateNumber from, const ExploreInput& input) {
  constexpr std::uint32_t kinds = 6;
  return raft::Digest::of(std::uint64_t{from} << 32 | (input.number * kinds + static_cast<std::uint32_t>(input.kind)));
}

}  // namespace

ExploreTable::ExploreTable(const ExploreOptions& options) : options_(options), renamings_(all_renamings(options)) {
  for (raft::NodeId id = 1; id <= options.nodes; ++id) {
    const ExploreHost host(options, id);
    number_of(host, id, 0, {});
    states_.back().is_first = true;
  }
}

StateNumber ExploreTable::number_of(const ExploreHost& host, raft::NodeId id, StateNumber from,
                                    const ExploreInput& by) {
  const auto next = static_cast<StateNumber>(states_.size());
  bool is_new = false;
  ExploreMap::Slot& slot = *state_numbers_.at(host.digest({}), is_new);
  if (!is_new) return slot.number;
  slot.number = next;
  states_.push_back({host.view(), id, from, by, false});
  for (const raft::Renaming& renaming : renamings_) {
    state_digests_.push_back(raft::Digest::of(host.digest(renaming)));
  }
  const State& state = states_.back();
  bytes_ += sizeof(State) + 64 + renamings_.size() * 8 +
            (state.view.log.size() + state.view.durable.size() + state.view.matches.size()) * 16;
  return next;
}

MessageNumber ExploreTable::number_of(const raft::Message& message) {
  const auto next = static_cast<MessageNumber>(messages_.size());
  bool is_new = false;
  ExploreMap::Slot& slot = *message_numbers_.at(digest_of(message, {}), is_new);
  if (!is_new) return slot.number;
  slot.number = next;
  messages_.push_back(message);
  for (const raft::Renaming& renaming : renamings_) message_digests_.push_back(digest_of(message, renaming));
  bytes_ += sizeof(raft::Message) + 128;
  return next;
}

const ExploreTable::Step& ExploreTable::step(StateNumber from, const ExploreInput& input) {
  const std::uint64_t key = key_of(from, input);
  bool is_new = false;
  ExploreMap::Slot& slot = *step_numbers_.at(key, is_new);
  if (!is_new) return steps_[slot.number];
  slot.number = static_cast<std::uint32_t>(steps_.size());
  const Step made = ask(from, input);
  steps_.push_back(made);
  bytes_ += sizeof(Step) + 32 + made.sent_count * sizeof(MessageNumber);
  return steps_.back();
}

std::string ExploreTable::apply(ExploreHost& host, const ExploreInput& input, std::vector<raft::Message>& sent) const {
  const bool delivers = input.kind == ExploreInput::Kind::deliver;
  return host.take(input, delivers ? &messages_[input.number] : nullptr, sent);
}

ExploreTable::Step ExploreTable::ask(StateNumber from, const ExploreInput& input) {
  ++asked_;
  ExploreHost host = host_in(from);
  std::vector<raft::Message> sent;
  std::string broken = apply(host, input, sent);
  Step step;
  step.from = from;
  if (!broken.empty()) {
    broken_.push_back(std::move(broken));
    step.broken = static_cast<std::uint32_t>(broken_.size());
  }
  const raft::NodeId id = states_[from].id;
  step.to = number_of(host, id, from, input);
  step.first_sent = static_cast<std::uint32_t>(sent_.size());
  for (const raft::Message& message : sent) {
    if (message.to <= options_.nodes) sent_.push_back(number_of(message));
  }
  step.sent_count = static_cast<std::uint32_t>(sent_.size()) - step.first_sent;
  return step;
}

ExploreHost ExploreTable::host_in(StateNumber number) const {
  std::vector<StateNumber> way;
  while (!states_[number].is_first) {
    way.push_back(number);
    number = states_[number].from;
  }
  ExploreHost host(options_, states_[number].id);
  std::vector<raft::Message> sent;
  for (auto next = way.rbegin(); next != way.rend(); ++next) {
    sent.clear();
    (void)apply(host, states_[*next].by, sent);
  }
  return host;
}

}  // namespace kelek::sim
