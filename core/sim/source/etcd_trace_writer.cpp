// The events of etcd's trace specification, made of ours.
#include <kelek/sim/trace_writers.h>
#include <kelek/wire/trace_digest.h>

#include <algorithm>
#include <variant>

#include "json_text.h"

namespace kelek::sim {

using namespace raft;

namespace {

const char* role_name(Role role) {
  if (role == Role::leader) return "StateLeader";
  return role == Role::candidate ? "StateCandidate" : "StateFollower";
}

std::string id_list(const std::vector<NodeId>& ids) {
  std::string list = "[";
  for (const NodeId id : ids) list += (list.size() > 1 ? "," : "") + json_id(id);
  return list + "]";
}

std::vector<NodeId> ids_of(const Configuration& configuration, bool Member::*is) {
  std::vector<NodeId> ids;
  for (const Member& member : configuration.members()) {
    if (member.*is) ids.push_back(member.id);
  }
  return ids;
}

bool holds(const std::vector<NodeId>& ids, NodeId id) {
  return std::find(ids.begin(), ids.end(), id) != ids.end();
}

/// There the first configuration is an entry of term 1 at index 1, here it is no entry: all terms and indexes are told
/// as one more than they are.
constexpr std::uint64_t first_entry = 1;

}  // namespace

/// The fields of etcd's "msg", with what a message of its type has.
struct EtcdMessage {
  const char* type = nullptr;
  const char* name = nullptr;  // behind "Send" and "Receive"
  std::uint64_t entries = 0;
  Term log_term = 0;
  Index index = 0;
  Index commit = 0;
  bool reject = false;
  Index reject_hint = 0;

  std::string text(Term term, NodeId from, NodeId to) const {
    return std::string(",\"msg\":{\"type\":\"") + type + "\",\"term\":" + json_number(term + first_entry) +
           ",\"from\":" + json_id(from) + ",\"to\":" + json_id(to) + ",\"entries\":" + json_number(entries) +
           ",\"logTerm\":" + json_number(log_term) + ",\"index\":" + json_number(index) +
           ",\"commit\":" + json_number(commit) + R"(,"vote":"0","reject":)" + (reject ? "true" : "false") +
           ",\"rejectHint\":" + json_number(reject_hint) + "}";
  }
};

namespace {

constexpr const char* append_request = "AppendEntriesRequest";
constexpr const char* append_response = "AppendEntriesResponse";

EtcdMessage accepted(Index match) {
  return {"MsgAppResp", append_response, 0, 0, match + first_entry, 0, false, 0};
}

struct Translation {
  /// A heartbeat to a follower whose log is known to match.
  bool commits_first_entry = false;

