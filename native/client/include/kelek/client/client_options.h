// What a client is told at its start: whom to talk to, as whom, and how long to wait.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include <kelek/transport/options.h>

namespace kelek::client {

/// A coordinator, as clients reach it.
struct Endpoint {
  /// "HOST:PORT", with or without "tcp://".
  std::string address;
  /// Its public key, pinned: 40 characters of Z85. Empty only with transport.plaintext_for_bench.
  std::string public_key;
};

struct ClientOptions {
  /// Tried in this order, from the first on; another one takes over when one is silent or gone.
  std::vector<Endpoint> coordinators;
  /// The client's key pair (`kelek keys`), mode 0600. Its name and roles are what the coordinators say of that key.
  std::string key_file;

  /// For calls that name none.
  std::uint32_t deadline_ms = 5'000;
  /// A coordinator that leaves requests unanswered for so long is left for another. Requests go along, under the
  /// same session and sequence.
  std::uint32_t silence_ms = 1'500;
  /// Commands go under a session, opened at the first of them: applied exactly once however often they are sent.
  /// Without it a command whose answer is lost is `unknown` at once, and is never sent again.
  bool exactly_once = true;
  /// Ends so long after the last sign of the client, in log time.
  std::uint32_t session_ttl_ms = 60'000;
  /// Commands and queries on their way; beyond, calls are refused (over_limit). Under a session at most
  /// session_window of them are with the coordinator at a time, the others wait here.
  std::size_t max_in_flight = 16'384;
  std::size_t session_window = 32;
  transport::TransportOptions transport;
};

struct CallOptions {
  /// 0: ClientOptions::deadline_ms.
  std::uint32_t deadline_ms = 0;
  /// Queries only: answer from what the coordinator has applied, without asking the leader. May be old.
  bool stale = false;
  /// Stale queries: not older than this revision; the coordinator waits until it has applied it.
  std::uint64_t min_revision = 0;
};

}  // namespace kelek::client
