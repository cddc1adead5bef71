// Player: plays a scenario's commands, one by one, on a cluster.
#pragma once

#include <map>
#include <optional>
#include <string>

#include <kelek/sim/cluster.h>
#include <kelek/sim/scenario.h>

namespace kelek::sim {

/// How far a scenario came.
struct Verdict {
  enum class Kind : std::uint8_t {
    passed,
    /// What was expected does not hold, or an invariant is broken: "expected …, but …".
    failed,
    /// A command that cannot be done: to a node that is down, for example.
    impossible,
  };
  Kind kind = Kind::passed;
  Place place;
  std::string text;

  /// 0, 1 and 2: as `kelek scenario run` ends.
  int exit_status() const { return static_cast<int>(kind); }
};

/// "FILE:LINE:COLUMN: text", or "FILE:LINE: text" for what failed. Empty if it passed.
std::string describe(const Verdict& verdict, const std::string& file);
std::string describe(const Problem& problem, const std::string& file);

class Player {
 public:
  /// The scenario and the observer must outlive the player.
  explicit Player(const Scenario& scenario, const Schedule& schedule = {}, raft::Observer* observer = nullptr);

  /// The command whose turn it is; null at the end, or after one that did not pass.
  const Command* next() const;
  /// Does it. False if there is none.
  bool step();
  /// All that are left.
  const Verdict& play();

  const Verdict& verdict() const { return verdict_; }
  const Cluster& cluster() const { return cluster_; }

 private:
  friend struct Doing;
  friend class FactCheck;

  /// The last propose, read, change, transfer or campaign.
  struct Request {
    bool refused = false;
    /// Of a proposal: it may have been forwarded, and refused by who leads.
    raft::NodeId node = raft::no_node;
    raft::Token token = 0;
    bool is_any = false;
    std::string why;
  };
  struct Read {
    raft::NodeId node = raft::no_node;
    raft::Token token = 0;
    bool refused = false;
  };

  void look_for_fault(Place place);
  void fail(Place place, std::string text);
  void impossible(Place place, std::string text);

  const Scenario& scenario_;
  Cluster cluster_;
  Verdict verdict_;
  std::size_t next_ = 0;
  Request last_request_;
  std::map<std::string, Read> reads_;
  raft::Token last_token_ = 0;
};

}  // namespace kelek::sim
