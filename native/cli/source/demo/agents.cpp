// Starts agents and reads what they say.
#include "agents.h"

#include <fmt/format.h>

namespace kelek::cli {
namespace {

constexpr std::chrono::seconds patience{20};

/// Its own coordinator first, then the others in turn.
std::string connect_list(const LocalCluster& cluster, std::size_t first) {
  std::string list;
  for (std::size_t i = 0; i < cluster.size(); ++i) {
    const runtime::InitialMember& member = cluster.member((first + i) % cluster.size());
    list += fmt::format("{}{}={}", i == 0 ? "" : ",", member.client_address, member.public_key);
  }
  return list;
}

}  // namespace

std::string agent_key_name(std::size_t vote) {
  return fmt::format("agent{}", vote + 1);
}

Agent::Agent(const Review& review, std::size_t vote, const LocalCluster& cluster, std::size_t through,
             std::uint64_t ballot)
    : vote_(review.votes.at(vote)), through_(through), start_(std::chrono::steady_clock::now()) {
  const std::string key = cluster.client_key(agent_key_name(vote));
  const std::string rationale = key + ".rationale";
  write_text_file(rationale, vote_.rationale);
  SpawnOptions options;
  options.arguments = {
      own_program(),
      "ballot",
      "vote",
      "--json",
      "--announce",
      "--connect=" + connect_list(cluster, through),
      "--key=" + key,
      "--rationale=@" + rationale,
      fmt::format("--confidence={}.{:03}", vote_.confidence_per_mille / 1'000, vote_.confidence_per_mille % 1'000),
      fmt::format("--timeout-ms={}", std::chrono::milliseconds(patience).count() - 2'000)};
  for (const machine::Evidence& item : vote_.evidence) {
    options.arguments.push_back("--evidence=" + item.uri + "=" + hex(item.sha256));
  }
  if (vote_.veto) options.arguments.push_back("--veto");
  options.arguments.insert(options.arguments.end(), {"--", std::to_string(ballot), vote_.choice});
  options.clean_environment = true;
  options.capture_output = true;
  options.error_file = key + ".log";
  child_ = ChildProcess::start(options);
}

std::uint64_t Agent::waited_ms() const {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start_).count());
}

std::string Agent::next_line(StopSignals& signals, const char* what) {
  std::string line;
  switch (child_->read_line(line, patience, signals.descriptor())) {
    case ChildProcess::ReadState::line: return line;
    case ChildProcess::ReadState::interrupted: throw Failed(exit_error, "interrupted", "interrupted");
    default: throw failed(fmt::format("the agent '{}' ended, or said nothing in time, {}", vote_.elector.voter, what));
  }
}

void Agent::await_sending(StopSignals& signals) {
  const std::string line = next_line(signals, "before it sent its vote");
  const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
  if (event.is_object() && event.value("event", "") == "sending") return;
  throw failed(fmt::format("the agent '{}' could not vote: {}", vote_.elector.voter, line));
}

Acknowledged Agent::await_outcome(StopSignals& signals) {
  const std::string line = next_line(signals, "before it knew whether its vote was counted");
  const nlohmann::json event = nlohmann::json::parse(line, nullptr, false);
  (void)child_->wait(patience);
  Acknowledged outcome;
  if (event.is_object() && event.value("event", "") == "counted") {
    outcome.counted = true;
    outcome.index = event.value("revision", std::uint64_t{0});
    outcome.term = event.value("term", std::uint64_t{0});
    outcome.through = event.value("through", "");
    return outcome;
  }
  const std::string refusal = event.is_object() && event.contains("error") ? event["error"].value("kind", "") : "";
  // Decided already, or at the deadline: either is what the rules of the ballot say.
  if (refusal != "ballot_closed" && refusal != "deadline_passed")
    throw failed(fmt::format("the vote of '{}' was not counted: {}", vote_.elector.voter, line));
  outcome.refusal = event["error"].value("text", "");
  return outcome;
}

}  // namespace kelek::cli
