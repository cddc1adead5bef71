// kelek members: who belongs to the cluster, and how that changes.
#include <algorithm>

#include <fmt/format.h>

#include <kelek/client/admin.h>
#include <kelek/raft/membership.h>
#include <kelek/runtime/member_context.h>
#include <kelek/runtime/offline.h>
#include <kelek/transport/keys.h>

#include "arguments.h"
#include "asking.h"
#include "cluster_file.h"
#include "json_of.h"

namespace kelek::cli {
namespace {

using Kind = raft::MemberOperation::Kind;

std::string standing_of(const wire::MemberReport& member) {
  if (member.voter && member.outgoing) return "voter";
  if (member.voter) return "voter";
  if (member.outgoing) return member.learner ? "voter, becoming learner" : "voter, leaving";
  return "learner";
}

void add_list(Commands& commands, CLI::App& group) {
  CLI::App& leaf = commands.leaf(group, "list", "members with their addresses and keys",
                                 "kelek members list\nkelek members list --json\n"
                                 "kelek members list --as-cluster-file > cluster.conf");
  const auto as_file = std::make_shared<bool>(false);
  leaf.add_flag("--as-cluster-file", *as_file, "as a cluster file, for new coordinators and clients");
  commands.on_client(leaf, [&commands, as_file](client::Client& client, const client::CallOptions& call) {
    const wire::MembersReport members = take(client::get_members(client, call));
    const Output& output = commands.output();
    Table table({"node", "standing", "coordinators at", "clients at", "public key"});
    ClusterFile file;
    if (*as_file) file.cluster = take(client::get_status(client, call)).cluster;
    for (const wire::MemberReport& member : members.members) {
      const runtime::Result<runtime::MemberContext> context = runtime::decode_member_context(member.context);
      if (!context.ok()) {
        table.add({std::to_string(member.id), standing_of(member), context.failure().text});
        continue;
      }
      table.add({std::to_string(member.id), standing_of(member), context->peer_address, context->client_address,
                 context->public_key});
      file.coordinators.push_back({member.id, context->peer_address, context->client_address, context->public_key});
    }
    output.line(*as_file ? format(file) : table.text(output));
    if (members.joint && !*as_file) output.line("The membership is changing (joint configuration).");
    output.object(json_of(members));
    return exit_ok;
  });
}

int change(client::Client& client, const raft::MembershipChange& change, const client::CallOptions& call,
           const Output& output, const std::string& done) {
  const wire::MembersChanged changed = take(client::change_members(client, change, call));
  output.line(fmt::format("{} (entry {})", done, changed.index));
  output.object(Json{{"done", done}, {"index", changed.index}});
  return exit_ok;
}

enum class Standing { none, learner, voter };

/// What a node is at present. Adding, promoting and demoting are one operation to the core: "add 4" would
/// make a learner of voter 4.
Standing standing_now(client::Client& client, raft::NodeId id, const client::CallOptions& call) {
  // Members are told as the asked coordinator knows them: once it has answered a linearizable read, it knows of every
  // change that was acknowledged before.
  need(client.ask(wire::MachineQuery{}, call));
  for (const wire::MemberReport& member : take(client::get_members(client, call)).members) {
    if (member.id == id) return member.voter ? Standing::voter : Standing::learner;
  }
  return Standing::none;
}

Failed refused(const char* kind, const std::string& text) {
  return {exit_refused, kind, text};
}

/// Whoever is added has to run: the leader asks it for its incarnation.
int change_with_new(client::Client& client, const raft::MembershipChange& wanted, const client::CallOptions& call,
                    const Output& output, const std::string& done, const std::string& peer) {
  try {
    return change(client, wanted, call, output, done);
  } catch (Failed& failure) {
    if (failure.exit_code == exit_no_leader && !peer.empty()) {
      failure.text =
          fmt::format("{} Does the new one run (kelek serve --join), and is it reached at {}?", failure.text, peer);
    }
    throw;
  }
}

struct NewMember {
  raft::NodeId id = 0;
  std::string peer, client, key;
  bool voter = false;

