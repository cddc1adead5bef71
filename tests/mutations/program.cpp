// Processes and pipes.
#include "program.h"

#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace kelek::mutants {
namespace {

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

[[noreturn]] void become(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                         unsigned cpu_seconds) {
  const rlimit limit{cpu_seconds, cpu_seconds};
  setrlimit(RLIMIT_CPU, &limit);
  for (const std::string& variable : environment) putenv(const_cast<char*>(variable.c_str()));
  std::vector<char*> arguments;
  for (const std::string& argument : command) arguments.push_back(const_cast<char*>(argument.c_str()));
  arguments.push_back(nullptr);
  execv(arguments[0], arguments.data());
  _exit(127);
}

}  // namespace

std::string read_all(int input) {
  std::string text;
  char buffer[4096];
  for (;;) {
    const ssize_t count = read(input, buffer, sizeof buffer);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return text;
    text.append(buffer, static_cast<std::size_t>(count));
  }
}

Ended run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                  unsigned cpu_seconds) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (process == 0) {
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    become(command, environment, cpu_seconds);
  }
  close(ends[1]);
  Ended ended;
  ended.output = read_all(ends[0]);
  close(ends[0]);
  int status = 0;
  rusage used{};
  wait4(process, &status, 0, &used);
  ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  ended.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  if (ended.status == 127) throw std::runtime_error("cannot run " + command.front());
  return ended;
}

}  // namespace kelek::mutants
