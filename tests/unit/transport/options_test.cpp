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

}  // namespace kelek::transport
