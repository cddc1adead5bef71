// Connection: the options by which every client command says whom it talks to and as whom, and the client made of them.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include <kelek/client/client.h>

#include "output.h"
#include "settings.h"

namespace kelek::cli {

class Connection {
 public:
  Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  /// --connect, --cluster, --key, --timeout, --config.
  void add_flags(CLI::App& app) { settings_.add_flags(app); }
  /// Takes flags, environment and files, and says what is missing. Throws Failed.
  client::ClientOptions options(const Environment& environment = process_environment);
  /// Throws Failed where the options make no sense.
  std::unique_ptr<client::Client> open();

  /// For each call.
  client::CallOptions call() const;
  const Settings& settings() const { return settings_; }

 private:
  Settings settings_;
  std::vector<client::Endpoint> connect_;
  std::string cluster_file_;
  std::string key_file_;
  std::uint32_t timeout_ms_ = 5'000;
};

/// "HOST:PORT=PUBLIC-KEY". Empty, or why not.
std::string parse_endpoint(const std::string& text, client::Endpoint& into);

/// Throws what an answer that is not ok means to a command line.
[[noreturn]] void throw_problem(client::OutcomeKind kind, const client::Problem& problem);

/// The value of an answer; throws Failed if it is not ok.
template <typename Value>
Value take(client::Answer<Value>&& answer) {
  if (!answer.ok()) throw_problem(answer.kind, answer.problem);
  return std::move(answer.value);
}
template <typename Value>
void need(const client::Answer<Value>& answer) {
  if (!answer.ok()) throw_problem(answer.kind, answer.problem);
}

/// Ends a client's session as soon as it is not needed any more; whatever comes of it is nobody's trouble.
class SessionGuard {
 public:
  explicit SessionGuard(client::Client& client) : client_(client) {}
  ~SessionGuard();
  SessionGuard(const SessionGuard&) = delete;
  SessionGuard& operator=(const SessionGuard&) = delete;

 private:
  client::Client& client_;
};

}  // namespace kelek::cli
