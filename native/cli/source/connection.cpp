// Whom to talk to: from flags, environment, a settings file and a cluster file.
#include "connection.h"

#include <fmt/format.h>

#include <kelek/transport/address.h>
#include <kelek/transport/keys.h>

#include "cluster_file.h"

namespace kelek::cli {
namespace {

constexpr std::uint32_t session_ttl_ms = 30'000;
constexpr std::uint32_t close_deadline_ms = 500;

}  // namespace

std::string parse_endpoint(const std::string& text, client::Endpoint& into) {
  const std::size_t equals = text.find('=');
  if (equals == std::string::npos) return "'" + shortened(text, 60) + "' is not HOST:PORT=PUBLIC-KEY";
  into.address = text.substr(0, equals);
  into.public_key = text.substr(equals + 1);
  const transport::Result<transport::Address> address = transport::parse_address(into.address, false);
  if (!address.ok()) return address.error().text;
  if (!transport::PublicKey::from_text(into.public_key).has_value()) {
    return "'" + shortened(into.public_key, 60) + "' is not a public key (40 characters of Z85)";
  }
  return {};
}

Connection::Connection() {
  settings_.section("Whom to talk to");
  settings_.text("cluster", "FILE", cluster_file_,
                 "the cluster file: coordinators with their addresses and public keys; kelek dev writes one");
  settings_.add({"connect",
                 "HOST:PORT=KEY[,...]",
                 "",
                 "coordinators instead of a cluster file, tried in this order",
                 [this](const std::string& given) {
                   std::size_t at = 0;
                   while (at <= given.size()) {
                     const std::size_t end = std::min(given.find(',', at), given.size());
                     client::Endpoint endpoint;
                     const std::string problem = parse_endpoint(given.substr(at, end - at), endpoint);
                     if (!problem.empty()) return problem;
                     connect_.push_back(endpoint);
                     at = end + 1;
                   }
                   return std::string();
                 },
                 true,
                 {}});
  settings_.text("key", "FILE", key_file_, "your key pair (kelek keys new), instead of the one the cluster file names");
  settings_.number("timeout-ms", timeout_ms_, "how long to wait for each answer");
}

client::ClientOptions Connection::options(const Environment& environment) {
  settings_.apply(environment);
  client::ClientOptions options;
  options.coordinators = connect_;
  options.key_file = key_file_;
  if (!cluster_file_.empty()) {
    const ClusterFile file = read_cluster_file(cluster_file_);
    if (options.coordinators.empty()) options.coordinators = file.endpoints();
    if (options.key_file.empty()) options.key_file = file.key_file;
    if (options.coordinators.empty()) throw bad_use(cluster_file_ + ": no coordinator has a client address");
  }
  if (options.coordinators.empty()) {
    throw bad_use("which cluster? Say --cluster FILE (or KELEK_CLUSTER), or --connect HOST:PORT=KEY");
  }
  if (options.key_file.empty()) {
    throw bad_use("who are you? Say --key FILE (or KELEK_KEY); kelek keys new FILE makes one");
  }
  if (timeout_ms_ == 0) throw bad_use(settings_.source_of("timeout-ms") + ": 0 ms is no time to wait");
  options.deadline_ms = timeout_ms_;
  options.session_ttl_ms = session_ttl_ms;
  return options;
}

std::unique_ptr<client::Client> Connection::open() {
  return take(client::Client::create(options()));
}

client::CallOptions Connection::call() const {
  client::CallOptions call;
  call.deadline_ms = timeout_ms_;
  return call;
}

void throw_problem(client::OutcomeKind kind, const client::Problem& problem) {
  std::string word = problem.kind == client::ProblemKind::machine_refused ? machine::code_name(problem.code)
                                                                          : client::problem_name(problem.kind);
  std::string text = problem.text.empty() ? word : problem.text;
  if (kind == client::OutcomeKind::unknown) text += " It is not known whether it was done.";
  throw Failed(client::exit_code(kind, problem), std::move(word), std::move(text));
}

SessionGuard::~SessionGuard() {
  if (client_.session_id() == 0) return;
  client::CallOptions call;
  call.deadline_ms = close_deadline_ms;
  (void)client_.close_session(call);
}

}  // namespace kelek::cli
