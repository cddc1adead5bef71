// The mutations in words, and the switches in the mutable libraries.
#include "catalogue.h"

#include <algorithm>
#include <array>

#include "core/raft/source/mutation.h"
#include "core/wire/source/mutation.h"
#include "native/storage/source/mutation.h"

namespace kelek::mutants {
namespace {

/// By their numbers, from M01 on.
constexpr std::array<std::string_view, 40> in_core = {
    "commit rule without the term test",
    "vote reply leaves before it is durable",
    "append acknowledgement leaves before it is durable",
    "vote cleared by a step-down in the same term",
    "vote not cleared when the term grows",
    "no term test on vote replies",
    "vote replies counted, not voters",
    "vote granted without the log test",
    "log test by index only",
    "log test by term only",
    "every append truncates",
    "conflicts are not removed",
    "previous term not compared",
    "follower commits min(leader's commit, own last)",
    "heartbeat carries the full commit index",
    "ok reply carries the own last index",
    "match assigned, not the larger",
    "append acknowledgements of older terms accepted",
    "quorum is n/2",
    "commit assigned, not the larger",
    "leader counts entries that it has not written",
    "every message leaves before it is durable",
    "snapshots older than the commit index installed",
    "suffix kept when a snapshot is installed",
    "snapshot without its configuration",
    "configuration change before the first commit of the term",
    "second configuration change while one pends",
    "configuration in force at commit, not at append",
    "configuration not rolled back with its entry",
    "restart replays from the beginning over kept state",
    "read index before the first commit of the term",
    "read without a quorum round",
    "any answer confirms a read",
    "lease kept after timeout-now",
    "newer term in replies ignored",
    "queued acknowledgement survives an overwrite",
    "own vote counted before it is durable",
    "leader outside the configuration counts itself",
    "learner counted in the quorum",
    "sessions not in the snapshot",
};

/// From L01 on.
constexpr std::array<std::string_view, 10> in_log = {
    "no directory sync",
    "fdatasync before the last write",
    "header CRC not checked",
    "chain not checked",
    "generation not checked",
    "truncated at any wrong CRC",
    "sync tried again after it failed",
    "SYNC before the entries",
    "old segments deleted before the snapshot is synced",
    "hard state in a file of its own, without a sync",
};

std::string numbered(char letter, std::size_t number) {
  std::string id(1, letter);
  if (number < 10) id += '0';
  return id + std::to_string(number);
}

std::vector<Mutant> all() {
  std::vector<Mutant> mutants;
  for (std::size_t i = 0; i < in_core.size(); ++i) {
    mutants.push_back({numbered('M', i + 1), i + 1 == in_core.size() ? Part::machine : Part::core, in_core[i]});
  }
  for (std::size_t i = 0; i < in_log.size(); ++i) mutants.push_back({numbered('L', i + 1), Part::log, in_log[i]});
  return mutants;
}

}  // namespace

const std::vector<Mutant>& catalogue() {
  static const std::vector<Mutant> mutants = all();
  return mutants;
}

const Mutant* find_mutant(std::string_view id) {
  const auto& mutants = catalogue();
  const auto found = std::find_if(mutants.begin(), mutants.end(), [id](const Mutant& one) { return one.id == id; });
  return found != mutants.end() ? &*found : nullptr;
}

void put_in_force(const Mutant* mutant) {
  const auto number = [mutant](Part part) {
    return mutant != nullptr && mutant->part == part ? static_cast<unsigned char>(std::stoi(mutant->id.substr(1))) : 0;
  };
  raft::mutation_in_force = static_cast<raft::Mutation>(number(Part::core));
  wire::mutation_in_force = static_cast<wire::Mutation>(number(Part::machine));
  storage::mutation_in_force = static_cast<storage::Mutation>(number(Part::log));
}

}  // namespace kelek::mutants
