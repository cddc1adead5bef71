// Status of a cluster as a person wants to read it: who leads since when, who is behind and why, disks and network.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kelek/wire/status_report.h>

#include "output.h"

namespace kelek::cli {

/// One coordinator that was asked, and what came of it.
struct Asked {
  std::string address;
  std::optional<wire::StatusReport> report;
  /// Why there is no report.
  std::string problem;
};

struct ClusterStatus {
  std::vector<Asked> coordinators;

  /// The report of the leader of the newest term that says it leads; null if there is none.
  const wire::StatusReport* leader() const;
  /// Nothing is wrong that a person would have to look at.
  bool healthy() const;
};

std::string status_text(const ClusterStatus& status, const Output& output);
Json json_of(const ClusterStatus& status);

}  // namespace kelek::cli
