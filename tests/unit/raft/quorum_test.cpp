// Majorities: values for every number of voters, and votes that count once.
#include <catch2/catch.hpp>

#include <algorithm>
#include <vector>

#include "quorum.h"

using namespace kelek::raft;

namespace {

/// By the definition: the largest v such that more than half of the values are at least v.
std::uint64_t by_definition(const std::vector<std::uint64_t>& values) {
  std::uint64_t best = 0;
  for (const std::uint64_t v : values) {
    const auto reached = std::count_if(values.begin(), values.end(), [&](std::uint64_t x) { return x >= v; });
    if (static_cast<std::size_t>(reached) > values.size() / 2) best = std::max(best, v);
  }
  return best;
}

Configuration joint(std::initializer_list<NodeId> voters, std::initializer_list<NodeId> outgoing) {
  std::vector<Member> members;
  for (NodeId id = 1; id <= 9; ++id) {
    Member member;
    member.id = id;
    member.voter = std::find(voters.begin(), voters.end(), id) != voters.end();
    member.outgoing = std::find(outgoing.begin(), outgoing.end(), id) != outgoing.end();
    if (member.voter || member.outgoing) members.push_back(member);
  }
  return *Configuration::make(members);
}

void vote(VoteCount& count, const Configuration& configuration, NodeId id, bool granted) {
  const Member* member = configuration.find(id);
  count.record(*member, static_cast<std::size_t>(member - configuration.members().data()), granted);
}

}  // namespace

TEST_CASE("the value of a majority, for 1 to 13 voters in every order of three levels") {
  for (std::size_t voters = 1; voters <= 13; ++voters) {
    std::uint64_t state = voters;
    for (int round = 0; round < 500; ++round) {
      std::vector<std::uint64_t> values(voters);
      for (auto& value : values) {
        state = state * 6364136223846793005U + 1442695040888963407U;
        value = (state >> 33) % 7;
      }
      const std::uint64_t expected = by_definition(values);
      REQUIRE(majority_value(values) == expected);
    }
  }
}

TEST_CASE("nobody's majority has reached everything: an empty half has no say") {
  std::vector<std::uint64_t> none;
  CHECK(majority_value(none) == UINT64_MAX);
}

TEST_CASE("a vote counts once, however often its answer arrives (B05)") {
  const std::vector<NodeId> voters = {1, 2, 3, 4, 5};
  const Configuration configuration = Configuration::of_voters(voters);
  VoteCount count(configuration);
  vote(count, configuration, 1, true);
  for (int i = 0; i < 3; ++i) vote(count, configuration, 2, true);
  CHECK_FALSE(count.won());
  vote(count, configuration, 3, true);
  CHECK(count.won());
}

TEST_CASE("an election is lost when a majority cannot be reached any more") {
  const std::vector<NodeId> voters = {1, 2, 3, 4};
  const Configuration configuration = Configuration::of_voters(voters);
  VoteCount count(configuration);
  vote(count, configuration, 1, true);
  vote(count, configuration, 2, false);
  CHECK_FALSE(count.lost());
  vote(count, configuration, 3, false);
  CHECK(count.lost());
}

TEST_CASE("while joint, both halves have to agree") {
  const Configuration configuration = joint({1, 4, 5}, {1, 2, 3});
  VoteCount count(configuration);
  vote(count, configuration, 1, true);
  vote(count, configuration, 4, true);
  CHECK_FALSE(count.won());
  vote(count, configuration, 2, true);
  CHECK(count.won());
}

TEST_CASE("one half alone loses an election") {
  const Configuration configuration = joint({1, 4, 5}, {1, 2, 3});
  VoteCount count(configuration);
  vote(count, configuration, 2, false);
  vote(count, configuration, 3, false);
  CHECK(count.lost());
}
