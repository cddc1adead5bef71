// Requests of clients, from frame to answer.
#include "client_desk.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <variant>

#include <kelek/machine/check.h>
#include <kelek/wire/command_codec.h>

#include "clocks.h"
#include "queries.h"

namespace kelek::runtime {
namespace {

using transport::ClientRole;
using wire::RefusalCode;

/// What an answer may take of a frame, so that its surroundings fit too.
constexpr std::size_t page_bytes = wire::client_frame_bytes - 128 * 1024;
constexpr const char* stalled_disk = "The disk of this coordinator does not answer.";

RefusalCode code_of_fault(wire::Fault fault) {
  if (fault == wire::Fault::too_large) return RefusalCode::too_large;
  if (fault == wire::Fault::wrong_version) return RefusalCode::wrong_version;
  return RefusalCode::malformed;
}

/// What a key must be allowed for this kind of request; nothing: any key will do.
std::optional<ClientRole> role_for(const wire::ClientRequest& request) {
  switch (request.kind()) {
    case wire::RequestKind::propose: return ClientRole::propose;
    case wire::RequestKind::query:
    case wire::RequestKind::watch: return ClientRole::read;
    case wire::RequestKind::change_members:
    case wire::RequestKind::transfer_leadership:
    case wire::RequestKind::take_snapshot:
    case wire::RequestKind::fetch_snapshot:
    case wire::RequestKind::shutdown: return ClientRole::admin;
    case wire::RequestKind::hello:
    case wire::RequestKind::unwatch:
    case wire::RequestKind::get_status:
    case wire::RequestKind::get_members:
    case wire::RequestKind::get_metrics: break;
  }
  return std::nullopt;
}

/// Empty if this caller may propose this; the machine looks at the rest again when it applies it (security.md, T10).
std::string refuse_kind(machine::CommandKind kind, bool admin) {
  const std::string name = machine::command_name(kind);
  switch (kind) {
    case machine::CommandKind::clock_tick:
    case machine::CommandKind::leader_start: return "Only leaders write " + name + ".";
    case machine::CommandKind::set_limits:
    case machine::CommandKind::policy_set:
    case machine::CommandKind::policy_remove: return admin ? std::string() : "Only admins may propose " + name + ".";
    default: return {};
  }
}

}  // namespace

bool ClientDesk::receive(std::size_t max_frames) {
  transport::ClientFrame frame;
  for (std::size_t taken = 0; taken < max_frames; ++taken) {
    if (!engine_.server->receive(frame)) return false;
    handle(frame);
  }
  return true;
}

void ClientDesk::handle(transport::ClientFrame& frame) {
  ++engine_.counters.client_requests;
  wire::Result<wire::ClientRequest> request = wire::decode_request(frame.bytes.bytes());
  if (!request.ok()) {
    ++engine_.counters.client_frames_refused;
    answers_.refuse_frame(frame.connection, wire::request_id_of(frame.bytes.bytes()),
                          code_of_fault(request.error().fault), request.error().text);
    return;
  }
  if (request->group != wire::first_group) {
    answers_.refuse_frame(frame.connection, request->request_id, RefusalCode::unknown_group,
                          "There is no group " + std::to_string(request->group) + " here.");
    return;
  }
  const std::optional<ClientRole> role = role_for(*request);
  if (role.has_value() && !frame.client->roles.has(*role)) {
    answers_.refuse_frame(frame.connection, request->request_id, RefusalCode::not_permitted,
                          "The key of '" + frame.client->name + "' does not allow " +
                              wire::request_name(request->kind()) + " (its roles: " + frame.client->roles.text() +
                              ").");
    return;
  }
  dispatch(frame, *request);
}

void ClientDesk::dispatch(transport::ClientFrame& frame, wire::ClientRequest& request) {
  const transport::ConnectionId connection = frame.connection;
  const std::uint64_t id = request.request_id;
  switch (request.kind()) {
    case wire::RequestKind::hello:
      answers_.send_body(connection, id,
                         wire::ServerHello{software_name, frame.client->name, frame.client->roles.text()});
      return;
    case wire::RequestKind::watch: watch(frame, id, std::get<wire::Watch>(request.body)); return;
    case wire::RequestKind::unwatch: {
      const bool there = engine_.watches.remove(connection, std::get<wire::Unwatch>(request.body).watch_id);
      if (there) answers_.send_body(connection, id, std::monostate{});
      if (!there) answers_.refuse_frame(connection, id, RefusalCode::not_found, "There is no such watch.");
      return;
    }
    case wire::RequestKind::get_status: answers_.send_body(connection, id, admin_.status()); return;
    case wire::RequestKind::get_members: answers_.send_body(connection, id, admin_.members()); return;
    case wire::RequestKind::get_metrics: answers_.send_body(connection, id, admin_.metrics()); return;
    default: break;
  }
  Request waiting;
  waiting.connection = connection;
  waiting.request_id = id;
  waiting.client = frame.client;
  waiting.deadline_ms = deadline_of(request.deadline_ms);
  if (!take_budget(waiting, frame.bytes.size())) return;
  switch (request.kind()) {
    case wire::RequestKind::propose: {
      wire::Propose& propose_request = std::get<wire::Propose>(request.body);
      machine::Command command;
      command.header.session_id = propose_request.session_id;
      command.header.sequence = propose_request.sequence;
      command.body = std::move(propose_request.body);
      propose(std::move(waiting), std::move(command));
      return;
    }
    case wire::RequestKind::query: query(std::move(waiting), std::move(std::get<wire::Query>(request.body))); return;
    default: admin_.dispatch(std::move(waiting), request); return;
  }
}

void ClientDesk::submit(Submission submission) {
  if (!local_) {
    transport::ClientIdentity identity;
    identity.name = engine_.options.local_caller;
    identity.roles = {ClientRole::read, ClientRole::propose, ClientRole::admin};
    local_ = std::make_shared<const transport::ClientIdentity>(std::move(identity));
  }
  Request waiting;
  waiting.client = local_;
  waiting.done = submission.done ? std::move(submission.done) : [](RequestOutcome&&) {};
  waiting.deadline_ms = deadline_of(submission.deadline_ms);
  machine::Command command;
  command.header.session_id = submission.session_id;
  command.header.sequence = submission.sequence;
  command.body = std::move(submission.body);
  if (take_budget(waiting, machine::size_bytes(command))) propose(std::move(waiting), std::move(command));
}

std::uint64_t ClientDesk::deadline_of(std::uint64_t wanted_ms) const {
  const std::uint64_t length_ms = wanted_ms == 0 ? engine_.options.default_deadline_ms : wanted_ms;
  return steady_ms() + std::min<std::uint64_t>(length_ms, engine_.options.max_deadline_ms);
}

bool ClientDesk::take_budget(Request& request, std::size_t size_bytes) {
  std::string problem = engine_.budgets.take(request.client->name, size_bytes);
  if (problem.empty()) {
    request.size_bytes = size_bytes;
    return true;
  }
  request.client = nullptr;  // nothing was taken, nothing is given back
  answers_.refuse(std::move(request), RefusalCode::over_limit, std::move(problem));
  return false;
}

RefusalCode ClientDesk::unable(std::string& text) const {
  if (engine_.stop != StopPhase::running) {
    text = "This coordinator shuts down.";
    return RefusalCode::stopping;
  }
  if (!engine_.node) {
    text = "This coordinator " + engine_.trouble + ".";
    return RefusalCode::not_ready;
  }
  return RefusalCode::none;
}

void ClientDesk::propose(Request request, machine::Command command) {
  ++engine_.counters.proposals;
  std::string text;
  RefusalCode code = unable(text);
  if (code == RefusalCode::none && engine_.directory->log().space_low()) {
    code = RefusalCode::disk;
    text = "The disk of this coordinator is full.";
  }
  if (code == RefusalCode::none && engine_.disk_stalls) {
    code = RefusalCode::disk;
    text = stalled_disk;
  }
  if (code != RefusalCode::none) {
    answers_.refuse(std::move(request), code, std::move(text));
    return;
  }
  const bool admin = request.client->roles.has(ClientRole::admin);
  text = refuse_kind(machine::command_kind(command), admin);
  if (!text.empty()) {
    answers_.refuse(std::move(request), RefusalCode::not_permitted, std::move(text));
    return;
  }
  command.header.caller = request.client->name;
  command.header.caller_is_admin = admin;
  const machine::Refusal refusal = machine::check(command, engine_.applier->machine().limits());
  if (!refusal.ok()) {
    const bool large = refusal.code == machine::Code::over_limit;
    answers_.refuse(std::move(request), large ? RefusalCode::too_large : RefusalCode::invalid,
                    refusal.reason.empty() ? machine::describe(refusal.code) : refusal.reason);
    return;
  }
  before_command();
  request.kind = Request::Kind::command;
  request.handed_over = true;
  const raft::Token token = engine_.requests.open(std::move(request));
  const raft::Result<raft::Proposed> proposed = engine_.node->propose(encoder_.payload_of(command), token);
  if (!proposed.ok()) {
    answers_.refuse(engine_.requests.close(token), proposed.error());
    return;
  }
  engine_.ledger.proposal_out();
}

void ClientDesk::query(Request request, wire::Query query) {
  ++engine_.counters.queries;
  std::string text;
  const RefusalCode code = unable(text);
  if (code != RefusalCode::none) {
    answers_.refuse(std::move(request), code, std::move(text));
    return;
  }
  if (engine_.disk_stalls && query.consistency == wire::Consistency::linearizable) {
    answers_.refuse(std::move(request), RefusalCode::disk, stalled_disk);
    return;
  }
  request.kind = Request::Kind::query;
  request.query = std::make_unique<wire::Query>(std::move(query));
  const bool stale = request.query->consistency == wire::Consistency::stale;
  const raft::Token token = engine_.requests.open(std::move(request));
  if (stale) {
    wait_or_answer(token, 0);
    return;
  }
  before_lease_read();
  const raft::Status asked = engine_.node->read(token);
  if (!asked.ok()) answers_.refuse(engine_.requests.close(token), asked.error());
}

void ClientDesk::on_read(const raft::ReadOutcome& outcome) {
  if (engine_.requests.find(outcome.token) == nullptr) return;
  if (outcome.refusal != raft::Refusal::none) {
    answers_.refuse(engine_.requests.close(outcome.token), code_of(outcome.refusal), raft::describe(outcome.refusal));
    return;
  }
  wait_or_answer(outcome.token, outcome.index);
}

void ClientDesk::wait_or_answer(raft::Token token, raft::Index index) {
  Request& request = *engine_.requests.find(token);
  request.index = std::max<raft::Index>(index, request.query->min_index);
  if (request.index <= engine_.applier->index()) {
    answer_query(token);
  } else {
    waiting_.push({request.index, token});
    forget_expired();
  }
}

/// What waits for an index that never comes (a floor far above the log) expires in the table alone: whoever asks so,
/// again and again, with a short deadline, must not fill the memory with it.
void ClientDesk::forget_expired() {
  if (waiting_.size() <= 2 * engine_.requests.size() + 1'024) return;
  std::vector<Waiting> kept;
  for (; !waiting_.empty(); waiting_.pop()) {
    if (engine_.requests.find(waiting_.top().token) != nullptr) kept.push_back(waiting_.top());
  }
  waiting_ = std::priority_queue<Waiting>(std::less<Waiting>(), std::move(kept));
}

void ClientDesk::answer_query(raft::Token token) {
  Request request = engine_.requests.close(token);
  wire::ResponseBody body = runtime::answer_query(engine_.applier->machine(), request.query->body, page_bytes);
  answers_.done(std::move(request), std::move(body), engine_.applier->index());
}

void ClientDesk::on_applied() {
  while (!waiting_.empty() && waiting_.top().index <= engine_.applier->index()) {
    const raft::Token token = waiting_.top().token;
    waiting_.pop();
    if (engine_.requests.find(token) != nullptr) answer_query(token);
  }
}

void ClientDesk::watch(const transport::ClientFrame& frame, std::uint64_t request_id, const wire::Watch& watch) {
  std::string text;
  RefusalCode code = unable(text);
  // What it would tell is old, and gets no newer.
  if (code == RefusalCode::none && engine_.leaderless_since_ms != 0) {
    code = RefusalCode::no_leader;
    text = "This coordinator knows no leader.";
  }
  if (code != RefusalCode::none) {
    answers_.refuse_frame(frame.connection, request_id, code, std::move(text));
    return;
  }
  std::uint64_t first = 0;
  const RefusalCode refused =
      engine_.watches.add(frame.connection, frame.client->name, watch, engine_.applier->machine(), first);
  if (refused != RefusalCode::none) {
    answers_.refuse_frame(frame.connection, request_id, refused, wire::describe(refused));
    return;
  }
  answers_.send_body(frame.connection, request_id, wire::WatchStarted{watch.watch_id, first});
}

void ClientDesk::on_proposal(const raft::ProposalOutcome& outcome) {
  machine::Result result;
  ResultLedger::Found found = ResultLedger::Found::later;
  if (outcome.kind == raft::ProposalOutcome::Kind::committed) {
    found = engine_.ledger.committed(outcome.token, outcome.index, result);
  }
  engine_.ledger.proposal_settled();
  if (engine_.requests.find(outcome.token) == nullptr) return;
  switch (outcome.kind) {
    case raft::ProposalOutcome::Kind::committed:
      if (found == ResultLedger::Found::now) on_result(outcome.token, std::move(result));
      if (found == ResultLedger::Found::lost) on_lost_result(outcome.token);
      return;
    case raft::ProposalOutcome::Kind::refused:
      answers_.refuse(engine_.requests.close(outcome.token), code_of(outcome.refusal), raft::describe(outcome.refusal));
      return;
    case raft::ProposalOutcome::Kind::unknown:
      answers_.unknown(engine_.requests.close(outcome.token), RefusalCode::leadership_lost,
                       "The leader changed while the command was on its way: it may have been applied.");
      return;
  }
}

void ClientDesk::on_result(raft::Token token, machine::Result&& result) {
  if (engine_.requests.find(token) == nullptr) return;
  answers_.result(engine_.requests.close(token), std::move(result));
}

void ClientDesk::on_lost_result(raft::Token token) {
  if (engine_.requests.find(token) == nullptr) return;
  answers_.unknown(engine_.requests.close(token), RefusalCode::leadership_lost,
                   "It was committed, and its answer is not kept here: ask again under the same session.");
}

void ClientDesk::expire(std::uint64_t now_ms) {
  engine_.requests.expire(now_ms, [this](raft::Token token, Request& open) {
    admin_.on_expired(open);
    Request request = engine_.requests.close(token);
    if (request.handed_over) {
      answers_.unknown(std::move(request), RefusalCode::deadline, "The time was up before it was known to be applied.");
      return;
    }
    const bool leaderless = engine_.role.leader == raft::no_node;
    answers_.refuse(std::move(request), leaderless ? RefusalCode::no_leader : RefusalCode::deadline,
                    leaderless ? "No leader was found before the deadline." : "The time was up.");
  });
}

void ClientDesk::send_elsewhere(RefusalCode code, const std::string& text) {
  engine_.requests.for_each([&](raft::Token token, Request& open) {
    if (open.kind != Request::Kind::command && open.kind != Request::Kind::query) return;
    const bool handed_over = open.handed_over;
    Request request = engine_.requests.close(token);
    if (handed_over) answers_.unknown(std::move(request), code, text);
    if (!handed_over) answers_.refuse(std::move(request), code, text);
  });
}

void ClientDesk::end_all(RefusalCode code, const std::string& text) {
  engine_.requests.for_each([&](raft::Token token, Request& open) {
    const bool handed_over = open.handed_over;
    Request request = engine_.requests.close(token);
    if (handed_over) answers_.unknown(std::move(request), code, text);
    if (!handed_over) answers_.refuse(std::move(request), code, text);
  });
}

}  // namespace kelek::runtime
