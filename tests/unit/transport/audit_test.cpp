// Audit records: their text, and how few of a flood are written.
#include <catch2/catch.hpp>

#include "audit_limiter.h"

namespace kelek::transport {
namespace {

using namespace std::chrono_literals;

AuditRecord record_from(const std::string& address) {
  AuditRecord record;
  record.event = AuditEvent::unknown_key;
  record.address = address;
  return record;
}

}  // namespace

TEST_CASE("A record says what happened, to whom, from where", "[audit]") {
  AuditRecord record;
  record.event = AuditEvent::wrong_server_key;
  record.peer = 3;
  record.address = "tcp://10.0.0.3:7000";
  record.key_fingerprint = "0011223344556677";
  record.suppressed = 12;
  CHECK(record.text() ==
        "peer socket: found a server with another key than the pinned one, member 3, address "
        "tcp://10.0.0.3:7000, "
        "key 0011223344556677 (12 more such records were left out)");
}

TEST_CASE("One stranger who knocks all the time is written down once in ten seconds", "[audit]") {
  AuditLimiter limiter;
  AuditLimiter::Time now{};
  int written = 0;
  std::uint64_t suppressed = 0;
  for (int knock = 0; knock < 2000; ++knock, now += 10ms) {
    AuditRecord record = record_from("10.0.0.1");
    if (!limiter.admit(record, now)) continue;
    ++written;
    suppressed += record.suppressed;
  }
  CHECK(written == 2);
  CHECK(suppressed == 999);
}

TEST_CASE("Many strangers together are held to twenty at once and five a second", "[audit]") {
  AuditLimiter limiter;
  AuditLimiter::Time now{};
  int written = 0;
  for (int stranger = 0; stranger < 10'000; ++stranger, now += 1ms) {
    AuditRecord record = record_from(std::to_string(stranger));
    if (limiter.admit(record, now)) ++written;
  }
  CHECK(written >= 69);
  CHECK(written <= 71);
}

TEST_CASE("A flood from one place does not hide a stranger from another", "[audit]") {
  AuditLimiter limiter;
  const AuditLimiter::Time now{};
  for (int knock = 0; knock < 1000; ++knock) {
    AuditRecord record = record_from("10.0.0.1");
    limiter.admit(record, now);
  }
  AuditRecord other = record_from("10.0.0.2");
  REQUIRE(limiter.admit(other, now));
  CHECK(other.suppressed == 999);
}

}  // namespace kelek::transport
