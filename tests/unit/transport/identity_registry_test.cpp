// The registry: who a key is, from when and until when.
#include <catch2/catch.hpp>

#include <kelek/transport/identity_registry.h>

namespace kelek::transport {
namespace {

PublicKey new_key() {
  return generate_key_pair()->public_key;
}

AuthorisedClient client(const PublicKey& key, const std::string& name, ClientRoles roles = {ClientRole::read}) {
  return {key, name, roles, {}};
}

}  // namespace

TEST_CASE("A member's key is known from set to remove", "[registry]") {
  IdentityRegistry registry;
  const PublicKey key = new_key();
  CHECK_FALSE(registry.find_peer(key));
  REQUIRE(registry.set_peer(3, key));
  const auto peer = registry.find_peer(key);
  REQUIRE(peer);
  CHECK(peer->node == 3);
  CHECK(registry.is_current(*peer));
  registry.remove_peer(3);
  CHECK_FALSE(registry.find_peer(key));
  CHECK_FALSE(registry.is_current(*peer));
}

TEST_CASE("A member that comes back with its old key is a new registration", "[registry]") {
  IdentityRegistry registry;
  const PublicKey key = new_key();
  REQUIRE(registry.set_peer(3, key));
  const auto before = registry.find_peer(key);
  registry.remove_peer(3);
  REQUIRE(registry.set_peer(3, key));
  CHECK_FALSE(registry.is_current(*before));
  CHECK(registry.is_current(*registry.find_peer(key)));
}

TEST_CASE("A new key of a member takes the old one's place; setting the same again changes nothing", "[registry]") {
  IdentityRegistry registry;
  const PublicKey first = new_key();
  const PublicKey second = new_key();
  REQUIRE(registry.set_peer(3, first));
  const auto peer = registry.find_peer(first);
  REQUIRE(registry.set_peer(3, first));
  CHECK(registry.is_current(*peer));
  REQUIRE(registry.set_peer(3, second));
  CHECK_FALSE(registry.find_peer(first));
  CHECK_FALSE(registry.is_current(*peer));
}

TEST_CASE("A key speaks for one only", "[registry]") {
  IdentityRegistry registry;
  const PublicKey key = new_key();
  REQUIRE(registry.set_peer(1, key));
  CHECK_FALSE(registry.set_peer(2, key));
  CHECK_FALSE(registry.set_peer(0, new_key()));
  CHECK_FALSE(registry.set_clients({client(key, "agent")}));
  const PublicKey other = new_key();
  REQUIRE(registry.set_clients({client(other, "agent")}));
  const Status refused = registry.set_peer(2, other);
  REQUIRE_FALSE(refused);
  CHECK_THAT(refused.error().text, Catch::Contains(other.fingerprint()));
}

TEST_CASE("A client that stays keeps its registration and gets its new roles; one that goes is unknown", "[registry]") {
  IdentityRegistry registry;
  const PublicKey stays = new_key();
  const PublicKey goes = new_key();
  REQUIRE(registry.set_clients({client(stays, "a"), client(goes, "b")}));
  const auto a = registry.find_client(stays);
  const auto b = registry.find_client(goes);
  REQUIRE(a);
  REQUIRE(b);
  REQUIRE(registry.set_clients({client(stays, "a", {ClientRole::admin})}));
  REQUIRE(registry.client_of(a->registration));
  CHECK(registry.client_of(a->registration)->roles == ClientRoles{ClientRole::admin});
  CHECK(a->identity->roles == ClientRoles{ClientRole::read});
  CHECK(registry.client_of(b->registration) == nullptr);
}

TEST_CASE("A key given to somebody else does not inherit open connections", "[registry]") {
  IdentityRegistry registry;
  const PublicKey key = new_key();
  REQUIRE(registry.set_clients({client(key, "a")}));
  const auto before = registry.find_client(key);
  REQUIRE(registry.set_clients({client(key, "b")}));
  CHECK(registry.client_of(before->registration) == nullptr);
  CHECK(registry.find_client(key)->identity->name == "b");
}

TEST_CASE("A list that is refused changes nothing", "[registry]") {
  IdentityRegistry registry;
  const PublicKey key = new_key();
  REQUIRE(registry.set_clients({client(key, "a")}));
  const PublicKey twice = new_key();
  CHECK_FALSE(registry.set_clients({client(twice, "x"), client(twice, "y")}));
  CHECK_FALSE(registry.set_clients({client(new_key(), "x"), client(new_key(), "x")}));
  CHECK_FALSE(registry.set_clients({client(new_key(), "no blanks")}));
  CHECK(registry.find_client(key));
  CHECK_FALSE(registry.find_client(twice));
}

}  // namespace kelek::transport
