// kelek_stranger: somebody who speaks ZeroMQ but is none of our code: knocks at a coordinator with what keys
// and mechanism it is told, and sends frames as they are, malformed or with a lie in them.
//
//   kelek_stranger ENDPOINT null | null-domain | plain | curve SERVER_KEY KEY_FILE
//
// Frames come as hexadecimal lines on standard input. Prints "in N" once N frames were handed to an open
// connection, or "out" if it was turned away three times, or nobody let it in for three seconds.
#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <iostream>
#include <string>
#include <vector>

#include <zmq.hpp>

#include <kelek/transport/keys.h>
#include <kelek/transport/network.h>

using namespace kelek;

namespace {

constexpr int let_in = ZMQ_EVENT_HANDSHAKE_SUCCEEDED;
constexpr int turned_away = ZMQ_EVENT_HANDSHAKE_FAILED_AUTH | ZMQ_EVENT_HANDSHAKE_FAILED_PROTOCOL |
                            ZMQ_EVENT_HANDSHAKE_FAILED_NO_DETAIL | ZMQ_EVENT_DISCONNECTED;

void fail(const std::string& why) {
  std::fprintf(stderr, "kelek_stranger: %s\n", why.c_str());
  std::exit(2);
}

void set_bytes(zmq::socket_t& socket, int option, std::span<const std::byte> value) {
  if (zmq_setsockopt(socket.handle(), option, value.data(), value.size()) != 0) fail(zmq_strerror(errno));
}

void use_mechanism(zmq::socket_t& socket, const std::vector<std::string>& words) {
  const std::string& mechanism = words.at(2);
  if (mechanism == "null-domain") socket.set(zmq::sockopt::zap_domain, "peer");
  if (mechanism == "plain") {
    socket.set(zmq::sockopt::plain_username, "peer 2 1");
    socket.set(zmq::sockopt::plain_password, "secret");
  }
  if (mechanism != "curve") return;
  const auto server_key = transport::PublicKey::from_text(words.at(3));
  const auto keys = transport::read_key_file(words.at(4));
  if (!server_key || !keys) fail("no such key");
  set_bytes(socket, ZMQ_CURVE_SERVERKEY, server_key->bytes());
  set_bytes(socket, ZMQ_CURVE_PUBLICKEY, keys->public_key.bytes());
  set_bytes(socket, ZMQ_CURVE_SECRETKEY, keys->secret_key.bytes());
}

std::vector<std::string> read_frames() {
  std::vector<std::string> frames;
  std::string line;
  while (std::getline(std::cin, line)) {
    std::string frame;
    for (std::size_t i = 0; i + 1 < line.size(); i += 2) {
      frame += static_cast<char>(std::stoi(line.substr(i, 2), nullptr, 16));
    }
    frames.push_back(frame);
  }
  return frames;
}

/// True once a handshake succeeds; false after three that failed, or when the time is up.
bool is_let_in(zmq::socket_t& events) {
  constexpr std::chrono::seconds patience{3};
  const auto deadline = std::chrono::steady_clock::now() + patience;
  for (int failures = 0; failures < 3 && std::chrono::steady_clock::now() < deadline;) {
    zmq::message_t event;
    zmq::message_t address;
    if (!events.recv(event) || !events.recv(address)) continue;
    std::uint16_t kind = 0;
    std::memcpy(&kind, event.data(), sizeof kind);
    if (kind == let_in) return true;
    if (kind == ZMQ_EVENT_DISCONNECTED) ++failures;
  }
  return false;
}

}  // namespace

int main(int count, char** arguments) {
  const std::vector<std::string> words(arguments, arguments + count);
  if (words.size() < 3 || (words[2] == "curve" && words.size() < 5)) fail("ENDPOINT MECHANISM [SERVER_KEY KEY_FILE]");
  const std::vector<std::string> frames = read_frames();
  const auto [major, minor, patch] = zmq::version();
  if (const auto version = transport::check_library_version(major, minor, patch); !version) fail(version.error().text);
  zmq::context_t context;
  zmq::socket_t socket(context, zmq::socket_type::dealer);
  // With a queue from the start, so that what is sent at once would go to whoever answers.
  socket.set(zmq::sockopt::linger, 2'000);
  socket.set(zmq::sockopt::reconnect_ivl, 20);
  socket.set(zmq::sockopt::sndhwm, 0);
  use_mechanism(socket, words);
  zmq::socket_t events(context, zmq::socket_type::pair);
  zmq_socket_monitor(socket.handle(), "inproc://events", let_in | turned_away);
  events.set(zmq::sockopt::rcvtimeo, 100);
  events.connect("inproc://events");
  socket.connect(words[1]);
  for (const std::string& frame : frames) socket.send(zmq::buffer(frame), zmq::send_flags::dontwait);
  const bool in = is_let_in(events);
  zmq_socket_monitor(socket.handle(), nullptr, 0);
  if (in) {
    std::printf("in %zu\n", frames.size());
  } else {
    std::printf("out\n");
    socket.set(zmq::sockopt::linger, 0);
  }
  return 0;
}
