// The client's outside.
#include <kelek/client/client.h>

#include <utility>

#include <kelek/transport/address.h>

#include "client_parts.h"

namespace kelek::client {
namespace {

Answer<std::unique_ptr<Client>> bad_use(std::string text) {
  Answer<std::unique_ptr<Client>> answer;
  answer.kind = OutcomeKind::refused;
  answer.problem = {ProblemKind::bad_use, machine::Code::ok, std::move(text)};
  return answer;
}

/// Empty, or what is wrong with the options.
std::string check(const ClientOptions& options) {
  if (options.coordinators.empty()) return "No coordinator is named.";
  for (const Endpoint& endpoint : options.coordinators) {
    const transport::Result<transport::Address> address = transport::parse_address(endpoint.address, false);
    if (!address.ok()) return address.error().text;
    if (options.transport.plaintext_for_bench) continue;
    if (!transport::PublicKey::from_text(endpoint.public_key).has_value()) {
      return "The public key of " + endpoint.address + " has to be 40 characters of Z85.";
    }
  }
  if (options.deadline_ms == 0 || options.silence_ms == 0) return "Deadline and silence have to be above 0 ms.";
  if (options.session_window == 0 || options.session_window > 64) return "A session's window is 1 to 64.";
  return {};
}

}  // namespace

Answer<std::unique_ptr<Client>> Client::create(ClientOptions options) {
  const std::string problem = check(options);
  if (!problem.empty()) return bad_use(problem);
  transport::Result<transport::KeyPair> keys = options.transport.plaintext_for_bench && options.key_file.empty()
                                                   ? transport::generate_key_pair()
                                                   : transport::read_key_file(options.key_file);
  if (!keys.ok()) return bad_use(keys.error().text);
  auto network = transport::ClientNetwork::start(options.transport);
  if (!network.ok()) return bad_use(network.error().text);
  auto parts = std::make_unique<Parts>(std::move(options), std::move(*keys), std::move(*network));
  Answer<std::unique_ptr<Client>> answer;
  answer.kind = OutcomeKind::ok;
  answer.value = std::unique_ptr<Client>(new Client(std::move(parts)));
  return answer;
}

Client::Client(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Client::~Client() = default;

void Client::execute_async(machine::CommandBody command, CommandDone done, const CallOptions& call) {
  wire::Propose propose;
  propose.body = std::move(command);
  const bool in_session = parts_->options_.exactly_once;
  const RequestDone unpack = [done = std::move(done)](Answer<wire::ResponseBody>&& answer) {
    const bool refused_by_machine = answer.problem.kind == ProblemKind::machine_refused;
    const bool has_result = std::holds_alternative<machine::Result>(answer.value);
    const OutcomeKind kind = answer.kind;
    const Problem problem = answer.problem;
    Answer<machine::Result> result = pick<machine::Result>(std::move(answer));
    if (refused_by_machine || !has_result) {
      result.kind = kind == OutcomeKind::ok ? result.kind : kind;
      if (kind != OutcomeKind::ok) result.problem = problem;
    }
    done(std::move(result));
  };
  parts_->begin(std::move(propose), unpack, call, in_session);
}

Answer<machine::Result> Client::execute_command(machine::CommandBody command, const CallOptions& call) {
  auto answer = std::make_shared<std::optional<Answer<machine::Result>>>();
  execute_async(
      std::move(command), [answer](Answer<machine::Result>&& given) { *answer = std::move(given); }, call);
  while (!answer->has_value()) parts_->run(1'000);
  return std::move(**answer);
}

void Client::request_async(wire::RequestBody body, RequestDone done, const CallOptions& call) {
  parts_->begin(std::move(body), std::move(done), call, false);
}

Answer<wire::ResponseBody> Client::request(wire::RequestBody body, const CallOptions& call) {
  auto answer = std::make_shared<std::optional<Answer<wire::ResponseBody>>>();
  request_async(
      std::move(body), [answer](Answer<wire::ResponseBody>&& given) { *answer = std::move(given); }, call);
  while (!answer->has_value()) parts_->run(1'000);
  return std::move(**answer);
}

WatchId Client::watch(const machine::WatchFilter& filter, std::uint64_t from_revision, WatchCallback callback) {
  return parts_->watch(filter, from_revision, std::move(callback));
}

void Client::unwatch(WatchId watch) {
  parts_->unwatch(watch);
}

void Client::run(std::chrono::milliseconds timeout) {
  parts_->run(timeout.count() > 0 ? static_cast<std::uint64_t>(timeout.count()) : 0);
}

std::size_t Client::unanswered() const {
  return parts_->unanswered();
}

std::string Client::link_text() const {
  return parts_->link_text();
}

const Endpoint& Client::coordinator() const {
  return parts_->coordinator();
}

std::uint64_t Client::session_id() const {
  return parts_->session_id();
}

Answer<Nothing> Client::close_session(const CallOptions& call) {
  Answer<Nothing> closed;
  closed.kind = OutcomeKind::ok;
  if (parts_->session_id() == 0) return closed;
  wire::Propose propose;
  propose.body = machine::SessionClose{parts_->session_id()};
  const Answer<wire::ResponseBody> answer = request(std::move(propose), call);
  closed.kind = answer.kind;
  closed.problem = answer.problem;
  closed.revision = answer.revision;
  closed.term = answer.term;
  closed.member = answer.member;
  // It was closed by an earlier copy whose answer was lost, or had ended before: either way it is closed.
  const bool gone =
      answer.problem.code == machine::Code::unknown_session || answer.problem.code == machine::Code::expired_session;
  if (gone) {
    closed.kind = OutcomeKind::ok;
    closed.problem = {};
  }
  if (closed.ok()) parts_->forget_session();
  return closed;
}

}  // namespace kelek::client
