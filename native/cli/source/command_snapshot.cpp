// kelek snapshot: take one, save it as a backup, restore a cluster from it, and look into a data directory.
#include <algorithm>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <kelek/client/admin.h>
#include <kelek/runtime/offline.h>

#include "arguments.h"
#include "backup.h"
#include "cluster_file.h"

namespace kelek::cli {
namespace {

Failed failure_of(const runtime::Failure& failure) {
  return {exit_code_of(failure.kind), runtime::failure_name(failure.kind), failure.text};
}

void add_take(Commands& commands, CLI::App& group) {
  CLI::App& leaf = commands.leaf(group, "take", "let the coordinator that is asked take a snapshot now",
                                 "kelek snapshot take --json");
  commands.on_client(leaf, [&commands](client::Client& client, const client::CallOptions& call) {
    const client::Answer<wire::SnapshotTaken> answer = client::take_snapshot(client, call);
    need(answer);
    commands.output().line(fmt::format("node {} has a snapshot of index {} ({})", answer.member, answer->index,
                                       bytes_text(answer->size_bytes)));
    commands.output().object(Json{{"node", answer.member},
                                  {"snapshot", answer->snapshot_id},
                                  {"index", answer->index},
                                  {"size_bytes", answer->size_bytes}});
    return exit_ok;
  });
}

void add_save(Commands& commands, CLI::App& group) {
  struct Given {
    std::string file, directory;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf =
      commands.leaf(group, "save", "a backup: all that is committed, as one checked file",
                    "kelek snapshot save backup.kelek\n"
                    "kelek snapshot save backup.kelek --data-directory node1     # offline, of one that is stopped");
  leaf.add_option("file", given->file, "the backup; never a file that exists")->required();
  leaf.add_option("--data-directory", given->directory,
                  "of a coordinator that is stopped, instead of a running cluster");
  commands.on_run(leaf, [&commands, given, connection = commands.connection(leaf)] {
    if (!given->directory.empty()) {
      const runtime::Result<runtime::Done> done = runtime::export_backup(given->directory, given->file);
      if (!done.ok()) throw failure_of(done.failure());
      commands.output().line(fmt::format("saved {} from {}", given->file, given->directory));
      commands.output().object(Json{{"file", given->file}, {"data_directory", given->directory}});
      return exit_ok;
    }
    const std::unique_ptr<client::Client> client = connection->open();
    const client::CallOptions call = connection->call();
    const std::string cluster = take(client::get_status(*client, call)).cluster;
    const client::Answer<wire::SnapshotTaken> taken = client::take_snapshot(*client, call);
    need(taken);
    const client::FetchedSnapshot fetched = take(client::fetch_snapshot(*client, taken->snapshot_id, call));
    save_backup(given->file, cluster, taken.member, fetched);
    commands.output().line(
        fmt::format("saved {}: index {}, {}", given->file, fetched.metadata.index, bytes_text(fetched.bytes.size())));
    commands.output().object(Json{{"file", given->file},
                                  {"node", taken.member},
                                  {"index", fetched.metadata.index},
                                  {"term", fetched.metadata.term},
                                  {"size_bytes", fetched.bytes.size()}});
    return exit_ok;
  });
}

void add_restore(Commands& commands, CLI::App& group) {
  struct Given {
    std::string file, directory, cluster_file;
    raft::NodeId node = 0;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "restore", "make a data directory of a new cluster that begins with a backup",
      "kelek snapshot restore backup.kelek --node 1 --cluster new-cluster.conf --data-directory node1\n"
      "Do so for each coordinator that the cluster file names, with the same backup; then start them as ever.");
  leaf.add_option("file", given->file, "the backup")->required();
  leaf.add_option("--node", given->node, "whose directory it is")->required();
  leaf.add_option("--cluster", given->cluster_file, "the cluster file of the new cluster")->required();
  leaf.add_option("--data-directory", given->directory, "blank, or missing")->required();
  commands.on_run(leaf, [&commands, given] {
    const ClusterFile cluster = read_cluster_file(given->cluster_file);
    if (cluster.find(given->node) == nullptr) {
      throw bad_use(fmt::format("{} names no coordinator {}", given->cluster_file, given->node));
    }
    const runtime::Result<runtime::Done> done =
        runtime::restore_backup({given->file, given->directory, cluster.cluster, given->node, cluster.coordinators});
    if (!done.ok()) throw failure_of(done.failure());
    commands.output().line(
        fmt::format("{} begins with {}: start node {} on it", given->directory, given->file, given->node));
    commands.output().object(Json{{"data_directory", given->directory}, {"node", given->node}, {"file", given->file}});
    return exit_ok;
  });
}

void add_inspect(Commands& commands, CLI::App& group) {
  const auto directory = std::make_shared<std::string>();
  CLI::App& leaf =
      commands.leaf(group, "inspect", "what a data directory holds; nobody may run on it, nothing is changed",
                    "kelek snapshot inspect node1\nkelek snapshot inspect node1 --json");
  leaf.add_option("directory", *directory, "the data directory")->required();
  commands.on_run(leaf, [&commands, directory] {
    const runtime::Result<runtime::DirectoryReport> report = runtime::inspect_directory(*directory);
    if (!report.ok()) throw failure_of(report.failure());
    const Output& output = commands.output();
    output.line(fmt::format("node           {}", report->node_id));
    output.line(fmt::format("incarnation    {}", hex(report->incarnation)));
    output.line(fmt::format("term           {}, voted for {}", report->hard_state.term,
                            report->hard_state.vote == 0 ? "nobody" : std::to_string(report->hard_state.vote)));
    output.line(fmt::format("committed      {} or more", report->hard_state.commit));
    output.line(fmt::format("log            up to index {} of term {}", report->last_index, report->last_term));
    output.line(fmt::format("snapshot       {}",
                            report->snapshot_index == 0 ? "none" : fmt::format("index {}", report->snapshot_index)));
    output.line(fmt::format("configuration  {}", report->configuration));
    output.line(report->damage.empty() ? output.paint(Color::green, "sound")
                                       : output.paint(Color::red, report->damage));
    output.object(Json{{"node", report->node_id},
                       {"incarnation", hex(report->incarnation)},
                       {"term", report->hard_state.term},
                       {"vote", report->hard_state.vote},
                       {"commit", report->hard_state.commit},
                       {"last_index", report->last_index},
                       {"last_term", report->last_term},
                       {"snapshot_index", report->snapshot_index},
                       {"configuration", report->configuration},
                       {"damage", report->damage}});
    return report->damage.empty() ? exit_ok : exit_error;
  });
}

}  // namespace

void add_snapshot(Commands& commands) {
  CLI::App& group = commands.group("snapshot", "snapshots and backups");
  add_take(commands, group);
  add_save(commands, group);
  add_restore(commands, group);
  add_inspect(commands, group);
}

}  // namespace kelek::cli
