// MessagePool: messages in flight, in places that are used again.
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include <kelek/raft/message.h>

namespace kelek::sim {

class MessagePool {
 public:
  /// More than that are lost, as in a network without room.
  static constexpr std::size_t most = 4'096;

  struct Place {
    std::uint32_t place = 0;
    std::uint64_t number = 0;
  };
  bool has_room() const { return in_use_ < most; }
  Place put(raft::Message&& message) {
    ++in_use_;
    std::uint32_t place = 0;
    if (free_.empty()) {
      place = static_cast<std::uint32_t>(flights_.size());
      flights_.emplace_back();
    } else {
      place = free_.back();
      free_.pop_back();
    }
    flights_[place].message = std::move(message);
    flights_[place].number = ++last_number_;
    return {place, last_number_};
  }
  raft::Message take(std::uint32_t place) {
    --in_use_;
    free_.push_back(place);
    return std::move(flights_[place].message);
  }

 private:
  struct Flight {
    raft::Message message;
    std::uint64_t number = 0;
  };
  std::vector<Flight> flights_;
  std::vector<std::uint32_t> free_;
  std::size_t in_use_ = 0;
  std::uint64_t last_number_ = 0;
};

}  // namespace kelek::sim
