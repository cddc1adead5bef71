// The decision at the door.
#include "zap.h"

#include <charconv>

namespace kelek::transport {
namespace {

constexpr std::size_t request_frames = 7;
constexpr std::string_view peer_word = "peer ";
constexpr std::string_view client_word = "client ";

ZapAnswer refuse(AuditEvent event, Domain domain, const std::string& address, std::string fingerprint) {
  ZapAnswer answer{"400", "not registered", {}, AuditRecord{}};
  answer.audit->event = event;
  answer.audit->domain = domain;
  answer.audit->address = address;
  answer.audit->key_fingerprint = std::move(fingerprint);
  return answer;
}

ZapAnswer accept(std::string user_id) {
  return {"200", "OK", std::move(user_id), std::nullopt};
}

/// Takes a number off the front of `text`.
bool take_number(std::string_view& text, std::uint64_t& number) {
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (problem != std::errc()) return false;
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return true;
}

}  // namespace

ZapAnswer answer_zap(std::span<const std::string> request, const IdentityRegistry& registry) {
  if (request.size() < request_frames || request[0] != "1.0") {
    return refuse(AuditEvent::not_curve, Domain::client, {}, {});
  }
  const std::string& domain_name = request[2];
  const std::string& address = request[3];
  const std::string& mechanism = request[5];
  const std::string& credentials = request[6];
  const Domain domain = domain_name == peer_domain ? Domain::peer : Domain::client;
  if (mechanism != "CURVE" || credentials.size() != key_bytes || request.size() != request_frames) {
    return refuse(AuditEvent::not_curve, domain, address, {});
  }
  const auto* bytes = reinterpret_cast<const std::byte*>(credentials.data());
  const PublicKey key(std::span<const std::byte, key_bytes>(bytes, key_bytes));
  if (domain_name == peer_domain) {
    if (const auto peer = registry.find_peer(key)) return accept(peer_user_id(*peer));
  } else if (domain_name == client_domain) {
    if (const auto client = registry.find_client(key)) return accept(client_user_id(client->registration));
  }
  return refuse(AuditEvent::unknown_key, domain, address, key.fingerprint());
}

std::string peer_user_id(const IdentityRegistry::Peer& peer) {
  return std::string(peer_word) + std::to_string(peer.node) + ' ' + std::to_string(peer.registration);
}

std::optional<IdentityRegistry::Peer> parse_peer_user_id(std::string_view text) {
  IdentityRegistry::Peer peer;
  if (!text.starts_with(peer_word)) return std::nullopt;
  text.remove_prefix(peer_word.size());
  if (!take_number(text, peer.node) || !text.starts_with(' ')) return std::nullopt;
  text.remove_prefix(1);
  if (!take_number(text, peer.registration) || !text.empty()) return std::nullopt;
  return peer;
}

std::string client_user_id(Registration registration) {
  return std::string(client_word) + std::to_string(registration);
}

std::optional<Registration> parse_client_user_id(std::string_view text) {
  Registration registration = 0;
  if (!text.starts_with(client_word)) return std::nullopt;
  text.remove_prefix(client_word.size());
  if (!take_number(text, registration) || !text.empty()) return std::nullopt;
  return registration;
}

}  // namespace kelek::transport