  void add_to(CLI::App& leaf) {
    leaf.add_option("--peer", peer, "where the other coordinators reach it")->required()->type_name("HOST:PORT");
    leaf.add_option("--client", client, "where clients reach it")->required()->type_name("HOST:PORT");
    leaf.add_option("--public-key", key, "its public key (kelek keys public FILE)")->required()->type_name("KEY");
  }
  raft::MemberOperation operation() const {
    const runtime::MemberContext context{peer, client, key};
    const std::string problem = runtime::check(context);
    if (!problem.empty()) throw bad_use(fmt::format("node {}: {}", id, problem));
    return {voter ? Kind::add_voter : Kind::add_learner, id, 0, runtime::encode(context)};
  }
};

constexpr const char* start_first =
    "Start it first, with kelek serve --join: the leader asks it for its disk's incarnation.\n";

void add_add(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<NewMember>();
  CLI::App& leaf =
      commands.leaf(group, "add", "add a coordinator, as a learner",
                    std::string(start_first) +
                        "kelek members add 4 --peer 10.0.0.4:7001 --client 10.0.0.4:7101 --public-key "
                        "\"$(kelek keys public node4.key)\"\n"
                        "kelek members promote 4          # waits until it has caught up, at most --timeout-ms");
  leaf.add_option("node", given->id, "its id: one that was never used")->required();
  given->add_to(leaf);
  leaf.add_flag("--voter", given->voter, "as a voter at once: it counts before it has caught up");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    const raft::MemberOperation operation = given->operation();
    if (standing_now(client, given->id, call) != Standing::none) {
      throw refused("already_member",
                    fmt::format("node {} is a member already (kelek members promote, demote, update)", given->id));
    }
    return change_with_new(client, {{operation}, false}, call, commands.output(),
                           fmt::format("node {} is a {} now", given->id, given->voter ? "voter" : "learner"),
                           given->peer);
  });
}

void add_simple(Commands& commands, CLI::App& group, const std::string& name, Kind kind, const std::string& help,
                const std::string& examples, const std::string& done) {
  const auto id = std::make_shared<raft::NodeId>();
  CLI::App& leaf = commands.leaf(group, name, help, examples);
  leaf.add_option("node", *id, "its id")->required();
  commands.on_client(leaf, [&commands, id, kind, done](client::Client& client, const client::CallOptions& call) {
    const Standing now = standing_now(client, *id, call);
    if (now == Standing::none) throw refused("not_found", fmt::format("there is no member {}", *id));
    const bool nothing_to_do =
        kind == Kind::add_voter ? now == Standing::voter : kind == Kind::add_learner && now == Standing::learner;
    if (nothing_to_do) {
      throw refused("already",
                    fmt::format("node {} is a {} already", *id, now == Standing::voter ? "voter" : "learner"));
    }
    raft::MemberOperation operation;
    operation.kind = kind;
    operation.id = *id;
    return change(client, {{operation}, false}, call, commands.output(), fmt::format("node {} {}", *id, done));
  });
}

void add_replace(Commands& commands, CLI::App& group) {
  struct Given {
    raft::NodeId old_id = 0;
    NewMember fresh;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf =
      commands.leaf(group, "replace", "one voter out and another in, in one change",
                    "kelek members replace 2 4        # 4 was added and has caught up\n"
                    "kelek members replace 2 6 --peer 10.0.0.6:7001 --client 10.0.0.6:7101 --public-key KEY");
  leaf.add_option("old", given->old_id, "who goes")->required();
  leaf.add_option("new", given->fresh.id, "who comes: a learner, or a new coordinator that runs with --join")
      ->required();
  leaf.add_option("--peer", given->fresh.peer, "of a new one: where the other coordinators reach it");
  leaf.add_option("--client", given->fresh.client, "of a new one: where clients reach it");
  leaf.add_option("--public-key", given->fresh.key, "of a new one: its public key");
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    raft::MemberOperation in;
    in.kind = Kind::add_voter;
    in.id = given->fresh.id;
    given->fresh.voter = true;
    if (standing_now(client, given->old_id, call) == Standing::none) {
      throw refused("not_found", fmt::format("there is no member {}", given->old_id));
    }
    const Standing now = standing_now(client, in.id, call);
    if (now == Standing::voter) throw refused("already", fmt::format("node {} is a voter already", in.id));
    if (now == Standing::none && given->fresh.peer.empty()) {
      throw refused("not_found",
                    fmt::format("node {} is no member: add it first, or say --peer, --client and --public-key", in.id));
    }
    if (!given->fresh.peer.empty() || !given->fresh.key.empty()) in = given->fresh.operation();
    raft::MemberOperation out;
    out.kind = Kind::remove;
    out.id = given->old_id;
    return change_with_new(client, {{in, out}, false}, call, commands.output(),
                           fmt::format("node {} has taken the place of node {}", given->fresh.id, given->old_id),
                           given->fresh.peer);
  });
}

