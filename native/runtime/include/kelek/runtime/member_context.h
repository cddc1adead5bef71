// MemberContext: what a configuration carries for each member beside its id: where it is reached, and its key.
#pragma once

#include <string>
#include <string_view>

#include <kelek/runtime/failure.h>

namespace kelek::runtime {

/// Text in the configuration: lines "peer ADDRESS", "client ADDRESS", "key Z85"; lines that start with another word
/// are kept for later versions and ignored. At most raft::max_member_context_bytes.
struct MemberContext {
  /// "HOST:PORT", as every other member can reach it.
  std::string peer_address;
  /// As clients reach it.
  std::string client_address;
  /// CURVE public key, 40 characters of Z85. Empty only where the cluster runs without keys (benchmarks).
  std::string public_key;

  friend bool operator==(const MemberContext& a, const MemberContext& b) {
    return a.peer_address == b.peer_address && a.client_address == b.client_address && a.public_key == b.public_key;
  }
};

std::string encode(const MemberContext& context);
/// Fails (bad_options) with a sentence on what is missing, double, or not an address or a key.
Result<MemberContext> decode_member_context(std::string_view text);
/// Empty if the context can be used; otherwise why not.
std::string check(const MemberContext& context);

}  // namespace kelek::runtime
