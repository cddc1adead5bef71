// What has to hold before any socket is open: T1's handler and T5's version.
#include <catch2/catch.hpp>

#include <kelek/transport/network.h>

#include "gatekeeper.h"
#include "network_parts.h"
#include "zap.h"

namespace kelek::transport {

TEST_CASE("libzmq older than 4.3.4 is refused by name", "[network]") {
  CHECK(check_library_version(4, 3, 4));
  CHECK(check_library_version(4, 3, 5));
  CHECK(check_library_version(4, 4, 0));
  CHECK(check_library_version(5, 0, 0));
  for (const auto& [major, minor, patch] : {std::array{4, 3, 3}, std::array{4, 2, 9}, std::array{3, 9, 9}}) {
    const Status status = check_library_version(major, minor, patch);
    REQUIRE_FALSE(status);
    CHECK(status.error().problem == Problem::unsupported);
    CHECK_THAT(status.error().text, Catch::Contains("4.3.4"));
  }
}

TEST_CASE("A network has its ZAP handler bound before it exists, or does not exist", "[network]") {
  IdentityRegistry registry;
  auto network = Network::start({}, registry, {});
  REQUIRE(network);
  const auto second = Gatekeeper::start((*network)->parts().context, registry, {});
  REQUIRE_FALSE(second);
  CHECK(second.error().problem == Problem::address_in_use);

  TransportOptions wrong;
  wrong.io_threads = 0;
  CHECK_FALSE(Network::start(wrong, registry, {}));
}

TEST_CASE("The descriptor limit is raised to what the system allows", "[network]") {
  const std::size_t limit = raise_descriptor_limit();
  CHECK(limit > 0);
  CHECK(raise_descriptor_limit() == limit);
}

}  // namespace kelek::transport
