// LocalCluster: coordinators on this machine as child processes, with keys, addresses and files of their own.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "cluster_file.h"
#include "process.h"

namespace kelek::cli {

/// A directory that is removed with all that is in it, unless it is to be kept.
class WorkDirectory {
 public:
  /// Empty path: a new one among the temporary files. Otherwise `path`, made if it is missing. Throws Failed.
  WorkDirectory(const std::string& path, bool keep);
  ~WorkDirectory();
  WorkDirectory(const WorkDirectory&) = delete;
  WorkDirectory& operator=(const WorkDirectory&) = delete;

  const std::string& path() const { return path_; }
  bool kept() const { return keep_; }
  std::string file(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
  bool keep_;
};

struct LocalClient {
  std::string name;
  std::string roles;
  /// Its key is in this file and ".key"; empty: as the name.
  std::string key_name;

  const std::string& file_stem() const { return key_name.empty() ? name : key_name; }
};

class LocalCluster {
 public:
  /// Writes keys, cluster file and clients file into `directory`, or takes up those that are there. Starts nothing.
  /// Throws Failed.
  LocalCluster(std::string directory, std::string name, std::size_t size, const std::vector<LocalClient>& clients,
               std::vector<std::string> serve_flags = {});

  /// Before start(): each records into FOLDER/nodeN.trace.
  void record_into(std::string trace_folder) { trace_folder_ = std::move(trace_folder); }
  std::string trace_file(std::size_t position) const;

  /// Starts all and waits until each listens. Where a port was taken by somebody else meanwhile, others are chosen
  /// (not for a cluster that was there before). Throws Failed, naming the coordinator and its log.
  void start(StopSignals& signals);
  /// Starts one again that has ended.
  void restart(std::size_t position, StopSignals& signals);
  /// Stops all at once, cleanly where they let themselves be.
  void stop(std::chrono::milliseconds grace);

  std::size_t size() const { return file_.coordinators.size(); }
  const ClusterFile& file() const { return file_; }
  const runtime::InitialMember& member(std::size_t position) const { return file_.coordinators.at(position); }
  ChildProcess& process(std::size_t position) { return *processes_.at(position); }
  bool was_there() const { return was_there_; }

  std::string cluster_file() const { return directory_ + "/cluster.conf"; }
  std::string clients_file() const { return directory_ + "/clients.conf"; }
  std::string client_key(const std::string& key_name) const { return directory_ + "/" + key_name + ".key"; }
  std::string node_directory(std::size_t position) const;
  std::string log_file(std::size_t position) const;

 private:
  enum class Started { yes, port_taken };
  void make_keys(const std::vector<LocalClient>& clients, std::size_t size);
  void choose_ports();
  void write_files();
  void spawn(std::size_t position);
  Started await(std::size_t position, StopSignals& signals);

  std::string directory_;
  ClusterFile file_;
  std::vector<std::string> serve_flags_;
  std::string trace_folder_;
  bool was_there_ = false;
  std::vector<std::unique_ptr<ChildProcess>> processes_;
};

/// Writes a whole file. Throws Failed that names it.
void write_text_file(const std::string& path, const std::string& text);

}  // namespace kelek::cli
