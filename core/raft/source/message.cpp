// The names of the kinds of messages.
#include <kelek/raft/message.h>

namespace kelek::raft {

const char* name_of(MessageKind kind) {
  switch (kind) {
    case MessageKind::pre_vote_request: return "pre-vote request";
    case MessageKind::pre_vote_response: return "pre-vote response";
    case MessageKind::vote_request: return "vote request";
    case MessageKind::vote_response: return "vote response";
    case MessageKind::append_request: return "append request";
    case MessageKind::append_response: return "append response";
    case MessageKind::heartbeat_request: return "heartbeat";
    case MessageKind::heartbeat_response: return "heartbeat response";
    case MessageKind::snapshot_chunk: return "snapshot chunk";
    case MessageKind::snapshot_response: return "snapshot response";
    case MessageKind::timeout_now: return "timeout-now";
    case MessageKind::read_request: return "read request";
    case MessageKind::read_response: return "read response";
    case MessageKind::propose_request: return "propose request";
    case MessageKind::propose_response: return "propose response";
  }
  return "unknown message";
}

}  // namespace kelek::raft