  EtcdMessage operator()(const VoteRequest& request) const {
    return {
        "MsgVote", "RequestVoteRequest", 0, request.last_term + first_entry, request.last_index + first_entry, 0, false,
        0};
  }
  EtcdMessage operator()(const VoteResponse& response) const {
    return {"MsgVoteResp", "RequestVoteResponse", 0, 0, 0, 0, !response.granted, 0};
  }
  EtcdMessage operator()(const AppendRequest& request) const {
    // The specification's leader speaks of what it commits no further than it sends; a follower looks no further
    // anyway.
    const Index last = request.previous_index + request.entries.size();
    return {"MsgApp",
            append_request,
            request.entries.size(),
            request.previous_term + first_entry,
            request.previous_index + first_entry,
            std::min(request.commit, last) + first_entry,
            false,
            0};
  }
  EtcdMessage operator()(const AppendResponse& response) const {
    if (response.accepted) return accepted(response.match_index);
    return {"MsgAppResp",
            append_response,
            0,
            response.hint_term + first_entry,
            response.previous_index + first_entry,
            0,
            true,
            response.hint_index + first_entry};
  }
  EtcdMessage operator()(const HeartbeatRequest& request) const {
    const bool commits = request.commit != 0 || commits_first_entry;
    return {"MsgHeartbeat", append_request, 0, 0, 0, commits ? request.commit + first_entry : 0, false, 0};
  }
  EtcdMessage operator()(const HeartbeatResponse&) const {
    return {"MsgHeartbeatResp", append_response, 0, 0, 0, 0, false, 0};
  }
  EtcdMessage operator()(const SnapshotChunk& chunk) const {
    return {"MsgSnap", append_request, chunk.metadata->index + first_entry, 0, 0, 0, false, 0};
  }
  EtcdMessage operator()(const SnapshotResponse& response) const {
    if (response.progress != SnapshotResponse::Progress::done) return {};
    return accepted(response.match_index);
  }
  template <typename Other>
  EtcdMessage operator()(const Other&) const {
    return {};
  }
};

EtcdMessage translated(const Message& message, bool commits_first_entry = false) {
  return std::visit(Translation{commits_first_entry}, message.body);
}

/// Of a leader that has committed nothing: the first configuration may be what it commits.
bool is_first_heartbeat(const Message& message) {
  const auto* heartbeat = std::get_if<HeartbeatRequest>(&message.body);
  return heartbeat != nullptr && heartbeat->commit == 0;
}

bool is_acceptance(const Message& message) {
  const auto* response = std::get_if<AppendResponse>(&message.body);
  return response != nullptr && response->accepted;
}

bool is_last(const SnapshotChunk& chunk) {
  return chunk.offset_bytes + chunk.wanted_bytes >= chunk.metadata->size_bytes;
}

}  // namespace

bool EtcdTraceWriter::tells(const Message& message) {
  return translated(message).type != nullptr;
}

void EtcdTraceWriter::line(NodeId id, const State& state, const char* name, const std::string& more,
                           std::string& lines) {
  ++lines_;
  lines += std::string(R"({"tag":"trace","event":{"name":")") + name + "\",\"nid\":" + json_id(id) +
           ",\"state\":{\"term\":" + json_number(state.term + first_entry) + ",\"vote\":" + json_id(state.vote) +
           ",\"commit\":" + json_number(state.commit + first_entry) + "},\"role\":\"" + state.role +
           "\",\"log\":" + json_number(state.last_index + first_entry) + ",\"conf\":" + state.configuration + more +
           "}}\n";
}

void EtcdTraceWriter::own_acknowledgement(NodeId id, const char* direction, Index index, const State& state,
                                          std::string& lines) {
  line(id, state, (std::string(direction) + append_response).c_str(), accepted(index).text(state.term, id, id), lines);
}

void EtcdTraceWriter::own_vote(NodeId id, const char* direction, const State& state, std::string& lines) {
  const EtcdMessage message{"MsgVoteResp", "RequestVoteResponse", 0, 0, 0, 0, false, 0};
  line(id, state, (std::string(direction) + message.name).c_str(), message.text(state.term, id, id), lines);
}

/// etcd tells the wish before the entry is there, and its own acknowledgement when it is.
void EtcdTraceWriter::release_held(NodeId id, bool is_configuration, std::string& lines) {
  Node& node = nodes_[id];
  if (node.held_first == 0) return;
  State state = node.held_state;
  for (Index index = node.held_first; index <= node.held_last && !is_configuration; ++index) {
    state.last_index = index - 1;
    line(id, state, "Replicate", {}, lines);
  }
  own_acknowledgement(id, "Send", node.held_last, node.held_state, lines);
  node.own_acknowledgements.push_back(node.held_last);
  node.held_first = 0;
}

void EtcdTraceWriter::ready(NodeId id, const State& state, std::string& lines) {
  Node& node = nodes_[id];
  line(id, state, "Ready", {}, lines);
  node.queued.clear();
  node.ready_due = false;
}

EtcdMessage EtcdTraceWriter::told(const Message& message, std::uint64_t digest) const {
  // Of an old term, as etcd refuses it.
  if (refusals_of_heartbeats_.count(digest) != 0) return {"MsgAppResp", append_response, 0, 0, 0, 0, true, 0};
  return translated(message, heartbeats_to_matched_.count(digest) != 0);
}

struct EtcdEvent {
  EtcdTraceWriter& writer;
  const TraceEvent& event;
  const EtcdTraceWriter::State& before;
  const EtcdTraceWriter::State& state;
  EtcdTraceWriter::Node& node;
  std::string& lines;

