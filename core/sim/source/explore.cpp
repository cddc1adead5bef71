// The search: depth first, with what was visited remembered, and sleep sets.
#include <kelek/sim/explore.h>

#include <algorithm>
#include <utility>

#include <kelek/raft/invariant.h>

#include "explore_map.h"
#include "explore_world.h"

namespace kelek::sim {

namespace {

constexpr std::uint64_t steps_between_questions = 4096;

/// Sets of numbers, each kept once.
class SleepSets {
 public:
  std::uint32_t number_of(std::vector<std::uint64_t> sorted) {
    raft::Digest digest;
    for (const std::uint64_t number : sorted) digest.add(number);
    bool is_new = false;
    ExploreMap::Slot& slot = *numbers_.at(digest.value(), is_new);
    if (is_new) {
      slot.number = static_cast<std::uint32_t>(sets_.size());
      bytes_ += sorted.size() * 8 + 80;
      sets_.push_back(std::move(sorted));
    }
    return slot.number;
  }
  const std::vector<std::uint64_t>& set(std::uint32_t number) const { return sets_[number]; }
  std::size_t bytes() const { return bytes_; }

 private:
  std::vector<std::vector<std::uint64_t>> sets_;
  ExploreMap numbers_;
  std::size_t bytes_ = 0;
};

class Search {
 public:
  Search(const ExploreOptions& options, const std::function<bool(const ExploreProgress&)>& goes_on)
      : options_(options), goes_on_(goes_on), table_(options), world_(options_, table_) {}

  Explored run();

 private:
  struct Frame {
    std::vector<ExploreStep> choices;
    std::size_t next = 0;
    /// Those that need not be tried: what they lead to is looked at elsewhere.
    std::vector<ExploreStep> asleep;
    /// What led here.
    ExploreStep step;
    ExploreWorld::Change change;
  };

  Frame& frame(std::size_t depth) {
    if (frames_.size() <= depth) frames_.resize(depth + 1);
    return frames_[depth];
  }
  bool enter(Frame& frame);
  void wake(Frame& frame, const std::vector<std::uint64_t>& stored, std::size_t renaming, ExploreMap::Slot& slot);
  void fall_asleep(const Frame& parent, const ExploreStep& step, Frame& child) const;
  bool is_over();
  std::string unsound_reduction();
  Acts path() const;
  void add_acts(const ExploreStep& step, Acts& acts) const;
  ExploreProgress progress() const;

