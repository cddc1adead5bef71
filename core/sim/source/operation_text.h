// Texts of histories for people: values, members, operations.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <kelek/sim/history.h>

namespace kelek::sim::history {

/// In quotes; bytes that are not printable as \xNN, and cut where it is long.
std::string quoted(const std::string& value);
/// "1,2,3", in ascending order.
std::string members_text(std::vector<std::uint64_t> members);

}  // namespace kelek::sim::history
