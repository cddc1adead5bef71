// ReadyProcessor: carries out what the core wants done: messages, disk, machine, outcomes, in the order that
// Ready demands.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include <kelek/raft/ready.h>

#include "admin_desk.h"
#include "client_desk.h"
#include "engine.h"
#include "peer_desk.h"

namespace kelek::runtime {

class ReadyProcessor {
 public:
  ReadyProcessor(Engine& engine, PeerDesk& peers, ClientDesk& clients, AdminDesk& admin)
      : engine_(engine), peers_(peers), clients_(clients), admin_(admin) {}

  /// Takes Readys until there is none, at most `max_readies`. True: it has more to do at once.
  bool process(int max_readies);
  /// What the log's thread has made durable.
  void collect();
  /// A snapshot that was being taken is a file now.
  void collect_snapshot();

  /// The applier's listener.
  void on_applied(raft::Index index, const raft::Entry& entry, machine::Result* result);

  /// Role, term or leader changed; given by the loop.
  std::function<void(const raft::RoleChange&)> on_role;

 private:
  void carry_out();
  void hold_back_commit_notices();
  void send_held_back();
  void install(const raft::SnapshotMetadata& snapshot);
  void apply_committed();
  void take_durable(Durable& durable);
  void compact(const raft::SnapshotMetadata& snapshot);

  Engine& engine_;
  PeerDesk& peers_;
  ClientDesk& clients_;
  AdminDesk& admin_;
  raft::Ready ready_;
  std::vector<raft::Message> held_back_;
  std::vector<Durable> durable_;
};

}  // namespace kelek::runtime
