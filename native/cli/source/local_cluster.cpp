// Keys, ports, files and processes of a cluster on one machine.
#include "local_cluster.h"

#include <cerrno>
#include <csignal>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>

#include <fmt/format.h>

#include <kelek/transport/keys.h>

#include "output.h"
#include "ports.h"
#include "settings.h"

namespace kelek::cli {
namespace {

namespace fs = std::filesystem;
constexpr std::chrono::seconds start_deadline{20};
constexpr int port_attempts = 5;

/// A key file that is there is kept: the cluster knows it.
transport::PublicKey key_at(const std::string& path) {
  if (fs::exists(path)) {
    transport::Result<transport::KeyPair> keys = transport::read_key_file(path);
    if (!keys.ok()) throw bad_use(keys.error().text);
    return keys->public_key;
  }
  transport::Result<transport::KeyPair> keys = transport::generate_key_pair();
  if (!keys.ok()) throw failed(keys.error().text);
  const transport::Status written = transport::write_key_file(path, *keys);
  if (!written.ok()) throw failed(written.error().text);
  return keys->public_key;
}

std::string last_line_of(const std::string& path) {
  std::ifstream file(path);
  std::string last;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty()) last = line;
  }
  return last;
}

std::string temporary_folder() {
  const char* folder = std::getenv("TMPDIR");
  return folder != nullptr && *folder != '\0' ? folder : "/tmp";
}

}  // namespace

WorkDirectory::WorkDirectory(const std::string& path, bool keep) : path_(path), keep_(keep) {
  std::error_code error;
  if (path_.empty()) {
    path_ = temporary_folder() + "/kelek-XXXXXX";
    if (mkdtemp(path_.data()) == nullptr) {
      throw failed(fmt::format("cannot make a directory in {}: {}", temporary_folder(), std::strerror(errno)));
    }
    return;
  }
  if (!fs::is_directory(path_, error)) fs::create_directories(path_, error);
  if (error) throw failed(fmt::format("cannot make the directory {}: {}", path_, error.message()));
  path_ = fs::absolute(path_).lexically_normal().string();
}

WorkDirectory::~WorkDirectory() {
  if (keep_) return;
  std::error_code ignored;
  fs::remove_all(path_, ignored);
}

void write_text_file(const std::string& path, const std::string& text) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) throw failed(fmt::format("cannot write {}: {}", path, std::strerror(errno)));
}

LocalCluster::LocalCluster(std::string directory, std::string name, std::size_t size,
                           const std::vector<LocalClient>& clients, std::vector<std::string> serve_flags)
    : directory_(std::move(directory)), serve_flags_(std::move(serve_flags)) {
  if (fs::exists(cluster_file())) {
    file_ = read_cluster_file(cluster_file());
    was_there_ = true;
    if (file_.coordinators.size() != size) {
      throw bad_use(fmt::format("{} has a cluster of {} coordinators already, not {}", directory_,
                                file_.coordinators.size(), size));
    }
  } else {
    file_.cluster = std::move(name);
    make_keys(clients, size);
    choose_ports();
    write_files();
  }
  processes_.resize(this->size());
}

std::string LocalCluster::node_directory(std::size_t position) const {
  return fmt::format("{}/node{}", directory_, member(position).id);
}

std::string LocalCluster::log_file(std::size_t position) const {
  return fmt::format("{}/node{}.log", directory_, member(position).id);
}

void LocalCluster::make_keys(const std::vector<LocalClient>& clients, std::size_t size) {
  std::string lines = "# Who may call: public key, name, roles.\n";
  for (const LocalClient& client : clients) {
    lines += fmt::format("{}  {}  {}\n", key_at(client_key(client.file_stem())).text(), client.name, client.roles);
  }
  write_text_file(clients_file(), lines);
  for (std::size_t i = 1; i <= size; ++i) {
    runtime::InitialMember member;
    member.id = i;
    member.public_key = key_at(fmt::format("{}/node{}.key", directory_, i)).text();
    file_.coordinators.push_back(member);
  }
  if (!clients.empty()) file_.key_file = clients.front().file_stem() + ".key";
}

