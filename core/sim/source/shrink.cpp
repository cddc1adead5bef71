// Delta debugging: what can be left out is left out, in ever smaller pieces.
#include <kelek/sim/shrink.h>

#include <algorithm>
#include <set>

#include <kelek/sim/player.h>

#include "replayer.h"

namespace kelek::sim {

namespace {

class Shrinker {
 public:
  Shrinker(const Swarm& swarm, std::string wanted, const std::function<bool()>& enough)
      : swarm_(swarm), setup_(setup_of(swarm)), wanted_(std::move(wanted)), enough_(enough) {}

  /// Whether these break it; if so, what of them was done takes the place of what there was.
  bool accept(Acts acts) { return accept(setup_, std::move(acts)); }

  bool accept(const Setup& setup, Acts acts) { return !enough_() && still_breaks(setup, std::move(acts)); }

  bool still_breaks(const Setup& setup, Acts acts) {
    ++plays_;
    const Replayer::Played played = Replayer(setup).play(acts, false);
    if (invariant_of(played.violation) != wanted_) return false;
    Acts done;
    done.reserve(played.done.size());
    for (const std::size_t place : played.done) append(done, std::move(acts[place]));
    acts_ = std::move(done);
    return true;
  }

  void leave_out_chunks() {
    for (std::size_t size = std::max<std::size_t>(acts_.size() / 2, 1); !enough_();) {
      bool any = false;
      // From the end: what happened late seldom matters for what came before.
      for (std::size_t end = acts_.size(); end > 0 && !enough_();) {
        const std::size_t begin = end > size ? end - size : 0;
        any = leave_out(begin, end) || any;
        end = std::min(begin, acts_.size());
      }
      if (size == 1 && !any) return;
      if (size > 1) size /= 2;
    }
  }

  void leave_out_nodes() {
    std::set<raft::NodeId> nodes;
    for (const Act& act : acts_) nodes.insert(act.node != raft::no_node ? act.node : act.message.to);
    for (const raft::NodeId id : nodes) {
      Acts fewer;
      for (const Act& act : acts_) {
        if (!act.concerns(id)) fewer.push_back(act);
      }
      if (fewer.size() < acts_.size()) accept(std::move(fewer));
    }
  }

  /// Fewer ticks, and an election that is asked for where one came by ticks.
  void simplify() {
    for (std::size_t place = 0; place < acts_.size() && !enough_(); ++place) {
      if (acts_[place].kind != Act::Kind::tick) continue;
      Acts changed = acts_;
      changed[place].kind = Act::Kind::campaign;
      changed[place].count = 1;
      if (accept(std::move(changed))) continue;
      for (std::uint64_t fewer = acts_[place].count / 2; fewer > 0; fewer /= 2) {
        if (place >= acts_.size() || acts_[place].kind != Act::Kind::tick || acts_[place].count <= fewer) break;
        changed = acts_;
        changed[place].count -= fewer;
        accept(std::move(changed));
      }
    }
  }

  /// Ticks of one node that nothing else of that node lies between are one line.
  void join_ticks() {
    for (std::size_t place = acts_.size(); place-- > 0 && !enough_();) {
      if (place >= acts_.size() || acts_[place].kind != Act::Kind::tick) continue;
      std::size_t before = place;
      while (before-- > 0 && !acts_[before].concerns(acts_[place].node)) {
      }
      if (before >= place || acts_[before].kind != Act::Kind::tick) continue;
      Acts changed = acts_;
      changed[place].count += changed[before].count;
      changed.erase(changed.begin() + static_cast<std::ptrdiff_t>(before));
      accept(std::move(changed));
    }
  }

  /// The same acts in a cluster that is told of in fewer words: without persist, take, the votes before votes.
  void simplify_setup() {
    for (void (*const simplification)(Swarm&) : simplifications) {
      Swarm simpler = swarm_;
      simplification(simpler);
      const std::optional<Setup> setup = sayable_ ? said_setup_of(simpler) : setup_of(simpler);
      if (!setup || !accept(*setup, acts_)) continue;
      swarm_ = simpler;
      setup_ = *setup;
    }
  }

