// ClientDesk: takes requests, checks who may ask what, offers commands to the core, and answers when the machine has
// applied them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <queue>
#include <string>
#include <utility>
#include <vector>

#include <kelek/raft/ready.h>
#include <kelek/wire/command_codec.h>

#include "admin_desk.h"
#include "answers.h"
#include "engine.h"

namespace kelek::runtime {

class ClientDesk {
 public:
  ClientDesk(Engine& engine, Answers& answers, AdminDesk& admin) : engine_(engine), answers_(answers), admin_(admin) {}

  /// Takes at most `max_frames` requests; true if there may be more.
  bool receive(std::size_t max_frames);
  /// From this process.
  void submit(Submission submission);

  // ---- what became of them ----
  void on_proposal(const raft::ProposalOutcome& outcome);
  void on_read(const raft::ReadOutcome& outcome);
  /// The machine has applied an entry, which was the wish of `token`.
  void on_result(raft::Token token, machine::Result&& result);
  /// It was committed, and a snapshot that holds it took the place of its answer.
  void on_lost_result(raft::Token token);
  /// Answers the queries that waited for what is applied now.
  void on_applied();
  void expire(std::uint64_t now_ms);
  /// Commands and queries that wait are better off elsewhere: the disk stands still, so that nothing is applied here,
  /// or nobody leads here for long, while on the other side of a cut somebody may.
  void send_elsewhere(wire::RefusalCode code, const std::string& text);
  /// The loop ends: nothing that waits is left without an answer.
  void end_all(wire::RefusalCode code, const std::string& text);

  /// A tick of log time goes before the next command; given by the loop.
  std::function<void()> before_command;
  /// The core is told how late it is before it is asked whether a lease holds; given by the loop.
  std::function<void()> before_lease_read;

 private:
  struct Waiting {
    raft::Index index;
    raft::Token token;
    bool operator<(const Waiting& other) const { return index > other.index; }
  };

  void handle(transport::ClientFrame& frame);
  void dispatch(transport::ClientFrame& frame, wire::ClientRequest& request);
  void propose(Request request, machine::Command command);
  void query(Request request, wire::Query query);
  void watch(const transport::ClientFrame& frame, std::uint64_t request_id, const wire::Watch& watch);
  void wait_or_answer(raft::Token token, raft::Index index);
  void forget_expired();
  void answer_query(raft::Token token);
  /// Empty: taken out of the budget.
  bool take_budget(Request& request, std::size_t size_bytes);
  std::uint64_t deadline_of(std::uint64_t wanted_ms) const;
  /// Why no command can be taken now; none if it can.
  wire::RefusalCode unable(std::string& text) const;

  Engine& engine_;
  Answers& answers_;
  AdminDesk& admin_;
  std::priority_queue<Waiting> waiting_;
  std::shared_ptr<const transport::ClientIdentity> local_;
  wire::CommandEncoder encoder_;
};

}  // namespace kelek::runtime
