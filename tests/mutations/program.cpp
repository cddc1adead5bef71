// Processes and pipes.
#include "program.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
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

bool read_some(int input, std::string& text) {
  char buffer[4096];
  const ssize_t count = read(input, buffer, sizeof buffer);
  if (count > 0) text.append(buffer, static_cast<std::size_t>(count));
  return count > 0 || (count < 0 && errno == EINTR);
}

/// Takes what it writes until it ends. A test that fails may leave processes of its own behind, which hold the pipe
/// open: they end with it. So does one that waits for ever.
int wait_for(pid_t process, int output, std::chrono::seconds most, Ended& ended) {
  const auto deadline = std::chrono::steady_clock::now() + most;
  int status = 0;
  rusage used{};
  for (pid_t over = 0; over == 0;) {
    pollfd readable{output, POLLIN, 0};
    if (poll(&readable, 1, 50) > 0) read_some(output, ended.output);
    if (std::chrono::steady_clock::now() > deadline) kill(-process, SIGKILL);
    over = wait4(process, &status, WNOHANG, &used);
  }
  kill(-process, SIGKILL);
  ended.output += read_all(output);
  ended.cpu_seconds = seconds(used.ru_utime) + seconds(used.ru_stime);
  return status;
}

}  // namespace

std::string read_all(int input) {
  std::string text;
  while (read_some(input, text)) {
  }
  return text;
}

Ended run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                  unsigned cpu_seconds) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error(std::string("pipe: ") + std::strerror(errno));
  const pid_t process = fork();
  if (process < 0) throw std::runtime_error(std::string("fork: ") + std::strerror(errno));
  if (process == 0) {
    setpgid(0, 0);
    dup2(ends[1], STDOUT_FILENO);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    become(command, environment, cpu_seconds);
  }
  close(ends[1]);
  Ended ended;
  const int status = wait_for(process, ends[0], std::chrono::seconds(60 + 4 * cpu_seconds), ended);
  close(ends[0]);
  ended.signal = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  ended.status = WIFEXITED(status) ? WEXITSTATUS(status) : 0;
  if (ended.status == 127) throw std::runtime_error("cannot run " + command.front());
  return ended;
}

}  // namespace kelek::mutants
