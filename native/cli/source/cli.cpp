// The skeleton of the command line: parsing, running, reporting.
#include "cli.h"

#include <csignal>
#include <cstdlib>
#include <cstring>
#include <new>
#include <sstream>

#include <fmt/format.h>
#include <CLI/CLI.hpp>

namespace kelek::cli {
namespace {

bool is_yes(const char* text) {
  return text != nullptr && *text != '\0' && std::strcmp(text, "0") != 0 && std::strcmp(text, "no") != 0;
}

/// --json among the arguments before "--": for errors that come before the arguments are understood.
bool wants_json(int count, char** arguments) {
  for (int i = 1; i < count && std::strcmp(arguments[i], "--") != 0; ++i) {
    if (std::strcmp(arguments[i], "--json") == 0) return true;
  }
  return is_yes(std::getenv("KELEK_JSON"));
}

const CLI::App* chosen(const CLI::App& app) {
  const std::vector<const CLI::App*> next = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* one : next) {
    if (one->parsed()) return chosen(*one);
  }
  return &app;
}

std::string command_path(const CLI::App& app) {
  const std::string parent = app.get_parent() == nullptr ? "" : command_path(*app.get_parent()) + " ";
  return parent + app.get_name();
}

std::string indented(const std::string& lines) {
  std::istringstream stream(lines);
  std::string all = "Examples:";
  std::string line;
  while (std::getline(stream, line)) all += "\n  " + line;
  return all;
}

}  // namespace

Commands::Commands()
    : app_("Kelek: coordinators that agree. One executable for servers, clients and operators.", "kelek") {
  app_.require_subcommand(1);
  app_.set_version_flag("--version", std::string("kelek ") + KELEK_VERSION);
  app_.set_help_flag("-h,--help", "what can be done, and how");
  app_.get_formatter()->column_width(34);
  app_.footer(
      "kelek COMMAND --help says more. A first look: kelek demo, or kelek dev -n 3.\n"
      "Exit codes: 0 ok, 1 error, 2 bad use, 3 refused or conflict, 4 no leader or timeout.");
}

CLI::App& Commands::group(const std::string& name, const std::string& help) {
  CLI::App* group = app_.add_subcommand(name, help);
  group->require_subcommand(1);
  return *group;
}

CLI::App& Commands::leaf(CLI::App& parent, const std::string& name, const std::string& help,
                         const std::string& examples) {
  CLI::App* leaf = parent.add_subcommand(name, help);
  leaf->add_flag("--json", output_.json, "JSON for programs, one object a line (or KELEK_JSON=1)");
  leaf->footer(indented(examples));
  return *leaf;
}

void Commands::on_run(CLI::App& leaf, std::function<int()> action) {
  leaf.callback([this, action = std::move(action)] { action_ = action; });
}

std::shared_ptr<Connection> Commands::connection(CLI::App& leaf) {
  auto connection = std::make_shared<Connection>();
  connection->add_flags(leaf);
  return connection;
}

void Commands::on_client(CLI::App& leaf, std::function<int(client::Client&, const client::CallOptions&)> action) {
  on_run(leaf, [connection = connection(leaf), action = std::move(action)] {
    const std::unique_ptr<client::Client> client = connection->open();
    const SessionGuard guard(*client);
    return action(*client, connection->call());
  });
}

int Commands::run(int count, char** arguments) {
  output_.json = wants_json(count, arguments);
  try {
    app_.parse(count, arguments);
  } catch (const CLI::CallForHelp&) {
    return guarded([this] {
      const CLI::App* command = chosen(app_);
      const CLI::App* parent = command->get_parent();
      write_out(command->help(parent == nullptr ? "" : command_path(*parent)));
      return exit_ok;
    });
  } catch (const CLI::CallForVersion& version) {
    return guarded([&version] {
      write_out(std::string(version.what()) + "\n");
      return exit_ok;
    });
  } catch (const CLI::ParseError& error) {
    const bool is_word = count > 1 && arguments[1][0] != '-';
    if (is_word && app_.get_subcommands([&](const CLI::App* one) { return one->get_name() == arguments[1]; }).empty()) {
      return output_.report(bad_use(fmt::format("there is no command '{}' (see: kelek --help)", arguments[1])));
    }
    const std::string path = command_path(*chosen(app_));
    std::string text = error.what();
    for (char& character : text) {
      if (character == '\n') character = ' ';
    }
    return output_.report(bad_use(fmt::format("{} (see: {} --help)", text, path)));
  }
  return guarded(action_ ? action_ : [] { return exit_bad_use; });
}

int Commands::guarded(const std::function<int()>& action) const {
  try {
    return action();
  } catch (const Failed& failure) {
    if (failure.kind == output_closed) {
      // Everything is tidied up by now: end as any program does whose reader has gone.
      std::signal(SIGPIPE, SIG_DFL);
      std::raise(SIGPIPE);
    }
    return output_.report(failure);
  } catch (const std::bad_alloc&) {
    return output_.report(failed("out of memory"));
  } catch (const std::exception& error) {
    return output_.report(failed(error.what()));
  }
}

}  // namespace kelek::cli
