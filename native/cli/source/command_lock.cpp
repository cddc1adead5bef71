// kelek lock NAME -- CMD: runs a command while a lock is held, and stops it when the lock is lost.
#include <csignal>

#include <fmt/format.h>
#include <unistd.h>

#include <kelek/client/lock.h>

#include "arguments.h"
#include "json_of.h"
#include "process.h"

namespace kelek::cli {
namespace {

constexpr std::chrono::milliseconds look_interval{20};

struct Given {
  std::string name, ttl = "10s", wait, grace = "5s";
  bool try_once = false, list = false, show = false;
  std::vector<std::string> command;
};

/// Lends the terminal to the command's group, so that it can read from it and Ctrl-C reaches it; takes it back at the
/// end.
class Foreground {
 public:
  explicit Foreground(pid_t group) : lent_(isatty(STDIN_FILENO) == 1 && tcgetpgrp(STDIN_FILENO) == getpgrp()) {
    if (!lent_) return;
    std::signal(SIGTTOU, SIG_IGN);
    tcsetpgrp(STDIN_FILENO, group);
    kill(-group, SIGCONT);  // it may have asked for input already
  }
  ~Foreground() {
    if (lent_) tcsetpgrp(STDIN_FILENO, getpgrp());
  }
  Foreground(const Foreground&) = delete;
  Foreground& operator=(const Foreground&) = delete;

 private:
  bool lent_;
};

Failed lost(const std::string& name) {
  return {exit_refused, "lock_lost", fmt::format("the lock '{}' was lost; the command was stopped", printable(name))};
}

/// Throws Failed with the exit code that a shell gives: 127 for a command that is not there, 126 for one that
/// cannot be started.
ChildProcess start_command(const SpawnOptions& spawn) {
  try {
    return ChildProcess::start(spawn);
  } catch (Failed& failure) {
    failure.exit_code = failure.kind == command_not_found ? 127 : 126;
    throw;
  }
}

/// The command's own status; throws Failed if the lock is lost before it ends.
int supervise(client::Client& client, client::LockHold& hold, ChildProcess& child, StopSignals& signals,
              const Given& given) {
  const std::chrono::milliseconds grace(parse_duration(given.grace, "--grace"));
  while (true) {
    if (const std::optional<int> status = child.wait(std::chrono::milliseconds(0))) return *status;
    client.run(std::chrono::milliseconds(1));
    hold.keep();
    if (const int signal = signals.wait(look_interval)) child.send(signal);
    if (hold.held()) continue;
    (void)child.stop(grace);
    throw lost(given.name);
  }
}

int run_under_lock(client::Client& client, const Given& given, const client::CallOptions& call, const Output& output) {
  if (given.command.empty()) throw bad_use("what is to be done under the lock? kelek lock NAME -- COMMAND ...");
  StopSignals signals;
  client::LockOptions options;
  options.lock = given.name;
  options.ttl_ms = parse_duration(given.ttl, "--ttl");
  // Without --wait and --try it waits for as long as a lease may last.
  options.wait_ms = given.try_once       ? 0
                    : given.wait.empty() ? std::uint64_t{24} * 3'600'000
                                         : parse_duration(given.wait, "--wait");
  client::Answer<std::unique_ptr<client::LockHold>> acquired = client::LockHold::acquire(client, options);
  need(acquired);
  client::LockHold& hold = *acquired.value;
  output.object(Json{{"event", "held"}, {"lock", given.name}, {"fence", hold.fence()}, {"holder", hold.holder()}});
  SpawnOptions spawn;
  spawn.arguments = given.command;
  spawn.environment = {{"KELEK_FENCE", std::to_string(hold.fence())}, {"KELEK_LOCK", given.name}};
  // A group of its own: when the lock is lost, all that the command has started is stopped with it.
  spawn.own_group = true;
  spawn.death_signal = SIGTERM;
  ChildProcess child = start_command(spawn);
  const Foreground foreground(child.id());
  const int status = supervise(client, hold, child, signals, given);
  (void)hold.release();
  (void)call;
  output.object(Json{{"event", "released"}, {"lock", given.name}, {"exit_code", status}});
  return status;
}

int list_locks(client::Client& client, const client::CallOptions& call, const Output& output) {
  Table table({"lock", "holder", "fence", "until", "waiting"});
  wire::ByName part;
  bool more = true;
  while (more) {
    const wire::LockListAnswer answer = take(client.ask(wire::LockListQuery{part}, call));
    for (const wire::LockSummary& lock : answer.locks) {
      table.add({printable(lock.lock), lock.holder, std::to_string(lock.fence), time_text(lock.deadline_ms),
                 std::to_string(lock.waiters)});
      output.object(json_of(lock));
      part.after = lock.lock;
    }
    more = answer.more && !answer.locks.empty();
  }
  output.line(table.text(output));
  return exit_ok;
}

int show_lock(client::Client& client, const std::string& name, const client::CallOptions& call, const Output& output) {
  const wire::LockGetAnswer answer = take(client.ask(wire::LockGetQuery{name}, call));
  const machine::Lock lock = answer.lock.value_or(machine::Lock{});
  if (lock.hold.has_value()) {
    output.line(fmt::format("held by {} with fence {} until {}; {} waiting", lock.hold->holder, lock.hold->fence,
                            time_text(lock.hold->deadline_ms), lock.waiters.size()));
  } else {
    output.line("free");
  }
  output.object(json_of(name, lock));
  return exit_ok;
}

}  // namespace

void add_lock(Commands& commands) {
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      commands.app(), "lock", "run a command while a lock is held",
      "kelek lock deploy -- ./deploy.sh                 # KELEK_FENCE and KELEK_LOCK are set\n"
      "kelek lock deploy --try -- ./deploy.sh           # exit code 3 at once if somebody else holds it\n"
      "kelek lock deploy --wait 30s --ttl 5s -- ./deploy.sh\n"
      "kelek lock deploy --show\nkelek lock --list\n"
      "Exit code: the command's (128 + the signal that ended it; 127 if there is none of that name, 126 if "
      "it cannot be\n"
      "started). When the lock is lost the command is stopped, and the exit code is 3.\n"
      "What the lock protects should refuse a KELEK_FENCE below the largest it has seen.");
  leaf.add_option("name", given->name, "the lock");
  leaf.add_option("command", given->command, "what to run, after --");
  CLI::Option* once = leaf.add_flag("--try", given->try_once, "do not wait");
  leaf.add_option("--wait", given->wait, "wait at most so long; otherwise as long as it takes")->excludes(once);
  leaf.add_option("--ttl", given->ttl, "the lease: so long after its holder's last sign of life the lock is free")
      ->capture_default_str();
  leaf.add_option("--grace", given->grace, "time between SIGTERM and SIGKILL when the lock is lost")
      ->capture_default_str();
  leaf.add_flag("--list", given->list, "show all locks instead");
  leaf.add_flag("--show", given->show, "show this lock instead");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    if (given->list) return list_locks(client, call, commands.output());
    if (given->name.empty()) throw bad_use("which lock? kelek lock NAME -- COMMAND ...");
    if (given->show) return show_lock(client, given->name, call, commands.output());
    return run_under_lock(client, *given, call, commands.output());
  });
}

}  // namespace kelek::cli
