// Connections follow the configuration.
#include "members.h"

#include <optional>

namespace kelek::runtime {

void Members::use(const std::vector<InitialMember>& members) {
  for (const InitialMember& member : members) {
    const MemberContext context{member.peer_address, member.client_address, member.public_key};
    const std::string problem = connect(member.id, context);
    if (!problem.empty()) events_.warn("member {} cannot be connected to: {}", member.id, problem);
  }
}

void Members::follow(const raft::Configuration& configuration) {
  for (const raft::Member& member : configuration.members()) {
    const Result<MemberContext> context = decode_member_context(member.context);
    if (!context.ok()) {
      events_.warn("member {} has a context that cannot be used: {}", member.id, context.failure().text);
      continue;
    }
    retired_.erase(member.id);
    admitted_.erase(member.id);
    const std::string problem = connect(member.id, *context);
    if (!problem.empty()) events_.warn("member {} cannot be connected to: {}", member.id, problem);
  }
  for (const auto& [id, context] : known_) {
    if (configuration.find(id) == nullptr && admitted_.count(id) == 0) retired_.insert(id);
  }
  while (retired_.size() > max_retired) {
    const raft::NodeId oldest = *retired_.begin();
    peers_.remove_peer(oldest);
    known_.erase(oldest);
    retired_.erase(oldest);
  }
}

std::string Members::admit(raft::NodeId id, const MemberContext& context) {
  admitted_.insert(id);
  retired_.erase(id);
  return connect(id, context);
}

void Members::dismiss(raft::NodeId id) {
  if (admitted_.erase(id) == 0) return;
  peers_.remove_peer(id);
  known_.erase(id);
}

std::string Members::connect(raft::NodeId id, const MemberContext& context) {
  const auto known = known_.find(id);
  if (known != known_.end() && known->second == context) return {};
  if (id != self_) {
    std::optional<transport::PublicKey> key;
    if (!context.public_key.empty()) key = transport::PublicKey::from_text(context.public_key);
    if (!key.has_value() && !plaintext_) return "it has no public key";
    const transport::Status status = peers_.set_peer(id, context.peer_address, key.value_or(transport::PublicKey()));
    if (!status.ok()) return status.error().text;
  }
  known_[id] = context;
  return {};
}

const MemberContext* Members::find(raft::NodeId id) const {
  const auto known = known_.find(id);
  return known == known_.end() ? nullptr : &known->second;
}

std::string Members::client_address(raft::NodeId id) const {
  const MemberContext* context = find(id);
  return context == nullptr ? std::string() : context->client_address;
}

std::vector<raft::NodeId> Members::reachable() const {
  std::vector<raft::NodeId> ids;
  for (const auto& [id, context] : known_) {
    if (id != self_) ids.push_back(id);
  }
  return ids;
}

}  // namespace kelek::runtime
