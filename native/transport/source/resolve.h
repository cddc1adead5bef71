// Host names, looked up before libzmq sees them.
#pragma once

#include <kelek/transport/address.h>

namespace kelek::transport {

/// The same address with a numeric host: IPv4 if the name has one, IPv6 otherwise, so that "localhost" means
/// the same address to who listens and to who connects. May wait for the system's resolver.
Result<Address> resolve(const Address& address);

}  // namespace kelek::transport
