// Cursors that follow the machine.
#include "watch_hub.h"

#include <memory>
#include <utility>

namespace kelek::runtime {
namespace {

/// Batches looked at for one watch in one turn.
constexpr std::uint64_t batches_per_turn = 256;

/// The events that the filter lets through; null if there are none. Shared where all pass.
machine::SharedEventBatch filtered(const machine::SharedEventBatch& batch, const machine::WatchFilter& filter) {
  std::size_t passing = 0;
  for (const machine::Event& event : batch->events) {
    if (machine::matches(event, filter)) ++passing;
  }
  if (passing == batch->events.size()) return batch;
  if (passing == 0) return nullptr;
  auto part = std::make_shared<machine::EventBatch>();
  part->revision = batch->revision;
  part->term = batch->term;
  part->time_ms = batch->time_ms;
  part->size_bytes = batch->size_bytes;
  for (const machine::Event& event : batch->events) {
    if (machine::matches(event, filter)) part->events.push_back(event);
  }
  return part;
}

}  // namespace

wire::RefusalCode WatchHub::add(transport::ConnectionId connection, const std::string& client, const wire::Watch& watch,
                                const machine::Machine& machine, std::uint64_t& first) {
  const Key key{connection, watch.watch_id};
  if (watches_.count(key) != 0) return wire::RefusalCode::watch_exists;
  const auto count = per_client_.find(client);
  if (watches_.size() >= limits_.watches) return wire::RefusalCode::over_limit;
  if (count != per_client_.end() && count->second >= limits_.watches_per_client) return wire::RefusalCode::over_limit;
  Entry entry;
  entry.client = client;
  entry.filter = watch.filter;
  entry.next_revision = watch.from_revision == 0 ? machine.revision() + 1 : watch.from_revision;
  first = entry.next_revision;
  watches_.emplace(key, std::move(entry));
  ++per_client_[client];
  return wire::RefusalCode::none;
}

bool WatchHub::remove(transport::ConnectionId connection, std::uint64_t watch_id) {
  const auto found = watches_.find(Key{connection, watch_id});
  if (found == watches_.end()) return false;
  const auto count = per_client_.find(found->second.client);
  if (--count->second == 0) per_client_.erase(count);
  watches_.erase(found);
  return true;
}

bool WatchHub::pump(const machine::Machine& machine, const Send& send) {
  bool more = false;
  for (auto place = watches_.begin(); place != watches_.end();) {
    const Key key = place->first;
    Entry& entry = place->second;
    ++place;
    if (entry.next_revision > machine.revision()) continue;
    const Step step = advance(key, entry, machine, send);
    if (step == Step::gone) remove(key.first, key.second);
    more = more || step == Step::more;
  }
  return more;
}

WatchHub::Step WatchHub::advance(const Key& key, Entry& entry, const machine::Machine& machine, const Send& send) {
  const machine::HistoryPage page = machine.history(entry.next_revision, batches_per_turn);
  if (page.code == machine::Code::compacted) {
    const bool slow = entry.waited;
    return end(key, entry, slow ? wire::WatchState::lagged : wire::WatchState::compacted, page.first_revision, send);
  }
  wire::EventFrame frame = frame_of(key, entry, page);
  if (frame.batches.empty()) {
    entry.next_revision = frame.next_revision;
    return frame.next_revision > machine.revision() ? Step::idle : Step::more;
  }
  const transport::SendOutcome outcome = send(key.first, frame);
  if (outcome == transport::SendOutcome::gone) return Step::gone;
  // One entry changed more than a frame holds: the client reads the state and goes on behind it.
  if (outcome == transport::SendOutcome::too_large) {
    return end(key, entry, wire::WatchState::compacted, frame.batches.front()->revision + 1, send);
  }
  entry.waited = outcome == transport::SendOutcome::dropped;
  if (entry.waited) return Step::idle;
  for (const machine::SharedEventBatch& batch : frame.batches) events_sent_ += batch->events.size();
  entry.next_revision = frame.next_revision;
  return frame.next_revision > machine.revision() ? Step::idle : Step::more;
}

wire::EventFrame WatchHub::frame_of(const Key& key, const Entry& entry, const machine::HistoryPage& page) const {
  wire::EventFrame frame;
  frame.watch_id = key.second;
  frame.next_revision = page.next_revision;
  std::size_t bytes = 0;
  for (const machine::SharedEventBatch& batch : page.batches) {
    machine::SharedEventBatch part = filtered(batch, entry.filter);
    if (!part) continue;
    bytes += part->size_bytes + 64 * part->events.size() + 64;
    if (bytes > max_frame_bytes_ && !frame.batches.empty()) {
      frame.next_revision = batch->revision;
      break;
    }
    frame.batches.push_back(std::move(part));
  }
  return frame;
}

WatchHub::Step WatchHub::end(const Key& key, const Entry& entry, wire::WatchState state, std::uint64_t first_revision,
                             const Send& send) {
  wire::EventFrame frame;
  frame.watch_id = key.second;
  frame.state = state;
  frame.first_revision = first_revision;
  frame.next_revision = entry.next_revision;
  // A client that does not read would not see this either, and must not be left to believe that all is well: the
  // watch stays until the note has gone out.
  if (send(key.first, frame) == transport::SendOutcome::dropped) return Step::idle;
  if (state == wire::WatchState::lagged) ++lagged_;
  return Step::gone;
}

void WatchHub::say_progress(const machine::Machine& machine, const Send& send) {
  for (auto place = watches_.begin(); place != watches_.end();) {
    const Key key = place->first;
    const Entry& entry = place->second;
    ++place;
    if (entry.next_revision <= machine.revision()) continue;
    wire::EventFrame frame;
    frame.watch_id = key.second;
    frame.next_revision = entry.next_revision;
    if (send(key.first, frame) == transport::SendOutcome::gone) remove(key.first, key.second);
  }
}

void WatchHub::cancel_all(const Send& send) {
  for (const auto& [key, entry] : watches_) end(key, entry, wire::WatchState::cancelled, 0, send);
  watches_.clear();
  per_client_.clear();
}

}  // namespace kelek::runtime
