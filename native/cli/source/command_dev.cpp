// kelek dev: a cluster on this machine in one command, for trying things out.
#include <algorithm>
#include <csignal>

#include <fmt/format.h>

#include "asking.h"
#include "cli.h"
#include "local_cluster.h"

namespace kelek::cli {
namespace {

struct Given {
  std::size_t size = 3;
  std::string directory;
  bool keep = false;
  std::vector<std::string> agents = {"agent"};
  std::vector<std::string> serve_flags;
  std::string trace_folder;
};

void print_how_to(const Output& output, const LocalCluster& cluster, const Given& given, const WorkDirectory& work) {
  output.line(fmt::format("{} coordinators run on this machine. In another terminal:", cluster.size()));
  output.line();
  if (const std::string line = path_line(); !line.empty()) output.line(output.paint(Color::bold, "  " + line));
  output.line(output.paint(Color::bold, fmt::format("  export KELEK_CLUSTER={}", cluster.cluster_file())));
  output.line("  kelek status");
  output.line("  kelek kv put greeting hello");
  output.line("  kelek kv get greeting");
  output.line("  kelek watch &");
  output.line("  kelek lock deploy -- sh -c 'echo holding the lock with fence $KELEK_FENCE'");
  output.line();
  output.line("That is as the operator, who may do everything. As somebody who may only read and propose:");
  for (const std::string& agent : given.agents) output.line("  export KELEK_KEY=" + cluster.client_key(agent));
  output.line();
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const runtime::InitialMember& member = cluster.member(i);
    output.line(fmt::format("  node {}  clients {}  coordinators {}  log {}", member.id, member.client_address,
                            member.peer_address, cluster.log_file(i)));
  }
  output.line();
  if (!given.trace_folder.empty()) {
    output.line(fmt::format("What goes into their cores is recorded: kelek trace {}/*.trace", given.trace_folder));
  }
  output.line(fmt::format("Ctrl-C stops them{}",
                          work.kept() ? "; the files stay in " + work.path() : " and removes " + work.path()));
}

Json ready_event(LocalCluster& cluster, const Given& given, const WorkDirectory& work) {
  Json nodes = Json::array();
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const runtime::InitialMember& member = cluster.member(i);
    nodes.push_back({{"node", member.id},
                     {"client", member.client_address},
                     {"peer", member.peer_address},
                     {"pid", cluster.process(i).id()},
                     {"data_directory", cluster.node_directory(i)},
                     {"log", cluster.log_file(i)}});
  }
  Json agents = Json::object();
  for (const std::string& agent : given.agents) agents[agent] = cluster.client_key(agent);
  return {{"event", "ready"},
          {"cluster_file", cluster.cluster_file()},
          {"directory", work.path()},
          {"operator_key", cluster.client_key("operator")},
          {"agent_keys", agents},
          {"clients_file", cluster.clients_file()},
          {"nodes", nodes}};
}

/// Until a signal comes. Says when a coordinator ends by itself; starts nothing again.
void watch_over(LocalCluster& cluster, StopSignals& signals, const Output& output) {
  std::vector<bool> told(cluster.size(), false);
  while (signals.wait(std::chrono::milliseconds(200)) == 0) {
    for (std::size_t i = 0; i < cluster.size(); ++i) {
      const std::optional<int> status = cluster.process(i).ended();
      if (!status.has_value() || told[i]) continue;
      told[i] = true;
      const std::string text =
          fmt::format("node {} {}; its log is {}", cluster.member(i).id, status_text(*status), cluster.log_file(i));
      output.line(output.paint(Color::red, text));
      output.object(Json{{"event", "ended"}, {"node", cluster.member(i).id}, {"status", *status}});
    }
    if (std::all_of(told.begin(), told.end(), [](bool ended) { return ended; })) {
      throw failed("all coordinators have ended");
    }
  }
}

/// The first commands should find a leader.
void await_leader(const LocalCluster& cluster, StopSignals& signals) {
  client::ClientOptions options;
  options.coordinators = cluster.file().endpoints();
  options.key_file = cluster.client_key("operator");
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (ask_all(options, 500).leader() == nullptr && std::chrono::steady_clock::now() < end) {
    if (signals.wait(std::chrono::milliseconds(20)) != 0) throw Failed(exit_error, "interrupted", "interrupted");
  }
}

int dev(const Given& given, const Output& output) {
  if (given.size < 1 || given.size > 25) throw bad_use("between 1 and 25 coordinators");
  StopSignals signals;
  const WorkDirectory work(given.directory, given.keep || !given.directory.empty());
  std::vector<LocalClient> clients = {{"operator", "read,propose,admin", {}}};
  for (const std::string& agent : given.agents) {
    const bool usable = transport::is_client_name(agent) && agent.find('/') == std::string::npos && agent[0] != '.';
    if (!usable) throw bad_use("--agent '" + shortened(agent, 60) + "' is no name: letters, digits and . _ - @ + :");
    clients.push_back({agent, "read,propose", {}});
  }
  LocalCluster cluster(work.path(), "dev", given.size, clients, given.serve_flags);
  if (!given.trace_folder.empty()) {
    const WorkDirectory made(given.trace_folder, true);
    cluster.record_into(made.path());
  }
  cluster.start(signals);
  await_leader(cluster, signals);
  print_how_to(output, cluster, given, work);
  output.object(ready_event(cluster, given, work));
  watch_over(cluster, signals, output);
  output.line("stopping");
  cluster.stop(std::chrono::seconds(5));
  output.object(Json{{"event", "stopped"}});
  return exit_ok;
}

}  // namespace

void add_dev(Commands& commands) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(commands.app(), "dev", "a cluster on this machine, until Ctrl-C",
                                 "kelek dev -n 3\n"
                                 "kelek dev -n 5 --dir ./cluster        # the same again takes up what is there\n"
                                 "kelek dev --agent reviewer-1 --agent reviewer-2\n"
                                 "kelek dev --serve=--tick-ms=50        # options of kelek serve, for all of them\n"
                                 "kelek dev --trace ./traces            # then: kelek trace ./traces/*.trace");
  leaf.add_option("-n,--nodes", given->size, "how many coordinators")->capture_default_str();
  leaf.add_option("--dir", given->directory, "where keys, logs and data are, and stay; otherwise a temporary one");
  leaf.add_flag("--keep", given->keep, "do not remove the temporary directory at the end");
  leaf.add_option("--agent", given->agents, "a client that may read and propose; may be given several times")
      ->allow_extra_args(false)
      ->capture_default_str();
  leaf.add_option("--trace", given->trace_folder, "a folder in which each records what goes into its core");
  leaf.add_option("--serve", given->serve_flags, "an option for each kelek serve; may be given several times")
      ->allow_extra_args(false);
  commands.on_run(leaf, [&commands, given] { return dev(*given, commands.output()); });
}

}  // namespace kelek::cli
