// The registry's two tables, each looked up by key and by registration.
#include <kelek/transport/identity_registry.h>

#include <mutex>
#include <set>
#include <utility>

namespace kelek::transport {
namespace {

Error registry_error(const PublicKey& key, const std::string& why) {
  return {Problem::bad_key, "key " + key.fingerprint() + " " + why};
}

}  // namespace

Status IdentityRegistry::set_peer(raft::NodeId node, const PublicKey& key) {
  const std::lock_guard lock(mutex_);
  if (node == raft::no_node) return registry_error(key, "cannot speak for member 0: there is none");
  if (clients_by_key_.contains(key)) return registry_error(key, "is a client's and cannot be a member's too");
  const auto known = peers_by_key_.find(key);
  if (known != peers_by_key_.end()) {
    if (known->second.node == node) return Nothing{};
    return registry_error(key, "is member " + std::to_string(known->second.node) + "'s and cannot be member " +
                                   std::to_string(node) + "'s too");
  }
  std::erase_if(peers_by_key_, [node](const auto& entry) { return entry.second.node == node; });
  const Registration registration = ++last_registration_;
  peers_by_key_.emplace(key, Peer{node, registration});
  registration_of_peer_[node] = registration;
  return Nothing{};
}

void IdentityRegistry::remove_peer(raft::NodeId node) {
  const std::lock_guard lock(mutex_);
  std::erase_if(peers_by_key_, [node](const auto& entry) { return entry.second.node == node; });
  registration_of_peer_.erase(node);
}

Status IdentityRegistry::set_clients(const std::vector<AuthorisedClient>& clients) {
  const std::lock_guard lock(mutex_);
  std::map<PublicKey, Registration> by_key;
  std::map<Registration, std::shared_ptr<const ClientIdentity>> identities;
  std::set<std::string_view> names;
  Registration last = last_registration_;
  if (clients.size() > max_clients) {
    return Error{Problem::bad_key, "at most " + std::to_string(max_clients) + " clients can be authorised"};
  }
  for (const AuthorisedClient& client : clients) {
    if (peers_by_key_.contains(client.key)) return registry_error(client.key, "is a member's and cannot be a client's");
    if (!is_client_name(client.name)) return registry_error(client.key, "has a name that is not one");
    if (!names.insert(client.name).second) return registry_error(client.key, "has the name of another client");
    const auto known = clients_by_key_.find(client.key);
    // Somebody else under the same key is a new registration; the same one with other roles is not.
    const bool stays = known != clients_by_key_.end() && clients_.at(known->second)->name == client.name;
    const Registration registration = stays ? known->second : ++last;
    if (!by_key.emplace(client.key, registration).second) return registry_error(client.key, "is listed twice");
    identities.emplace(registration, std::make_shared<const ClientIdentity>(ClientIdentity{
                                         client.name, client.roles, client.key, client.key.fingerprint()}));
  }
  last_registration_ = last;
  clients_by_key_.swap(by_key);
  clients_.swap(identities);
  return Nothing{};
}

std::optional<IdentityRegistry::Peer> IdentityRegistry::find_peer(const PublicKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = peers_by_key_.find(key);
  if (found == peers_by_key_.end()) return std::nullopt;
  return found->second;
}

std::optional<IdentityRegistry::Client> IdentityRegistry::find_client(const PublicKey& key) const {
  const std::shared_lock lock(mutex_);
  const auto found = clients_by_key_.find(key);
  if (found == clients_by_key_.end()) return std::nullopt;
  return Client{clients_.at(found->second), found->second};
}

bool IdentityRegistry::is_current(const Peer& peer) const {
  const std::shared_lock lock(mutex_);
  const auto found = registration_of_peer_.find(peer.node);
  return found != registration_of_peer_.end() && found->second == peer.registration;
}

std::shared_ptr<const ClientIdentity> IdentityRegistry::client_of(Registration registration) const {
  const std::shared_lock lock(mutex_);
  const auto found = clients_.find(registration);
  return found == clients_.end() ? nullptr : found->second;
}

}  // namespace kelek::transport
