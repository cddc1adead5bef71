// ServeSettings: every option of a coordinator as flag, variable and line of a file.
#pragma once

#include <string>

#include <kelek/runtime/coordinator_options.h>

#include "settings.h"

namespace kelek::cli {

class ServeSettings {
 public:
  ServeSettings();
  ServeSettings(const ServeSettings&) = delete;
  ServeSettings& operator=(const ServeSettings&) = delete;

  void add_flags(CLI::App& app) { settings_.add_flags(app); }
  /// Takes all values, reads the cluster file and the clients file, and validates. Throws Failed (bad use) that
  /// names what is wrong and where it was given.
  runtime::CoordinatorOptions options(const Environment& environment = process_environment);
  std::string sample() const;
  const Settings& settings() const { return settings_; }

 private:
  void add_identity();
  void add_addresses();
  void add_start();
  void add_running();
  void add_trace();
  void add_raft();
  void add_sockets();
  void add_limits();
  void add_milliseconds(const std::string& name, std::chrono::milliseconds& into, const std::string& help);
  void add_count(const std::string& name, int& into, const std::string& help);
  void add_members(const std::string& name, std::vector<runtime::InitialMember>& into, const std::string& help);
  void fill_from_cluster_file();

  runtime::CoordinatorOptions options_;
  std::string cluster_file_;
  std::string clients_file_;
  Settings settings_;
};

}  // namespace kelek::cli
