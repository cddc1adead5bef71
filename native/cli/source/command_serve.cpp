// kelek serve: one coordinator as a process, until a signal asks it to stop.
#include <csignal>
#include <cstdio>

#include <fmt/format.h>
#include <unistd.h>

#include <kelek/runtime/allocator.h>
#include <kelek/runtime/coordinator.h>

#include "cli.h"
#include "serve_settings.h"

namespace kelek::cli {
namespace {

runtime::Coordinator* running = nullptr;

void on_stop_signal(int) {
  if (running != nullptr) running->request_stop();
}

void handle_signals() {
  struct sigaction action {};
  action.sa_handler = on_stop_signal;
  // The second one ends the process at once, as kill -9 would: a clean stop waits for a disk that may never answer.
  action.sa_flags = static_cast<int>(SA_RESETHAND);
  sigemptyset(&action.sa_mask);
  sigaction(SIGINT, &action, nullptr);
  sigaction(SIGTERM, &action, nullptr);
}

/// Nobody may be reading (any more): a coordinator serves all the same.
void announce(const Output& output, const std::string& sentence, const Json& event) {
  try {
    output.line(sentence);
    output.object(event);
  } catch (const Failed&) {
  }
}

Failed failure_of(const runtime::Failure& failure) {
  return {exit_code_of(failure.kind), runtime::failure_name(failure.kind), failure.text};
}

int serve(ServeSettings& settings, const Output& output) {
  runtime::keep_freed_memory();
  const runtime::CoordinatorOptions options = settings.options();
  runtime::Result<std::unique_ptr<runtime::Coordinator>> opened = runtime::Coordinator::open(options);
  if (!opened.ok()) throw failure_of(opened.failure());
  running = opened.value().get();
  handle_signals();
  const std::string& peer = runtime::advertised_peer(options);
  const std::string& client = runtime::advertised_client(options);
  announce(output,
           fmt::format("node {} of cluster '{}' serves clients at {} and coordinators at {} (pid {})", options.node_id,
                       options.cluster, client, peer, getpid()),
           Json{{"event", "serving"},
                {"node", options.node_id},
                {"cluster", options.cluster},
                {"client", client},
                {"peer", peer},
                {"pid", getpid()}});
  const runtime::Failure failure = opened.value()->run();
  running = nullptr;
  if (failure.failed()) throw failure_of(failure);
  announce(output, fmt::format("node {} stopped cleanly", options.node_id),
           Json{{"event", "stopped"}, {"node", options.node_id}});
  return exit_ok;
}

}  // namespace

void add_serve(Commands& commands) {
  CLI::App& leaf = commands.leaf(
      commands.app(), "serve",
      "run one coordinator in the foreground, until SIGINT or SIGTERM stops it cleanly (a second one, at once)",
      "kelek serve --node 1 --cluster cluster.conf --key node1.key --data-directory node1 "
      "--clients clients.conf\n"
      "kelek serve --config kelek.conf\n"
      "kelek serve --print-sample-config > kelek.conf\n"
      "kelek serve --node 4 --join --cluster cluster.conf --peer-bind 10.0.0.4:7001 "
      "--client-bind 10.0.0.4:7101 --key node4.key --data-directory node4");
  const auto settings = std::make_shared<ServeSettings>();
  const auto print_sample = std::make_shared<bool>(false);
  leaf.add_flag("--print-sample-config", *print_sample, "print a sample file that documents every option, and end");
  settings->add_flags(leaf);
  commands.on_run(leaf, [&commands, settings, print_sample] {
    if (*print_sample) {
      write_out(settings->sample());
      return exit_ok;
    }
    return serve(*settings, commands.output());
  });
}

}  // namespace kelek::cli
