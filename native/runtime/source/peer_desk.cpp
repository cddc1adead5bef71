// Between sockets and core.
#include "peer_desk.h"

#include <utility>
#include <variant>

#include "clocks.h"

namespace kelek::runtime {
namespace {

/// Up to here a frame is copied into libzmq's memory; beyond, it is shared with libzmq, which counts what waits.
constexpr std::size_t small_frame_bytes = 16 * 1024;
/// How often a sender's frames are said to be refused for the same reason, and for another.
constexpr std::uint64_t refusal_interval_ms = 10'000;
constexpr std::uint64_t other_refusal_interval_ms = 200;

}  // namespace

bool PeerDesk::receive(std::size_t max_frames) {
  transport::PeerFrame frame;
  for (std::size_t taken = 0; taken < max_frames; ++taken) {
    if (!engine_.peers->receive(frame)) return false;
    ++engine_.counters.peer_frames;
    handle(frame);
  }
  return true;
}

void PeerDesk::handle(const transport::PeerFrame& frame) {
  const wire::Result<wire::FrameHeader> header = wire::decode_header(frame.bytes.bytes());
  // Who speaks for another is not listened to (security.md, T3); neither is who means another group.
  if (!header.ok() || header->from != frame.sender || header->to != engine_.options.node_id ||
      header->group != wire::first_group) {
    refuse(frame.sender, header.ok() ? "it names another sender, recipient or group" : header.error().text);
    return;
  }
  wire::Result<wire::PeerFrame> decoded = wire::decode_peer_frame(frame.bytes);
  if (!decoded.ok()) {
    refuse(frame.sender, decoded.error().text);
    return;
  }
  if (const wire::Greeting* greeting = std::get_if<wire::Greeting>(&decoded->content)) {
    greeter_.receive(*greeting);
    return;
  }
  if (engine_.node) step(std::move(std::get<raft::Message>(decoded->content)));
}

/// Every sender is named at once, and then now and then with how many it were: were they counted together,
/// the first that is broken would hide the second that lies.
void PeerDesk::refuse(raft::NodeId sender, const std::string& why) {
  ++engine_.counters.peer_frames_refused;
  Refused& refused = refused_[sender];
  const std::uint64_t now_ms = steady_ms();
  const std::uint64_t interval_ms = refused.why == why ? refusal_interval_ms : other_refusal_interval_ms;
  if (now_ms < refused.said_ms + interval_ms) {
    ++refused.unsaid;
    return;
  }
  engine_.events.warn("refused a frame from node {}: {} ({} more were refused since the last such line)", sender, why,
                      refused.unsaid);
  refused = {why, now_ms, 0};
}

void PeerDesk::step(raft::Message message) {
  const raft::NodeId from = message.from;
  const raft::Incarnation incarnation = message.from_incarnation;
  const bool campaigns =
      message.kind() == raft::MessageKind::pre_vote_request || message.kind() == raft::MessageKind::vote_request;
  if (const auto* answer = std::get_if<raft::HeartbeatResponse>(&message.body)) {
    engine_.round_trips.answered(from, answer->round, steady_us());
  }
  if (message.kind() == raft::MessageKind::propose_request) {
    if (engine_.leads() && engine_.directory->log().space_low()) return refuse_proposal(message);
    before_command();
  }
  const raft::Status stepped = engine_.node->step(std::move(message));
  if (!stepped.ok()) {
    ++engine_.counters.messages_refused;
    if (stepped.error().refusal == raft::Refusal::wrong_incarnation) greeter_.correct(from, incarnation);
    return;
  }
  // Who was removed while it was away goes on campaigning until somebody tells it.
  if (campaigns && engine_.members->is_retired(from)) greeter_.correct(from, incarnation);
}

/// The disk is full: what is left of it is for what the protocol itself has to write (durability.md, R6).
void PeerDesk::refuse_proposal(const raft::Message& message) {
  raft::ProposeResponse response;
  response.token = std::get<raft::ProposeRequest>(message.body).token;
  response.refusal = raft::Refusal::not_ready;
  response.leader = engine_.options.node_id;
  raft::Message answer;
  answer.from = engine_.options.node_id;
  answer.from_incarnation = engine_.incarnation;
  answer.to = message.from;
  answer.to_incarnation = message.from_incarnation;
  answer.body = response;
  std::vector<raft::Message> answers;
  answers.push_back(std::move(answer));
  send(answers);
}

void PeerDesk::send(std::vector<raft::Message>& messages) {
  for (raft::Message& message : messages) {
    if (raft::SnapshotChunk* chunk = std::get_if<raft::SnapshotChunk>(&message.body)) {
      if (!engine_.snapshots->fill(*chunk)) {
        engine_.node->snapshot_unavailable(message.to);
        continue;
      }
    }
    if (!send_frame(message.to, encoder_.encode(wire::first_group, message))) {
      if (message.kind() == raft::MessageKind::append_request) engine_.node->peer_unreachable(message.to);
      continue;
    }
    const auto* heartbeat = std::get_if<raft::HeartbeatRequest>(&message.body);
    if (heartbeat != nullptr && heartbeat->round != 0) {
      engine_.round_trips.sent(message.to, heartbeat->round, steady_us());
    }
  }
  encoder_.release();
  messages.clear();
}

bool PeerDesk::send_frame(raft::NodeId to, const wire::EncodedFrame& frame) {
  transport::SendOutcome outcome = transport::SendOutcome::dropped;
  if (frame.tail.empty() || frame.size() <= small_frame_bytes) {
    outcome = engine_.peers->send(to, frame.head, frame.tail);
  } else {
    outcome = engine_.peers->send(to, frame.joined());
  }
  return outcome == transport::SendOutcome::sent;
}

}  // namespace kelek::runtime
