// WatchHub: the watches of all clients. Each is a cursor into the machine's history, not a queue: a slow client costs
// nothing but its place, and when the history has gone on without it, it is told so.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>

#include <kelek/machine/machine.h>
#include <kelek/runtime/coordinator_options.h>
#include <kelek/transport/client_server.h>
#include <kelek/wire/client_protocol.h>

namespace kelek::runtime {

class WatchHub {
 public:
  /// Sends one frame to a connection.
  using Send = std::function<transport::SendOutcome(transport::ConnectionId, const wire::EventFrame&)>;

  WatchHub(const QueueLimits& limits, std::size_t max_frame_bytes)
      : limits_(limits), max_frame_bytes_(max_frame_bytes) {}

  /// none: started; pump() tells it everything from `from_revision` on (0: from the next revision), and `first` is set
  /// to where it begins. Otherwise over_limit or watch_exists.
  wire::RefusalCode add(transport::ConnectionId connection, const std::string& client, const wire::Watch& watch,
                        const machine::Machine& machine, std::uint64_t& first);
  /// False: there was none.
  bool remove(transport::ConnectionId connection, std::uint64_t watch_id);

  /// Sends what is new, some of it to each in turn. True: there is more that could be sent at once.
  bool pump(const machine::Machine& machine, const Send& send);

  /// To be called every few seconds: tells idle watches how far they are, so that they resume from there, and finds
  /// those whose client has left.
  void say_progress(const machine::Machine& machine, const Send& send);

  /// Ends all, with where to resume.
  void cancel_all(const Send& send);

  std::size_t size() const { return watches_.size(); }
  std::uint64_t lagged() const { return lagged_; }
  std::uint64_t events_sent() const { return events_sent_; }

 private:
  using Key = std::pair<transport::ConnectionId, std::uint64_t>;
  struct Entry {
    std::string client;
    machine::WatchFilter filter;
    std::uint64_t next_revision = 0;
    bool waited = false;  // the last frame was dropped: the client does not read
  };
  enum class Step : std::uint8_t { idle, more, gone };

  Step advance(const Key& key, Entry& entry, const machine::Machine& machine, const Send& send);
  Step end(const Key& key, const Entry& entry, wire::WatchState state, std::uint64_t first_revision, const Send& send);
  /// As many of the batches as fit a frame.
  wire::EventFrame frame_of(const Key& key, const Entry& entry, const machine::HistoryPage& page) const;

  QueueLimits limits_;
  std::size_t max_frame_bytes_;
  std::map<Key, Entry> watches_;
  std::map<std::string, std::size_t> per_client_;
  std::uint64_t lagged_ = 0;
  std::uint64_t events_sent_ = 0;
};

}  // namespace kelek::runtime
