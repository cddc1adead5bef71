// Clients: each asks one thing at a time, of any host, again and again until it is answered; and the witness: what they
// hear must be what the committed log says, in an order that real time allows.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include <kelek/machine/machine.h>
#include <kelek/raft/node.h>
#include <kelek/sim/history.h>
#include <kelek/wire/command_codec.h>

#include "event_queue.h"
#include "reference_model.h"

namespace kelek::sim {

class World;
struct Host;

class Clients {
 public:
  explicit Clients(World& world) : world_(world) {}

  void set_up();
  /// Its time has come: it begins, asks again, or gives an answer up.
  void wake(std::size_t client, std::uint64_t stamp);
  /// No new requests from now on; those that wait go on.
  void stop() { stopped_ = true; }
  bool all_answered() const;

  void proposal_outcome(Host& host, const raft::ProposalOutcome& outcome);
  void read_outcome(Host& host, const raft::ReadOutcome& outcome);
  /// The host has applied more: what waited for it is answered.
  void applied(Host& host);

  /// A committed entry, told by every host that applies it, with what its machine answered; in order.
  void committed(raft::Index index, const machine::Command* command, const machine::Result* result);
  /// The commands that are committed, decoded once.
  const machine::Command* command_at(raft::Index index, const raft::Entry& entry);

  std::uint64_t answers() const { return answers_; }

  /// A write of nobody's, for who wants to see one go through; gives the token.
  raft::Token probe(Host& host);
  bool probe_committed(raft::Token token) const { return probed_ == token; }

 private:
  enum class Wish : std::uint8_t { open_session, put, put_if, remove, append, read, lease_read, stale_read };
  enum class Phase : std::uint8_t { idle, asking, waiting_for_outcome, waiting_for_apply };
  struct Client {
    std::uint64_t session_id = 0;
    std::uint64_t sequence = 0;
    std::uint64_t stamp = 0;
    Phase phase = Phase::idle;
    Wish wish = Wish::open_session;
    machine::Command command;
    std::string key;
    Time called = 0;
    /// What had been answered to anybody when this was asked lies at or below this revision.
    std::uint64_t floor = 0;
    raft::NodeId asked = raft::no_node;
    raft::Token token = 0;
    raft::Index awaited = 0;
    std::uint64_t own_floor = 0;
    std::uint64_t last_seen_revision = 0;
    std::size_t record = 0;
  };

  static bool is_read(Wish wish) { return wish >= Wish::read; }
  void choose(Client& client, std::size_t place);
  void ask(Client& client, std::size_t place);
  void ask_again(Client& client, std::size_t place, Time delay);
  void answer_write(Client& client, std::size_t place);
  void answer_read(Client& client, std::size_t place, Host& host);
  void finish(Client& client, std::size_t place, std::uint64_t point);
  void complain(const std::string& what);
  Client* by_token(raft::Token token, const Host& host);
  void begin_record(Client& client, std::size_t place, const KeyState& expected = {});
  history::Operation* record_of(const Client& client);
  void record_write(const Client& client, const Answer& answer);
  void record_read(const Client& client, std::uint64_t revision, const machine::KvRecord* found);

  World& world_;
  std::vector<Client> clients_;
  ReferenceModel model_;
  wire::CommandEncoder encoder_;
  std::deque<std::optional<machine::Command>> commands_;  // of entry i + 1 at place i
  std::vector<Answer> answers_at_;                        // the same
  raft::Index known_ = 0;
  std::uint64_t highest_point_ = 0;
  std::uint64_t answers_ = 0;
  raft::Token last_token_ = 0;
  raft::Token probed_ = 0;
  bool stopped_ = false;
};

}  // namespace kelek::sim
