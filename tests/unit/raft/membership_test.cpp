// Configurations: what is allowed, what a change makes of them, and their form as bytes.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <kelek/raft/membership.h>

using namespace kelek::raft;

namespace {

using Kind = MemberOperation::Kind;
using NodeIds = std::vector<NodeId>;

Configuration voters(const NodeIds& ids, const NodeIds& learners = {}) {
  return Configuration::of_voters(ids, learners);
}

Member member(NodeId id, bool voter, bool outgoing, bool learner, std::string context = "") {
  Member made;
  made.id = id;
  made.voter = voter;
  made.outgoing = outgoing;
  made.learner = learner;
  made.context = std::move(context);
  return made;
}

MembershipChange wish(std::vector<MemberOperation> operations, bool explicit_leave = false) {
  return MembershipChange{std::move(operations), explicit_leave};
}

MemberOperation add(NodeId id) {
  return {Kind::add_voter, id, 0, ""};
}
MemberOperation learn(NodeId id) {
  return {Kind::add_learner, id, 0, ""};
}
MemberOperation remove(NodeId id) {
  return {Kind::remove, id, 0, ""};
}

std::string after(const Configuration& present, const MembershipChange& change) {
  const auto changed = change_configuration(present, change);
  REQUIRE(changed.ok());
  return changed->describe();
}

Refusal refused(const Configuration& present, const MembershipChange& change) {
  const auto changed = change_configuration(present, change);
  if (changed.ok()) return Refusal::none;
  CHECK_FALSE(changed.error().text.empty());
  return changed.error().refusal;
}

}  // namespace

TEST_CASE("a configuration sorts its members and knows what they are") {
  const auto made = Configuration::make({member(3, false, false, true), member(1, true, false, false)});
  REQUIRE(made.ok());
  CHECK(made->describe() == "voters 1, learners 3");
  CHECK(made->members().front().id == 1);
  CHECK(made->is_voter(1));
  CHECK_FALSE(made->is_voter(3));
  CHECK(made->is_learner(3));
  CHECK_FALSE(made->is_learner(1));
  CHECK(made->find(2) == nullptr);
  CHECK(made->voter_count() == 1);
  CHECK_FALSE(made->is_joint());
  CHECK(Configuration().describe() == "no members");
}

TEST_CASE("configurations that make no sense are refused") {
  const auto refusal = [](std::vector<Member> members) {
    const auto made = Configuration::make(std::move(members));
    REQUIRE_FALSE(made.ok());
    CHECK(made.error().refusal == Refusal::bad_change);
    return made.error().text;
  };
  CHECK(refusal({member(0, true, false, false)}) == "0 is nobody: members are numbered from 1");
  CHECK(refusal({member(1, true, false, false), member(1, true, false, false)}) == "member 1 is there twice");
  CHECK(refusal({member(1, true, false, false), member(2, false, false, false)}) == "member 2 counts as nothing");
  CHECK(refusal({member(1, true, false, true)}) == "member 1 is voter and learner at once");
  CHECK(refusal({member(1, false, false, true)}) == "no voter would be left");
  CHECK(refusal({member(1, false, true, false)}) == "no voter would be left");
  CHECK(refusal({member(1, true, false, false, std::string(max_member_context_bytes + 1, 'x'))}).find("1025 bytes") !=
        std::string::npos);
  CHECK(refusal(std::vector<Member>(max_members + 1, member(1, true, false, false))).find("1025 members") == 0);
}

TEST_CASE("one operation makes a simple change") {
  CHECK(after(voters({1, 2, 3}), wish({add(4)})) == "voters 1 2 3 4");
  CHECK(after(voters({1, 2, 3}), wish({remove(2)})) == "voters 1 3");
  CHECK(after(voters({1, 2, 3}), wish({learn(4)})) == "voters 1 2 3, learners 4");
  CHECK(after(voters({1, 2, 3}, {4}), wish({add(4)})) == "voters 1 2 3 4");
  CHECK(after(voters({1, 2, 3}), wish({learn(3)})) == "voters 1 2, learners 3");
}

TEST_CASE("several operations go through a joint configuration") {
  const Configuration present = voters({1, 2, 3});
  const auto joint = change_configuration(present, wish({add(4), add(5), remove(2), remove(3)}));
  REQUIRE(joint.ok());
  CHECK(joint->is_joint());
  CHECK(joint->auto_leave());
  CHECK(joint->describe() == "voters 1 4 5, outgoing 1 2 3");
  CHECK(joint->is_voter(2));
  CHECK(joint->voter_count() == 3);
  CHECK(joint->without_outgoing().describe() == "voters 1 4 5");
  CHECK(after(*joint, wish({})) == "voters 1 4 5");
}

TEST_CASE("a voter that becomes a learner keeps its old vote until the joint configuration is left") {
  const auto joint = change_configuration(voters({1, 2, 3}), wish({learn(3), add(4)}));
  REQUIRE(joint.ok());
  CHECK(joint->describe() == "voters 1 2 4, outgoing 1 2 3, learners 3");
  CHECK(joint->is_voter(3));
  CHECK_FALSE(joint->is_learner(3));
  CHECK(joint->without_outgoing().describe() == "voters 1 2 4, learners 3");
  CHECK(joint->without_outgoing().is_learner(3));
}

TEST_CASE("an explicit change is joint and stays so") {
  const auto joint = change_configuration(voters({1, 2}), wish({remove(2)}, true));
  REQUIRE(joint.ok());
  CHECK(joint->describe() == "voters 1, outgoing 1 2");
  CHECK_FALSE(joint->auto_leave());
  CHECK(joint->without_outgoing().auto_leave());
}