  /// What the scenario language has no words for goes. False: it takes part in what is broken.
  bool make_sayable() {
    const std::optional<Setup> said = said_setup_of(swarm_);
    // However late it is: without it there is no scenario.
    sayable_ = sayable_ || (said && still_breaks(*said, acts_));
    if (sayable_) setup_ = *said;
    return sayable_;
  }

  const Swarm& swarm() const { return swarm_; }
  const Setup& setup() const { return setup_; }
  const Acts& acts() const { return acts_; }
  std::size_t plays() const { return plays_; }

 private:
  static constexpr void (*simplifications[])(Swarm&) = {
      [](Swarm& swarm) { swarm.async_storage = false; },
      [](Swarm& swarm) { swarm.takes_late = false; },
      [](Swarm& swarm) { swarm.options.pre_vote = false; },
      [](Swarm& swarm) { swarm.options.check_quorum = swarm.options.lease_reads = false; },
  };

  static void append(Acts& acts, Act&& act) {
    const bool joins = !acts.empty() && act.kind == acts.back().kind && act.node == acts.back().node &&
                       (act.kind == Act::Kind::tick || act.kind == Act::Kind::persist);
    if (joins) {
      acts.back().count += act.count;
    } else {
      acts.push_back(std::move(act));
    }
  }

  bool leave_out(std::size_t begin, std::size_t end) {
    Acts fewer(acts_.begin(), acts_.begin() + static_cast<std::ptrdiff_t>(begin));
    fewer.insert(fewer.end(), acts_.begin() + static_cast<std::ptrdiff_t>(end), acts_.end());
    return accept(std::move(fewer));
  }

  Swarm swarm_;
  Setup setup_;
  bool sayable_ = false;
  std::string wanted_;
  const std::function<bool()>& enough_;
  Acts acts_;
  std::size_t plays_ = 0;
};

/// A group that makes no progress is shown by what came before it was healed: what comes of that is for the cluster to
/// find again. Whatever else breaks then breaks as the run went on, where that was written down.
Acts told_by(Acts acts, const std::string& violation) {
  const auto healed =
      std::find_if(acts.begin(), acts.end(), [](const Act& act) { return act.kind == Act::Kind::recover; });
  if (healed == acts.end()) return acts;
  if (invariant_of(violation) == "I22 Liveness") {
    acts.erase(healed + 1, acts.end());
  } else if (healed + 1 != acts.end()) {
    acts.erase(healed);
  }
  return acts;
}

std::string header(const Swarm& swarm, const std::string& title, const std::string& violation) {
  return "title \"" + title + "\"\nabout \"The simulator shortened a run that broke " + invariant_of(violation) +
         ".\"\n" + setup_text(swarm) + "\n";
}

}  // namespace

std::string invariant_of(const std::string& violation) {
  return violation.substr(0, violation.find(':'));
}

Shrunk shrink(const Swarm& swarm, Acts acts, const std::string& violation, const std::string& title,
              const std::function<bool()>& enough) {
  Shrunk shrunk;
  Shrinker shrinker(swarm, invariant_of(violation), enough);
  if (shrinker.accept(told_by(std::move(acts), violation))) {
    shrinker.make_sayable();
    shrinker.simplify_setup();
    shrinker.leave_out_chunks();
    shrinker.leave_out_nodes();
    shrinker.simplify_setup();
    shrinker.join_ticks();
    shrinker.simplify();
    shrinker.leave_out_chunks();
    shrunk.reproduced = shrinker.make_sayable();
  }
  shrunk.plays = shrinker.plays();
  if (!shrunk.reproduced) return shrunk;
  shrunk.acts = shrinker.acts();
  const Replayer::Played played = Replayer(shrinker.setup()).play(shrunk.acts, true);
  shrunk.violation = played.violation;
  shrunk.scenario = header(shrinker.swarm(), title, violation);
  for (const std::string& line : played.lines) shrunk.scenario += line + "\n";
  return shrunk;
}

}  // namespace kelek::sim
