// The identity of a data directory as the small text file that it is kept in.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include <kelek/storage/identity.h>

namespace kelek::storage {

inline constexpr const char* identity_name = "identity";

std::string encode_identity(const Identity& identity);
/// None unless it is exactly what encode_identity writes.
std::optional<Identity> decode_identity(std::string_view text);
/// Empty if it can be kept; otherwise why not.
std::string check_identity(const Identity& identity);

}  // namespace kelek::storage
