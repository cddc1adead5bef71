// kelek: one executable for coordinators, clients and operators. The subcommands are in command_*.cpp.
#include "cli.h"

int main(int count, char** arguments) {
  using namespace kelek::cli;
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
  add_completion(commands);
  return commands.run(count, arguments);
}
