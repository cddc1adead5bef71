// PeerDesk: frames of the other members in and out: decoded and given to the core, encoded once for all.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include <kelek/wire/message_codec.h>

#include "engine.h"
#include "greeter.h"

namespace kelek::runtime {

class PeerDesk {
 public:
  PeerDesk(Engine& engine, Greeter& greeter) : engine_(engine), greeter_(greeter) {}

  /// Takes at most `max_frames`; true if there may be more.
  bool receive(std::size_t max_frames);
  /// Sends; what cannot leave is dropped, since Raft sends anew. Snapshot chunks get their data here.
  void send(std::vector<raft::Message>& messages);

  /// A forwarded command is about to be appended here: log time goes before it. Given by the loop.
  std::function<void()> before_command;

 private:
  /// What was refused of one sender, and when it was last said.
  struct Refused {
    std::string why;
    std::uint64_t said_ms = 0;
    std::uint64_t unsaid = 0;
  };

  void handle(const transport::PeerFrame& frame);
  void refuse(raft::NodeId sender, const std::string& why);
  void step(raft::Message message);
  void refuse_proposal(const raft::Message& message);
  bool send_frame(raft::NodeId to, const wire::EncodedFrame& frame);

  Engine& engine_;
  Greeter& greeter_;
  wire::MessageEncoder encoder_;
  /// Senders are members, by their keys: there are few.
  std::map<raft::NodeId, Refused> refused_;
};

}  // namespace kelek::runtime
