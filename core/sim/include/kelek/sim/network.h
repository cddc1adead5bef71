// Network: the messages in flight, the links that are cut, and who decides what arrives next.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <optional>
#include <set>
#include <utility>
#include <vector>

#include <kelek/raft/message.h>

namespace kelek::sim {

/// Some of the messages in flight. 0 is everybody.
struct Which {
  raft::NodeId from = raft::no_node;
  raft::NodeId to = raft::no_node;
  std::optional<raft::MessageKind> kind;
  /// Passes over so many, the oldest, that match.
  std::size_t after = 0;

  bool matches(const raft::Message& message) const {
    return (from == raft::no_node || message.from == from) && (to == raft::no_node || message.to == to) &&
           (!kind || message.kind() == *kind);
  }
};

struct NetworkOptions {
  /// Messages arrive by themselves, `latency_rounds` rounds of run() after they were sent. Otherwise a round brings
  /// whatever is in flight.
  bool automatic = false;
  std::uint32_t latency_rounds = 1;
  /// Of a hundred messages so many are lost, or arrive twice; drawn from `seed`. Where automatic only.
  std::uint32_t loss_percent = 0;
  std::uint32_t duplicate_percent = 0;
  std::uint64_t seed = 1;
};

/// The order in which settle() and run() bring what is in flight on different links. Each link keeps its own order.
struct Schedule {
  enum class Order : std::uint8_t {
    sent,     ///< as they were sent
    by_id,    ///< the link of the lowest sender, then receiver, first
    reverse,  ///< the highest first
    random,   ///< drawn from `seed`, also between what is delivered and what is written
  };
  Order order = Order::sent;
  std::uint64_t seed = 1;
};

/// Numbers drawn from a seed, the same on every machine (SplitMix64).
class Draw {
 public:
  explicit Draw(std::uint64_t seed) : state_(seed) {}
  std::uint64_t below(std::uint64_t bound);

 private:
  std::uint64_t state_;
};

class Network {
 public:
  static constexpr std::size_t max_in_flight = 100'000;

  Network(const NetworkOptions& options, const Schedule& schedule);

  /// A cut link, or bad luck, loses it. False where there is no room for it.
  bool send(raft::Message&& message);
  void begin_round() { ++round_; }

  // Of those in flight, the oldest `count` that match. Each gives how many there were.
  std::vector<raft::Message> take(const Which& which, std::size_t count);
  std::size_t drop(const Which& which, std::size_t count);
  std::size_t duplicate(const Which& which, std::size_t count, bool held);
  std::size_t hold(const Which& which, std::size_t count);
  std::size_t release(const Which& which, std::size_t count);
  std::vector<raft::Message> messages(const Which& which) const;
  bool is_full() const { return flights_.size() >= max_in_flight; }

  using Test = std::function<bool(const raft::Message&)>;
  /// How many of those in flight that match are older than the first that is `wanted`.
  std::optional<std::size_t> place_of(const Which& which, const Test& wanted) const;
  /// The next one that may come: `allowed`, and, where only_due, due by now.
  /// `others` is how many other things could be done instead, of which a random schedule may choose one: then the
  /// answer is that choice, below `others`.
  struct Next {
    std::optional<raft::Message> message;
    std::optional<std::size_t> other;
  };
  Next next(const Test& allowed, bool only_due, std::size_t others);

  void cut(raft::NodeId from, raft::NodeId to) { cuts_.insert({from, to}); }
  void heal() { cuts_.clear(); }
  /// Nothing is late, lost or doubled by bad luck any more.
  void calm() {
    options_.automatic = false;
    options_.loss_percent = options_.duplicate_percent = 0;
  }
  bool is_cut(raft::NodeId from, raft::NodeId to) const { return cuts_.count({from, to}) != 0; }

 private:
  struct Flight {
    raft::Message message;
    bool held = false;
    std::uint64_t sent_round = 0;
  };

  bool is_due(const Flight& flight) const {
    return !options_.automatic || flight.sent_round + options_.latency_rounds <= round_;
  }
  /// Places in flights_ of the oldest that may come, one a link, in the order of the links.
  std::vector<std::size_t> heads(const Test& allowed, bool only_due) const;

  NetworkOptions options_;
  Schedule schedule_;
  Draw luck_;
  Draw order_;
  std::deque<Flight> flights_;
  std::set<std::pair<raft::NodeId, raft::NodeId>> cuts_;
  std::uint64_t round_ = 0;
};

}  // namespace kelek::sim
