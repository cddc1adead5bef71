// Free ports on loopback.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace kelek::cli {

/// Ports that nobody listened on a moment ago, all different. Somebody else may take one before it is bound: whoever
/// starts a server on them has to be ready to try others. Throws Failed.
std::vector<std::uint16_t> free_ports(std::size_t count);

}  // namespace kelek::cli
