// Addresses: strict about what they may hold, since libzmq gives ';' and other schemes a meaning of their
// own.
#include <kelek/transport/address.h>

#include <algorithm>
#include <charconv>

#include <netdb.h>
#include <sys/socket.h>

#include "resolve.h"

namespace kelek::transport {
namespace {

constexpr std::size_t max_host_bytes = 253;

Error address_error(std::string_view text, const std::string& why) {
  constexpr std::size_t shown_bytes = 300;
  return {Problem::bad_address, "address '" + std::string(text.substr(0, shown_bytes)) + "': " + why};
}

bool is_alphanumeric(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

bool is_host_name(std::string_view host) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == '.' || c == '-' || c == '_'; };
  return !host.empty() && host.size() <= max_host_bytes && std::all_of(host.begin(), host.end(), allowed);
}

bool may_be_ipv6(std::string_view host) {
  const auto allowed = [](char c) { return is_alphanumeric(c) || c == ':' || c == '.' || c == '%'; };
  return host.size() >= 2 && host.size() <= max_host_bytes && host.find(':') != host.npos &&
         std::all_of(host.begin(), host.end(), allowed);
}

}  // namespace

std::string Address::endpoint() const {
  return "tcp://" + (is_ipv6() ? "[" + host + "]" : host) + ":" + std::to_string(port);
}

Result<Address> parse_address(std::string_view text, bool for_bind) {
  std::string_view rest = text;
  if (rest.starts_with("ws://") || rest.starts_with("wss://")) {
    return address_error(text, "WebSocket addresses are refused: they have no authentication here; use HOST:PORT");
  }
  if (rest.starts_with("tcp://")) rest.remove_prefix(std::string_view("tcp://").size());
  if (rest.find("://") != rest.npos) return address_error(text, "only TCP is spoken here; use HOST:PORT");

  const std::size_t colon = rest.rfind(':');
  if (colon == rest.npos) return address_error(text, "has no port; use HOST:PORT");
  std::string_view host = rest.substr(0, colon);
  const std::string_view port_text = rest.substr(colon + 1);
  if (host.empty()) return address_error(text, "has no host; use HOST:PORT");

  Address address;
  const bool bracketed = host.size() >= 2 && host.front() == '[' && host.back() == ']';
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
    if (!may_be_ipv6(host)) return address_error(text, "what is in brackets is not an IPv6 address");
  } else if (host == "*") {
    if (!for_bind) return address_error(text, "* is for listening; name the host to connect to");
  } else if (host.find(':') != host.npos) {
    return address_error(text, "an IPv6 address goes in brackets: [::1]:7000");
  } else if (!is_host_name(host)) {
    return address_error(text, "the host may hold letters, digits and . - _ only");
  }
  address.host = std::string(host);

  if (for_bind && port_text == "*") return address;
  const auto [end, problem] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), address.port);
  if (port_text.empty() || problem != std::errc() || end != port_text.data() + port_text.size()) {
    return address_error(text, "the port is a number from 1 to 65535");
  }
  if (address.port == 0 && !for_bind) return address_error(text, "port 0 cannot be connected to");
  return address;
}

Result<Address> resolve(const Address& address) {
  if (address.host == "*" || address.is_ipv6()) return address;
  int problem = 0;
  for (const int family : {AF_INET, AF_INET6}) {
    addrinfo hints{};
    hints.ai_family = family;
    hints.ai_socktype = SOCK_STREAM;
    addrinfo* found = nullptr;
    problem = getaddrinfo(address.host.c_str(), nullptr, &hints, &found);
    if (problem != 0) continue;
    char numeric[NI_MAXHOST] = {};
    problem = getnameinfo(found->ai_addr, found->ai_addrlen, numeric, sizeof numeric, nullptr, 0, NI_NUMERICHOST);
    freeaddrinfo(found);
    if (problem == 0) return Address{numeric, address.port};
  }
  return address_error(address.host + ":" + std::to_string(address.port), gai_strerror(problem));
}

}  // namespace kelek::transport
