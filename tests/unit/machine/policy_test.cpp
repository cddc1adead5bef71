// Policies and limits: who sets them, and what patterns cover.
#include "policy.h"

#include "text.h"
#include "world.h"

using namespace kelek::machine;
using namespace kelek::machine::test;

TEST_CASE("policies are set, replaced and removed by an admin") {
  World world;
  PolicySet policy;
  policy.policy = "deploys";
  policy.action = "deploy";
  policy.resource = "*";
  policy.issuers = {"*"};
  CHECK(world.apply("ada", policy).code == Code::forbidden);
  CHECK(world.as_admin(policy).code == Code::ok);
  policy.to_others = false;
  CHECK(world.as_admin(policy).code == Code::ok);
  CHECK(world.machine.policy("deploys")->revision == world.machine.revision());
  GrantTerms terms;
  terms.action = "deploy";
  terms.resource = "anything";
  CHECK(world.apply("ben", GrantIssue{0, terms, "deploys"}).code == Code::ok);  // "*": every caller, to itself
  terms.subject = "cleo";
  CHECK(world.apply("ben", GrantIssue{0, terms, "deploys"}).code == Code::not_approved);
  CHECK(world.apply("ada", PolicyRemove{"deploys"}).code == Code::forbidden);
  CHECK(world.as_admin(PolicyRemove{"deploys"}).code == Code::ok);
  CHECK(world.as_admin(PolicyRemove{"deploys"}).code == Code::not_found);
}

TEST_CASE("policies are limited") {
  World world;
  world.set_limit(&Limits::policies, 1);
  PolicySet policy;
  policy.policy = "one";
  policy.action = "a";
  policy.resource = "r";
  CHECK(world.as_admin(policy).code == Code::ok);
  CHECK(world.as_admin(policy).code == Code::ok);
  policy.policy = "two";
  CHECK(world.as_admin(policy).code == Code::over_limit);
}

TEST_CASE("a pattern covers what it says and no more") {
  CHECK(covers("deploy", "deploy"));
  CHECK_FALSE(covers("deploy", "deploys"));
  CHECK_FALSE(covers("deploy", "deploy*"));
  CHECK(covers("staging/*", "staging/web"));
  CHECK(covers("staging/*", "staging/"));
  CHECK(covers("staging/*", "staging/web*"));
  CHECK_FALSE(covers("staging/*", "stag*"));
  CHECK(covers("*", ""));
  CHECK_FALSE(covers("", "x"));
}

TEST_CASE("limits are set by an admin, for all members at one revision") {
  World world;
  SetLimits command{world.machine.limits()};
  command.limits.keys = 1;
  CHECK(world.apply("ada", command).code == Code::forbidden);
  CHECK(world.as_admin(command).code == Code::ok);
  CHECK(world.machine.limits().keys == 1);
  command.limits.keys = 0;
  const Result refused = world.as_admin(command);
  CHECK(refused.code == Code::invalid);
  CHECK(refused.reason == "keys is 0, allowed is 1 to 1000000000");
  CHECK(world.machine.limits().keys == 1);
}

TEST_CASE("an admin cannot shut itself out with a limit on names") {
  World world;
  SetLimits command{world.machine.limits()};
  command.limits.name_bytes = 16;
  CommandHeader header = world.header_of("an-admin-with-a-long-name");
  header.caller_is_admin = true;
  CHECK(world.apply_with(header, command).code == Code::invalid);
  CHECK(world.machine.limits().name_bytes == 128);
  CHECK(world.as_admin(command).code == Code::ok);
}
