// IdentityRegistry: which public key is which member or client. Asked by the ZAP handler's thread for every
// connection, changed at run time by the coordinator: all calls are safe on any thread.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/raft/types.h>
#include <kelek/transport/keys.h>
#include <kelek/transport/result.h>

namespace kelek::transport {

/// What a client may do. `admin` changes membership, transfers leadership, takes snapshots.
enum class ClientRole : std::uint8_t { read = 1, propose = 2, admin = 4 };

class ClientRoles {
 public:
  constexpr ClientRoles() = default;
  constexpr ClientRoles(std::initializer_list<ClientRole> roles) {
    for (const ClientRole role : roles) add(role);
  }
  constexpr void add(ClientRole role) { bits_ = static_cast<std::uint8_t>(bits_ | static_cast<std::uint8_t>(role)); }
  constexpr bool has(ClientRole role) const { return (bits_ & static_cast<std::uint8_t>(role)) != 0; }
  constexpr bool empty() const { return bits_ == 0; }
  /// "read,propose"; nothing if a word is unknown or repeated, or there is none.
  static std::optional<ClientRoles> from_text(std::string_view text);
  std::string text() const;
  friend constexpr bool operator==(ClientRoles a, ClientRoles b) { return a.bits_ == b.bits_; }

 private:
  std::uint8_t bits_ = 0;
};

inline constexpr std::size_t max_client_name_bytes = 64;
inline constexpr std::size_t max_clients = 10'000;

/// Names are 1 to max_client_name_bytes of letters, digits and . _ - @ + : /
bool is_client_name(std::string_view name);

/// A client as the operator authorised it.
struct AuthorisedClient {
  PublicKey key;
  std::string name;
  ClientRoles roles;
  std::string comment;
};

/// One line a client: public key, name, roles, and a comment up to the end of the line, separated by blanks.
/// Empty lines and lines that begin with # are skipped.
///
///     rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7  reviewer-1  read,propose  the correctness reviewer
///
/// Errors name `file_name` and the line. A key or a name that occurs twice is an error.
Result<std::vector<AuthorisedClient>> parse_authorised_clients(std::string_view text, const std::string& file_name);
/// Reads a file of that form. Refused if others than its owner may write it, since then anybody on the
/// machine could let themselves in, or if it is owned by neither the process's user nor root.
Result<std::vector<AuthorisedClient>> read_authorised_clients(const std::string& path);

/// Who a client is, as every request carries it. Immutable, shared by all of a client's requests.
struct ClientIdentity {
  std::string name;
  ClientRoles roles;
  PublicKey key;
  std::string fingerprint;
};

/// Counts up with every registration, so that a connection which was let in under an older one is told apart
/// from those of the newest: an open connection cannot be closed from here, but what it sends is no longer
/// taken.
using Registration = std::uint64_t;

class IdentityRegistry {
 public:
  /// From now on `key` speaks for member `node`, and its previous key, if it was another, does not.
  /// Refused if the key is a client's or another member's, or node is 0.
  Status set_peer(raft::NodeId node, const PublicKey& key);
  /// The member's key is unknown from now on, on connections already open too.
  void remove_peer(raft::NodeId node);

  /// Replaces the whole list. Clients that stay keep their connections and get their new roles with the next
  /// request; clients that are gone are unknown at once. Refused, and nothing changed, if two share a key or
  /// a name, or a key is a member's.
  Status set_clients(const std::vector<AuthorisedClient>& clients);

  struct Peer {
    raft::NodeId node = raft::no_node;
    Registration registration = 0;
  };
  struct Client {
    std::shared_ptr<const ClientIdentity> identity;
    Registration registration = 0;
  };
  std::optional<Peer> find_peer(const PublicKey& key) const;
  std::optional<Client> find_client(const PublicKey& key) const;
  /// Whether a registration is still in force. One shared lock and one look-up.
  bool is_current(const Peer& peer) const;
  /// Null if the registration is no longer in force.
  std::shared_ptr<const ClientIdentity> client_of(Registration registration) const;

 private:
  mutable std::shared_mutex mutex_;
  Registration last_registration_ = 0;
  std::map<PublicKey, Peer> peers_by_key_;
  std::map<raft::NodeId, Registration> registration_of_peer_;
  std::map<PublicKey, Registration> clients_by_key_;
  std::map<Registration, std::shared_ptr<const ClientIdentity>> clients_;
};

}  // namespace kelek::transport
