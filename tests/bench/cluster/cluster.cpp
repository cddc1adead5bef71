// Processes, pipes, ports and keys of a cluster.
#include "cluster.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <signal.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <kelek/transport/keys.h>

namespace kelek::bench {
namespace {

[[noreturn]] void fail(const std::string& what) {
  std::fprintf(stderr, "error: %s\n", what.c_str());
  std::exit(1);
}

/// Ports that nobody listens at now: all are held at once, so that they differ.
std::vector<std::uint16_t> free_ports(std::size_t count) {
  std::vector<int> sockets;
  std::vector<std::uint16_t> ports;
  for (std::size_t i = 0; i < count; ++i) {
    const int listener = socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    if (bind(listener, reinterpret_cast<sockaddr*>(&address), sizeof address) != 0 ||
        getsockname(listener, reinterpret_cast<sockaddr*>(&address), &length) != 0) {
      fail("no free port");
    }
    sockets.push_back(listener);
    ports.push_back(ntohs(address.sin_port));
  }
  for (const int listener : sockets) close(listener);
  return ports;
}

void write_key(const std::string& file) {
  auto keys = transport::generate_key_pair();
  if (!keys.ok() || !transport::write_key_file(file, keys.value()).ok()) fail("no key could be written to " + file);
}

}  // namespace

Cluster::Cluster(const std::string& program, const std::string& folder, std::uint64_t size, bool curve, bool log_thread,
                 bool traced)
    : program_(program) {
  std::string made = folder + "/cluster-XXXXXX";
  if (mkdtemp(made.data()) == nullptr) fail("no folder could be made in " + folder);
  const auto ports = free_ports(2 * size);
  const auto middle = ports.begin() + static_cast<std::ptrdiff_t>(size);
  plan_ = {made, {ports.begin(), middle}, {middle, ports.end()}, curve, log_thread, traced};
  for (std::uint64_t id = 1; id <= size; ++id) write_key(plan_.key_file(id));
  write_key(plan_.client_key_file());
  processes_.resize(size);
  for (std::uint64_t id = 1; id <= size; ++id) start(id);
}

Cluster::~Cluster() {
  for (Process& process : processes_) end(process, SIGKILL);
  std::error_code ignored;
  std::filesystem::remove_all(plan_.folder, ignored);
}

void Cluster::start(std::uint64_t id) {
  std::array<int, 2> to{};
  std::array<int, 2> from{};
  if (pipe2(to.data(), O_CLOEXEC) != 0 || pipe2(from.data(), O_CLOEXEC) != 0) fail("no pipe");
  const std::string plan = plan_.text();
  const std::string number = std::to_string(id);
  Process& process = processes_[id - 1];
  process.id = fork();
  if (process.id == 0) {
    dup2(to[0], STDIN_FILENO);
    dup2(from[1], STDOUT_FILENO);
    execl(program_.c_str(), program_.c_str(), "--member", number.c_str(), plan.c_str(), nullptr);
    std::_Exit(127);
  }
  close(to[0]);
  close(from[1]);
  process.input = fdopen(to[1], "w");
  process.output = fdopen(from[0], "r");
}

void Cluster::end(Process& process, int signal) {
  if (process.id == 0) return;
  ::kill(process.id, signal);
  waitpid(process.id, nullptr, 0);
  std::fclose(process.input);
  std::fclose(process.output);
  process = {};
}

void Cluster::kill(std::uint64_t id) {
  end(processes_[id - 1], SIGKILL);
}

std::string Cluster::ask(std::uint64_t id, const std::string& line) {
  Process& process = processes_[id - 1];
  if (process.id == 0) return {};
  std::fprintf(process.input, "%s\n", line.c_str());
  std::fflush(process.input);
  std::array<char, 256> answer{};
  if (std::fgets(answer.data(), answer.size(), process.output) == nullptr) fail("a member has gone");
  return answer.data();
}

std::uint64_t Cluster::leader() {
  for (std::uint64_t id = 1; id <= processes_.size(); ++id) {
    const std::string answer = ask(id, "leader");
    const std::uint64_t leader = std::strtoull(answer.c_str(), nullptr, 10);
    if (leader != 0) return leader;
  }
  fail("no leader was found");
}

std::uint64_t Cluster::cpu_ns() const {
  std::uint64_t total = 0;
  for (const Process& process : processes_) {
    if (process.id == 0) continue;
    clockid_t clock{};
    timespec now{};
    if (clock_getcpuclockid(process.id, &clock) != 0 || clock_gettime(clock, &now) != 0) fail("a member has gone");
    total += static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
  }
  return total;
}

std::uint64_t Cluster::trace_bytes() const {
  std::uint64_t total = 0;
  for (std::size_t id = 1; id <= processes_.size(); ++id) {
    std::error_code ignored;
    total += std::filesystem::file_size(plan_.trace_file(id), ignored);
  }
  return total;
}

std::uint64_t Cluster::resident_bytes(std::uint64_t id) const {
  std::ifstream statm("/proc/" + std::to_string(processes_[id - 1].id) + "/statm");
  std::uint64_t total_pages = 0;
  std::uint64_t resident_pages = 0;
  statm >> total_pages >> resident_pages;
  return resident_pages * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace kelek::bench
