// Trace events as the Chrome and Perfetto viewers read them ("Trace Event Format", JSON object form).
#include <kelek/sim/trace_writers.h>
#include <kelek/wire/trace_digest.h>

#include <variant>

#include "json_text.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr const char* role_track = "\"tid\":1";
constexpr const char* message_track = "\"tid\":2";

const char* role_word(Role role) {
  static constexpr const char* words[] = {"follower", "pre-candidate", "candidate", "leader"};
  return words[static_cast<std::size_t>(role)];
}

std::string place(NodeId id, const char* track, std::uint64_t at_us) {
  return "\"pid\":" + json_number(id) + "," + track + ",\"ts\":" + json_number(at_us);
}

}  // namespace

void PerfettoTraceWriter::entry(std::string& text, const std::string& fields) {
  text += begun_ ? ",\n{" : "{\"displayTimeUnit\":\"ms\",\"traceEvents\":[\n{";
  text += fields + "}";
  begun_ = true;
}

void PerfettoTraceWriter::close(NodeId id, const Node& node, std::string& text) {
  if (!node.has_term) return;
  entry(text, "\"ph\":\"E\"," + place(id, role_track, node.now_us));
  entry(text, "\"ph\":\"E\"," + place(id, role_track, node.now_us));
}

/// A slice for the term, and within it one for the role.
void PerfettoTraceWriter::show_role(NodeId id, Node& node, Term term, Role role, std::string& text) {
  if (node.has_term && node.term == term && node.role == role) return;
  const std::string at = place(id, role_track, node.now_us);
  if (node.has_term) entry(text, "\"ph\":\"E\"," + at);
  if (!node.has_term || node.term != term) {
    if (node.has_term) entry(text, "\"ph\":\"E\"," + at);
    entry(text, "\"ph\":\"B\",\"cat\":\"term\",\"name\":\"term " + json_number(term) + "\"," + at);
  }
  entry(text, std::string(R"("ph":"B","cat":"role","name":")") + role_word(role) + "\"," + at);
  node.has_term = true;
  node.term = term;
  node.role = role;
}

struct PerfettoEvent {
  PerfettoTraceWriter& writer;
  const TraceEvent& event;
  PerfettoTraceWriter::Node& node;
  std::string& text;

  std::string sentence() const { return ",\"args\":{\"sentence\":" + json_text(format_sentence(event)) + "}"; }

  void slice(const std::string& name) const {
    writer.entry(text, "\"ph\":\"X\",\"cat\":\"message\",\"dur\":1,\"name\":" + json_text(name) + "," +
                           place(event.node, message_track, node.now_us) + sentence());
  }
  void flow(const char* phase, std::uint64_t id) const {
    writer.entry(text, std::string("\"ph\":\"") + phase + R"(","cat":"message","name":"message","bp":"e","id":)" +
                           json_number(id) + "," + place(event.node, message_track, node.now_us));
  }
  void mark(const char* name) const {
    writer.entry(text, std::string(R"("ph":"i","s":"t","cat":"event","name":")") + name + "\"," +
                           place(event.node, role_track, node.now_us) + sentence());
  }

  void operator()(const RoleEvent& role) const {
    if (role.cause == RoleEvent::Cause::started) mark("start");
  }
  void operator()(const SendEvent& send) const {
    slice(std::string(name_of(send.message->kind())) + " to " + json_number(send.message->to));
    const std::uint64_t id = ++writer.last_flow_;
    writer.flows_[wire::digest_of(*send.message)].push_back(id);
    flow("s", id);
  }
  void operator()(const ReceiveEvent& receive) const {
    slice(std::string(name_of(receive.message->kind())) + " from " + json_number(receive.message->from));
    const auto found = writer.flows_.find(wire::digest_of(*receive.message));
    if (found == writer.flows_.end()) return;
    flow("f", found->second.front());
    found->second.erase(found->second.begin());
    if (found->second.empty()) writer.flows_.erase(found);
  }
  void operator()(const CommitEvent& commit) const {
    writer.entry(text, "\"ph\":\"C\",\"name\":\"commit index\",\"pid\":" + json_number(event.node) + ",\"ts\":" +
                           json_number(node.now_us) + ",\"args\":{\"commit\":" + json_number(commit.to) + "}");
  }
  void operator()(const VoteEvent& vote) const { mark(vote.reason == VoteEvent::Reason::granted ? "vote" : "no vote"); }
  void operator()(const ConfigurationEvent&) const { mark("configuration"); }
  void operator()(const SnapshotEvent&) const { mark("snapshot"); }
  void operator()(const TransferEvent&) const { mark("transfer"); }
  void operator()(const ReadEvent& read) const { mark(read.answered ? "read answered" : "read"); }
  void operator()(const AppendEvent& append) const {
    if (append.replaced_from != 0) mark("entries replaced");
  }
  void operator()(const PersistedEvent&) const {}
};

void PerfettoTraceWriter::add(const TraceEvent& event, std::uint64_t at_us, std::string& text) {
  const auto found = nodes_.find(event.node);
  Node& node = found != nodes_.end() ? found->second : nodes_[event.node];
  if (found == nodes_.end()) {
    const std::string pid = "\"pid\":" + json_number(event.node);
    entry(text,
          R"("ph":"M","name":"process_name",)" + pid + ",\"args\":{\"name\":\"node " + json_number(event.node) + "\"}");
    entry(text, R"("ph":"M","name":"thread_name",)" + pid + ",\"tid\":1,\"args\":{\"name\":\"terms and roles\"}");
    entry(text, R"("ph":"M","name":"thread_name",)" + pid + ",\"tid\":2,\"args\":{\"name\":\"messages\"}");
  }
  // A track never goes back.
  if (at_us > node.now_us) node.now_us = at_us;
  show_role(event.node, node, event.term, event.role, text);
  std::visit(PerfettoEvent{*this, event, node, text}, event.what);
}

void PerfettoTraceWriter::finish(std::string& text) {
  for (const auto& [id, node] : nodes_) close(id, node, text);
  text += begun_ ? "\n]}\n" : "{\"traceEvents\":[]}\n";
}

}  // namespace kelek::sim