TEST_CASE("changes that make no sense are refused, with the reason") {
  const Configuration three = voters({1, 2, 3}, {4});
  CHECK(refused(three, wish({})) == Refusal::bad_change);
  CHECK(refused(three, wish({add(1)})) == Refusal::already);
  CHECK(refused(three, wish({learn(4)})) == Refusal::already);
  CHECK(refused(three, wish({remove(9)})) == Refusal::not_member);
  CHECK(refused(three, wish({add(0)})) == Refusal::bad_change);
  CHECK(refused(three, wish({add(5), remove(5)})) == Refusal::bad_change);
  CHECK(refused(voters({1}), wish({remove(1)})) == Refusal::bad_change);
  CHECK(refused(voters({1}), wish({learn(1)})) == Refusal::bad_change);
  CHECK(refused(voters({1, 2}), wish({remove(1), remove(2)})) == Refusal::bad_change);
  CHECK(refused(Configuration(), wish({add(1)})) == Refusal::bad_change);
  const auto joint = change_configuration(three, wish({add(5), add(6)}));
  REQUIRE(joint.ok());
  CHECK(refused(*joint, wish({add(7)})) == Refusal::change_pending);
}

TEST_CASE("an incarnation is told once, and changes only by removal") {
  const auto added = change_configuration(voters({1}), wish({{Kind::add_learner, 2, 77, "tcp://b"}}));
  REQUIRE(added.ok());
  CHECK(added->find(2)->incarnation == 77);
  CHECK(added->find(2)->context == "tcp://b");
  CHECK(refused(*added, wish({{Kind::add_voter, 2, 78, ""}})) == Refusal::bad_change);
  const auto promoted = change_configuration(*added, wish({{Kind::add_voter, 2, 77, "ignored"}}));
  REQUIRE(promoted.ok());
  CHECK(promoted->find(2)->context == "tcp://b");
}

TEST_CASE("a context is updated alone") {
  const Configuration present = voters({1, 2});
  const auto updated = change_configuration(present, wish({{Kind::update, 2, 0, "tcp://c"}}));
  REQUIRE(updated.ok());
  CHECK_FALSE(updated->is_joint());
  CHECK(updated->find(2)->context == "tcp://c");
  CHECK(refused(*updated, wish({{Kind::update, 2, 0, "tcp://c"}})) == Refusal::already);
  CHECK(refused(*updated, wish({{Kind::update, 3, 0, "x"}})) == Refusal::not_member);
  CHECK(refused(*updated, wish({{Kind::update, 2, 5, "x"}})) == Refusal::bad_change);
  CHECK(refused(*updated, wish({{Kind::update, 2, 0, std::string(2000, 'x')}})) == Refusal::bad_change);
}

TEST_CASE("what is encoded is decoded the same") {
  Member known = member(300, false, true, true, "tcp://127.0.0.1:7000 key");
  known.incarnation = UINT64_MAX;
  std::vector<Configuration> all = {Configuration(), voters({1}), voters({1, 2, 3}, {4, 5})};
  all.push_back(*Configuration::make({known, member(1, true, false, false), member(2, true, true, false)}, false));
  for (const Configuration& configuration : all) {
    const Payload bytes = configuration.encode();
    CHECK(bytes.text()[0] == '\1');
    const auto decoded = Configuration::decode(bytes.bytes());
    REQUIRE(decoded.ok());
    CHECK(*decoded == configuration);
    CHECK(decoded->is_joint() == configuration.is_joint());
    CHECK(decoded->encode() == bytes);
  }
}

TEST_CASE("the bytes of a configuration are these") {
  const Payload bytes = Configuration::of_voters(NodeIds{1, 300}, NodeIds{7}).encode();
  const std::string expected(
      "\x01\x01\x03"
      "\x01\x00\x01\x00"
      "\x07\x00\x04\x00"
      "\xac\x02\x00\x01\x00",
      16);
  CHECK(bytes.text() == expected);
}

TEST_CASE("no prefix, no longer form and no single changed byte passes for another configuration") {
  const Configuration original = *Configuration::make(
      {member(1, true, true, false, "a"), member(2, false, true, true), member(9, true, false, false)});
  const std::string bytes(original.encode().text());
  const auto decode = [](const std::string& text) {
    return Configuration::decode(std::as_bytes(std::span<const char>(text.data(), text.size())));
  };
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    const auto decoded = decode(bytes.substr(0, size));
    REQUIRE_FALSE(decoded.ok());
    CHECK(decoded.error().refusal == Refusal::malformed);
  }
  CHECK_FALSE(decode(bytes + '\0').ok());
  for (std::size_t place = 0; place < bytes.size(); ++place) {
    for (int value = 0; value < 256; ++value) {
      std::string changed = bytes;
      changed[place] = static_cast<char>(value);
      const auto decoded = decode(changed);
      // What is accepted has one form only.
      if (decoded.ok()) CHECK(decoded->encode().text() == changed);
    }
  }
}

TEST_CASE("counts are judged against the bytes that are there") {
  const auto decode = [](const std::string& text) {
    return Configuration::decode(std::as_bytes(std::span<const char>(text.data(), text.size())));
  };
  CHECK_FALSE(decode(std::string("\x01\x01\xff\xff\xff\xff\x0f", 7)).ok());      // 2^32 members
  CHECK_FALSE(decode(std::string("\x01\x01\x01\x01\x00\x01\xff\x07", 8)).ok());  // a context of 1,023
  CHECK_FALSE(decode(std::string("\x02\x01\x00", 3)).ok());                      // another version
  CHECK_FALSE(decode(std::string("\x01\x01\x80\x00", 4)).ok());                  // not the shortest form
  CHECK_FALSE(decode("\x01\x01" + std::string(9, '\xff') + "\x02").ok());        // beyond 64 bits
}
