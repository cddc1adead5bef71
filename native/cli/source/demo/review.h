// Review: what the demo votes on: JSON Lines, a header, then a vote a line.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <kelek/machine/ballot.h>
#include <kelek/machine/command.h>

namespace kelek::cli {

struct ReviewVote {
  /// Where it stands in the file.
  std::size_t line = 0;
  machine::Elector elector;
  std::string choice;
  bool veto = false;
  std::uint32_t confidence_per_mille = machine::full_confidence_per_mille;
  std::string rationale;
  std::vector<machine::Evidence> evidence;
};

struct Review {
  std::string file_name;
  std::string title;
  std::string question;
  std::vector<std::string> options;
  machine::BallotRules rules;
  std::uint64_t deadline_ms = 0;
  std::vector<ReviewVote> votes;
};

/// The command that opens the review's ballot.
machine::BallotOpen opening_of(const Review& review);

/// Gives the bytes of evidence that is at hand, by its uri; nothing where it is elsewhere.
using EvidenceSource = std::function<std::optional<std::string>(const std::string& uri)>;

/// The header:
///   {"question": "...", "rule": "majority", "deadline_seconds": 60, "options": ["approve", "request-changes"]}
/// rule: plurality, majority, k_of_n, unanimous, weight_threshold, one_per_organisation. Optional: title, options
/// (otherwise approve, reject, and what else is voted for), threshold, participation_floor, tie_rule, status_quo,
/// chair, wait_for_all_votes (true).
/// A vote:
///   {"voter": "...", "organisation": "...", "choice": "approve", "confidence": 0.8, "rationale": "...",
///    "evidence": [{"uri": "...", "sha256": "64 hexadecimal digits"}]}
/// choice: an option, or abstain. Optional: weight, may_veto, veto, evidence. Evidence that is at hand must have the
/// digest that is claimed.
/// Throws Failed (bad use): "FILE:LINE: reason".
Review parse_review(std::string_view text, const std::string& file_name, const EvidenceSource& evidence = {});

/// The review that comes with the program: etcd-io/raft#397.
std::string_view bundled_review();
inline constexpr const char* bundled_review_name = "etcd-raft-397.jsonl";
std::optional<std::string> bundled_evidence(const std::string& uri);

machine::Digest sha256(std::string_view bytes);
std::string hex(const machine::Digest& digest);
std::optional<machine::Digest> parse_digest(std::string_view text);

}  // namespace kelek::cli
