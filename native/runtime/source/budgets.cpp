// Counting what waits.
#include "budgets.h"

namespace kelek::runtime {

std::string Budgets::take(std::string_view client, std::size_t bytes) {
  if (requests_ >= limits_.requests) return "Too many requests wait here already.";
  if (bytes > limits_.request_bytes || bytes_ > limits_.request_bytes - bytes) {
    return "Requests of too many bytes wait here already.";
  }
  auto found = used_.find(client);
  if (found == used_.end()) found = used_.emplace(std::string(client), Use{}).first;
  Use& use = found->second;
  std::string problem;
  if (use.requests >= limits_.requests_per_client) {
    problem = "Too many requests of this client wait here already.";
  } else if (bytes > limits_.request_bytes_per_client || use.bytes > limits_.request_bytes_per_client - bytes) {
    problem = "Requests of too many bytes of this client wait here already.";
  }
  if (!problem.empty()) {
    if (use.requests == 0) used_.erase(found);
    return problem;
  }
  ++use.requests;
  use.bytes += bytes;
  ++requests_;
  bytes_ += bytes;
  return {};
}

void Budgets::give_back(std::string_view client, std::size_t bytes) {
  const auto found = used_.find(client);
  if (found == used_.end()) return;
  Use& use = found->second;
  use.requests -= 1;
  use.bytes -= bytes;
  requests_ -= 1;
  bytes_ -= bytes;
  if (use.requests == 0) used_.erase(found);
}

}  // namespace kelek::runtime
