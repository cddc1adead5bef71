// The ranges of the options.
#include <kelek/transport/options.h>

#include <algorithm>
#include <string>

namespace kelek::transport {
namespace {

Error out_of_range(const std::string& what) {
  return {Problem::bad_option, "transport options: " + what};
}

bool is_time(std::chrono::milliseconds value) {
  return value >= std::chrono::milliseconds(1) && value <= std::chrono::hours(1);
}

bool is_queue(int frames) {
  return frames >= 1 && frames <= 1'000'000;
}

}  // namespace

bool fit_to_descriptors(TransportOptions& options, std::size_t descriptors) {
  constexpr std::size_t smallest_reserve = 256;
  constexpr std::size_t fewest_connections = 32;
  const std::size_t reserve = std::max(smallest_reserve, descriptors / 4);
  const std::size_t room = descriptors > reserve ? descriptors - reserve : 0;
  // Of what is left members get a third: they are few, and it is theirs that must not fail.
  const std::size_t peers = std::max(fewest_connections, room / 3);
  const std::size_t clients = std::max(fewest_connections, room - room / 3);
  const bool lowered = peers < options.max_peer_connections || clients < options.max_client_connections;
  options.max_peer_connections = std::min(options.max_peer_connections, peers);
  options.max_client_connections = std::min(options.max_client_connections, clients);
  return lowered;
}

Status validate(const TransportOptions& options) {
  constexpr std::size_t smallest_frame_limit = 1024;
  constexpr std::size_t largest_frame_limit = std::size_t{1} << 30;
  constexpr int max_io_threads = 16;
  const auto is_frame_limit = [](std::size_t bytes) {
    return bytes >= smallest_frame_limit && bytes <= largest_frame_limit;
  };
  if (options.io_threads < 1 || options.io_threads > max_io_threads) return out_of_range("io_threads is 1 to 16");
  if (!is_frame_limit(options.max_peer_frame_bytes)) return out_of_range("max_peer_frame_bytes is 1 KiB to 1 GiB");
  if (!is_frame_limit(options.max_client_frame_bytes)) {
    return out_of_range("max_client_frame_bytes is 1 KiB to 1 GiB");
  }
  if (!is_queue(options.peer_send_frames) || !is_queue(options.peer_receive_frames) ||
      !is_queue(options.client_send_frames) || !is_queue(options.client_receive_frames)) {
    return out_of_range("queues hold 1 to 1,000,000 frames (0 would be without limit)");
  }
  if (options.peer_send_bytes < options.max_peer_frame_bytes) {
    return out_of_range("peer_send_bytes is at least max_peer_frame_bytes");
  }
  if (options.client_send_bytes < options.max_client_frame_bytes) {
    return out_of_range("client_send_bytes is at least max_client_frame_bytes");
  }
  if (options.max_peer_connections < 1 || options.max_client_connections < 1) {
    return out_of_range("at least one connection");
  }
  if (!is_time(options.reconnect_interval) || !is_time(options.connect_timeout) ||
      !is_time(options.handshake_timeout) || !is_time(options.heartbeat_interval) ||
      !is_time(options.heartbeat_timeout)) {
    return out_of_range("times are 1 ms to 1 h");
  }
  // ZMTP carries the time to live in tenths of a second, in 16 bits.
  if (options.heartbeat_timeout > std::chrono::seconds(6553))
    return out_of_range("heartbeat_timeout is at most 6553 s");
  return Nothing{};
}

}  // namespace kelek::transport
