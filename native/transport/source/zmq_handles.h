// libzmq's handles with an owner each, and its options set without a word of C at every call.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <zmq.h>

#include <kelek/raft/payload.h>
#include <kelek/transport/result.h>

namespace kelek::transport {

class Socket {
 public:
  Socket() = default;
  explicit Socket(void* handle) : handle_(handle) {}
  Socket(Socket&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}
  Socket& operator=(Socket&& other) noexcept {
    std::swap(handle_, other.handle_);
    return *this;
  }
  ~Socket() {
    if (handle_ != nullptr) zmq_close(handle_);
  }

  void* get() const { return handle_; }
  explicit operator bool() const { return handle_ != nullptr; }

 private:
  void* handle_ = nullptr;
};

class Message {
 public:
  Message() { zmq_msg_init(&message_); }
  Message(const Message&) = delete;
  Message& operator=(const Message&) = delete;
  ~Message() { zmq_msg_close(&message_); }

  zmq_msg_t* get() { return &message_; }
  std::span<const std::byte> bytes() {
    return {static_cast<const std::byte*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)};
  }
  std::string_view text() { return {static_cast<const char*>(zmq_msg_data(&message_)), zmq_msg_size(&message_)}; }
  bool has_more() { return zmq_msg_more(&message_) != 0; }
  /// What the ZAP handler said of the connection that the message came by; empty without one.
  std::string_view user_id() {
    const char* text = zmq_msg_gets(&message_, "User-Id");
    return text == nullptr ? std::string_view() : std::string_view(text);
  }
  /// Of the connection that the message came by; -1 if it is not known.
  int descriptor();
  /// Takes the next part, if one is there. False with errno set otherwise; never waits.
  bool receive(const Socket& socket);

 private:
  zmq_msg_t message_;
};

/// A received message that payloads share. Made with new, deleted with the last of them.
class MessageOwner final : public raft::PayloadOwner {
 public:
  Message message;
};

/// Drops the parts of a message that are left.
void drop_rest(const Socket& socket);

/// Sets options, and remembers the first that libzmq would not take.
class OptionSetter {
 public:
  explicit OptionSetter(const Socket& socket) : socket_(socket.get()) {}
  OptionSetter& number(int option, int value);
  OptionSetter& large(int option, std::int64_t value);
  OptionSetter& bytes(int option, std::span<const std::byte> value);
  OptionSetter& text(int option, std::string_view value);
  Status status() const;

 private:
  void set(int option, const void* value, std::size_t size_bytes);

  void* socket_;
  int failed_option_ = -1;
  int reason_ = 0;
};

/// "what: reason of errno", as an Error of the kind that errno is.
Error zmq_error(const std::string& what, int reason);

/// A new socket, or why there is none.
Result<Socket> make_socket(void* context, int type);

/// Where a bound socket listens. Empty if it does not.
std::string last_endpoint(const Socket& socket);

}  // namespace kelek::transport
