// libzmq's errors as values, and its options.
#include "zmq_handles.h"

#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace kelek::transport {

bool Message::receive(const Socket& socket) {
  while (zmq_msg_recv(&message_, socket.get(), ZMQ_DONTWAIT) < 0) {
    if (errno != EINTR) return false;
  }
  return true;
}

int Message::descriptor() {
  // What ZMQ_SRCFD reads, without its fault: that one takes a message without this property for an error of
  // ours.
  const char* text = zmq_msg_gets(&message_, "__fd");
  int descriptor = -1;
  if (text != nullptr) std::from_chars(text, text + std::strlen(text), descriptor);
  return descriptor;
}

void drop_rest(const Socket& socket) {
  Message part;
  while (part.receive(socket) && part.has_more()) {
  }
}

void OptionSetter::set(int option, const void* value, std::size_t size_bytes) {
  if (failed_option_ >= 0) return;
  if (zmq_setsockopt(socket_, option, value, size_bytes) == 0) return;
  failed_option_ = option;
  reason_ = errno;
}

OptionSetter& OptionSetter::number(int option, int value) {
  set(option, &value, sizeof value);
  return *this;
}

OptionSetter& OptionSetter::large(int option, std::int64_t value) {
  set(option, &value, sizeof value);
  return *this;
}

OptionSetter& OptionSetter::bytes(int option, std::span<const std::byte> value) {
  set(option, value.data(), value.size());
  return *this;
}

OptionSetter& OptionSetter::text(int option, std::string_view value) {
  set(option, value.data(), value.size());
  return *this;
}

Status OptionSetter::status() const {
  if (failed_option_ < 0) return Nothing{};
  return zmq_error("libzmq does not take option " + std::to_string(failed_option_), reason_);
}

Error zmq_error(const std::string& what, int reason) {
  const auto problem = [reason] {
    switch (reason) {
      case EADDRINUSE: return Problem::address_in_use;
      case EACCES:
      case EPERM: return Problem::no_permission;
      case EADDRNOTAVAIL:
      case ENODEV:
      case EINVAL:
      case EPROTONOSUPPORT: return Problem::bad_address;
      default: return Problem::resources;
    }
  };
  return {problem(), what + ": " + zmq_strerror(reason)};
}

Result<Socket> make_socket(void* context, int type) {
  void* handle = zmq_socket(context, type);
  if (handle == nullptr) return zmq_error("no socket", errno);
  return Socket(handle);
}

std::string last_endpoint(const Socket& socket) {
  std::array<char, 512> text{};
  std::size_t size = text.size();
  if (zmq_getsockopt(socket.get(), ZMQ_LAST_ENDPOINT, text.data(), &size) != 0) return {};
  return text.data();
}

}  // namespace kelek::transport