  void tell(const char* name, const std::string& more = {}) const { writer.line(event.node, state, name, more, lines); }

  void operator()(const RoleEvent& role) const {
    if (role.cause == RoleEvent::Cause::started) {
      node.stable = event.last_index;
      node.own_acknowledgements.clear();
      node.own_vote_term = 0;
      // What its earlier life sent before its disk was done may still be heard.
      return tell("InitState");
    }
    if (role.to == Role::leader) {
      node.matched.clear();
      return tell("BecomeLeader");
    }
    if (role.to == Role::candidate) {
      tell("BecomeCandidate");
      node.own_vote_term = event.term;
      return writer.own_vote(event.node, "Send", state, lines);
    }
    const bool stepped_down = std::string_view(before.role) != "StateFollower";
    if (stepped_down || state.term > before.term) tell("BecomeFollower");
  }

  void operator()(const SendEvent& send) const {
    const Message& message = *send.message;
    const std::uint64_t digest = wire::digest_of(message);
    const bool matched = node.matched.count(message.to) != 0;
    if (is_first_heartbeat(message) && matched) writer.heartbeats_to_matched_.insert(digest);
    if (node.refuses_heartbeat && std::holds_alternative<HeartbeatResponse>(message.body)) {
      writer.refusals_of_heartbeats_.insert(digest);
    }
    const EtcdMessage told = writer.told(message, digest);
    if (told.type == nullptr) return;
    if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
      const bool again = chunk->offset_bytes == 0;
      if (!writer.snapshots_.insert(told.text(message.term, message.from, message.to)).second && !again) return;
    }
    std::string more = told.text(message.term, message.from, message.to);
    if (std::holds_alternative<AppendRequest>(message.body)) {
      // As etcd has it: of the leader's own progress.
      more += ",\"prop\":{\"match\":" + json_number(node.stable + first_entry) +
              ",\"next\":" + json_number(node.stable + 1 + first_entry) + "}";
    }
    node.queued.insert(digest);
    tell((std::string("Send") + told.name).c_str(), more);
  }

  void operator()(const ReceiveEvent& receive) const {
    const Message& message = *receive.message;
    const std::uint64_t digest = wire::digest_of(message);
    const EtcdMessage told = writer.told(message, digest);
    node.refuses_heartbeat = std::holds_alternative<HeartbeatRequest>(message.body) && message.term < event.term;
    if (told.type == nullptr) return;
    if (message.term == event.term && is_acceptance(message)) node.matched.insert(message.from);
    if (const auto* chunk = std::get_if<SnapshotChunk>(&message.body)) {
      // The last one may come again.
      if (!is_last(*chunk)) return;
      if (writer.snapshots_.erase(told.text(message.term, message.from, message.to)) == 0) return;
    }
    const auto sender = writer.nodes_.find(message.from);
    if (sender != writer.nodes_.end() && sender->second.ready_due) {
      // Of a snapshot the last chunk is heard, and the first was told.
      const bool is_chunk = std::holds_alternative<SnapshotChunk>(message.body);
      if (is_chunk || sender->second.queued.count(digest) != 0) {
        writer.ready(message.from, sender->second.state, lines);
      }
    }
    tell((std::string("Receive") + told.name).c_str(), told.text(message.term, message.from, message.to));
  }

  void operator()(const AppendEvent& append) const {
    if (event.role != Role::leader) return;
    node.held_first = append.first;
    node.held_last = append.last;
    node.held_state = state;
    // Until the next event says otherwise.
  }

  void operator()(const CommitEvent&) const {
    if (event.role == Role::leader) tell("Commit");
  }