void LocalCluster::choose_ports() {
  const std::vector<std::uint16_t> ports = free_ports(2 * size());
  for (std::size_t i = 0; i < size(); ++i) {
    file_.coordinators[i].peer_address = fmt::format("127.0.0.1:{}", ports[2 * i]);
    file_.coordinators[i].client_address = fmt::format("127.0.0.1:{}", ports[2 * i + 1]);
  }
}

void LocalCluster::write_files() {
  write_text_file(cluster_file(), format(file_));
}

std::string LocalCluster::trace_file(std::size_t position) const {
  return fmt::format("{}/node{}.trace", trace_folder_, member(position).id);
}

void LocalCluster::spawn(std::size_t position) {
  SpawnOptions options;
  const std::string id = std::to_string(member(position).id);
  options.arguments = {own_program(),
                       "serve",
                       "--json",
                       "--node",
                       id,
                       "--cluster",
                       cluster_file(),
                       "--key",
                       fmt::format("{}/node{}.key", directory_, id),
                       "--data-directory",
                       node_directory(position),
                       "--clients",
                       clients_file()};
  if (!trace_folder_.empty()) options.arguments.insert(options.arguments.end(), {"--trace", trace_file(position)});
  options.arguments.insert(options.arguments.end(), serve_flags_.begin(), serve_flags_.end());
  options.clean_environment = true;
  options.capture_output = true;
  options.error_file = log_file(position);
  processes_[position] = std::make_unique<ChildProcess>(ChildProcess::start(options));
}

LocalCluster::Started LocalCluster::await(std::size_t position, StopSignals& signals) {
  ChildProcess& child = process(position);
  const std::string who = fmt::format("coordinator {}", member(position).id);
  std::string line;
  while (true) {
    switch (child.read_line(line, start_deadline, signals.descriptor())) {
      case ChildProcess::ReadState::interrupted: throw Failed(exit_error, "interrupted", "interrupted");
      case ChildProcess::ReadState::timeout:
        throw failed(
            fmt::format("{} is not ready after {} s; see {}", who, start_deadline.count(), log_file(position)));
      case ChildProcess::ReadState::end: {
        const std::optional<int> status = child.wait(std::chrono::seconds(5));
        throw failed(fmt::format("{} {}: {}", who, status_text(status.value_or(1)), last_line_of(log_file(position))));
      }
      case ChildProcess::ReadState::line: break;
    }
    const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
    if (!event.is_object()) continue;
    if (event.value("event", "") == "serving") return Started::yes;
    if (!event.contains("error")) continue;
    const std::string kind = event["error"].value("kind", "");
    if (kind == "address_in_use" && !was_there_) return Started::port_taken;
    throw Failed(event["error"].value("exit_code", exit_error), kind,
                 fmt::format("{}: {}", who, event["error"].value("text", "")));
  }
}

void LocalCluster::start(StopSignals& signals) {
  for (int attempt = 1;; ++attempt) {
    for (std::size_t i = 0; i < size(); ++i) spawn(i);
    bool taken = false;
    for (std::size_t i = 0; i < size() && !taken; ++i) taken = await(i, signals) == Started::port_taken;
    if (!taken) return;
    if (attempt == port_attempts) throw failed("no free ports: others took them each time we chose some");
    // Nothing was agreed upon yet: those that listen begin anew, with the new addresses.
    for (std::size_t i = 0; i < size(); ++i) {
      processes_[i].reset();
      fs::remove_all(node_directory(i));
    }
    choose_ports();
    write_files();
  }
}

void LocalCluster::restart(std::size_t position, StopSignals& signals) {
  spawn(position);
  if (await(position, signals) == Started::port_taken) {
    throw failed(fmt::format("somebody else took the port of coordinator {} while it was away", member(position).id));
  }
}

void LocalCluster::stop(std::chrono::milliseconds grace) {
  const auto end = std::chrono::steady_clock::now() + grace;
  for (const std::unique_ptr<ChildProcess>& child : processes_) {
    if (child) child->send(SIGTERM);
  }
  for (const std::unique_ptr<ChildProcess>& child : processes_) {
    if (!child) continue;
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    (void)child->wait(std::max(left, std::chrono::milliseconds(0)));
  }
  for (std::unique_ptr<ChildProcess>& child : processes_) child.reset();
}

}  // namespace kelek::cli