  const ExploreOptions options_;
  const std::function<bool(const ExploreProgress&)>& goes_on_;
  ExploreTable table_;
  ExploreWorld world_;
  ExploreMap visited_;
  SleepSets sleep_sets_;
  std::vector<Frame> frames_;
  std::size_t depth_ = 0;
  std::size_t deepest_ = 0;
  std::uint64_t steps_ = 0;
  std::uint64_t asked_at_ = 0;
  bool out_of_memory_ = false;
};

bool is_in(const std::vector<ExploreStep>& steps, const ExploreStep& step) {
  return std::find(steps.begin(), steps.end(), step) != steps.end();
}

/// The state that was just reached: what of it is still to be tried. False: nothing, or there is no room.
bool Search::enter(Frame& frame) {
  std::size_t renaming = 0;
  const std::uint64_t digest = world_.digest(renaming);
  bool is_new = false;
  const std::size_t others = table_.bytes() + sleep_sets_.bytes();
  ExploreMap::Slot* slot = visited_.at(digest, is_new, options_.most_bytes > others ? options_.most_bytes - others : 0);
  if (slot == nullptr) {
    out_of_memory_ = true;
    return false;
  }
  frame.next = 0;
  if (!is_new) {
    if (!options_.reduction) return false;
    wake(frame, sleep_sets_.set(slot->number), renaming, *slot);
    return !frame.choices.empty();
  }
  world_.check();
  world_.choices(frame.choices);
  if (!options_.reduction) return !frame.choices.empty();
  std::vector<std::uint64_t> asleep;
  for (const ExploreStep& step : frame.asleep) asleep.push_back(world_.digest_of(step, renaming));
  std::sort(asleep.begin(), asleep.end());
  slot->number = sleep_sets_.number_of(std::move(asleep));
  const auto sleeps = [&frame](const ExploreStep& step) { return is_in(frame.asleep, step); };
  frame.choices.erase(std::remove_if(frame.choices.begin(), frame.choices.end(), sleeps), frame.choices.end());
  return !frame.choices.empty();
}

/// Visited before, while `stored` slept: those of them that do not sleep this time are to be tried now.
void Search::wake(Frame& frame, const std::vector<std::uint64_t>& stored, std::size_t renaming,
                  ExploreMap::Slot& slot) {
  frame.choices.clear();
  if (stored.empty()) return;
  std::vector<std::uint64_t> now;
  for (const ExploreStep& step : frame.asleep) now.push_back(world_.digest_of(step, renaming));
  std::sort(now.begin(), now.end());
  if (std::includes(now.begin(), now.end(), stored.begin(), stored.end())) return;
  world_.choices(frame.choices);
  const auto is_done = [&](const ExploreStep& step) {
    const std::uint64_t digest = world_.digest_of(step, renaming);
    return !std::binary_search(stored.begin(), stored.end(), digest) ||
           std::binary_search(now.begin(), now.end(), digest);
  };
  frame.choices.erase(std::remove_if(frame.choices.begin(), frame.choices.end(), is_done), frame.choices.end());
  std::vector<std::uint64_t> both;
  std::set_intersection(stored.begin(), stored.end(), now.begin(), now.end(), std::back_inserter(both));
  slot.number = sleep_sets_.number_of(std::move(both));
}

/// Behind `step` sleep those that commute with it and sleep before it, or were tried before it.
void Search::fall_asleep(const Frame& parent, const ExploreStep& step, Frame& child) const {
  child.asleep.clear();
  if (!options_.reduction) return;
  const auto take_over = [&](const ExploreStep& other) {
    if (world_.commutes(other, step, child.change)) child.asleep.push_back(other);
  };
  for (const ExploreStep& other : parent.asleep) take_over(other);
  for (std::size_t i = 0; i + 1 < parent.next; ++i) take_over(parent.choices[i]);
}

bool Search::is_over() {
  if (out_of_memory_) return true;
  if (steps_ - asked_at_ < steps_between_questions || !goes_on_) return false;
  asked_at_ = steps_;
  return !goes_on_(progress());
}

Explored Search::run() {
  Explored explored;
  frame(0).asleep.clear();
  bool goes_on = enter(frame(0));
  bool stopped = false;
  while (goes_on && !(stopped = is_over())) {
    Frame& here = frame(depth_);
    if (here.next == here.choices.size()) {
      if (depth_ == 0) break;
      world_.take_back(here.change);
      --depth_;
      continue;
    }
    const ExploreStep step = here.choices[here.next++];
    Frame& child = frame(depth_ + 1);
    if (!world_.take(step, child.change)) continue;  // nothing changed, and nothing is to be taken back
    ++steps_;
    child.step = step;
    ++depth_;
    deepest_ = std::max(deepest_, depth_);
    fall_asleep(frame(depth_ - 1), step, child);
    const bool goes_deeper = world_.broken().empty() && enter(child);
    if (!world_.broken().empty()) {
      explored.violation = world_.broken();
      explored.acts = path();
      break;
    }
    if (goes_deeper) continue;
    world_.take_back(child.change);
    --depth_;
  }
  if (depth_ == 0 && !stopped && !out_of_memory_) explored.violation = unsound_reduction();
  explored.reached = progress();
  explored.out_of_memory = out_of_memory_;
  explored.complete = !stopped && !out_of_memory_ && explored.violation.empty();
  return explored;
}

/// Messages that no longer matter were cleared away. That each is ignored in every state of its recipient in which it
/// may have been cleared away, and that no step leads from such a state to another, is looked at here, for all that
/// were met.
std::string Search::unsound_reduction() {
  for (MessageNumber number = 0; number < table_.messages(); ++number) {
    const raft::NodeId to = table_.message(number).to;
    const auto ignored = [&](StateNumber state) {
      return is_ignored_for_ever(table_.message(number), table_.state(state).view);
    };
    const std::uint64_t known = table_.states();
    for (StateNumber state = 0; state < known; ++state) {
      if (table_.state(state).id != to || !ignored(state)) continue;
      const ExploreTable::Step step = table_.step(state, {ExploreInput::Kind::deliver, number});
      if (step.to == state && step.sent_count == 0) continue;
      return "I18 TermAdopted: node " + std::to_string(to) + " reacts to a " +
             raft::name_of(table_.message(number).kind()) + " of term " + std::to_string(table_.message(number).term) +
             " that it has no use for any more";
    }
    for (const ExploreTable::Step& step : table_.steps()) {
      if (table_.state(step.from).id == to) KELEK_INVARIANT(!ignored(step.from) || ignored(step.to));
    }
  }
  return {};
}

ExploreProgress Search::progress() const {
  return {visited_.count(),
          steps_,
          depth_,
          deepest_,
          table_.states(),
          table_.asked(),
          table_.messages(),
          visited_.bytes() + table_.bytes() + sleep_sets_.bytes()};
}

Acts Search::path() const {
  Acts acts;
  for (std::size_t depth = 1; depth <= depth_; ++depth) add_acts(frames_[depth].step, acts);
  return acts;
}

void Search::add_acts(const ExploreStep& step, Acts& acts) const {
  using Kind = ExploreInput::Kind;
  const auto add = [&acts, &step](Act::Kind kind) -> Act& {
    Act& act = acts.emplace_back();
    act.kind = kind;
    act.node = step.node;
    return act;
  };
  switch (step.input.kind) {
    case Kind::campaign: add(Act::Kind::campaign); return;
    case Kind::heartbeat: add(Act::Kind::tick); return;
    case Kind::propose: add(Act::Kind::propose).count = step.input.number; return;
    case Kind::persist: add(Act::Kind::persist); return;
    case Kind::crash:
      add(Act::Kind::crash);
      add(Act::Kind::restart);
      return;
    case Kind::deliver:
      // A copy stays, since it may arrive again.
      for (const Act::Kind kind : {Act::Kind::duplicate, Act::Kind::deliver}) {
        Act& act = add(kind);
        act.node = raft::no_node;
        act.message = MessageName::of(table_.message(step.input.number));
      }
      return;
  }
}

}  // namespace

std::string check(const ExploreOptions& options) {
  const auto between = [](std::uint32_t value, std::uint32_t most, const char* what) {
    if (value >= 1 && value <= most) return std::string();
    return std::string(what) + " must be 1 to " + std::to_string(most) + ", not " + std::to_string(value);
  };
  std::string wrong = between(options.nodes, ExploreOptions::most_nodes, "the number of nodes");
  if (wrong.empty()) wrong = between(options.terms, ExploreOptions::most_terms, "the number of terms");
  if (wrong.empty() && options.entries != 0) {
    wrong = between(options.entries, ExploreOptions::most_entries, "the number of entries");
  }
  return wrong;
}

Explored explore(const ExploreOptions& options, const std::function<bool(const ExploreProgress&)>& goes_on) {
  return Search(options, goes_on).run();
}

Swarm swarm_of(const ExploreOptions& options) {
  Swarm swarm;
  swarm.voters = options.nodes;
  swarm.async_storage = options.asynchronous;
  swarm.options.election_ticks = 100;
  swarm.options.heartbeat_ticks = 1;
  swarm.options.pre_vote = false;
  swarm.options.check_quorum = false;
  swarm.options.disk_stall_ticks = 0;
  swarm.options.max_append_entries = 64;
  return swarm;
}

}  // namespace kelek::sim