void add_update(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<NewMember>();
  CLI::App& leaf = commands.leaf(group, "update", "other addresses or another key for a member",
                                 "kelek members update 2 --peer 10.0.0.9:7001 --client 10.0.0.9:7101 --public-key KEY");
  leaf.add_option("node", given->id, "its id")->required();
  given->add_to(leaf);
  commands.on_client(leaf, [&commands, given](client::Client& client, const client::CallOptions& call) {
    raft::MemberOperation operation = given->operation();
    operation.kind = Kind::update;
    return change(client, {{operation}, false}, call, commands.output(),
                  fmt::format("node {} is reached anew", given->id));
  });
}

struct ForceGiven {
  std::string directory;
  std::vector<raft::NodeId> survivors;
  bool sure = false;
};

/// How many of the cluster's coordinators answer; they are asked before anything is forced. Throws Failed where one
/// of them can still lead.
std::size_t reachable(client::ClientOptions options, const runtime::DirectoryReport& directory) {
  // Those that the directory knows too: a cluster file of the first days may name only coordinators that are
  // long gone.
  for (const runtime::InitialMember& member : directory.members) {
    add_endpoint(options, member.client_address, member.public_key);
  }
  const ClusterStatus status = ask_all(options, 2'000);
  if (const wire::StatusReport* leader = status.leader()) {
    throw Failed(exit_refused, "quorum_lives",
                 fmt::format("node {} leads in term {}: a majority lives, so nothing has to be forced", leader->id,
                             leader->term));
  }
  std::size_t count = 0;
  for (const Asked& asked : status.coordinators) {
    if (asked.report.has_value() && asked.report->id != directory.node_id && !asked.report->learner) ++count;
  }
  return count;
}

void add_force(Commands& commands, CLI::App& group) {
  const auto given = std::make_shared<ForceGiven>();
  CLI::App& leaf = commands.leaf(
      group, "force", "recover from a lost majority, offline: refused while a quorum answers",
      "kelek members force --data-directory node1 --survivors 1 --i-know-what-is-lost\n"
      "Unsafe by nature: what only the lost coordinators had acknowledged is gone, and if they still live there are "
      "two clusters.\n"
      "Stop this coordinator first; name the same survivors on each of them; then start them, and add new members.");
  leaf.add_option("--data-directory", given->directory, "of a survivor that is stopped")->required();
  leaf.add_option("--survivors", given->survivors, "the ids of those that are left: the only voters from then on")
      ->required()
      ->delimiter(',');
  leaf.add_flag("--i-know-what-is-lost", given->sure, "needed");
  commands.on_run(leaf, [&commands, given, connection = commands.connection(leaf)] {
    if (!given->sure) throw bad_use("say --i-know-what-is-lost: what only the lost ones had acknowledged will be gone");
    const runtime::Result<runtime::DirectoryReport> report = runtime::inspect_directory(given->directory);
    if (!report.ok()) {
      throw Failed(exit_code_of(report.failure().kind), runtime::failure_name(report.failure().kind),
                   report.failure().text);
    }
    runtime::ForceOptions options;
    options.data_directory = given->directory;
    options.survivors = given->survivors;
    options.reachable_voters = reachable(connection->options(), *report);
    const runtime::Result<runtime::Done> done = runtime::force_configuration(options);
    if (!done.ok()) throw Failed(exit_refused, runtime::failure_name(done.failure().kind), done.failure().text);
    commands.output().line(fmt::format("{}: its only voters are the survivors now; start them", given->directory));
    commands.output().object(Json{{"data_directory", given->directory}, {"survivors", given->survivors}});
    return exit_ok;
  });
}

}  // namespace

void add_members(Commands& commands) {
  CLI::App& group = commands.group("members", "who belongs to the cluster");
  add_list(commands, group);
  add_add(commands, group);
  add_simple(commands, group, "promote", Kind::add_voter, "make a learner a voter, once it has caught up",
             "kelek members promote 4\n"
             "kelek members promote 4 --timeout-ms 60000   # it lacks much of the log: wait longer",
             "is a voter now");
  add_simple(commands, group, "demote", Kind::add_learner, "make a voter a learner", "kelek members demote 4",
             "is a learner now");
  add_simple(commands, group, "remove", Kind::remove, "remove a member for good; its id is not used again",
             "kelek members remove 2", "is no member any more");
  add_replace(commands, group);
  add_update(commands, group);
  add_force(commands, group);
}

}  // namespace kelek::cli
