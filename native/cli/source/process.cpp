// fork, exec, pidfd and signalfd.
#include "process.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <sstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "exit_codes.h"

extern char** environ;

namespace kelek::cli {
namespace {

using Clock = std::chrono::steady_clock;

int remaining_ms(Clock::time_point end) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
  return static_cast<int>(std::clamp<long long>(left + 1, 0, 60'000));
}

std::vector<std::string> child_environment(const SpawnOptions& options) {
  std::vector<std::string> all;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string text = *entry;
    const bool ours = options.clean_environment && text.rfind("KELEK_", 0) == 0;
    const auto replaces = [&text](const auto& pair) { return text.rfind(pair.first + "=", 0) == 0; };
    if (!ours && std::none_of(options.environment.begin(), options.environment.end(), replaces)) all.push_back(text);
  }
  for (const auto& [name, value] : options.environment) all.push_back(name + "=" + value);
  return all;
}

std::vector<char*> pointers_of(std::vector<std::string>& texts) {
  std::vector<char*> pointers;
  for (std::string& text : texts) pointers.push_back(text.data());
  pointers.push_back(nullptr);
  return pointers;
}

struct ChildSetup {
  pid_t parent;
  int output;
  int error;
  int failure;
  bool own_group;
  int death_signal;
  char** arguments;
  char** variables;
};

/// Between fork and exec: only calls that are safe there. Reports errno through the pipe `failure`.
[[noreturn]] void become(const ChildSetup& setup) {
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  signal(SIGPIPE,
         SIG_DFL);  // we ignore it (main.cpp); what is ignored would stay so in whatever program this becomes
  if (setup.own_group) setpgid(0, 0);
  if (setup.death_signal != 0) {
    prctl(PR_SET_PDEATHSIG, setup.death_signal);
    if (getppid() != setup.parent) _exit(127);  // it died before we asked
  }
  if (setup.output >= 0) dup2(setup.output, STDOUT_FILENO);
  if (setup.error >= 0) dup2(setup.error, STDERR_FILENO);
  environ = setup.variables;
  execvp(setup.arguments[0], setup.arguments);
  const int code = errno;
  const ssize_t ignored = write(setup.failure, &code, sizeof code);
  (void)ignored;
  _exit(127);
}

[[noreturn]] void cannot_start(const std::string& program, int code) {
  throw Failed(exit_error, code == ENOENT ? command_not_found : "cannot_start",
               fmt::format("cannot start {}: {}", program, std::strerror(code)));
}

}  // namespace

int shell_status(int wait_status) {
  if (WIFEXITED(wait_status)) return WEXITSTATUS(wait_status);
  return WIFSIGNALED(wait_status) ? 128 + WTERMSIG(wait_status) : 1;
}

std::string status_text(int status) {
  if (status > 128) return fmt::format("was killed by signal {} ({})", status - 128, strsignal(status - 128));
  return fmt::format("ended with exit code {}", status);
}

std::string own_program() {
  char path[4'096];
  const ssize_t size = readlink("/proc/self/exe", path, sizeof path - 1);
  if (size <= 0) throw failed(fmt::format("cannot read /proc/self/exe: {}", std::strerror(errno)));
  return std::string(path, static_cast<std::size_t>(size));
}

std::string path_line() {
  namespace fs = std::filesystem;
  const fs::path own = own_program();
  const char* path = std::getenv("PATH");
  std::istringstream folders(path == nullptr ? "" : path);
  for (std::string folder; std::getline(folders, folder, ':');) {
    std::error_code error;
    const fs::path candidate = fs::path(folder) / "kelek";
    if (fs::exists(candidate, error)) return fs::equivalent(candidate, own, error) ? "" : "alias kelek=" + own.string();
  }
  return own.filename() == "kelek" ? "export PATH=" + own.parent_path().string() + ":$PATH"
                                   : "alias kelek=" + own.string();
}

ChildProcess ChildProcess::start(const SpawnOptions& options) {
  std::vector<std::string> arguments = options.arguments;
  std::vector<std::string> variables = child_environment(options);
  const std::string program = arguments.at(0);
  std::vector<char*> argument_pointers = pointers_of(arguments);
  std::vector<char*> variable_pointers = pointers_of(variables);

  int output[2] = {-1, -1};
  int failure[2] = {-1, -1};
  int error = -1;
  if (pipe2(failure, O_CLOEXEC) != 0) cannot_start(program, errno);
  if (options.capture_output && pipe2(output, O_CLOEXEC) != 0) cannot_start(program, errno);
  if (!options.error_file.empty()) {
    error = open(options.error_file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
    if (error < 0) throw failed(fmt::format("cannot write {}: {}", options.error_file, std::strerror(errno)));
  }
  const ChildSetup setup{getpid(),
                         output[1],
                         error,
                         failure[1],
                         options.own_group,
                         options.death_signal,
                         argument_pointers.data(),
                         variable_pointers.data()};
  const pid_t id = fork();
  if (id == 0) become(setup);
  const int fork_error = errno;
  close(failure[1]);
  if (output[1] >= 0) close(output[1]);
  if (error >= 0) close(error);
  int code = 0;
  const bool started = id > 0 && read(failure[0], &code, sizeof code) <= 0;
  close(failure[0]);
  if (id > 0 && options.own_group) setpgid(id, id);  // the child does so too: whoever is first
  ChildProcess child(id, options.own_group, output[0]);
  if (id < 0) cannot_start(program, fork_error);
  child.process_ = static_cast<int>(syscall(SYS_pidfd_open, id, 0));
  if (!started) cannot_start(program, code);
  if (output[0] >= 0) fcntl(output[0], F_SETFL, O_NONBLOCK);
  return child;
}

ChildProcess::ChildProcess(ChildProcess&& other) noexcept {
  *this = std::move(other);
}

ChildProcess& ChildProcess::operator=(ChildProcess&& other) noexcept {
  if (this == &other) return *this;
  release();
  id_ = std::exchange(other.id_, -1);
  own_group_ = other.own_group_;
  output_ = std::exchange(other.output_, -1);
  process_ = std::exchange(other.process_, -1);
  buffered_ = std::move(other.buffered_);
  status_ = other.status_;
  return *this;
}

ChildProcess::~ChildProcess() {
  release();
}

void ChildProcess::release() {
  if (id_ > 0 && !ended().has_value()) {
    send(SIGKILL);
    while (waitpid(id_, nullptr, 0) < 0 && errno == EINTR) {
    }
  }
  if (output_ >= 0) close(output_);
  if (process_ >= 0) close(process_);
  id_ = output_ = process_ = -1;
}

void ChildProcess::send(int signal) const {
  if (id_ <= 0 || status_.has_value()) return;
  if (!own_group_ || kill(-id_, signal) != 0) kill(id_, signal);
}

std::optional<int> ChildProcess::ended() {
  if (status_.has_value() || id_ <= 0) return status_;
  int status = 0;
  if (waitpid(id_, &status, WNOHANG) == id_) status_ = shell_status(status);
  return status_;
}

std::optional<int> ChildProcess::wait(std::chrono::milliseconds timeout) {
  const Clock::time_point end = Clock::now() + timeout;
  while (!ended().has_value() && Clock::now() < end) {
    pollfd item{process_, POLLIN, 0};
    // Without a pidfd (a kernel before 5.3) there is nothing to wait on but time.
    poll(&item, process_ >= 0 ? 1 : 0, process_ >= 0 ? remaining_ms(end) : std::min(5, remaining_ms(end)));
  }
  return ended();
}

int ChildProcess::stop(std::chrono::milliseconds grace) {
  if (!ended().has_value()) {
    send(SIGTERM);
    if (!wait(grace).has_value()) {
      send(SIGKILL);
      (void)wait(std::chrono::seconds(10));
    }
  }
  return status_.value_or(128 + SIGKILL);
}

ChildProcess::ReadState ChildProcess::read_line(std::string& line, std::chrono::milliseconds timeout,
                                                int interrupt_descriptor) {
  const Clock::time_point end = Clock::now() + timeout;
  while (true) {
    const std::size_t newline = buffered_.find('\n');
    if (newline != std::string::npos) {
      line = buffered_.substr(0, newline);
      buffered_.erase(0, newline + 1);
      return ReadState::line;
    }
    pollfd items[2] = {{output_, POLLIN, 0}, {interrupt_descriptor, POLLIN, 0}};
    const int ready = poll(items, interrupt_descriptor >= 0 ? 2 : 1, remaining_ms(end));
    if (ready < 0 && errno != EINTR) return ReadState::end;
    if (ready > 0 && items[0].revents != 0) {
      char block[4'096];
      const ssize_t size = read(output_, block, sizeof block);
      if (size == 0) return ReadState::end;
      if (size > 0) buffered_.append(block, static_cast<std::size_t>(size));
      continue;
    }
    if (ready > 0 && items[1].revents != 0) return ReadState::interrupted;
    if (Clock::now() >= end) return ReadState::timeout;
  }
}

StopSignals::StopSignals() {
  sigset_t set;
  sigemptyset(&set);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&set, signal);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
  descriptor_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (descriptor_ < 0) throw failed(fmt::format("cannot await signals: {}", std::strerror(errno)));
}

StopSignals::~StopSignals() {
  if (descriptor_ >= 0) close(descriptor_);
}

int StopSignals::wait(std::chrono::milliseconds timeout) {
  const Clock::time_point end = Clock::now() + timeout;
  do {
    pollfd item{descriptor_, POLLIN, 0};
    if (poll(&item, 1, remaining_ms(end)) > 0) {
      signalfd_siginfo info{};
      if (read(descriptor_, &info, sizeof info) == static_cast<ssize_t>(sizeof info)) {
        came_ = true;
        return static_cast<int>(info.ssi_signo);
      }
    }
  } while (Clock::now() < end);
  return 0;
}

bool StopSignals::came() {
  if (!came_) (void)wait(std::chrono::milliseconds(0));
  return came_;
}

}  // namespace kelek::cli
