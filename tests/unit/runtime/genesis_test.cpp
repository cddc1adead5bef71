// How the first members agree on who they are, and what a wiped one is told.
#include <catch2/catch.hpp>

#include <map>
#include <memory>
#include <vector>

#include "genesis.h"

using namespace kelek;
using runtime::FailureKind;
using runtime::Genesis;
using runtime::Introduction;

namespace {

std::vector<raft::Member> three_members(raft::NodeId self, raft::Incarnation incarnation) {
  std::vector<raft::Member> members;
  for (raft::NodeId id = 1; id <= 3; ++id) {
    raft::Member member;
    member.id = id;
    member.incarnation = id == self ? incarnation : 0;
    member.context = "context of " + std::to_string(id);
    members.push_back(member);
  }
  return members;
}

Introduction blank(raft::NodeId from, raft::Incarnation incarnation, const Genesis& who) {
  Introduction introduction;
  introduction.from = from;
  introduction.incarnation = incarnation;
  introduction.heard = who.heard();
  return introduction;
}

Introduction established(raft::NodeId from, raft::Incarnation incarnation, raft::ConfigurationRef configuration) {
  Introduction introduction;
  introduction.from = from;
  introduction.incarnation = incarnation;
  introduction.established = true;
  introduction.genesis = configuration;
  introduction.present = configuration;
  return introduction;
}

struct Trio {
  Genesis one{1, three_members(1, 101)};
  Genesis two{2, three_members(2, 102)};
  Genesis three{3, three_members(3, 103)};

  void say_all_to_all() {
    const Introduction from_one = blank(1, 101, one);
    const Introduction from_two = blank(2, 102, two);
    const Introduction from_three = blank(3, 103, three);
    for (Genesis* who : {&one, &two, &three}) {
      who->hear(from_one);
      who->hear(from_two);
      who->hear(from_three);
    }
  }
};

}  // namespace

TEST_CASE("One member alone agrees with itself") {
  raft::Member member;
  member.id = 7;
  member.incarnation = 700;
  const Genesis genesis(7, {member});
  REQUIRE(genesis.agreed());
  CHECK(genesis.agreed()->is_voter(7));
  CHECK(genesis.agreed()->find(7)->incarnation == 700);
}

TEST_CASE("Three members make the same configuration, once each knows that each has heard of all") {
  Trio trio;
  trio.say_all_to_all();
  // Everybody has heard everybody, and nobody knows yet that the others have.
  CHECK_FALSE(trio.one.agreed());
  CHECK(trio.one.waiting_for().find("have not heard from all") != std::string::npos);
  trio.say_all_to_all();
  REQUIRE(trio.one.agreed());
  REQUIRE(trio.two.agreed());
  REQUIRE(trio.three.agreed());
  CHECK(*trio.one.agreed() == *trio.two.agreed());
  CHECK(*trio.two.agreed() == *trio.three.agreed());
  CHECK(trio.one.agreed()->find(3)->incarnation == 103);
  CHECK(trio.one.agreed()->find(2)->context == "context of 2");
}

TEST_CASE("While one initial member is silent nothing is agreed") {
  Trio trio;
  for (int round = 0; round < 5; ++round) {
    trio.one.hear(blank(2, 102, trio.two));
    trio.two.hear(blank(1, 101, trio.one));
  }
  CHECK_FALSE(trio.one.agreed());
  CHECK(trio.one.waiting_for().find("not heard from: 3") == 0);
}

TEST_CASE("A member wiped while the others still wait is seen, and nothing is agreed behind its back") {
  Trio trio;
  trio.say_all_to_all();
  Genesis wiped(2, three_members(2, 999));
  trio.one.hear(blank(2, 999, wiped));
  trio.say_all_to_all();
  CHECK_FALSE(trio.one.agreed());
  CHECK(trio.one.waiting_for().find("second disk") != std::string::npos);
}

TEST_CASE("A wiped member is told by one with history that it had another disk (B47)") {
  Trio trio;
  trio.say_all_to_all();
  trio.say_all_to_all();
  Genesis wiped(2, three_members(2, 999));
  wiped.hear(established(1, 101, trio.one.agreed()));
  CHECK_FALSE(wiped.agreed());
  REQUIRE(wiped.failure().has_value());
  CHECK(wiped.failure()->kind == FailureKind::wrong_incarnation);
  CHECK(wiped.failure()->text.find("had another disk (incarnation 0000000000000066") != std::string::npos);
  CHECK(wiped.failure()->text.find("remove it and add it again") != std::string::npos);
  CHECK(judge_blank(*trio.one.agreed(), blank(2, 999, wiped)).find("not let in") != std::string::npos);
}

TEST_CASE("A member that stopped just before it had the agreement on disk takes it from the others") {
  Trio trio;
  trio.say_all_to_all();
  trio.say_all_to_all();
  Genesis again(3, three_members(3, 103));
  again.hear(established(2, 102, trio.two.agreed()));
  REQUIRE(again.agreed());
  CHECK(*again.agreed() == *trio.one.agreed());
  CHECK(judge_blank(*trio.one.agreed(), blank(3, 103, again)).empty());
}

TEST_CASE("A member that was removed is told so") {
  Trio trio;
  trio.say_all_to_all();
  trio.say_all_to_all();
  const raft::NodeId left[] = {1, 2};
  Genesis removed(3, three_members(3, 103));
  removed.hear(established(1, 101, std::make_shared<const raft::Configuration>(raft::Configuration::of_voters(left))));
  REQUIRE(removed.failure().has_value());
  CHECK(removed.failure()->kind == FailureKind::removed);
}
