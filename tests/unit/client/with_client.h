// A client of a cluster in this process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <catch2/catch.hpp>

#include <kelek/client/admin.h>
#include <kelek/client/client.h>

#include "cluster.h"

namespace kelek::client::test {

inline ClientOptions options_for(const runtime::test::Cluster& cluster, const std::vector<raft::NodeId>& ids) {
  ClientOptions options;
  for (const raft::NodeId id : ids) {
    options.coordinators.push_back({cluster.address(id).client_address, cluster.address(id).public_key});
  }
  options.key_file = cluster.admin_key_file();
  options.deadline_ms = 20'000;
  return options;
}

inline std::unique_ptr<Client> make(const ClientOptions& options) {
  Answer<std::unique_ptr<Client>> created = Client::create(options);
  if (!created.ok()) FAIL(created.problem.text);
  return std::move(created.value);
}

inline machine::KvPut put(const std::string& key, const std::string& value) {
  machine::KvPut command;
  command.key = key;
  command.value = value;
  return command;
}

}  // namespace kelek::client::test
