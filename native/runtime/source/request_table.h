// RequestTable: every request that waits for something, with its deadline. A token names it to the core and is never
// used twice while the process lives.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <queue>
#include <utility>
#include <vector>

#include <kelek/raft/types.h>

namespace kelek::runtime {

/// Requests lie in slots that are used again; a token is the slot and how often it was used. `Request` has a member
/// `deadline_ms` of the steady clock that does not change after open().
template <typename Request>
class RequestTable {
 public:
  raft::Token open(Request request) {
    std::uint32_t slot = 0;
    if (free_.empty()) {
      slot = static_cast<std::uint32_t>(slots_.size());
      slots_.emplace_back();
    } else {
      slot = free_.back();
      free_.pop_back();
    }
    Slot& place = slots_[slot];
    const raft::Token token = token_of(slot, place.uses);
    deadlines_.push({request.deadline_ms, token});
    place.request.emplace(std::move(request));
    ++size_;
    return token;
  }

  /// Null if it was closed.
  Request* find(raft::Token token) {
    const std::uint64_t slot = (token & 0xffffffff) - 1;
    if ((token & 0xffffffff) == 0 || slot >= slots_.size()) return nullptr;
    Slot& place = slots_[slot];
    if (!place.request.has_value() || token_of(static_cast<std::uint32_t>(slot), place.uses) != token) return nullptr;
    return &*place.request;
  }

  /// Only for a token that find() finds.
  Request close(raft::Token token) {
    const std::uint32_t slot = static_cast<std::uint32_t>(token & 0xffffffff) - 1;
    Slot& place = slots_[slot];
    Request request = std::move(*place.request);
    place.request.reset();
    ++place.uses;
    free_.push_back(slot);
    --size_;
    return request;
  }

  /// Calls f(token, request) for each open request whose deadline is not after now_ms; f may close it, and it is not
  /// told of again.
  template <typename Function>
  void expire(std::uint64_t now_ms, Function&& f) {
    while (!deadlines_.empty() && (deadlines_.top().deadline_ms <= now_ms || find(deadlines_.top().token) == nullptr)) {
      const raft::Token token = deadlines_.top().token;
      deadlines_.pop();
      if (Request* request = find(token)) f(token, *request);
    }
    // Requests are mostly closed long before their deadline: what is left of them must not pile up.
    if (deadlines_.size() > 64 && deadlines_.size() > 2 * size_ + 1024) rebuild_deadlines();
  }

  /// When expire() has something to do; may be early.
  std::optional<std::uint64_t> next_deadline_ms() const {
    if (size_ == 0 || deadlines_.empty()) return std::nullopt;
    return deadlines_.top().deadline_ms;
  }

  std::size_t size() const { return size_; }

  /// Calls f(token, request) for every open one, in no order that means anything; f may close it.
  template <typename Function>
  void for_each(Function&& f) {
    for (std::size_t slot = 0; slot < slots_.size(); ++slot) {
      if (!slots_[slot].request.has_value()) continue;
      f(token_of(static_cast<std::uint32_t>(slot), slots_[slot].uses), *slots_[slot].request);
    }
  }

 private:
  struct Slot {
    std::optional<Request> request;
    std::uint32_t uses = 0;
  };
  struct Deadline {
    std::uint64_t deadline_ms;
    raft::Token token;
    bool operator<(const Deadline& other) const { return deadline_ms > other.deadline_ms; }
  };

  static raft::Token token_of(std::uint32_t slot, std::uint32_t uses) {
    return (raft::Token{uses} << 32) | (raft::Token{slot} + 1);
  }

  void rebuild_deadlines() {
    std::priority_queue<Deadline> kept;
    for_each([&kept](raft::Token token, const Request& request) { kept.push({request.deadline_ms, token}); });
    deadlines_ = std::move(kept);
  }

  std::vector<Slot> slots_;
  std::vector<std::uint32_t> free_;
  std::priority_queue<Deadline> deadlines_;
  std::size_t size_ = 0;
};

}  // namespace kelek::runtime
