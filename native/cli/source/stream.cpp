// Drives a client while it watches.
#include "stream.h"

#include "connection.h"

namespace kelek::cli {

bool follow(client::Client& client, const machine::WatchFilter& filter, std::uint64_t from_revision,
            StopSignals& signals, const std::function<bool(const machine::EventBatch&)>& each,
            std::chrono::milliseconds timeout) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  bool goes_on = true;
  client::Problem problem;
  const client::WatchId id = client.watch(filter, from_revision, [&](const client::WatchNews& news) {
    for (const machine::SharedEventBatch& batch : news.batches) {
      if (goes_on) goes_on = each(*batch);
    }
    if (news.problem.kind != client::ProblemKind::none) problem = news.problem;
  });
  while (goes_on && problem.kind == client::ProblemKind::none && !signals.came()) {
    if (timeout.count() != 0 && std::chrono::steady_clock::now() >= end) {
      client.unwatch(id);
      throw Failed(exit_no_leader, "timeout", "nothing came in time");
    }
    client.run(std::chrono::milliseconds(50));
  }
  if (problem.kind != client::ProblemKind::none && goes_on) {
    throw_problem(client::OutcomeKind::refused, problem);
  }
  client.unwatch(id);
  return !goes_on;
}

}  // namespace kelek::cli
