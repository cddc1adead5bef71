// Answers: how an outcome gets back to who asked, over a connection or in process, and what our words are on the wire.
#pragma once

#include <string>

#include <kelek/raft/result.h>
#include <kelek/wire/client_codec.h>
#include <kelek/wire/client_protocol.h>

#include "engine.h"

namespace kelek::runtime {

wire::RefusalCode code_of(raft::Refusal refusal);

/// Each closes the request that it answers; the budget is given back.
class Answers {
 public:
  explicit Answers(Engine& engine) : engine_(engine) {}

  /// A command was committed and applied.
  void result(Request request, machine::Result&& result);
  /// Anything else that went well.
  void done(Request request, wire::ResponseBody&& body, std::uint64_t revision);
  void refuse(Request request, wire::RefusalCode code, std::string text);
  void refuse(Request request, const raft::Error& error);
  void unknown(Request request, wire::RefusalCode code, std::string text);

  /// To a request that never became one.
  void refuse_frame(transport::ConnectionId connection, std::uint64_t request_id, wire::RefusalCode code,
                    std::string text);
  void send_body(transport::ConnectionId connection, std::uint64_t request_id, wire::ResponseBody&& body);
  /// False: the client has left.
  transport::SendOutcome send_events(transport::ConnectionId connection, const wire::EventFrame& frame);

 private:
  void finish(Request& request, wire::ClientResponse&& response);
  void send(transport::ConnectionId connection, wire::ClientResponse& response);

  Engine& engine_;
  wire::Buffer buffer_;
};

}  // namespace kelek::runtime
