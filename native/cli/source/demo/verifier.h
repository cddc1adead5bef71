// Verifier: the demo's own check of what the cluster has promised. Pure: it compares what was seen.
#pragma once

#include <string>
#include <vector>

#include <kelek/machine/ballot.h>

#include "agents.h"
#include "cluster_view.h"
#include "review.h"

namespace kelek::cli {

struct Check {
  std::string name;
  bool ok = false;
  /// What was found; what is wrong, where it is not ok.
  std::string detail;
};

/// `ballots` are what each coordinator holds by itself, by position; `outcomes` what each agent was told.
std::vector<Check> verify(const Review& review, const std::vector<Acknowledged>& outcomes,
                          const std::vector<machine::Ballot>& ballots, const Reports& reports);

}  // namespace kelek::cli
