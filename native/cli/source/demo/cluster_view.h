// ClusterView: what each coordinator says of itself, asked again and again by a thread for each.
#pragma once

#include <chrono>
#include <condition_variable>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

#include <kelek/client/client_options.h>
#include <kelek/wire/status_report.h>

#include "../process.h"

namespace kelek::cli {

/// By position in the cluster file; nothing where a coordinator did not answer the last time.
using Reports = std::vector<std::optional<wire::StatusReport>>;

class ClusterView {
 public:
  /// `options` name all coordinators; each is asked by a client of its own.
  explicit ClusterView(const client::ClientOptions& options);
  ~ClusterView();
  ClusterView(const ClusterView&) = delete;
  ClusterView& operator=(const ClusterView&) = delete;

  Reports reports() const;
  /// Until the reports are as wanted. Throws Failed: "WHAT did not happen within ... s", or interrupted by a signal.
  Reports wait(const std::function<bool(const Reports&)>& wanted, std::chrono::milliseconds timeout,
               const std::string& what, StopSignals& signals);
  /// What was heard of it is forgotten: it was killed just now.
  void forget(std::size_t position);

 private:
  void ask(std::size_t position, client::ClientOptions options);

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  Reports reports_;
  std::vector<std::uint64_t> forgotten_;  // how often; an answer to a question from before does not count
  std::vector<std::thread> threads_;
};

/// The position of the coordinator that leads in a term above `term`, among those that answer.
std::optional<std::size_t> leader_above(const Reports& reports, std::uint64_t term);

}  // namespace kelek::cli
