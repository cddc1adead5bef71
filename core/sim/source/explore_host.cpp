// A real node, driven one event at a time.
#include "explore_host.h"

#include <algorithm>
#include <utility>

#include <kelek/raft/invariant.h>

namespace kelek::sim {

using namespace raft;

namespace {

/// Nothing that time decides ever happens: ticks are a leader's heartbeats.
constexpr std::uint32_t out_of_reach = 1'000'000;

std::uint64_t content_of(const Entry& entry) {
  Digest digest;
  for (const std::byte byte : entry.payload.bytes()) digest.add(static_cast<std::uint64_t>(byte));
  return entry.payload.size() == 0 ? 0 : digest.value();
}

ExploreView::Entry seen(const Entry& entry) {
  return {entry.term, content_of(entry)};
}

struct BodyDigest {
  Digest& digest;

  void operator()(const VoteRequest& request) const {
    digest.add(request.last_index);
    digest.add(request.last_term);
  }
  void operator()(const VoteResponse& response) const { digest.add(static_cast<std::uint64_t>(response.granted)); }
  void operator()(const AppendRequest& request) const {
    digest.add(request.previous_index);
    digest.add(request.previous_term);
    digest.add(request.commit);
    digest.add(request.round);
    request.entries.for_each([this](Index, const Entry& entry) {
      digest.add(entry.term);
      digest.add(content_of(entry));
    });
  }
  void operator()(const AppendResponse& response) const {
    digest.add(response.previous_index);
    digest.add(static_cast<std::uint64_t>(response.accepted));
    digest.add(response.match_index);
    digest.add(response.hint_index);
    digest.add(response.hint_term);
    digest.add(response.round);
  }
  void operator()(const HeartbeatRequest& request) const {
    digest.add(request.commit);
    digest.add(request.round);
  }
  void operator()(const HeartbeatResponse& response) const {
    digest.add(response.round);
    digest.add(response.match_index);
  }
  template <typename Other>
  void operator()(const Other&) const {
    KELEK_INVARIANT(false);  // none of these is sent where nothing is asked for
  }
};

std::uint64_t digest_of_pending(const Ready& ready, const Renaming& names) {
  Digest digest;
  digest.add(static_cast<std::uint64_t>(ready.must_sync) + 2 * static_cast<std::uint64_t>(ready.replaces_entries));
  if (ready.hard_state) {
    digest.add(ready.hard_state->term);
    digest.add(names(ready.hard_state->vote));
    digest.add(ready.hard_state->commit);
  }
  for (const EntryRange& range : ready.entries) {
    digest.add(range.first_index());
    range.for_each([&digest](Index, const Entry& entry) {
      digest.add(entry.term);
      digest.add(content_of(entry));
    });
  }
  std::uint64_t messages = 0;
  for (const Message& message : ready.messages_after) messages += digest_of(message, names);
  digest.add(messages);
  return digest.value();
}

}  // namespace

std::uint64_t digest_of(const Message& message, const Renaming& names) {
  Digest digest;
  digest.add(names(message.from));
  digest.add(names(message.to));
  digest.add(message.term);
  digest.add(message.body.index());
  std::visit(BodyDigest{digest}, message.body);
  return digest.value();
}

ExploreHost::ExploreHost(const ExploreOptions& options, NodeId id) : options_(options), id_(id) {
  std::vector<NodeId> voters;
  for (NodeId voter = 1; voter <= options.nodes; ++voter) voters.push_back(voter);
  disk_.first_configuration = std::make_shared<const Configuration>(Configuration::of_voters(voters));
  start();
}

void ExploreHost::start() {
  Options options = swarm_of(options_).options;
  options.id = id_;
  options.election_ticks = out_of_reach;
  DurableState state = disk_.load(id_);
  state.restarted = restarted_;
  auto created = Node::create(options, std::move(state));
  KELEK_INVARIANT(created);
  node_ = std::move(created.value());
  pending_.clear();
  std::vector<Message> none;
  settle(none);
}

std::string ExploreHost::take(const ExploreInput& input, const Message* message, std::vector<Message>& sent) {
  const ExploreView before = view();
  std::string broken;
  switch (input.kind) {
    case ExploreInput::Kind::campaign: (void)node_->campaign(); break;
    case ExploreInput::Kind::heartbeat:
      heartbeats_ = heartbeats_term_ == before.term ? heartbeats_ + 1 : 1;
      heartbeats_term_ = before.term;
      node_->tick();
      break;
    case ExploreInput::Kind::propose: (void)node_->propose(Payload::copy_of("e" + std::to_string(input.number))); break;
    case ExploreInput::Kind::crash:
      ++crashes_;
      restarted_ = true;
      start();
      break;
    case ExploreInput::Kind::persist: broken = write_oldest(sent); break;
    case ExploreInput::Kind::deliver:
      if (const Status handled = node_->step(*message); !handled) {
        return "I19 MessageWellFormed: node " + std::to_string(id_) +
               " calls malformed what another sends: " + handled.error().text;
      }
      break;
  }
  if (broken.empty()) broken = settle(sent);
  return broken.empty() ? check_step(before, input, message) : broken;
}

/// Takes all that the node has to give, and writes what need not wait.
std::string ExploreHost::settle(std::vector<Message>& sent) {
  while (node_->has_ready()) {
    Ready ready;
    node_->take_ready(ready);
    for (const Message& message : ready.messages) {
      if (std::string broken = check_release(message); !broken.empty()) return broken;
      sent.push_back(message);
    }
    ready.messages.clear();
    const Index applied = ready.committed.empty() ? 0 : ready.committed.back().last_index();
    ready.committed.clear();
    pending_.push_back(std::move(ready));
    while (!pending_.empty() && (!options_.asynchronous || !pending_.front().must_sync)) {
      if (std::string broken = write_oldest(sent); !broken.empty()) return broken;
    }
    if (applied != 0) node_->applied(applied);
  }
  return {};
}

std::string ExploreHost::write_oldest(std::vector<Message>& sent) {
  const Ready ready = std::move(pending_.front());
  pending_.pop_front();
  const Disk::Written written = disk_.write(ready);
  if (!written.broken.empty()) return "I6 OneVotePerTerm: node " + std::to_string(id_) + ": " + written.broken;
  node_->persisted(ready.number);
  for (const Message& message : ready.messages_after) {
    if (std::string broken = check_release(message); !broken.empty()) return broken;
    sent.push_back(message);
  }
  return {};
}

/// Nothing may leave that a crash could take back.
std::string ExploreHost::check_release(const Message& message) const {
  const std::string who = "node " + std::to_string(id_);
  const HardState& durable = disk_.hard_state;
  const auto* vote = std::get_if<VoteResponse>(&message.body);
  if (vote != nullptr && vote->granted && (durable.term != message.term || durable.vote != message.to)) {
    return "I7 VoteDurable: " + who + " grants a vote that is not on its disk";
  }
  const bool answers = vote != nullptr || std::holds_alternative<AppendResponse>(message.body) ||
                       std::holds_alternative<HeartbeatResponse>(message.body);
  if (answers && message.term > durable.term) {
    return "I7 TermDurable: " + who + " answers in a term that is not on its disk";
  }
  const auto* append = std::get_if<AppendResponse>(&message.body);
  if (append != nullptr && append->accepted && append->match_index > disk_.last_index()) {
    return "I9 AckTrue: " + who + " acknowledges entries that are not on its disk";
  }
  return {};
}

std::string ExploreHost::check_step(const ExploreView& before, const ExploreInput& input,
                                    const Message* message) const {
  const std::string who = "node " + std::to_string(id_);
  const ExploreView after = view();
  const bool crashed = input.kind == ExploreInput::Kind::crash;
  if (after.commit > after.log.size()) return "I12 CommitMonotone: " + who + " commits beyond its log";
  if (!crashed && after.commit < before.commit) return "I12 CommitMonotone: the commit index of " + who + " falls";
  if (!crashed && after.term < before.term) return "I18 TermAdopted: the term of " + who + " falls";
  if (message != nullptr && after.term < message->term) {
    return "I18 TermAdopted: " + who + " handles a message of term " + std::to_string(message->term) +
           " and stays in " + std::to_string(after.term);
  }
  const bool went_on = before.role == Role::leader && after.role == Role::leader && before.term == after.term;
  const bool kept =
      after.log.size() >= before.log.size() && std::equal(before.log.begin(), before.log.end(), after.log.begin());
  if (went_on && !kept) return "I2 LeaderAppendOnly: " + who + " leads and replaces entries of its log";
  for (const ExploreView::Match& now : after.matches) {
    for (const ExploreView::Match& then : before.matches) {
      if (went_on && now.id == then.id && now.match < then.match) {
        return "I11 MatchMonotone: " + who + " takes back what it knows of node " + std::to_string(now.id);
      }
    }
  }
  return {};
}

std::uint64_t ExploreHost::digest(const Renaming& names) const {
  Digest digest;
  digest.add(node_->digest(names));
  digest.add(disk_.hard_state.term);
  digest.add(names(disk_.hard_state.vote));
  digest.add(disk_.hard_state.commit);
  for (const Entry& entry : disk_.log) {
    digest.add(entry.term);
    digest.add(content_of(entry));
  }
  digest.add(pending_.size());
  for (const Ready& ready : pending_) digest.add(digest_of_pending(ready, names));
  digest.add(crashes_);
  digest.add(heartbeats_term_ == node_->status().term ? heartbeats_ : 0);
  return digest.value();
}

ExploreView ExploreHost::view() const {
  const NodeStatus status = node_->status();
  ExploreView view;
  view.role = status.role;
  view.term = status.term;
  view.commit = status.commit;
  view.durable_term = disk_.hard_state.term;
  view.log.reserve(static_cast<std::size_t>(status.last_index));
  node_->entries_from(1, UINT32_MAX).for_each([&view](Index, const Entry& entry) { view.log.push_back(seen(entry)); });
  for (const Entry& entry : disk_.log) view.durable.push_back(seen(entry));
  if (status.role == Role::leader) {
    for (const PeerStatus& peer : node_->peers()) view.matches.push_back({peer.id, peer.match});
  }
  view.heartbeats = heartbeats_term_ == status.term ? heartbeats_ : 0;
  view.crashes = crashes_;
  view.pending_writes = pending_.size();
  return view;
}

}  // namespace kelek::sim
