// The decision at the door, request by request (RFC 27 of ZeroMQ).
#include <catch2/catch.hpp>

#include "zap.h"

namespace kelek::transport {
namespace {

std::string credentials(const PublicKey& key) {
  return {reinterpret_cast<const char*>(key.bytes().data()), key_bytes};
}

std::vector<std::string> request(const std::string& domain, const std::string& mechanism, const std::string& key) {
  return {"1.0", "1", domain, "10.0.0.9", "", mechanism, key};
}

struct Door {
  IdentityRegistry registry;
  PublicKey member = generate_key_pair()->public_key;
  PublicKey client = generate_key_pair()->public_key;

  Door() {
    REQUIRE(registry.set_peer(7, member));
    REQUIRE(registry.set_clients({{client, "agent", {ClientRole::read}, {}}}));
  }
};

}  // namespace

TEST_CASE("A registered key is let in, and its messages carry who it is", "[zap]") {
  const Door door;
  const ZapAnswer member = answer_zap(request("peer", "CURVE", credentials(door.member)), door.registry);
  CHECK(member.status_code == "200");
  CHECK_FALSE(member.audit);
  const auto peer = parse_peer_user_id(member.user_id);
  REQUIRE(peer);
  CHECK(peer->node == 7);
  CHECK(door.registry.is_current(*peer));

  const ZapAnswer client = answer_zap(request("client", "CURVE", credentials(door.client)), door.registry);
  CHECK(client.status_code == "200");
  const auto registration = parse_client_user_id(client.user_id);
  REQUIRE(registration);
  CHECK(door.registry.client_of(*registration)->name == "agent");
}

TEST_CASE("Everybody else is refused, and written down", "[zap]") {
  const Door door;
  const PublicKey unknown = generate_key_pair()->public_key;
  const auto refused = [&](const std::vector<std::string>& frames, AuditEvent event) {
    const ZapAnswer answer = answer_zap(frames, door.registry);
    CHECK(answer.status_code == "400");
    CHECK(answer.user_id.empty());
    REQUIRE(answer.audit);
    CHECK(answer.audit->event == event);
    return *answer.audit;
  };
  const AuditRecord record = refused(request("peer", "CURVE", credentials(unknown)), AuditEvent::unknown_key);
  CHECK(record.address == "10.0.0.9");
  CHECK(record.key_fingerprint == unknown.fingerprint());
  CHECK(record.domain == Domain::peer);

  refused(request("client", "CURVE", credentials(door.member)), AuditEvent::unknown_key);
  refused(request("peer", "CURVE", credentials(door.client)), AuditEvent::unknown_key);
  refused(request("other", "CURVE", credentials(door.member)), AuditEvent::unknown_key);
  refused(request("", "CURVE", credentials(door.member)), AuditEvent::unknown_key);
  refused(request("peer", "NULL", ""), AuditEvent::not_curve);
  refused(request("peer", "NULL", credentials(door.member)), AuditEvent::not_curve);
  refused(request("peer", "PLAIN", "user"), AuditEvent::not_curve);
  refused(request("peer", "CURVE", credentials(door.member).substr(1)), AuditEvent::not_curve);
  refused({}, AuditEvent::not_curve);
  refused({"1.0", "1"}, AuditEvent::not_curve);
  auto more = request("peer", "CURVE", credentials(door.member));
  more.push_back("more");
  refused(more, AuditEvent::not_curve);
  auto other_version = request("peer", "CURVE", credentials(door.member));
  other_version[0] = "2.0";
  refused(other_version, AuditEvent::not_curve);
}

TEST_CASE("Only our own User-Ids are read", "[zap]") {
  for (const char* text : {"", "peer", "peer ", "peer 1", "peer 1 ", "peer 1 2x", "peer 1 2 3", "peer -1 2", "client 1",
                           "peer 18446744073709551616 1"}) {
    CHECK_FALSE(parse_peer_user_id(text));
  }
  for (const char* text : {"", "client", "client ", "client x", "client 1 ", "peer 1 2"}) {
    CHECK_FALSE(parse_client_user_id(text));
  }
}

}  // namespace kelek::transport
