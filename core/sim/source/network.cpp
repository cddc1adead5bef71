// Messages in flight, and which of them comes next.
#include <kelek/sim/network.h>

#include <algorithm>
#include <map>

namespace kelek::sim {

using namespace raft;

std::uint64_t Draw::below(std::uint64_t bound) {
  state_ += 0x9e3779b97f4a7c15U;
  std::uint64_t value = state_;
  value = (value ^ (value >> 30)) * 0xbf58476d1ce4e5b9U;
  value = (value ^ (value >> 27)) * 0x94d049bb133111ebU;
  return (value ^ (value >> 31)) % bound;
}

Network::Network(const NetworkOptions& options, const Schedule& schedule)
    : options_(options), schedule_(schedule), luck_(options.seed), order_(schedule.seed) {}

bool Network::send(Message&& message) {
  if (is_cut(message.from, message.to)) return true;
  // Drawn in any case: what is lost must not decide what the next draw is for.
  const bool lost = options_.automatic && luck_.below(100) < options_.loss_percent;
  const bool twice = options_.automatic && luck_.below(100) < options_.duplicate_percent;
  if (lost) return true;
  if (is_full()) return false;
  if (twice) flights_.push_back(Flight{message, false, round_});
  flights_.push_back(Flight{std::move(message), false, round_});
  return true;
}

std::vector<Message> Network::take(const Which& which, std::size_t count) {
  std::vector<Message> taken;
  std::size_t passed = 0;
  for (auto flight = flights_.begin(); flight != flights_.end() && taken.size() < count;) {
    if (flight->held || !which.matches(flight->message) || passed++ < which.after) {
      ++flight;
      continue;
    }
    taken.push_back(std::move(flight->message));
    flight = flights_.erase(flight);
  }
  return taken;
}

std::size_t Network::drop(const Which& which, std::size_t count) {
  return take(which, count).size();
}

std::size_t Network::duplicate(const Which& which, std::size_t count, bool held) {
  std::vector<Flight> copies;
  std::size_t passed = 0;
  for (const Flight& flight : flights_) {
    if (flights_.size() + copies.size() >= max_in_flight) break;
    if (copies.size() < count && !flight.held && which.matches(flight.message) && passed++ >= which.after) {
      copies.push_back(Flight{flight.message, held, flight.sent_round});
    }
  }
  for (Flight& copy : copies) flights_.push_back(std::move(copy));
  return copies.size();
}

std::size_t Network::hold(const Which& which, std::size_t count) {
  std::size_t done = 0;
  std::size_t passed = 0;
  for (Flight& flight : flights_) {
    if (done >= count || flight.held || !which.matches(flight.message) || passed++ < which.after) continue;
    flight.held = true;
    ++done;
  }
  return done;
}

std::size_t Network::release(const Which& which, std::size_t count) {
  std::size_t done = 0;
  std::size_t passed = 0;
  for (Flight& flight : flights_) {
    if (done >= count || !flight.held || !which.matches(flight.message) || passed++ < which.after) continue;
    flight.held = false;
    ++done;
  }
  return done;
}

std::vector<Message> Network::messages(const Which& which) const {
  std::vector<Message> found;
  for (const Flight& flight : flights_) {
    if (!flight.held && which.matches(flight.message)) found.push_back(flight.message);
  }
  return found;
}

std::optional<std::size_t> Network::place_of(const Which& which, const Test& wanted) const {
  std::size_t passed = 0;
  for (const Flight& flight : flights_) {
    if (flight.held || !which.matches(flight.message)) continue;
    if (wanted(flight.message)) return passed;
    ++passed;
  }
  return std::nullopt;
}

std::vector<std::size_t> Network::heads(const Test& allowed, bool only_due) const {
  std::map<std::pair<NodeId, NodeId>, std::size_t> oldest;
  for (std::size_t place = 0; place < flights_.size(); ++place) {
    const Flight& flight = flights_[place];
    if (flight.held || (only_due && !is_due(flight)) || !allowed(flight.message)) continue;
    oldest.insert({{flight.message.from, flight.message.to}, place});
    if (schedule_.order == Schedule::Order::sent) break;
  }
  std::vector<std::size_t> places;
  for (const auto& [link, place] : oldest) places.push_back(place);
  return places;
}

Network::Next Network::next(const Test& allowed, bool only_due, std::size_t others) {
  Next next;
  const bool is_random = schedule_.order == Schedule::Order::random;
  if (others > 0 && !is_random) {
    next.other = 0;
    return next;
  }
  const std::vector<std::size_t> places = heads(allowed, only_due);
  if (places.empty() && others == 0) return next;
  std::size_t choice = schedule_.order == Schedule::Order::reverse ? places.size() - 1 : 0;
  if (is_random) {
    choice = static_cast<std::size_t>(order_.below(places.size() + others));
    if (choice >= places.size()) {
      next.other = choice - places.size();
      return next;
    }
  }
  const auto flight = flights_.begin() + static_cast<std::ptrdiff_t>(places[choice]);
  next.message = std::move(flight->message);
  flights_.erase(flight);
  return next;
}

}  // namespace kelek::sim
