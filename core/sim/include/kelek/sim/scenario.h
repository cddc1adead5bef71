// Scenario: a text that sets up a cluster, drives it step by step, and states what must hold, as typed commands.
// core/sim/SCENARIOS.md has the language.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include <kelek/raft/value_or.h>
#include <kelek/sim/cluster.h>

namespace kelek::sim {

// What a scenario may ask for at the most: it comes from outside.
inline constexpr std::size_t max_scenario_bytes = std::size_t{1} << 20;
inline constexpr std::size_t max_line_bytes = 16 * 1024;
inline constexpr std::size_t max_nodes = 64;
inline constexpr std::uint64_t max_number = 1'000'000'000;
inline constexpr std::uint64_t max_ticks_a_line = 100'000;
inline constexpr std::uint64_t max_entries_a_line = 10'000;
inline constexpr std::uint64_t max_entries_a_scenario = 100'000;

/// In the text; lines and columns count from 1, columns in characters of UTF-8.
struct Place {
  std::uint32_t line = 1;
  std::uint32_t column = 1;
};

/// Why a text is no scenario, or a command cannot be done.
struct Problem {
  Place place;
  std::string text;
};

/// One node: a number, or whoever leads when the command's turn comes (id 0).
struct NodeWord {
  raft::NodeId id = raft::no_node;
  Place place;
  bool is_leader() const { return id == raft::no_node; }
};

/// Numbers, or every node that is up.
struct NodesWord {
  bool all_up = false;
  std::vector<NodeWord> nodes;
};

/// Some of the messages in flight; without an end: from, or to, everybody.
struct WhichWord {
  std::optional<NodeWord> from;
  std::optional<NodeWord> to;
  std::optional<raft::MessageKind> kind;
};

// --- What may hold -----------------------------------------------------------------------------------------------

struct LeaderFact {
  bool none = false;
  NodesWord nodes;
  std::optional<raft::Term> term;
};
enum class RoleWord : std::uint8_t { follower, pre_candidate, candidate, leader, learner };
struct RoleFact {
  NodesWord nodes;
  RoleWord role = RoleWord::follower;
};
/// One number of each of the nodes.
struct NumberFact {
  enum class What : std::uint8_t { term, vote, commit, applied, last };
  What what = What::term;
  NodesWord nodes;
  std::uint64_t value = 0;
};
struct LogFact {
  NodeWord node;
  std::vector<raft::Term> terms;
};
struct EntryFact {
  NodeWord node;
  raft::Index index = 0;
  raft::Term term = 0;
  std::optional<std::string> data;
};
struct SameLogFact {
  NodesWord nodes;
};
struct DataFact {
  NodeWord node;
  std::vector<std::string> data;
};
struct ConfigFact {
  NodesWord nodes;
  NodeIds voters;
  NodeIds outgoing;
  NodeIds learners;
};
struct ReadFact {
  enum class State : std::uint8_t { answered, pending, failed };
  std::string id;
  State state = State::pending;
  raft::Index index = 0;
};
struct InFlightFact {
  WhichWord which;
  std::uint64_t count = 0;
};
struct MatchFact {
  NodeWord leader;
  NodeWord node;
  raft::Index index = 0;
};
struct SnapshotFact {
  NodeWord node;
  raft::Index index = 0;
};
/// Of the last propose, read, change, transfer or campaign.
struct RequestFact {
  bool refused = false;
};
struct TransferringFact {
  NodeWord leader;
  std::optional<NodeWord> to;
};

struct FactWord {
  bool negated = false;
  /// As it stands in the scenario, with "not" where it is negated.
  std::string text;
  std::variant<LeaderFact, RoleFact, NumberFact, LogFact, EntryFact, SameLogFact, DataFact, ConfigFact, ReadFact,
               InFlightFact, MatchFact, SnapshotFact, RequestFact, TransferringFact>
      what;
};

// --- What is done ------------------------------------------------------------------------------------------------

struct TickCommand {
  NodesWord nodes;
  std::uint64_t times = 1;
};
struct RunCommand {
  std::uint64_t rounds = 0;
  std::optional<FactWord> until;
};
struct TimeoutCommand {
  NodeWord node;
  std::uint32_t ticks = 0;
};
struct CampaignCommand {
  NodeWord node;
};
struct ProposeCommand {
  NodeWord node;
  std::string data;
  std::uint64_t times = 1;
};
struct ReadCommand {
  NodeWord node;
  std::string id;
  bool lease = false;
};
struct ChangeCommand {
  NodeWord node;
  /// No operations: leave the joint configuration.
  raft::MembershipChange wish;
};
struct TransferCommand {
  NodeWord leader;
  NodeWord to;
};
struct MessagesCommand {
  enum class What : std::uint8_t { deliver, drop, duplicate, hold, release };
  What what = What::deliver;
  WhichWord which;
  std::optional<std::uint64_t> count;
  bool held = false;
  /// Passes over so many, the oldest.
  std::uint64_t after = 0;
};
struct TakeCommand {
  NodeWord node;
};
struct SettleCommand {
  std::optional<NodesWord> nodes;
  std::optional<FactWord> until;
};
struct PersistCommand {
  NodeWord node;
  std::optional<std::uint64_t> count;
};
struct CrashCommand {
  NodesWord nodes;
};
struct RestartCommand {
  NodesWord nodes;
};
struct WipeCommand {
  NodeWord node;
};
struct DamageCommand {
  NodeWord node;
  raft::Index first = 0;
};
struct RecoverCommand {
  NodesWord nodes;
};
struct CutCommand {
  NodeWord from;
  NodeWord to;
  bool both_ways = false;
};
struct IsolateCommand {
  NodesWord nodes;
};
struct PartitionCommand {
  std::vector<NodeIds> groups;
};
struct HealCommand {};
struct SnapshotCommand {
  NodeWord node;
};
struct CompactCommand {
  NodeWord node;
  raft::Index index = 0;
};
struct ExpectCommand {
  FactWord fact;
};

struct Command {
  Place place;
  /// The line, without its comment.
  std::string text;
  std::variant<TickCommand, RunCommand, TimeoutCommand, CampaignCommand, ProposeCommand, ReadCommand, ChangeCommand,
               TransferCommand, MessagesCommand, SettleCommand, PersistCommand, CrashCommand, RestartCommand,
               WipeCommand, DamageCommand, RecoverCommand, CutCommand, IsolateCommand, PartitionCommand, HealCommand,
               SnapshotCommand, CompactCommand, TakeCommand, ExpectCommand>
      what;
};

struct Scenario {
  std::string title;
  std::vector<std::string> about;
  /// Of the `cluster` line.
  Place cluster_place;
  /// Everything but schedule and observer.
  Setup setup;
  /// A joint configuration leaves by itself, unless its change says `explicit`.
  bool auto_leave = true;
  std::vector<Command> commands;
};

/// The whole text is looked at before anything moves; the first problem is told.
raft::ValueOr<Scenario, Problem> parse_scenario(std::string_view text);

}  // namespace kelek::sim
