// ExploreTable: what every node does in every state that it was seen in, so that a real node is asked only once.
//
// A state of a whole cluster is made of states of single nodes, of which there are far fewer. Each is known by its
// digest, and by one way in which a node came into it; a real node that is needed in it goes that way again.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/raft/digest.h>

#include "explore_host.h"
#include "explore_map.h"

namespace kelek::sim {

/// By number, in the order in which they were met.
using StateNumber = std::uint32_t;
using MessageNumber = std::uint32_t;

class ExploreTable {
 public:
  struct State {
    ExploreView view;
    raft::NodeId id = raft::no_node;
    // How a node comes here first.
    StateNumber from = 0;
    ExploreInput by;
    bool is_first = false;
  };
  struct Step {
    StateNumber from = 0;
    StateNumber to = 0;
    /// What leaves: numbers of messages, in `sent`.
    std::uint32_t first_sent = 0;
    std::uint32_t sent_count = 0;
    /// In `broken`, from 1 on; 0: nothing is broken.
    std::uint32_t broken = 0;
  };

  /// Renamings: all permutations of the nodes, or the one that changes nothing.
  explicit ExploreTable(const ExploreOptions& options);

  StateNumber first_of(raft::NodeId id) const { return static_cast<StateNumber>(id - 1); }
  const State& state(StateNumber number) const { return states_[number]; }
  const raft::Message& message(MessageNumber number) const { return messages_[number]; }
  /// Under each renaming.
  const std::uint64_t* state_digests(StateNumber number) const {
    return state_digests_.data() + std::size_t{number} * renamings_.size();
  }
  const std::uint64_t* message_digests(MessageNumber number) const {
    return message_digests_.data() + std::size_t{number} * renamings_.size();
  }
  const std::vector<raft::Renaming>& renamings() const { return renamings_; }
  std::uint64_t states() const { return states_.size(); }
  std::uint64_t messages() const { return messages_.size(); }
  std::uint64_t asked() const { return asked_; }
  std::size_t bytes() const { return bytes_; }

  /// Stays valid until the next call.
  const Step& step(StateNumber from, const ExploreInput& input);
  const std::vector<Step>& steps() const { return steps_; }
  const MessageNumber* sent(const Step& step) const { return sent_.data() + step.first_sent; }
  const std::string& broken(const Step& step) const { return broken_[step.broken - 1]; }

 private:
  Step ask(StateNumber from, const ExploreInput& input);
  ExploreHost host_in(StateNumber number) const;
  StateNumber number_of(const ExploreHost& host, raft::NodeId id, StateNumber from, const ExploreInput& by);
  MessageNumber number_of(const raft::Message& message);
  std::string apply(ExploreHost& host, const ExploreInput& input, std::vector<raft::Message>& sent) const;

  const ExploreOptions& options_;
  std::vector<raft::Renaming> renamings_;
  std::vector<State> states_;
  std::vector<raft::Message> messages_;
  std::vector<std::uint64_t> state_digests_;
  std::vector<std::uint64_t> message_digests_;
  ExploreMap state_numbers_;
  ExploreMap message_numbers_;
  ExploreMap step_numbers_;
  std::vector<Step> steps_;
  std::vector<MessageNumber> sent_;
  std::vector<std::string> broken_;
  std::uint64_t asked_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace kelek::sim
