// Greeter: hello frames between coordinators: the agreement on the first members, who is new, who was removed, and
// whose disk is not the one that the others know.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include <kelek/wire/message_codec.h>

#include "engine.h"
#include "genesis.h"

namespace kelek::runtime {

class Greeter {
 public:
  /// Told when a member that is to be added has said on which disk it runs.
  using Met = std::function<void(raft::NodeId, raft::Incarnation)>;

  Greeter(Engine& engine, Met met) : engine_(engine), met_(std::move(met)) {}

  /// A blank directory with a list of initial members.
  void begin_genesis();
  const Genesis* genesis() const { return genesis_.get(); }

  /// A frame of `greeting.from`, whose key says the same.
  void receive(const wire::Greeting& greeting);

  /// Says hello to who has not answered, once an interval; to all, for whoever is not in its own configuration any
  /// more, which asks so whether it was removed. Gives when it wants to be called again.
  std::uint64_t greet(std::uint64_t now_ms);

  /// Says hello to this member again, at the next greet().
  void forget(raft::NodeId node) {
    answered_.erase(node);
    next_ms_ = 0;
  }

  /// The core refused a message of theirs for its incarnation, or they are removed and go on talking: tells them.
  void correct(raft::NodeId node, raft::Incarnation incarnation);

 private:
  wire::Introduction introduce() const;
  void send(raft::NodeId to, wire::Greeting greeting);
  void answer(const wire::Greeting& greeting, const wire::Introduction& theirs);
  wire::HelloAnswer judge(raft::NodeId from, raft::Incarnation incarnation, const wire::Introduction& theirs) const;
  bool has_rolled_back(raft::NodeId from, const wire::Introduction& theirs) const;
  void hear(const wire::Greeting& greeting, const wire::Introduction& theirs);
  void hear_repair(const wire::Greeting& greeting);
  void hear_refusal(raft::NodeId from, const wire::HelloAnswer& answer);
  bool seems_removed() const;
  bool knows_more_than_we(const wire::Introduction& theirs) const;

  Engine& engine_;
  Met met_;
  std::unique_ptr<Genesis> genesis_;
  wire::MessageEncoder encoder_;
  std::map<raft::NodeId, std::uint64_t> answered_;   // when they last answered
  std::map<raft::NodeId, std::uint64_t> corrected_;  // when we last told them
  std::uint64_t next_ms_ = 0;
  std::string last_waiting_;
};

}  // namespace kelek::runtime
