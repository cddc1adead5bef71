// Whose directory it is, who may open it, and what it takes to make one.
#include <catch2/catch.hpp>

#include <kelek/storage/simulated_disk.h>

#include "identity_file.h"
#include "storage_support.h"

namespace kelek::storage::test {
namespace {

const std::string path = "/node";

Error refused(FileSystem& files, const Identity& owner) {
  auto opened = DataDirectory::open(files, path, owner, small_options());
  REQUIRE_FALSE(opened.ok());
  return opened.error();
}

bool says(const Error& error, const std::string& text) {
  return error.text.find(text) != std::string::npos;
}

}  // namespace

TEST_CASE("A new directory holds its first configuration and nothing else") {
  SimulatedDisk disk;
  REQUIRE(read_identity(disk, path).error().problem == Problem::not_found);
  REQUIRE(refused(disk, identity_of_node()).problem == Problem::not_found);
  create_or_fail(disk, path);
  REQUIRE(*read_identity(disk, path) == identity_of_node());
  auto opened = open_or_fail(disk, path);
  REQUIRE(opened.recovered.report.clean_stop);
  REQUIRE(opened.recovered.last_index() == 0);
  REQUIRE(opened.recovered.first_configuration->members().size() == 3);
  REQUIRE_FALSE(opened.recovered.durable_state().restarted);
  auto node = raft::Node::create(
      [] {
        raft::Options options;
        options.id = 1;
        options.incarnation = 7;
        return options;
      }(),
      opened.recovered.durable_state());
  REQUIRE(node.ok());
}

TEST_CASE("Who joins begins with an empty configuration") {
  SimulatedDisk disk;
  REQUIRE_WELL(DataDirectory::create(disk, path, identity_of_node(), raft::Configuration(), small_options()));
  REQUIRE(open_or_fail(disk, path).recovered.first_configuration->empty());
}

TEST_CASE("A directory is made once") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  const Status again = DataDirectory::create(disk, path, identity_of_node(2), three_voters(), small_options());
  REQUIRE(again.error().problem == Problem::exists);
  REQUIRE(says(again.error(), describe(identity_of_node())));
  const Status lost = DataDirectory::create(disk, "/missing/node", identity_of_node(), three_voters());
  REQUIRE(lost.error().problem == Problem::not_found);
  Identity nobody = identity_of_node(0);
  REQUIRE(DataDirectory::create(disk, "/other", nobody, three_voters()).error().problem == Problem::bad_use);
}

TEST_CASE("A directory of another node or cluster is refused, with both names") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  const Error node = refused(disk, identity_of_node(2));
  REQUIRE(node.problem == Problem::wrong_owner);
  REQUIRE(says(node, "node 1 "));
  REQUIRE(says(node, "node 2 "));
  Identity other = identity_of_node();
  other.cluster_id[0] = 0xff;
  other.cluster_name = "plans";
  const Error cluster = refused(disk, other);
  REQUIRE(cluster.problem == Problem::wrong_owner);
  REQUIRE(says(cluster, "'reviews'"));
  REQUIRE(says(cluster, "'plans'"));
  Identity later = identity_of_node();
  later.incarnation = 8;
  REQUIRE(refused(disk, later).problem == Problem::wrong_owner);
  later.incarnation = 0;  // whichever it is
  REQUIRE(DataDirectory::open(disk, path, later, small_options()).ok());
}

TEST_CASE("A directory is opened once at a time") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  auto opened = open_or_fail(disk, path);
  const Error second = refused(disk, identity_of_node());
  REQUIRE(second.problem == Problem::in_use);
  REQUIRE(says(second, path));
  opened.directory.reset();
  REQUIRE(DataDirectory::open(disk, path, identity_of_node(), small_options()).ok());
}

TEST_CASE("A damaged identity is refused, and nothing is made over it") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  const std::string file = path + "/identity";
  const std::uint64_t bits = 8 * disk.contents(file).size();
  for (std::uint64_t bit = 0; bit < bits; ++bit) {
    disk.flip_bit(file, bit);
    REQUIRE(refused(disk, identity_of_node()).problem == Problem::damaged);
    disk.flip_bit(file, bit);
  }
  disk.flip_bit(file, 100);
  const Status made = DataDirectory::create(disk, path, identity_of_node(), three_voters(), small_options());
  REQUIRE(made.error().problem == Problem::exists);
}

TEST_CASE("The identity is a text that people can read") {
  REQUIRE(encode_identity(identity_of_node())
              .find("Kelek data directory, format 1\n"
                    "cluster 101112131415161718191a1b1c1d1e1f\n"
                    "name 'reviews'\n"
                    "node 1\n"
                    "incarnation 7\n"
                    "crc32c ") == 0);
  Identity odd = identity_of_node();
  odd.cluster_name = "it's\nodd";
  REQUIRE_FALSE(check_identity(odd).empty());
  odd.cluster_name = "it's 'odd'";
  REQUIRE(check_identity(odd).empty());
  REQUIRE(decode_identity(encode_identity(odd))->cluster_name == odd.cluster_name);
}

TEST_CASE("Making a directory is interrupted anywhere: it is blank or whole, and can be made again") {
  SimulatedDisk whole;
  create_or_fail(whole, path);
  for (std::uint64_t operation = 0; operation <= whole.operations(); ++operation) {
    for (const Tearing tearing : {Tearing::nothing_lost, Tearing::all_lost, Tearing::sectors}) {
      SimulatedDisk disk;
      disk.stop_at(operation);
      const Status made = DataDirectory::create(disk, path, identity_of_node(), three_voters(), small_options());
      disk.crash(tearing, operation);
      INFO("operation " << operation);
      auto opened = DataDirectory::open(disk, path, identity_of_node(), small_options());
      if (made) REQUIRE(opened.ok());
      if (!opened) {
        REQUIRE(opened.error().problem == Problem::not_found);
        create_or_fail(disk, path);
        opened = open_or_fail(disk, path);
      }
      REQUIRE(opened->recovered.first_configuration->members().size() == 3);
    }
  }
}

TEST_CASE("A log without identity is somebody's: it is not overwritten") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  {
    auto opened = open_or_fail(disk, path);
    REQUIRE_WELL(write(opened.directory->log(), {1, 1, 0}, entries(1, 3, 1)));
  }
  REQUIRE_WELL(disk.remove(path + "/identity"));
  const Status made = DataDirectory::create(disk, path, identity_of_node(), three_voters(), small_options());
  REQUIRE(made.error().problem == Problem::exists);
}

TEST_CASE("A core starts from what was recovered, and goes on") {
  SimulatedDisk disk;
  create_or_fail(disk, path);
  {
    auto opened = open_or_fail(disk, path);
    REQUIRE_WELL(write(opened.directory->log(), {3, 2, 4}, entries(1, 6, 3)));
  }
  auto opened = open_or_fail(disk, path);
  raft::Options options;
  options.id = 1;
  options.incarnation = 7;
  auto node = raft::Node::create(options, opened.recovered.durable_state());
  REQUIRE(node.ok());
  REQUIRE((*node)->status().last_index == 6);
  REQUIRE((*node)->status().commit == 4);
  REQUIRE((*node)->status().term == 3);
  REQUIRE((*node)->status().vote == 2);
  REQUIRE(opened.recovered.durable_state().restarted);
}

}  // namespace kelek::storage::test
