// Watches: begun anew with every link, from where they were.
#include <utility>

#include "client_parts.h"

namespace kelek::client {
namespace {

/// Answers to watch requests are told apart from those to calls by the highest bit of their id.
constexpr std::uint64_t watch_bit = std::uint64_t{1} << 63;

}  // namespace

WatchId Client::Parts::watch(const machine::WatchFilter& filter, std::uint64_t from_revision, WatchCallback callback) {
  const WatchId id = ++last_watch_;
  Watching& watching = watches_[id];
  watching.filter = filter;
  watching.next_revision = from_revision;
  watching.callback = std::move(callback);
  return id;
}

void Client::Parts::unwatch(WatchId id) {
  const auto found = watches_.find(id);
  if (found == watches_.end()) return;
  const bool running = found->second.on_the_way;
  watches_.erase(found);
  if (!running || !socket_) return;
  wire::ClientRequest request;
  request.request_id = id | watch_bit;
  request.body = wire::Unwatch{id};
  wire::encode_request(request, buffer_);
  socket_->send(buffer_.bytes());
}

void Client::Parts::send_watches() {
  if (!socket_ || socket_->link() != transport::ClientLink::connected) return;
  const std::uint64_t now = now_ms();
  for (auto& [id, watching] : watches_) {
    if (watching.on_the_way || now < watching.not_before_ms) continue;
    wire::ClientRequest request;
    request.request_id = id | watch_bit;
    request.body = wire::Watch{id, watching.next_revision, watching.filter};
    wire::encode_request(request, buffer_);
    watching.on_the_way = socket_->send(buffer_.bytes()) == transport::SendOutcome::sent;
  }
}

/// True: the response was to a watch.
bool Client::Parts::receive_watch_response(const wire::ClientResponse& response) {
  if ((response.request_id & watch_bit) == 0) return false;
  const auto found = watches_.find(response.request_id & ~watch_bit);
  if (found == watches_.end()) return true;
  Watching& watching = found->second;
  if (const wire::WatchStarted* started = std::get_if<wire::WatchStarted>(&response.body)) {
    if (watching.next_revision == 0) watching.next_revision = started->from_revision;
    leaderless_since_ms_ = 0;
    return true;
  }
  if (response.outcome == wire::ResponseOutcome::ok || response.code == wire::RefusalCode::watch_exists) return true;
  const bool later = response.code == wire::RefusalCode::not_ready || response.code == wire::RefusalCode::stopping ||
                     response.code == wire::RefusalCode::no_leader;
  if (later) {
    watching.on_the_way = false;
    watching.not_before_ms = now_ms() + 100;
    if (is_cut_off(response.code) && options_.coordinators.size() > 1) {
      leave({ProblemKind::no_leader, machine::Code::ok, coordinator().address + " knows no leader."});
    }
    return true;
  }
  WatchNews news;
  news.next_revision = watching.next_revision;
  news.problem = {problem_of(response.code), machine::Code::ok,
                  response.text.empty() ? wire::describe(response.code) : response.text};
  news_.push_back({std::move(watching.callback), std::move(news)});
  watches_.erase(found);
  return true;
}

void Client::Parts::receive_events(wire::EventFrame& frame) {
  const auto found = watches_.find(frame.watch_id);
  if (found == watches_.end()) return;
  Watching& watching = found->second;
  WatchNews news;
  for (machine::SharedEventBatch& batch : frame.batches) {
    if (batch->revision >= watching.next_revision) news.batches.push_back(std::move(batch));
  }
  if (frame.next_revision > watching.next_revision) watching.next_revision = frame.next_revision;
  news.next_revision = watching.next_revision;
  switch (frame.state) {
    case wire::WatchState::events: break;
    case wire::WatchState::lagged:
    case wire::WatchState::cancelled:
      // Goes on where it was, here or elsewhere; if that is gone by then, the answer will say so.
      watching.on_the_way = false;
      watching.not_before_ms = now_ms() + 20;
      break;
    case wire::WatchState::compacted:
      news.first_revision = frame.first_revision;
      news.problem = {ProblemKind::compacted, machine::Code::compacted,
                      "The history from revision " + std::to_string(watching.next_revision) +
                          " on is gone: read the state anew and watch from revision " +
                          std::to_string(frame.first_revision) + "."};
      break;
  }
  const bool ended = news.problem.kind != ProblemKind::none;
  if (ended || !news.batches.empty()) news_.push_back({watching.callback, std::move(news)});
  if (ended) watches_.erase(found);
}

}  // namespace kelek::client
