// kelek: one executable for coordinators, clients and operators. The subcommands are in command_*.cpp.
#include <csignal>

#include <fcntl.h>
#include <unistd.h>

#include "cli.h"

namespace {

/// Where the shell closed one of the three (`>&-`), the next file that is opened would take its number: a
/// line meant for standard output would then be written into the log of a coordinator.
void open_standard_descriptors() {
  int descriptor = 0;
  do {
    descriptor = open("/dev/null", O_RDWR);
  } while (descriptor >= 0 && descriptor <= 2);
  if (descriptor > 2) close(descriptor);
}

}  // namespace

int main(int count, char** arguments) {
  using namespace kelek::cli;
  open_standard_descriptors();
  // Whoever reads our output may go; what was started has to be stopped and tidied up first (cli.cpp ends by
  // it).
  std::signal(SIGPIPE, SIG_IGN);
  Commands commands;
  add_serve(commands);
  add_dev(commands);
  add_demo(commands);
  add_keys(commands);
  add_status(commands);
  add_members(commands);
  add_transfer(commands);
  add_kv(commands);
  add_topic(commands);
  add_ballot(commands);
  add_grant(commands);
  add_policy(commands);
  add_lock(commands);
  add_watch(commands);
  add_session(commands);
  add_snapshot(commands);
  add_doctor(commands);
  add_bench(commands);
  add_scenario(commands);
  add_history(commands);
  add_sim(commands);
  add_trace(commands);
  add_completion(commands);
  return commands.run(count, arguments);
}
