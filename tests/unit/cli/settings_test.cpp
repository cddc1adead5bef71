// Settings: a flag wins over the environment, and that over the file; what is wrong is named with where it was given.
#include <catch2/catch.hpp>

#include <cstdio>
#include <fstream>
#include <map>

#include <CLI/CLI.hpp>

#include "exit_codes.h"
#include "settings.h"

using namespace kelek::cli;

namespace {

struct World {
  std::map<std::string, std::string> variables;
  std::string file = "settings_test.conf";
  std::uint32_t ticks = 10;
  bool strict = false;
  std::vector<std::string> members;
  Settings settings;
  CLI::App app;

  World() {
    settings.number("tick-ms", ticks, "length of a tick");
    settings.yes_no("strict", strict, "whether");
    settings.add({"member",
                  "ID",
                  "",
                  "one of them",
                  [this](const std::string& text) {
                    members.push_back(text);
                    return std::string();
                  },
                  true,
                  {}});
    settings.add_flags(app);
  }
  ~World() { std::remove(file.c_str()); }

  void write(const std::string& text) { std::ofstream(file) << text; }
  void apply(const std::string& line) {
    app.parse(line);
    settings.apply([this](const std::string& name) -> const char* {
      const auto found = variables.find(name);
      return found == variables.end() ? nullptr : found->second.c_str();
    });
  }
  std::string refusal(const std::string& line) {
    try {
      apply(line);
    } catch (const Failed& failure) {
      CHECK(failure.exit_code == exit_bad_use);
      return failure.text;
    }
    return {};
  }
};

}  // namespace

TEST_CASE("a flag wins over the environment, and that over the file") {
  World world;
  world.write("tick-ms = 30\n");
  SECTION("nothing: the default") {
    world.apply("");
    CHECK(world.ticks == 10);
    CHECK(world.settings.source_of("tick-ms") == "the default");
  }
  SECTION("the file") {
    world.apply("--config " + world.file);
    CHECK(world.ticks == 30);
    CHECK(world.settings.source_of("tick-ms") == world.file + ":1");
  }
  SECTION("the environment") {
    world.variables = {{"KELEK_TICK_MS", "20"}, {"KELEK_CONFIG", world.file}};
    world.apply("");
    CHECK(world.ticks == 20);
  }
  SECTION("the flag") {
    world.variables = {{"KELEK_TICK_MS", "20"}, {"KELEK_CONFIG", world.file}};
    world.apply("--tick-ms 15");
    CHECK(world.ticks == 15);
    CHECK(world.settings.source_of("tick-ms") == "--tick-ms");
  }
}

TEST_CASE("lists come whole from one source") {
  World world;
  world.write("member = c\nmember = d\n");
  SECTION("file") {
    world.apply("--config " + world.file);
    CHECK(world.members == std::vector<std::string>{"c", "d"});
  }
  SECTION("environment") {
    world.variables["KELEK_MEMBER"] = "a; b";
    world.apply("--config " + world.file);
    CHECK(world.members == std::vector<std::string>{"a", "b"});
  }
}

TEST_CASE("yes or no may be said by the flag alone") {
  World world;
  world.apply("--strict");
  CHECK(world.strict);
}

TEST_CASE("what is wrong is named with where it was given") {
  World world;
  world.write("# a comment\n\ntick-ms = ten\n");
  CHECK(world.refusal("--config " + world.file) == world.file + ":3: 'ten' is not a number");
  World other;
  other.variables["KELEK_STRICT"] = "perhaps";
  CHECK(other.refusal("") == "KELEK_STRICT: 'perhaps' is neither yes nor no");
  CHECK(World().refusal("--tick-ms 99999999999") == "--tick-ms: 99999999999 is above 4294967295");
  CHECK(World().refusal("--config missing.conf").find("cannot read missing.conf") == 0);
  World unknown;
  unknown.write("ticks = 3\n");
  CHECK(unknown.refusal("--config " + unknown.file) == unknown.file + ":1: there is no option 'ticks'");
  World broken;
  broken.write("tick-ms\n");
  CHECK(broken.refusal("--config " + broken.file) == broken.file + ":1: 'tick-ms' is not 'name = value'");
  World twice;
  twice.write("tick-ms = 1\ntick-ms = 2\n");
  CHECK(twice.refusal("--config " + twice.file).find(":2: 'tick-ms' is given already") != std::string::npos);
}
