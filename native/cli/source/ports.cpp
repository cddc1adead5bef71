// Asks the system for ports by binding to port 0.
#include "ports.h"

#include <cerrno>
#include <cstring>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "exit_codes.h"

namespace kelek::cli {
namespace {

/// Sockets stay open until all ports are known, so that none is given twice.
class OpenSockets {
 public:
  ~OpenSockets() {
    for (const int socket : sockets_) close(socket);
  }
  std::uint16_t next() {
    const int socket = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (socket >= 0) sockets_.push_back(socket);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    sockaddr* generic = reinterpret_cast<sockaddr*>(&address);
    if (socket < 0 || bind(socket, generic, size) != 0 || getsockname(socket, generic, &size) != 0) {
      throw failed(std::string("cannot find a free port on 127.0.0.1: ") + std::strerror(errno));
    }
    return ntohs(address.sin_port);
  }

 private:
  std::vector<int> sockets_;
};

}  // namespace

std::vector<std::uint16_t> free_ports(std::size_t count) {
  OpenSockets sockets;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) ports.push_back(sockets.next());
  return ports;
}

}  // namespace kelek::cli
