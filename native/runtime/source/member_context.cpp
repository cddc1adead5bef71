// The text form of member contexts.
#include <kelek/runtime/member_context.h>

#include <kelek/raft/types.h>
#include <kelek/transport/address.h>
#include <kelek/transport/keys.h>

namespace kelek::runtime {
namespace {

/// Empty if others can connect to it; otherwise why not.
std::string check_address(std::string_view address) {
  const transport::Result<transport::Address> parsed = transport::parse_address(address, false);
  if (!parsed.ok()) return parsed.error().text;
  if (parsed->host == "*") return "'" + std::string(address) + "' names no host that others could reach.";
  return {};
}

/// Takes one line into its field; a field is given once.
std::string take_line(std::string_view line, MemberContext& context) {
  const std::size_t space = line.find(' ');
  if (space == std::string_view::npos) return {};
  const std::string_view word = line.substr(0, space);
  const std::string_view rest = line.substr(space + 1);
  std::string* field = nullptr;
  if (word == "peer") field = &context.peer_address;
  if (word == "client") field = &context.client_address;
  if (word == "key") field = &context.public_key;
  if (field == nullptr) return {};
  if (!field->empty()) return "A member context names '" + std::string(word) + "' twice.";
  *field = std::string(rest);
  return {};
}

}  // namespace

std::string encode(const MemberContext& context) {
  return "peer " + context.peer_address + "\nclient " + context.client_address + "\nkey " + context.public_key + "\n";
}

Result<MemberContext> decode_member_context(std::string_view text) {
  MemberContext context;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view{} : text.substr(end + 1);
    const std::string problem = take_line(line, context);
    if (!problem.empty()) return Failure{FailureKind::bad_options, problem};
  }
  const std::string problem = check(context);
  if (!problem.empty()) return Failure{FailureKind::bad_options, problem};
  return context;
}

std::string check(const MemberContext& context) {
  std::string problem = check_address(context.peer_address);
  if (!problem.empty()) return "The peer address cannot be used: " + problem;
  if (!context.client_address.empty()) {
    problem = check_address(context.client_address);
    if (!problem.empty()) return "The client address cannot be used: " + problem;
  }
  if (!context.public_key.empty() && !transport::PublicKey::from_text(context.public_key).has_value()) {
    return "A public key has 40 characters of Z85; '" + context.public_key.substr(0, 80) + "' is none.";
  }
  if (encode(context).size() > raft::max_member_context_bytes) return "Addresses and key are too long together.";
  return {};
}

}  // namespace kelek::runtime
