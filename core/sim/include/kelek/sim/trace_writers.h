// Traces in the forms of others: the NDJSON that etcd's TLA+ trace specification reads, and the JSON of the Perfetto
// and Chrome trace viewers. Fed with events in causal order; they give text, and do no I/O.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include <kelek/raft/trace.h>

namespace kelek::sim {

struct EtcdMessage;

/// Lines {"tag":"trace","event":{...}} with the names and fields of etcd's state_trace.go (evidence: a Receive comes
/// behind its Send, sends are told when queued, a Ready when what they wait for is durable, or at the latest before the
/// first of them is heard).
///
/// What differs in Kelek and how it is told: pre-votes, reads, forwarded proposals and TimeoutNow are not told, a
/// pre-candidate is a follower; a candidate's vote for itself and a leader's own acknowledgement, which are no messages
/// here, are told as etcd's messages of a node to itself; the chunks of a snapshot are one MsgSnap, sent with the first
/// and received with the last; ApplyConfChange stands where the configuration comes into force, which is at the append;
/// all terms and indexes are one more than they are, since there the first configuration is an entry, of term 1.
///
/// TLC finds runs allowed by that specification (`tests/peers/specification.py`), but not those in which a
/// configuration changes, since it knows no joint one and has it in force from the commit on, nor those in which a
/// message comes twice.
class EtcdTraceWriter {
 public:
  /// Appends the lines, if any, that this event gives.
  void add(const raft::TraceEvent& event, std::string& lines);
  /// So far.
  std::uint64_t lines() const { return lines_; }
  /// Whether the specification knows messages of this kind.
  static bool tells(const raft::Message& message);

 private:
  struct State {
    raft::Term term = 0;
    raft::NodeId vote = raft::no_node;
    raft::Index commit = 0;
    raft::Index last_index = 0;
    const char* role = "StateFollower";
    std::string configuration = "[[],[]]";
  };
  struct Node {
    State state;
    std::vector<raft::NodeId> voters;
    std::vector<raft::NodeId> learners;
    raft::Index stable = 0;
    /// An append of a leader's that waits for the next event to tell whether it was a configuration.
    raft::Index held_first = 0;
    raft::Index held_last = 0;
    State held_state;
    /// Its own acknowledgements and votes, on their way to itself.
    std::vector<raft::Index> own_acknowledgements;
    raft::Term own_vote_term = 0;
    /// While it leads: whose logs are known to match.
    std::set<raft::NodeId> matched;
    /// It has just heard one of an older term.
    bool refuses_heartbeat = false;
    /// Told as sent, and not covered by a Ready yet.
    std::set<std::uint64_t> queued;
    bool ready_due = false;
  };
  friend struct EtcdEvent;

  EtcdMessage told(const raft::Message& message, std::uint64_t digest) const;
  void line(raft::NodeId id, const State& state, const char* name, const std::string& more, std::string& lines);
  void own_acknowledgement(raft::NodeId id, const char* direction, raft::Index index, const State& state,
                           std::string& lines);
  void own_vote(raft::NodeId id, const char* direction, const State& state, std::string& lines);
  void release_held(raft::NodeId id, bool is_configuration, std::string& lines);
  void ready(raft::NodeId id, const State& state, std::string& lines);

  std::map<raft::NodeId, Node> nodes_;
  /// Of leaders that had committed nothing yet, to followers whose logs are known to match.
  std::set<std::uint64_t> heartbeats_to_matched_;
  std::set<std::uint64_t> refusals_of_heartbeats_;
  /// Snapshots that were told as sent, by sender, recipient, term and index.
  std::set<std::string> snapshots_;
  std::uint64_t lines_ = 0;
};

/// {"traceEvents":[...]}: a process a node, with a track of terms and roles and one of messages; arrows (flows) for
/// messages, a counter for the commit index, marks for votes, configurations, snapshots and transfers.
class PerfettoTraceWriter {
 public:
  /// `at_us`: any clock that all nodes share.
  void add(const raft::TraceEvent& event, std::uint64_t at_us, std::string& text);
  /// What is open is closed. Nothing may follow.
  void finish(std::string& text);

 private:
  struct Node {
    std::uint64_t now_us = 0;
    bool has_term = false;
    raft::Term term = 0;
    raft::Role role = raft::Role::follower;
  };
  friend struct PerfettoEvent;

  void entry(std::string& text, const std::string& fields);
  void show_role(raft::NodeId id, Node& node, raft::Term term, raft::Role role, std::string& text);
  void close(raft::NodeId id, const Node& node, std::string& text);

  std::map<raft::NodeId, Node> nodes_;
  std::map<std::uint64_t, std::vector<std::uint64_t>> flows_;
  std::uint64_t last_flow_ = 0;
  bool begun_ = false;
};

}  // namespace kelek::sim
