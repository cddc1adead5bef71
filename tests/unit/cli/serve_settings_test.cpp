// The options of kelek serve: the committed sample equals the program's, and means the defaults.
#include <catch2/catch.hpp>

#include <sstream>

#include "exit_codes.h"
#include "serve_settings.h"

using namespace kelek::cli;

namespace {

const char* nothing(const std::string&) {
  return nullptr;
}

std::string refusal(const std::string& line) {
  ServeSettings settings;
  CLI::App app;
  settings.add_flags(app);
  app.parse(line);
  try {
    (void)settings.options(nothing);
  } catch (const Failed& failure) {
    CHECK(failure.exit_code == exit_bad_use);
    return failure.text;
  }
  return {};
}

}  // namespace

TEST_CASE("the committed sample configuration is what the program prints") {
  CHECK(read_text_file(KELEK_SAMPLE_CONFIG) == ServeSettings().sample());
}

TEST_CASE("the sample documents every option, and holds no line in force") {
  const ServeSettings settings;
  const std::string sample = settings.sample();
  CHECK(parse_config(sample, "sample").empty());
  for (const Setting& setting : settings.settings().all()) {
    CAPTURE(setting.name);
    CHECK(sample.find("\n#" + setting.name + " = ") != std::string::npos);
    CHECK_FALSE(setting.help.empty());
  }
}

TEST_CASE("the sample's values are taken as they stand") {
  std::string with_defaults;
  std::istringstream lines(ServeSettings().sample());
  for (std::string line; std::getline(lines, line);) {
    if (line.size() > 1 && line[0] == '#' && line[1] != ' ') with_defaults += line.substr(1) + "\n";
  }
  for (const ConfigLine& line : parse_config(with_defaults, "sample")) {
    ServeSettings settings;
    for (const Setting& setting : settings.settings().all()) {
      if (setting.name != line.name || setting.default_text.empty()) continue;
      CAPTURE(line.name, line.value);
      CHECK(setting.take(line.value).empty());
    }
  }
}

TEST_CASE("what is missing is asked for") {
  CHECK(refusal("").find("which node is this") == 0);
  CHECK(refusal("--node 0").find("--node: 0 is not the id of a node") == 0);
  CHECK(refusal("--node 1").find("where is its data") == 0);
  CHECK(refusal("--node 1 --data-directory d").find("which key has it") == 0);
  CHECK(refusal("--node 1 --data-directory d --key k").find("node 1 has no peer address") == 0);
  CHECK(
      refusal("--node 1 --data-directory d --key k --peer-bind nonsense --client-bind 127.0.0.1:1").find("nonsense") !=
      std::string::npos);
}
