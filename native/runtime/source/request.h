// Request: one thing that a client, or somebody in this process, waits for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

#include <kelek/raft/types.h>
#include <kelek/runtime/request_outcome.h>
#include <kelek/transport/client_server.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::runtime {

struct Request {
  enum class Kind : std::uint8_t {
    command,   ///< waits for its result
    query,     ///< waits for a read index, and then for the machine to reach it
    change,    ///< of the membership: waits for its entry
    adding,    ///< of the membership: waits for a new member to say on which disk it runs
    transfer,  ///< of the leadership
    snapshot,  ///< waits for the snapshot that is being taken
  };
  Kind kind = Kind::command;
  std::uint64_t deadline_ms = 0;  // of the steady clock

  // Who asked, and where the answer goes: a connection, or a function of this process.
  transport::ConnectionId connection = 0;
  std::uint64_t request_id = 0;
  std::shared_ptr<const transport::ClientIdentity> client;
  std::function<void(RequestOutcome&&)> done;
  std::size_t size_bytes = 0;

  /// It left our hands (appended, or forwarded): at the deadline nobody can say that it did not happen.
  bool handed_over = false;
  /// What it waits for: the index of its entry, or the one to be applied before a query is answered.
  raft::Index index = 0;
  raft::Term term = 0;
  std::unique_ptr<wire::Query> query;
  std::unique_ptr<raft::MembershipChange> change;
};

}  // namespace kelek::runtime
