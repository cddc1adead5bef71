// Defaults that follow from others, and the check of all options.
#include <set>

#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/member_context.h>
#include <kelek/transport/address.h>

namespace kelek::runtime {
namespace {

using Sentences = std::vector<std::string>;

void need(bool condition, Sentences& problems, const std::string& sentence) {
  if (!condition) problems.push_back(sentence);
}

void check_own_addresses(const CoordinatorOptions& options, Sentences& problems) {
  const auto check_one = [&problems](const char* name, const std::string& address, bool bound) {
    const transport::Result<transport::Address> parsed = transport::parse_address(address, bound);
    if (!parsed.ok()) {
      problems.push_back(std::string(name) + ": " + parsed.error().text);
      return;
    }
    need(parsed->port != 0, problems, std::string(name) + ": a port is needed, since others have to know it.");
    need(bound || parsed->host != "*", problems, std::string(name) + ": '*' is nothing that others could reach.");
  };
  check_one("peer address", options.peer_bind, true);
  check_one("client address", options.client_bind, true);
  check_one("advertised peer address", advertised_peer(options), false);
  check_one("advertised client address", advertised_client(options), false);
  need(options.peer_bind != options.client_bind, problems, "Peers and clients need addresses of their own.");
}

void check_members(const CoordinatorOptions& options, const std::vector<InitialMember>& members, const char* list,
                   Sentences& problems) {
  std::set<raft::NodeId> ids;
  std::set<std::string> seen;
  for (const InitialMember& member : members) {
    const std::string name = std::string(list) + " member " + std::to_string(member.id);
    need(member.id != raft::no_node, problems, std::string(list) + ": 0 is not the id of a member.");
    need(ids.insert(member.id).second, problems, name + " is named twice.");
    need(seen.insert(member.peer_address).second, problems, name + " has the peer address of another.");
    const MemberContext context{member.peer_address, member.client_address, member.public_key};
    const std::string problem = check(context);
    if (!problem.empty()) problems.push_back(name + ": " + problem);
    if (options.transport.plaintext_for_bench) continue;
    need(!member.public_key.empty(), problems, name + " has no public key.");
    need(member.public_key.empty() || seen.insert(member.public_key).second, problems,
         name + " has the key of another.");
  }
}

void check_numbers(const CoordinatorOptions& options, Sentences& problems) {
  need(options.tick_ms >= 1 && options.tick_ms <= 10'000, problems, "A tick is 1 to 10000 ms long.");
  need(options.default_deadline_ms >= 1 && options.default_deadline_ms <= options.max_deadline_ms, problems,
       "The default deadline lies between 1 ms and the longest one.");
  need(options.limits.requests >= 1 && options.limits.requests <= (1u << 20), problems,
       "Between 1 and 1048576 requests may wait.");
  need(options.limits.requests_per_client >= 1, problems, "A client needs at least one request.");
  need(options.snapshots.log_bytes >= (1u << 16), problems, "Snapshots need a log of at least 64 KiB.");
  need(options.snapshots.log_entries >= 16, problems, "Snapshots need a log of at least 16 entries.");
  need(options.segment_bytes >= (1u << 16), problems, "A segment has at least 64 KiB.");
  need(options.trace_limit_bytes >= (1u << 16), problems, "A trace needs at least 64 KiB.");
  need(options.clock_step_ms >= 1, problems, "Log time needs a step of at least 1 ms.");
  need(options.clock_max_jump_ms >= options.clock_step_ms, problems,
       "The largest jump of log time is at least its step.");
}

}  // namespace

const std::string& advertised_peer(const CoordinatorOptions& options) {
  return options.peer_advertise.empty() ? options.peer_bind : options.peer_advertise;
}

const std::string& advertised_client(const CoordinatorOptions& options) {
  return options.client_advertise.empty() ? options.client_bind : options.client_advertise;
}

CoordinatorOptions::CoordinatorOptions() {
  raft.election_ticks = 10;
  raft.heartbeat_ticks = 3;
  // Fewer than may wait in a member's queue (TransportOptions::peer_send_frames): what is sent is not dropped here.
  raft.max_inflight_appends = 48;
  // Applied at one go. With everything at one go a leader and its followers took turns: nobody was sent anything while
  // the leader applied, and all waited at once. Measured with 1,024 clients: 1.5 times as many commands a second.
  raft.max_unapplied_entries = 512;
  raft.max_unapplied_bytes = 128 * 1024;
}

std::vector<std::string> CoordinatorOptions::validate() const {
  Sentences problems;
  need(node_id != raft::no_node, problems, "0 is not the id of a node.");
  need(!data_directory.empty(), problems, "A data directory is needed.");
  need(!cluster.empty() && cluster.size() <= 128, problems, "The cluster's name has 1 to 128 characters.");
  need(transport.plaintext_for_bench || !key_file.empty(), problems,
       "A key file is needed (make one with: kelek keys).");
  need(!(join && !initial_members.empty()), problems,
       "A coordinator either joins a cluster or is one of its initial members, not both.");
  check_own_addresses(*this, problems);
  check_members(*this, initial_members, "initial", problems);
  check_members(*this, join_contacts, "contact", problems);
  need(transport::is_client_name(local_caller), problems, "The caller's name of proposals made in process is no name.");
  check_numbers(*this, problems);
  if (!initial_members.empty()) {
    bool listed = false;
    for (const InitialMember& member : initial_members) listed = listed || member.id == node_id;
    need(listed, problems, "Node " + std::to_string(node_id) + " is not among the initial members it was given.");
  }
  raft::Options core = raft;
  core.id = node_id;
  for (const std::string& sentence : core.validate()) problems.push_back(sentence);
  const transport::Status sockets = transport::validate(transport);
  if (!sockets.ok()) problems.push_back(sockets.error().text);
  return problems;
}

}  // namespace kelek::runtime
