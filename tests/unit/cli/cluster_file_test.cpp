// The cluster file: what is written is read back, and what is wrong is named by file and line.
#include <catch2/catch.hpp>

#include "cluster_file.h"
#include "exit_codes.h"

using namespace kelek::cli;

namespace {

const std::string key_a(40, 'a');
const std::string key_b(40, 'b');

std::string refusal(const std::string& text) {
  try {
    (void)parse_cluster_file(text, "cluster.conf");
  } catch (const Failed& failure) {
    CHECK(failure.exit_code == exit_bad_use);
    return failure.text;
  }
  return {};
}

}  // namespace

TEST_CASE("what is written is read back") {
  ClusterFile file;
  file.cluster = "reviews";
  file.coordinators = {{1, "127.0.0.1:7001", "127.0.0.1:7101", key_a}, {2, "127.0.0.1:7002", "", key_b}};
  file.key_file = "operator.key";
  const ClusterFile again = parse_cluster_file(format(file), "f");
  CHECK(again.cluster == "reviews");
  CHECK(again.key_file == "operator.key");
  REQUIRE(again.coordinators.size() == 2);
  CHECK(again.find(2)->public_key == key_b);
  CHECK(again.endpoints().size() == 1);
}

TEST_CASE("what is wrong is named by file and line") {
  CHECK(refusal("# nothing\n") == "cluster.conf: names no coordinators");
  CHECK(refusal("cluster a\ncoordinator x\n").find("cluster.conf:2: 'x' is not the id") == 0);
  CHECK(refusal("coordinator 1 key " + key_a).find("cluster.conf:1: coordinator 1 has no peer address") == 0);
  CHECK(refusal("coordinator 1 peer 127.0.0.1:1").find("coordinator 1 has no key") != std::string::npos);
  CHECK(refusal("coordinator 1 peer nonsense key " + key_a).find("coordinator 1: ") != std::string::npos);
  CHECK(refusal("coordinator 1 peer 127.0.0.1:1 key short").find("40 characters") != std::string::npos);
  CHECK(refusal("coordinator 1 peer 127.0.0.1:1 peer 127.0.0.1:2").find("'peer' is given twice") != std::string::npos);
  const std::string good = "coordinator 1 peer 127.0.0.1:1 key " + key_a + "\n";
  CHECK(refusal(good + good).find("cluster.conf:2: coordinator 1 is named twice") == 0);
  CHECK(refusal(good + "coordinator 2 peer 127.0.0.1:2 key " + key_a).find("have the same key") != std::string::npos);
  CHECK(refusal("colour blue\n").find("'colour' is none of") != std::string::npos);
}

// Found by fuzzing: such a line was read beyond its end.
TEST_CASE("a line of white space of any kind says nothing") {
  CHECK(refusal("\f\n \v\t\r\n") == "cluster.conf: names no coordinators");
}
