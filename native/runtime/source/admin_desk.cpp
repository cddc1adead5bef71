// Members, leadership, snapshots and shutdown on an admin's wish.
#include "admin_desk.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <kelek/runtime/member_context.h>

namespace kelek::runtime {
namespace {

using wire::RefusalCode;

bool brings_context(const raft::MemberOperation& operation) {
  return !operation.context.empty() || operation.kind == raft::MemberOperation::Kind::update;
}

/// A member that is new, and of which nobody has said on which disk it runs.
const raft::MemberOperation* unmet(const raft::MembershipChange& change, const raft::Configuration& present) {
  for (const raft::MemberOperation& operation : change.operations) {
    const bool adds = operation.kind == raft::MemberOperation::Kind::add_voter ||
                      operation.kind == raft::MemberOperation::Kind::add_learner;
    if (adds && operation.incarnation == 0 && present.find(operation.id) == nullptr) return &operation;
  }
  return nullptr;
}

/// Of those that can lead: who answers, and has the most of the log.
raft::NodeId most_caught_up(const raft::Node& node) {
  raft::NodeId best = raft::no_node;
  raft::Index best_match = 0;
  for (const raft::PeerStatus& peer : node.peers()) {
    if (peer.learner || peer.silent_ticks > node.options().election_ticks) continue;
    if (best == raft::no_node || peer.match > best_match) {
      best = peer.id;
      best_match = peer.match;
    }
  }
  return best;
}

}  // namespace

void AdminDesk::dispatch(Request request, wire::ClientRequest& what) {
  if (what.kind() == wire::RequestKind::shutdown) {
    answers_.done(std::move(request), std::monostate{}, 0);
    ask_to_stop();
    return;
  }
  if (!engine_.node) {
    answers_.refuse(std::move(request), RefusalCode::not_ready, "This coordinator " + engine_.trouble + ".");
    return;
  }
  switch (what.kind()) {
    case wire::RequestKind::change_members:
      change(std::move(request), std::move(std::get<wire::ChangeMembers>(what.body).change));
      return;
    case wire::RequestKind::transfer_leadership:
      transfer(std::move(request), std::get<wire::TransferLeadership>(what.body).to);
      return;
    case wire::RequestKind::take_snapshot: take_snapshot(std::move(request)); return;
    case wire::RequestKind::fetch_snapshot:
      fetch_snapshot(std::move(request), std::get<wire::FetchSnapshot>(what.body));
      return;
    default: answers_.refuse(std::move(request), RefusalCode::malformed, "This is nothing for an admin.");
  }
}

void AdminDesk::change(Request request, raft::MembershipChange change) {
  if (!engine_.leads()) {
    answers_.refuse(std::move(request), {raft::Refusal::not_leader, engine_.role.leader, {}});
    return;
  }
  for (const raft::MemberOperation& operation : change.operations) {
    if (!brings_context(operation)) continue;
    const Result<MemberContext> context = decode_member_context(operation.context);
    if (context.ok()) continue;
    answers_.refuse(std::move(request), RefusalCode::bad_change, context.failure().text);
    return;
  }
  const raft::MemberOperation* stranger = unmet(change, *engine_.node->configuration());
  const raft::NodeId stranger_id = stranger == nullptr ? raft::no_node : stranger->id;
  if (stranger != nullptr) {
    const Result<MemberContext> context = decode_member_context(stranger->context);
    const std::string problem = context.ok() ? engine_.members->admit(stranger_id, *context) : context.failure().text;
    if (!problem.empty()) {
      answers_.refuse(std::move(request), RefusalCode::bad_change,
                      "Node " + std::to_string(stranger_id) + " cannot be added: " + problem);
      return;
    }
  }
  request.kind = stranger == nullptr ? Request::Kind::change : Request::Kind::adding;
  request.change = std::make_unique<raft::MembershipChange>(std::move(change));
  const raft::Token token = engine_.requests.open(std::move(request));
  if (stranger_id != raft::no_node) {
    say_hello(stranger_id);
  } else {
    propose_change(token);
  }
}

void AdminDesk::propose_change(raft::Token token) {
  Request& request = *engine_.requests.find(token);
  const raft::Result<raft::Index> changed = engine_.node->change(*request.change);
  if (!changed.ok()) {
    for (const raft::MemberOperation& operation : request.change->operations) engine_.members->dismiss(operation.id);
    answers_.refuse(engine_.requests.close(token), changed.error());
    return;
  }
  request.kind = Request::Kind::change;
  request.handed_over = true;
  request.index = *changed;
  request.term = engine_.node->status().term;
}

void AdminDesk::on_met(raft::NodeId node, raft::Incarnation incarnation) {
  std::vector<raft::Token> complete;
  engine_.requests.for_each([&](raft::Token token, Request& request) {
    if (request.kind != Request::Kind::adding) return;
    for (raft::MemberOperation& operation : request.change->operations) {
      if (operation.id == node && operation.incarnation == 0) operation.incarnation = incarnation;
    }
    if (unmet(*request.change, *engine_.node->configuration()) == nullptr) complete.push_back(token);
  });
  for (const raft::Token token : complete) propose_change(token);
}

void AdminDesk::on_expired(const Request& request) {
  if (request.kind != Request::Kind::adding) return;
  for (const raft::MemberOperation& operation : request.change->operations) {
    engine_.members->dismiss(operation.id);
    engine_.events.info("member {} was not added: it did not answer in time", operation.id);
  }
}

void AdminDesk::on_applied(raft::Index index, const raft::Entry& entry) {
  const raft::Result<raft::Configuration> configuration = raft::Configuration::decode(entry.payload.bytes());
  std::vector<raft::Token> finished;
  engine_.requests.for_each([&](raft::Token token, Request& request) {
    if (request.kind != Request::Kind::change || request.index == 0 || index < request.index) return;
    // A joint configuration is half of the way: the leader leaves it by itself.
    if (index == request.index && entry.term == request.term && configuration.ok() && configuration->is_joint()) return;
    finished.push_back(token);
  });
  for (const raft::Token token : finished) {
    Request request = engine_.requests.close(token);
    const raft::Index at = request.index;
    if (index == at && entry.term != request.term) {
      answers_.refuse(std::move(request), RefusalCode::leadership_lost, "Another leader's entry took its place.");
    } else {
      answers_.done(std::move(request), wire::MembersChanged{at}, at);
    }
  }
}

void AdminDesk::on_role(const raft::RoleChange& role) {
  if (role.role == raft::Role::leader) return;
  std::vector<raft::Token> lost;
  engine_.requests.for_each([&lost](raft::Token token, Request& request) {
    if (request.kind == Request::Kind::adding || request.kind == Request::Kind::change) lost.push_back(token);
  });
  for (const raft::Token token : lost) {
    Request request = engine_.requests.close(token);
    if (request.handed_over) {
      answers_.unknown(std::move(request), RefusalCode::leadership_lost,
                       "The leader changed while the members changed.");
    } else {
      on_expired(request);
      answers_.refuse(std::move(request), {raft::Refusal::not_leader, role.leader, {}});
    }
  }
}

void AdminDesk::transfer(Request request, raft::NodeId to) {
  if (!engine_.leads()) {
    answers_.refuse(std::move(request), {raft::Refusal::not_leader, engine_.role.leader, {}});
    return;
  }
  const raft::NodeId heir = to == raft::no_node ? most_caught_up(engine_.node->node()) : to;
  if (heir == raft::no_node) {
    answers_.refuse(std::move(request), RefusalCode::not_voter, "No other voter answers.");
    return;
  }
  const raft::Status begun = engine_.node->transfer(heir);
  if (!begun.ok()) {
    answers_.refuse(std::move(request), begun.error());
    return;
  }
  request.kind = Request::Kind::transfer;
  request.handed_over = true;
  engine_.requests.open(std::move(request));
}

bool AdminDesk::hand_over() {
  const raft::NodeId heir = most_caught_up(engine_.node->node());
  return heir != raft::no_node && engine_.node->transfer(heir).ok();
}

void AdminDesk::finish_all(Request::Kind kind, const std::function<void(Request)>& finish) {
  std::vector<raft::Token> tokens;
  engine_.requests.for_each([&](raft::Token token, Request& request) {
    if (request.kind == kind) tokens.push_back(token);
  });
  for (const raft::Token token : tokens) finish(engine_.requests.close(token));
}

void AdminDesk::on_transfer(const raft::TransferOutcome& outcome) {
  finish_all(Request::Kind::transfer, [this, &outcome](Request request) {
    if (outcome.done) {
      answers_.done(std::move(request), wire::LeadershipTransferred{outcome.to}, 0);
    } else {
      // It may have been told to campaign, and do so yet.
      answers_.unknown(std::move(request), RefusalCode::deadline,
                       "Node " + std::to_string(outcome.to) + " did not take over in time.");
    }
  });
}

void AdminDesk::take_snapshot(Request request) {
  const raft::NodeStatus status = engine_.node->status();
  if (!engine_.snapshots->running()) {
    if (status.applied == 0) {
      answers_.refuse(std::move(request), RefusalCode::not_ready, "Nothing has been applied yet.");
      return;
    }
    if (status.applied == status.snapshot_index) {
      const std::optional<raft::SnapshotMetadata> newest = engine_.snapshots->newest();
      if (newest.has_value()) {
        answers_.done(std::move(request), wire::SnapshotTaken{newest->id, newest->index, newest->size_bytes},
                      newest->index);
        return;
      }
    }
    const Failure failure = engine_.snapshots->begin(engine_.node->node(), engine_.applier->machine());
    if (failure.failed()) {
      answers_.refuse(std::move(request), RefusalCode::internal, failure.text);
      return;
    }
  }
  request.kind = Request::Kind::snapshot;
  request.handed_over = true;  // it is being written, whoever waits for it
  engine_.requests.open(std::move(request));
}

void AdminDesk::on_snapshot(const raft::SnapshotMetadata& snapshot) {
  finish_all(Request::Kind::snapshot, [this, &snapshot](Request request) {
    answers_.done(std::move(request), wire::SnapshotTaken{snapshot.id, snapshot.index, snapshot.size_bytes},
                  snapshot.index);
  });
}

void AdminDesk::on_snapshot_failure(const Failure& failure) {
  finish_all(Request::Kind::snapshot, [this, &failure](Request request) {
    answers_.refuse(std::move(request), RefusalCode::disk, "No snapshot could be taken: " + failure.text);
  });
}

void AdminDesk::fetch_snapshot(Request request, const wire::FetchSnapshot& fetch) {
  const std::optional<raft::SnapshotMetadata> snapshot =
      fetch.snapshot_id == 0 ? engine_.snapshots->newest() : engine_.snapshots->find(fetch.snapshot_id);
  if (!snapshot.has_value()) {
    answers_.refuse(std::move(request), RefusalCode::not_found, "There is no such snapshot here; take one.");
    return;
  }
  if (fetch.offset_bytes > snapshot->size_bytes) {
    answers_.refuse(std::move(request), RefusalCode::invalid, "The snapshot ends before this offset.");
    return;
  }
  raft::SnapshotChunk chunk;
  chunk.metadata = std::make_shared<const raft::SnapshotMetadata>(*snapshot);
  chunk.offset_bytes = fetch.offset_bytes;
  const std::uint64_t most = std::min<std::uint64_t>(fetch.max_bytes, wire::client_frame_bytes / 2);
  chunk.wanted_bytes = static_cast<std::uint32_t>(std::min(most, snapshot->size_bytes - fetch.offset_bytes));
  if (chunk.wanted_bytes != 0 && !engine_.snapshots->fill(chunk)) {
    answers_.refuse(std::move(request), RefusalCode::disk, "The snapshot cannot be read.");
    return;
  }
  wire::SnapshotPart part;
  part.snapshot_id = snapshot->id;
  part.index = snapshot->index;
  part.term = snapshot->term;
  part.size_bytes = snapshot->size_bytes;
  part.digest = snapshot->digest;
  if (snapshot->configuration) part.configuration = std::string(snapshot->configuration->encode().text());
  part.offset_bytes = fetch.offset_bytes;
  part.data = std::string(chunk.data.text());
  answers_.done(std::move(request), std::move(part), snapshot->index);
}

}  // namespace kelek::runtime
