// Who says what at first contact.
#include "greeter.h"

#include <utility>

#include <kelek/runtime/member_context.h>

#include "clocks.h"

namespace kelek::runtime {
namespace {

constexpr std::uint64_t blank_interval_ms = 100;
constexpr std::uint64_t interval_ms = 500;
constexpr std::uint64_t correction_interval_ms = 1'000;

Introduction simplified(raft::NodeId from, raft::Incarnation incarnation, const wire::Introduction& theirs) {
  Introduction introduction;
  introduction.from = from;
  introduction.incarnation = incarnation;
  introduction.established = !theirs.blank && theirs.present && !theirs.present->empty();
  for (const wire::KnownIncarnation& known : theirs.heard) introduction.heard[known.node] = known.incarnation;
  introduction.genesis = theirs.genesis;
  introduction.present = theirs.present;
  return introduction;
}

}  // namespace

void Greeter::begin_genesis() {
  std::vector<raft::Member> members;
  for (const InitialMember& initial : engine_.options.initial_members) {
    raft::Member member;
    member.id = initial.id;
    member.incarnation = initial.id == engine_.options.node_id ? engine_.incarnation : 0;
    member.context = encode(MemberContext{initial.peer_address, initial.client_address, initial.public_key});
    members.push_back(std::move(member));
  }
  genesis_ = std::make_unique<Genesis>(engine_.options.node_id, std::move(members));
}

wire::Introduction Greeter::introduce() const {
  wire::Introduction ours;
  ours.cluster = engine_.cluster_id;
  ours.software = software_name;
  ours.genesis = engine_.genesis;
  if (genesis_ && !engine_.node) {
    for (const auto& [node, incarnation] : genesis_->heard()) ours.heard.push_back({node, incarnation});
  }
  if (engine_.node) {
    const raft::NodeStatus status = engine_.node->status();
    ours.term = status.term;
    ours.last_index = status.last_index;
    ours.last_term = status.last_term;
    ours.repairing = engine_.repair_until != 0;
    if (!engine_.node->configuration()->empty()) ours.present = engine_.node->configuration();
  }
  ours.blank = !ours.present;
  return ours;
}

void Greeter::send(raft::NodeId to, wire::Greeting greeting) {
  greeting.from = engine_.options.node_id;
  greeting.to = to;
  greeting.from_incarnation = engine_.incarnation;
  engine_.peers->send(to, encoder_.encode(wire::first_group, greeting).joined());
}

/// A leader that removed itself, or a follower that still got that entry, campaigns no more: nobody would correct it.
bool Greeter::seems_removed() const {
  const bool left_out = engine_.configuration && !engine_.configuration->empty() &&
                        engine_.configuration->find(engine_.options.node_id) == nullptr;
  return left_out && engine_.role.leader == raft::no_node;
}

std::uint64_t Greeter::greet(std::uint64_t now_ms) {
  if (now_ms < next_ms_) return next_ms_;
  const bool blank = !engine_.node;
  next_ms_ = now_ms + (blank ? blank_interval_ms : interval_ms);
  for (const raft::NodeId id : engine_.members->reachable()) {
    // While the log is being repaired the leader has to know it, whoever that is by now.
    const bool again = engine_.repair_until != 0 || seems_removed();
    if (!blank && answered_.count(id) != 0 && !again) continue;
    wire::Greeting greeting;
    greeting.body = wire::Hello{introduce()};
    send(id, std::move(greeting));
  }
  if (blank && genesis_) {
    engine_.trouble = "waits for the initial members: " + genesis_->waiting_for();
    if (engine_.trouble != last_waiting_) engine_.events.info("{}", engine_.trouble);
    last_waiting_ = engine_.trouble;
  }
  return next_ms_;
}

void Greeter::receive(const wire::Greeting& greeting) {
  if (const wire::Hello* hello = std::get_if<wire::Hello>(&greeting.body)) {
    hear(greeting, hello->introduction);
    answer(greeting, hello->introduction);
    return;
  }
  const wire::HelloAnswer& answer = std::get<wire::HelloAnswer>(greeting.body);
  answered_[greeting.from] = steady_ms();
  hear(greeting, answer.introduction);
  if (answer.refusal != wire::HelloRefusal::none) hear_refusal(greeting.from, answer);
}

void Greeter::hear(const wire::Greeting& greeting, const wire::Introduction& theirs) {
  if (theirs.cluster != engine_.cluster_id) {
    engine_.events.warn("node {} belongs to another cluster than '{}'", greeting.from, engine_.options.cluster);
    return;
  }
  const Introduction introduction = simplified(greeting.from, greeting.from_incarnation, theirs);
  if (genesis_ && !engine_.node) {
    genesis_->hear(introduction);
    if (genesis_->failure().has_value()) engine_.fail(*genesis_->failure());
  }
  if (engine_.configuration) {
    const std::string judgement = judge_blank(*engine_.configuration, introduction);
    if (!judgement.empty()) engine_.events.warn("{}", judgement);
  }
  met_(greeting.from, greeting.from_incarnation);
  if (theirs.repairing) hear_repair(greeting);
}

/// A log that says itself what it lost is not one that was set back: it gets it anew (durability.md, R4).
void Greeter::hear_repair(const wire::Greeting& greeting) {
  if (!engine_.leads() || !engine_.configuration) return;
  const raft::Member* member = engine_.configuration->find(greeting.from);
  if (member == nullptr || member->incarnation != greeting.from_incarnation) return;
  const wire::Hello* hello = std::get_if<wire::Hello>(&greeting.body);
  if (hello != nullptr) engine_.node->peer_fell_back(greeting.from, hello->introduction.last_index);
}

void Greeter::answer(const wire::Greeting& greeting, const wire::Introduction& theirs) {
  wire::Greeting reply;
  wire::HelloAnswer answer = judge(greeting.from, greeting.from_incarnation, theirs);
  answer.introduction = introduce();
  reply.body = std::move(answer);
  send(greeting.from, std::move(reply));
}

wire::HelloAnswer Greeter::judge(raft::NodeId from, raft::Incarnation incarnation,
                                 const wire::Introduction& theirs) const {
  const auto refuse = [](wire::HelloRefusal refusal, std::string text) {
    wire::HelloAnswer answer;
    answer.refusal = refusal;
    answer.text = std::move(text);
    return answer;
  };
  const std::string name = "Node " + std::to_string(from);
  if (theirs.cluster != engine_.cluster_id) {
    return refuse(wire::HelloRefusal::other_cluster, name + " belongs to another cluster.");
  }
  if (theirs.oldest_version > wire::peer_protocol_version || theirs.newest_version < wire::peer_protocol_version) {
    return refuse(wire::HelloRefusal::other_version, name + " speaks no version of the frames that we speak.");
  }
  // Who waits to be added knows nobody to be refused.
  if (!engine_.node || !engine_.configuration || engine_.configuration->empty()) return {};
  const raft::Member* member = engine_.configuration->find(from);
  if (member == nullptr) {
    if (engine_.members->is_retired(from)) {
      return refuse(wire::HelloRefusal::removed, name + " was removed from the cluster.");
    }
    return refuse(wire::HelloRefusal::unknown_member, name + " is no member of the cluster.");
  }
  if (member->incarnation != incarnation) {
    return refuse(wire::HelloRefusal::wrong_incarnation, name + " had another disk (incarnation " +
                                                             incarnation_text(member->incarnation) +
                                                             "); remove it and add it again.");
  }
  if (theirs.genesis && engine_.genesis && !(*theirs.genesis == *engine_.genesis)) {
    return refuse(wire::HelloRefusal::other_genesis, name + " began with another configuration.");
  }
  if (has_rolled_back(from, theirs)) {
    return refuse(wire::HelloRefusal::rolled_back,
                  name + " holds less than it once acknowledged: its disk was set back to an older state.");
  }
  return {};
}

bool Greeter::has_rolled_back(raft::NodeId from, const wire::Introduction& theirs) const {
  if (!engine_.leads() || theirs.blank || theirs.repairing) return false;
  // A leader that was deposed and does not know it yet: what it counted may have been replaced since.
  if (theirs.term > engine_.node->status().term) return false;
  for (const raft::PeerStatus& peer : engine_.node->peers()) {
    if (peer.id == from) return theirs.last_index < peer.match;
  }
  return false;
}

void Greeter::hear_refusal(raft::NodeId from, const wire::HelloAnswer& answer) {
  engine_.events.warn("node {} refuses us: {} ({})", from, answer.text, wire::hello_refusal_name(answer.refusal));
  if (answer.introduction.cluster != engine_.cluster_id || answer.introduction.blank) return;
  // Without history of our own the agreement on the first members decides; who joins waits to be added.
  if (!engine_.node || engine_.node->configuration()->empty()) return;
  const bool newer = knows_more_than_we(answer.introduction);
  switch (answer.refusal) {
    case wire::HelloRefusal::removed:
      if (newer) engine_.fail({FailureKind::removed, answer.text});
      return;
    case wire::HelloRefusal::wrong_incarnation:
      if (newer) engine_.fail({FailureKind::wrong_incarnation, answer.text});
      return;
    case wire::HelloRefusal::rolled_back:
      engine_.fail({FailureKind::corrupt, answer.text + " Remove the node and add it again with a blank disk."});
      return;
    case wire::HelloRefusal::other_genesis: engine_.fail({FailureKind::data_directory, answer.text}); return;
    default: return;
  }
}

/// A member that lags may not know yet that we were added: only one whose log is as good as ours can tell us to go.
bool Greeter::knows_more_than_we(const wire::Introduction& theirs) const {
  const raft::NodeStatus ours = engine_.node->status();
  if (theirs.last_term != ours.last_term) return theirs.last_term > ours.last_term;
  return theirs.last_index >= ours.last_index;
}

void Greeter::correct(raft::NodeId node, raft::Incarnation incarnation) {
  const std::uint64_t now_ms = steady_ms();
  std::uint64_t& last_ms = corrected_[node];
  if (last_ms != 0 && now_ms < last_ms + correction_interval_ms) return;
  last_ms = now_ms;
  wire::Introduction theirs;
  theirs.cluster = engine_.cluster_id;
  theirs.blank = true;
  wire::Greeting reply;
  wire::HelloAnswer answer = judge(node, incarnation, theirs);
  if (answer.refusal == wire::HelloRefusal::none) return;
  answer.introduction = introduce();
  reply.body = std::move(answer);
  send(node, std::move(reply));
}

}  // namespace kelek::runtime
