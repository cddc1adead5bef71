// Address: "host:port" as people write it, checked, and as libzmq wants it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include <kelek/transport/result.h>

namespace kelek::transport {

struct Address {
  /// A name, an IPv4 address, an IPv6 address without its brackets, or "*" for every address of this machine.
  std::string host;
  /// 0 is "any free one", when binding.
  std::uint16_t port = 0;

  bool is_ipv6() const { return host.find(':') != std::string::npos; }
  /// "tcp://host:port", with brackets around IPv6.
  std::string endpoint() const;
};

/// Takes host:port, [v6]:port and *:port, with or without "tcp://" before them; the port may be * or 0 where
/// `for_bind`. Anything else is refused with the reason; ws:// above all, which in libzmq knows no
/// authentication.
Result<Address> parse_address(std::string_view text, bool for_bind);

}  // namespace kelek::transport
