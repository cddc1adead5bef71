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
  Shrinker(const Scenario& setup, std::string wanted, const std::function<bool()>& enough)
      : setup_(setup), wanted_(std::move(wanted)), enough_(enough) {}

  /// Whether these break it; if so, what of them was done takes the place of what there was.
  bool accept(Acts acts) {
    if (enough_()) return false;
    ++plays_;
    const Replayer::Played played = Replayer(setup_).play(acts, false);
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

  const Acts& acts() const { return acts_; }
  std::size_t plays() const { return plays_; }

 private:
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

  const Scenario& setup_;
  std::string wanted_;
  const std::function<bool()>& enough_;
  Acts acts_;
  std::size_t plays_ = 0;
};

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
  const raft::ValueOr<Scenario, Problem> setup = parse_scenario(setup_text(swarm));
  if (!setup) return shrunk;
  Shrinker shrinker(*setup, invariant_of(violation), enough);
  shrunk.reproduced = shrinker.accept(std::move(acts));
  if (shrunk.reproduced) {
    shrinker.leave_out_chunks();
    shrinker.leave_out_nodes();
    shrinker.join_ticks();
    shrinker.simplify();
    shrinker.leave_out_chunks();
    shrunk.acts = shrinker.acts();
    const Replayer::Played played = Replayer(*setup).play(shrunk.acts, true);
    shrunk.violation = played.violation;
    shrunk.scenario = header(swarm, title, violation);
    for (const std::string& line : played.lines) shrunk.scenario += line + "\n";
  }
  shrunk.plays = shrinker.plays();
  return shrunk;
}

}  // namespace kelek::sim
