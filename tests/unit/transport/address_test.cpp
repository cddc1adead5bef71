// Addresses: what is taken, and what each refusal says.
#include <catch2/catch.hpp>

#include <kelek/transport/address.h>

#include "resolve.h"

namespace kelek::transport {

TEST_CASE("An address is host and port, with or without tcp://", "[address]") {
  for (const char* text : {"127.0.0.1:7001", "tcp://127.0.0.1:7001"}) {
    const auto address = parse_address(text, false);
    REQUIRE(address);
    CHECK(address->host == "127.0.0.1");
    CHECK(address->port == 7001);
    CHECK(address->endpoint() == "tcp://127.0.0.1:7001");
  }
  CHECK(parse_address("coordinator-1.example.org:65535", false)->port == 65535);
  CHECK(parse_address("[::1]:7000", false)->endpoint() == "tcp://[::1]:7000");
}

TEST_CASE("Any address and any port are for listening only", "[address]") {
  CHECK(parse_address("*:7000", true)->endpoint() == "tcp://*:7000");
  CHECK(parse_address("127.0.0.1:*", true)->port == 0);
  CHECK(parse_address("127.0.0.1:0", true)->port == 0);
  CHECK_FALSE(parse_address("*:7000", false));
  CHECK_FALSE(parse_address("127.0.0.1:0", false));
  CHECK_FALSE(parse_address("127.0.0.1:*", false));
}

TEST_CASE("What is no address is refused with the reason", "[address]") {
  struct Row {
    const char* text;
    const char* reason;
  };
  const Row row = GENERATE(values<Row>({{"", "no port"},
                                        {"localhost", "no port"},
                                        {":7000", "no host"},
                                        {"tcp://", "no port"},
                                        {"127.0.0.1:", "from 1 to 65535"},
                                        {"127.0.0.1:65536", "from 1 to 65535"},
                                        {"127.0.0.1:-1", "from 1 to 65535"},
                                        {"127.0.0.1:70x", "from 1 to 65535"},
                                        {"::1:7000", "in brackets"},
                                        {"[localhost]:7000", "not an IPv6"},
                                        {"a b:7000", "letters, digits"},
                                        {"127.0.0.1;10.0.0.1:7000", "letters, digits"},
                                        {"ipc:///run/kelek:1", "only TCP"},
                                        {"udp://127.0.0.1:7000", "only TCP"},
                                        {"ws://127.0.0.1:7000", "no authentication"},
                                        {"wss://127.0.0.1:7000", "no authentication"}}));
  const auto address = parse_address(row.text, false);
  REQUIRE_FALSE(address);
  CHECK(address.error().problem == Problem::bad_address);
  CHECK_THAT(address.error().text, Catch::Contains(row.reason));
  CHECK_THAT(address.error().text, Catch::Contains(row.text));
}

TEST_CASE("A very long address is not repeated whole in its error", "[address]") {
  const auto address = parse_address(std::string(100'000, 'a') + ":1", false);
  REQUIRE_FALSE(address);
  CHECK(address.error().text.size() < 500);
}

TEST_CASE("localhost is the same address for who listens and who connects", "[address]") {
  CHECK(resolve({"localhost", 1})->host == "127.0.0.1");
  CHECK(resolve({"*", 1})->host == "*");
  const auto unknown = resolve({"no-such-host.invalid", 7000});
  REQUIRE_FALSE(unknown);
  CHECK_THAT(unknown.error().text, Catch::Contains("no-such-host.invalid:7000"));
}

}  // namespace kelek::transport