  void operator()(const ConfigurationEvent& changed) const {
    const std::vector<NodeId> voters = ids_of(*changed.configuration, &Member::voter);
    const std::vector<NodeId> learners = ids_of(*changed.configuration, &Member::learner);
    std::string changes;
    const auto wish = [&changes](NodeId id, const char* action) {
      changes +=
          (changes.empty() ? "" : ",") + std::string("{\"nid\":") + json_id(id) + ",\"action\":\"" + action + "\"}";
    };
    for (const NodeId id : voters) {
      if (!holds(node.voters, id)) wish(id, "AddNewServer");
    }
    for (const NodeId id : learners) {
      if (!holds(node.learners, id)) wish(id, "AddLearner");
    }
    for (const NodeId id : node.voters) {
      if (!holds(voters, id) && !holds(learners, id)) wish(id, "RemoveServer");
    }
    for (const NodeId id : node.learners) {
      if (!holds(voters, id) && !holds(learners, id)) wish(id, "RemoveServer");
    }
    const std::string new_configuration = "\"newconf\":" + id_list(voters);
    const bool is_wish = event.role == Role::leader && node.held_first != 0 && node.held_last == changed.index;
    if (is_wish && !changes.empty()) {
      EtcdTraceWriter::State at = before;
      at.last_index = changed.index - 1;
      writer.line(event.node, at, "ChangeConf",
                  ",\"prop\":{\"cc\":{\"changes\":[" + changes + "]," + new_configuration + "}}", lines);
    }
    writer.release_held(event.node, is_wish, lines);
    // The configuration of the line is the one before, as etcd has it.
    EtcdTraceWriter::State at = state;
    at.configuration = before.configuration;
    writer.line(event.node, at, "ApplyConfChange", ",\"prop\":{\"cc\":{" + new_configuration + "}}", lines);
    node.voters = voters;
    node.learners = learners;
  }

  void operator()(const PersistedEvent& persisted) const {
    node.stable = persisted.stable;
    const bool has_own = node.own_vote_term != 0 || !node.own_acknowledgements.empty();
    if (node.ready_due || has_own) writer.ready(event.node, state, lines);
    if (node.own_vote_term != 0) {
      if (event.role == Role::candidate && event.term == node.own_vote_term) {
        writer.own_vote(event.node, "Receive", state, lines);
      }
      node.own_vote_term = 0;
    }
    if (event.role != Role::leader) return node.own_acknowledgements.clear();
    // The newest that is durable says it for those before it, which are messages that were lost.
    std::vector<Index>& own = node.own_acknowledgements;
    const auto durable = std::upper_bound(own.begin(), own.end(), persisted.stable);
    if (durable == own.begin()) return;
    writer.own_acknowledgement(event.node, "Receive", *(durable - 1), state, lines);
    own.erase(own.begin(), durable);
  }

  void operator()(const VoteEvent&) const {}
  void operator()(const SnapshotEvent&) const {}
  void operator()(const ReadEvent&) const {}
  void operator()(const TransferEvent&) const {}
};

void EtcdTraceWriter::add(const TraceEvent& event, std::string& lines) {
  Node& node = nodes_[event.node];
  const bool started = std::holds_alternative<RoleEvent>(event.what) &&
                       std::get<RoleEvent>(event.what).cause == RoleEvent::Cause::started;
  State state{event.term, event.vote, event.commit, event.last_index, role_name(event.role), node.state.configuration};
  if (started || std::holds_alternative<ConfigurationEvent>(event.what)) {
    const Configuration& now = *event.configuration;
    state.configuration =
        "[" + id_list(ids_of(now, &Member::voter)) + "," + id_list(ids_of(now, &Member::outgoing)) + "]";
  }
  if (started) {
    node.voters = ids_of(*event.configuration, &Member::voter);
    node.learners = ids_of(*event.configuration, &Member::learner);
    node.held_first = 0;
  } else if (!std::holds_alternative<ConfigurationEvent>(event.what)) {
    release_held(event.node, false, lines);
  }
  const State before = node.state;
  std::visit(EtcdEvent{*this, event, before, state, node, lines}, event.what);
  if (!std::holds_alternative<PersistedEvent>(event.what)) node.ready_due = true;
  node.state = state;
}

}  // namespace kelek::sim
