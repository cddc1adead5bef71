// Bare TCP and the process's memory, for the transport's tests.
#include "fixture.h"

#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "socket_setup.h"

namespace kelek::transport::test {

std::size_t resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  std::size_t total_pages = 0;
  std::size_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::size_t>(sysconf(_SC_PAGESIZE));
}

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  return address;
}

/// -1 if nobody takes it.
int connect_to(const std::string& endpoint) {
  const int descriptor = socket(AF_INET, SOCK_STREAM, 0);
  const sockaddr_in address = loopback(port_of(endpoint));
  if (descriptor < 0) return -1;
  if (::connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return descriptor;
  close(descriptor);
  return -1;
}

/// False if either end has closed.
bool pass_on(int from, int to) {
  char bytes[4096];
  const ssize_t size = ::recv(from, bytes, sizeof bytes, MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  return size > 0 && ::send(to, bytes, static_cast<std::size_t>(size), MSG_NOSIGNAL) == size;
}

}  // namespace

RawConnection::RawConnection(const std::string& endpoint) : descriptor_(connect_to(endpoint)) {}

RawConnection::~RawConnection() {
  if (descriptor_ >= 0) close(descriptor_);
}

bool RawConnection::write(std::string_view bytes) {
  return ::send(descriptor_, bytes.data(), bytes.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(bytes.size());
}

bool RawConnection::is_closed_within(std::chrono::milliseconds time) {
  const auto deadline = std::chrono::steady_clock::now() + time;
  while (true) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    if (left.count() <= 0) return false;
    pollfd item{descriptor_, POLLIN, 0};
    if (::poll(&item, 1, static_cast<int>(left.count())) <= 0) continue;
    char bytes[256];
    if (::recv(descriptor_, bytes, sizeof bytes, MSG_DONTWAIT) <= 0) return true;
  }
}

Relay::Relay(const std::string& endpoint)
    : target_(endpoint), listener_(socket(AF_INET, SOCK_STREAM, 0)), wakeup_(std::move(*Wakeup::create())) {
  const sockaddr_in address = loopback(0);
  REQUIRE(::bind(listener_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  REQUIRE(::listen(listener_, 8) == 0);
  thread_ = std::thread([this] { run(); });
}

Relay::~Relay() {
  {
    const std::lock_guard lock(mutex_);
    stop_ = true;
  }
  wakeup_.notify();
  thread_.join();
  for (const int descriptor : {listener_, client_, server_}) {
    if (descriptor >= 0) close(descriptor);
  }
}

std::string Relay::endpoint() const {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size);
  return "tcp://127.0.0.1:" + std::to_string(ntohs(address.sin_port));
}

void Relay::say_to_client(const std::string& bytes) {
  const std::lock_guard lock(mutex_);
  injected_ += bytes;
  wakeup_.notify();
}

void Relay::run() {
  while (true) {
    std::array<pollfd, 4> items = {
        {{wakeup_.descriptor(), POLLIN, 0}, {listener_, POLLIN, 0}, {client_, POLLIN, 0}, {server_, POLLIN, 0}}};
    ::poll(items.data(), items.size(), -1);
    if (items[0].revents != 0) {
      wakeup_.clear();
      const std::lock_guard lock(mutex_);
      if (stop_) return;
      if (client_ >= 0) ::send(client_, injected_.data(), injected_.size(), MSG_NOSIGNAL);
      injected_.clear();
    }
    const bool open =
        (items[2].revents == 0 || pass_on(client_, server_)) && (items[3].revents == 0 || pass_on(server_, client_));
    if (!open) {
      close(std::exchange(client_, -1));
      close(std::exchange(server_, -1));
    }
    if (items[1].revents != 0) accept_one();
  }
}

void Relay::accept_one() {
  if (client_ >= 0) close(client_);
  if (server_ >= 0) close(server_);
  client_ = ::accept(listener_, nullptr, nullptr);
  server_ = connect_to(target_);
}

}  // namespace kelek::transport::test
