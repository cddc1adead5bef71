// The ranges of the options.
#include <catch2/catch.hpp>

#include <kelek/transport/options.h>

namespace kelek::transport {

TEST_CASE("The defaults hold; what would mean no limit does not", "[options]") {
  CHECK(validate({}));
  const auto refused = [](auto change) {
    TransportOptions options;
    change(options);
    const Status status = validate(options);
    return !status && status.error().problem == Problem::bad_option;
  };
  CHECK(refused([](auto& options) { options.io_threads = 0; }));
  CHECK(refused([](auto& options) { options.peer_send_frames = 0; }));
  CHECK(refused([](auto& options) { options.client_receive_frames = 0; }));
  CHECK(refused([](auto& options) { options.max_peer_frame_bytes = 10; }));
  CHECK(refused([](auto& options) { options.max_client_frame_bytes = std::size_t{2} << 30; }));
  CHECK(refused([](auto& options) { options.peer_send_bytes = 1; }));
  CHECK(refused([](auto& options) { options.client_send_bytes = 1; }));
  CHECK(refused([](auto& options) { options.max_client_connections = 0; }));
  CHECK(refused([](auto& options) { options.handshake_timeout = std::chrono::milliseconds(0); }));
  CHECK(refused([](auto& options) { options.heartbeat_timeout = std::chrono::hours(2); }));
}

TEST_CASE("Connections leave the log a quarter of the descriptors, and 256 at least", "[options]") {
  TransportOptions options;
  CHECK_FALSE(fit_to_descriptors(options, 20'000));
  CHECK(options.max_peer_connections == TransportOptions().max_peer_connections);
  CHECK(options.max_client_connections == TransportOptions().max_client_connections);

  // What Debian gives a process that asks for no more.
  CHECK(fit_to_descriptors(options, 1'024));
  CHECK(options.max_peer_connections == 256);
  CHECK(options.max_client_connections == 512);

  CHECK(fit_to_descriptors(options, 100));
  CHECK(options.max_peer_connections == 32);
  CHECK(options.max_client_connections == 32);
  CHECK(validate(options));

  // Never more than what was asked for.
  options.max_peer_connections = 5;
  CHECK_FALSE(fit_to_descriptors(options, 20'000));
  CHECK(options.max_peer_connections == 5);
}

}  // namespace kelek::transport
