// Replayer: plays acts on a Cluster, passes over those that make no sense any more, and says them in the scenario
// language.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include <kelek/sim/act.h>
#include <kelek/sim/cluster.h>
#include <kelek/sim/scenario.h>
#include <kelek/sim/swarm.h>

namespace kelek::sim {

/// `cluster ...` and `spare ...`: as much of the swarm as the language can say.
std::string setup_text(const Swarm& swarm);
/// What setup_text() says; none where the language has limits that the swarm passes.
std::optional<Setup> said_setup_of(const Swarm& swarm);
/// All of the swarm that a Cluster can have.
Setup setup_of(const Swarm& swarm);

class Replayer {
 public:
  explicit Replayer(const Setup& setup);

  struct Played {
    std::string violation;
    /// Those that were done, up to the violation, and the line that says each.
    std::vector<std::size_t> done;
    std::vector<std::string> lines;
    /// Messages for which another stood in; 0: it went as it was recorded.
    std::size_t stand_ins = 0;
  };
  /// `with_lines`: also says them.
  Played play(const Acts& acts, bool with_lines);

 private:
  /// False: it makes no sense here.
  bool act(const Act& act, std::string* line);
  bool deliver(const Act& act, std::string* line);
  bool recover(const Act& act, std::string* line);
  std::optional<std::size_t> place_of(const MessageName& name, const Which& which);
  bool is_up(raft::NodeId id) const { return cluster_.has_node(id) && cluster_.is_up(id); }

  Cluster cluster_;
  /// There are limits in bytes.
  bool pads_ = false;
  std::size_t stand_ins_ = 0;
};

}  // namespace kelek::sim
