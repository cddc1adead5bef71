// Commands: how the subcommands are put together. Each command_*.cpp adds its own; main runs the one that was chosen.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include <CLI/App.hpp>
#include <CLI/Config.hpp>
#include <CLI/Formatter.hpp>

#include "connection.h"
#include "output.h"

namespace kelek::cli {

class Commands {
 public:
  Commands();

  CLI::App& app() { return app_; }
  Output& output() { return output_; }

  /// A command with subcommands of its own, one of which is needed.
  CLI::App& group(const std::string& name, const std::string& help);
  /// A command that does something: gets --json and an epilogue of examples, one a line.
  CLI::App& leaf(CLI::App& parent, const std::string& name, const std::string& help, const std::string& examples);

  /// What a chosen leaf does; gives the exit code, or throws Failed.
  void on_run(CLI::App& leaf, std::function<int()> action);

  /// For leaves that talk to a cluster: adds the connection options. The action gets a client.
  std::shared_ptr<Connection> connection(CLI::App& leaf);
  void on_client(CLI::App& leaf, std::function<int(client::Client&, const client::CallOptions&)> action);

  /// Parses, runs, reports; the exit code of the process.
  int run(int count, char** arguments);

 private:
  /// Runs it, and reports what it throws.
  int guarded(const std::function<int()>& action) const;

  CLI::App app_;
  Output output_;
  std::function<int()> action_;
};

void add_serve(Commands& commands);
void add_dev(Commands& commands);
void add_demo(Commands& commands);
void add_keys(Commands& commands);
void add_status(Commands& commands);
void add_members(Commands& commands);
void add_transfer(Commands& commands);
void add_kv(Commands& commands);
void add_topic(Commands& commands);
void add_ballot(Commands& commands);
void add_grant(Commands& commands);
void add_policy(Commands& commands);
void add_lock(Commands& commands);
void add_watch(Commands& commands);
void add_session(Commands& commands);
void add_snapshot(Commands& commands);
void add_doctor(Commands& commands);
void add_bench(Commands& commands);
void add_scenario(Commands& commands);
void add_history(Commands& commands);
void add_sim(Commands& commands);
void add_explore(Commands& commands, CLI::App& group);
void add_trace(Commands& commands);
void add_completion(Commands& commands);

}  // namespace kelek::cli
