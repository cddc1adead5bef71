// One client and one thread a coordinator.
#include "cluster_view.h"

#include <fmt/format.h>

#include <kelek/client/admin.h>

#include "../connection.h"

namespace kelek::cli {
namespace {

constexpr std::uint32_t answer_deadline_ms = 300;
constexpr std::chrono::milliseconds pause_between{8};
constexpr std::chrono::milliseconds signal_interval{20};

}  // namespace

ClusterView::ClusterView(const client::ClientOptions& options) {
  reports_.resize(options.coordinators.size());
  forgotten_.resize(options.coordinators.size());
  for (std::size_t i = 0; i < options.coordinators.size(); ++i) {
    client::ClientOptions alone = options;
    alone.coordinators = {options.coordinators[i]};
    threads_.emplace_back([this, i, alone] { ask(i, alone); });
  }
}

ClusterView::~ClusterView() {
  {
    const std::lock_guard<std::mutex> lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  for (std::thread& thread : threads_) thread.join();
}

void ClusterView::ask(std::size_t position, client::ClientOptions options) {
  client::Answer<std::unique_ptr<client::Client>> client = client::Client::create(std::move(options));
  if (!client.ok()) return;
  client::CallOptions call;
  call.deadline_ms = answer_deadline_ms;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!stopping_) {
    const std::uint64_t asked = forgotten_[position];
    lock.unlock();
    client::Answer<wire::StatusReport> answer = client::get_status(*client.value, call);
    lock.lock();
    if (asked == forgotten_[position]) {
      reports_[position] = answer.ok() ? std::optional<wire::StatusReport>(std::move(answer.value)) : std::nullopt;
      changed_.notify_all();
    }
    changed_.wait_for(lock, pause_between, [this] { return stopping_; });
  }
}

Reports ClusterView::reports() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return reports_;
}

void ClusterView::forget(std::size_t position) {
  const std::lock_guard<std::mutex> lock(mutex_);
  reports_[position].reset();
  ++forgotten_[position];
}

Reports ClusterView::wait(const std::function<bool(const Reports&)>& wanted, std::chrono::milliseconds timeout,
                          const std::string& what, StopSignals& signals) {
  const auto end = std::chrono::steady_clock::now() + timeout;
  std::unique_lock<std::mutex> lock(mutex_);
  while (!wanted(reports_)) {
    if (signals.came()) throw Failed(exit_error, "interrupted", "interrupted");
    if (std::chrono::steady_clock::now() >= end) {
      throw Failed(
          exit_no_leader, "timeout",
          fmt::format("{} did not happen within {}", what, duration_text(static_cast<std::uint64_t>(timeout.count()))));
    }
    changed_.wait_for(lock, signal_interval);
  }
  return reports_;
}

std::optional<std::size_t> leader_above(const Reports& reports, std::uint64_t term) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!reports[i].has_value() || reports[i]->role != raft::Role::leader || reports[i]->term <= term) continue;
    if (!found.has_value() || reports[i]->term > reports[*found]->term) found = i;
  }
  return found;
}

}  // namespace kelek::cli
