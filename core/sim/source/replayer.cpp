// Acts, played and said.
#include "replayer.h"

#include <algorithm>

#include "words.h"

namespace kelek::sim {

using namespace raft;

namespace {

std::string list_of(std::uint32_t first, std::uint32_t count) {
  std::string list;
  for (std::uint32_t i = 0; i < count; ++i) list += (i == 0 ? "" : ",") + std::to_string(first + i);
  return list;
}

std::string wish_text(const MembershipChange& wish) {
  if (wish.operations.empty()) return " leave";
  std::string text;
  for (const MemberOperation& operation : wish.operations) {
    const char* sign = operation.kind == MemberOperation::Kind::add_voter     ? "+"
                       : operation.kind == MemberOperation::Kind::add_learner ? "~"
                                                                              : "-";
    text += " " + std::string(sign) + std::to_string(operation.id);
  }
  return text + (wish.explicit_leave ? " explicit" : "");
}

std::string times_text(std::uint64_t count) {
  return count == 1 ? "" : " " + std::to_string(count);
}

}  // namespace

std::string setup_text(const Swarm& swarm) {
  const Options& options = swarm.options;
  const auto on = [](bool is_on) { return is_on ? "on" : "off"; };
  std::string text = "cluster voters=" + list_of(1, swarm.voters);
  text += " election=" + std::to_string(options.election_ticks);
  text += " heartbeat=" + std::to_string(options.heartbeat_ticks);
  text += std::string(" pre-vote=") + on(options.pre_vote) + " check-quorum=" + on(options.check_quorum);
  if (options.lease_reads) text += " lease-read=on";
  text += " max-append-entries=" + std::to_string(options.max_append_entries);
  text += " max-inflight=" + std::to_string(options.max_inflight_appends);
  if (swarm.async_storage) text += " storage=async";
  if (swarm.takes_late) text += " ready=late";
  text += " seed=" + std::to_string(options.seed) + "\n";
  if (swarm.spares != 0) text += "spare " + list_of(swarm.voters + 1, swarm.spares) + "\n";
  return text;
}

std::optional<Setup> said_setup_of(const Swarm& swarm) {
  const ValueOr<Scenario, Problem> said = parse_scenario(setup_text(swarm));
  return said ? std::optional<Setup>(said->setup) : std::nullopt;
}

Setup setup_of(const Swarm& swarm) {
  Setup setup;
  setup.voters.clear();
  for (NodeId id = 1; id <= swarm.voters; ++id) setup.voters.push_back(id);
  for (NodeId id = swarm.voters + 1; id <= swarm.voters + swarm.spares; ++id) setup.spares.push_back(id);
  setup.options = swarm.options;
  for (std::size_t i = 0; i < swarm.election_delay_ticks.size(); ++i) {
    Options& own = setup.options_of[i + 1];
    own = swarm.options;
    own.election_delay_ticks = swarm.election_delay_ticks[i];
  }
  setup.async_storage = swarm.async_storage;
  setup.takes_late = swarm.takes_late;
  return setup;
}

Replayer::Replayer(const Setup& setup) : cluster_(setup) {
  const Options none;
  const Options& own = setup.options;
  pads_ = own.max_append_bytes != none.max_append_bytes || own.max_inflight_bytes != none.max_inflight_bytes ||
          own.max_uncommitted_bytes != none.max_uncommitted_bytes;
}

Replayer::Played Replayer::play(const Acts& acts, bool with_lines) {
  Played played;
  for (std::size_t place = 0; place < acts.size() && !cluster_.fault(); ++place) {
    std::string line;
    if (!act(acts[place], with_lines ? &line : nullptr)) continue;
    played.done.push_back(place);
    if (with_lines) played.lines.push_back(std::move(line));
  }
  played.stand_ins = stand_ins_;
  if (cluster_.fault() && cluster_.fault()->kind == Fault::Kind::invariant) played.violation = cluster_.fault()->text;
  return played;
}

/// Where an earlier act was left out, what it says now is often another term or index: then the oldest of its kind in
/// its term stands for it, or the oldest of its kind.
std::optional<std::size_t> Replayer::place_of(const MessageName& name, const Which& which) {
  const Term reached = cluster_.highest_term_ever();
  const Term lower = name.highest_term > reached ? name.highest_term - reached : 0;
  const auto find = [&](const Network::Test& wanted) { return cluster_.place_of(which, wanted); };
  std::optional<std::size_t> place;
  if (lower == 0) place = find([&](const Message& message) { return name.is(message); });
  if (place) return place;
  ++stand_ins_;
  place = find([&](const Message& message) { return name.names(message, lower); });
  if (!place) place = find([&](const Message& message) { return name.has_term(message, lower); });
  if (!place) place = find([](const Message&) { return true; });
  return place;
}

bool Replayer::deliver(const Act& act, std::string* line) {
  const MessageName& name = act.message;
  Which which{name.from, name.to, name.kind, 0};
  const bool is_duplicate = act.kind == Act::Kind::duplicate;
  if (!cluster_.has_node(name.from) || !cluster_.has_node(name.to)) return false;
  if (!is_duplicate && !is_up(name.to)) return false;
  const std::optional<std::size_t> place = place_of(name, which);
  if (!place) return false;
  which.after = *place;
  if (is_duplicate) {
    cluster_.duplicate(which, 1);
  } else {
    cluster_.deliver(which, 1);
  }
  if (line != nullptr) {
    *line = std::string(is_duplicate ? "duplicate " : "deliver ") + std::to_string(name.from) + ">" +
            std::to_string(name.to) + " " + std::string(word_of(name.kind)) + " 1";
    if (*place != 0) *line += " after " + std::to_string(*place);
  }
  return true;
}

bool Replayer::recover(const Act& act, std::string* line) {
  if (!cluster_.is_quorum(act.nodes) || !cluster_.has_time_to_elect(act.nodes)) return false;
  cluster_.recover(act.nodes);
  if (line == nullptr) return true;
  *line = "recover ";
  for (const NodeId id : act.nodes) *line += (id == act.nodes.front() ? "" : ",") + std::to_string(id);
  return true;
}

bool Replayer::act(const Act& act, std::string* line) {
  using Kind = Act::Kind;
  if (act.kind == Kind::deliver || act.kind == Kind::duplicate) return deliver(act, line);
  if (act.kind == Kind::recover) return recover(act, line);
  const bool wants_up = act.kind != Kind::restart && act.kind != Kind::wipe && act.kind != Kind::damage;
  if (!cluster_.has_node(act.node) || is_up(act.node) != wants_up) return false;
  const std::string node = std::to_string(act.node);
  const auto say = [line](std::string text) {
    if (line != nullptr) *line = std::move(text);
    return true;
  };
  switch (act.kind) {
    case Kind::tick:
      cluster_.tick({act.node}, static_cast<std::size_t>(act.count));
      return say("tick " + node + times_text(act.count));
    case Kind::persist:
      if (cluster_.unwritten(act.node) == 0) return false;
      cluster_.persist(act.node, static_cast<std::size_t>(act.count));
      return say("persist " + node + " " + std::to_string(act.count));
    case Kind::take: cluster_.take(act.node); return say("take " + node);
    case Kind::propose: {
      std::string data = "e" + std::to_string(act.count);
      if (pads_ && data.size() < act.size) data.resize(act.size, '.');
      if (!cluster_.propose(act.node, data, 1, act.count)) return false;
      return say("propose " + node + " " + data);
    }
    case Kind::read:
      if (!cluster_.read(act.node, act.count, act.flag ? ReadMode::linearizable : ReadMode::quorum)) return false;
      return say("read " + node + " r" + std::to_string(act.count) + (act.flag ? " lease" : ""));
    case Kind::change:
      if (!cluster_.change(act.node, act.wish)) return false;
      return say("change " + node + wish_text(act.wish));
    case Kind::transfer:
      if (!cluster_.has_node(act.other) || !cluster_.transfer(act.node, act.other)) return false;
      return say("transfer " + node + " " + std::to_string(act.other));
    case Kind::campaign:
      if (!cluster_.campaign(act.node)) return false;
      return say("campaign " + node);
    case Kind::crash: cluster_.crash(act.node); return say("crash " + node);
    case Kind::restart: cluster_.restart(act.node); return say("restart " + node);
    case Kind::wipe: cluster_.wipe(act.node); return say("wipe " + node);
    case Kind::damage:
      if (!cluster_.damage(act.node, act.count)) return false;
      return say("damage " + node + " " + std::to_string(act.count));
    case Kind::snapshot:
      if (cluster_.status(act.node).applied <= cluster_.snapshot_index(act.node)) return false;
      if (!cluster_.snapshot(act.node)) return false;
      return say("snapshot " + node);
    case Kind::compact:
      if (act.count == 0) return false;
      cluster_.compact(act.node, act.count);
      return say("compact " + node + " " + std::to_string(act.count));
    default: return false;
  }
}

}  // namespace kelek::sim
