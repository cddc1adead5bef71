// Requests of operators, by name.
#include <kelek/client/admin.h>

#include <utility>

namespace kelek::client {

Answer<wire::StatusReport> get_status(Client& client, const CallOptions& call) {
  return Client::pick<wire::StatusReport>(client.request(wire::GetStatus{}, call));
}

Answer<wire::MembersReport> get_members(Client& client, const CallOptions& call) {
  return Client::pick<wire::MembersReport>(client.request(wire::GetMembers{}, call));
}

Answer<wire::MetricsReport> get_metrics(Client& client, const CallOptions& call) {
  return Client::pick<wire::MetricsReport>(client.request(wire::GetMetrics{}, call));
}

Answer<wire::MembersChanged> change_members(Client& client, const raft::MembershipChange& change,
                                            const CallOptions& call) {
  return Client::pick<wire::MembersChanged>(client.request(wire::ChangeMembers{change}, call));
}

Answer<wire::LeadershipTransferred> transfer_leadership(Client& client, raft::NodeId to, const CallOptions& call) {
  return Client::pick<wire::LeadershipTransferred>(client.request(wire::TransferLeadership{to}, call));
}

Answer<wire::SnapshotTaken> take_snapshot(Client& client, const CallOptions& call) {
  return Client::pick<wire::SnapshotTaken>(client.request(wire::TakeSnapshot{}, call));
}

Answer<FetchedSnapshot> fetch_snapshot(Client& client, std::uint64_t snapshot_id, const CallOptions& call) {
  Answer<FetchedSnapshot> fetched;
  for (;;) {
    wire::FetchSnapshot wanted;
    wanted.snapshot_id = snapshot_id;
    wanted.offset_bytes = fetched.value.bytes.size();
    Answer<wire::SnapshotPart> part = Client::pick<wire::SnapshotPart>(client.request(wanted, call));
    fetched.kind = part.kind;
    fetched.problem = part.problem;
    fetched.revision = part.revision;
    fetched.term = part.term;
    fetched.member = part.member;
    if (!part.ok()) return fetched;
    snapshot_id = part->snapshot_id;
    fetched.value.bytes += part->data;
    const bool stuck = part->data.empty() && fetched.value.bytes.size() < part->size_bytes;
    if (stuck || fetched.value.bytes.size() > part->size_bytes) {
      fetched.kind = OutcomeKind::refused;
      fetched.problem = {ProblemKind::bad_frame, machine::Code::ok, "The snapshot's parts do not fit its size."};
      return fetched;
    }
    const bool whole = fetched.value.bytes.size() == part->size_bytes;
    part->data.clear();
    fetched.value.metadata = std::move(*part.operator->());
    if (whole) return fetched;
  }
}

Answer<Nothing> shut_down(Client& client, const CallOptions& call) {
  const Answer<wire::ResponseBody> answer = client.request(wire::Shutdown{}, call);
  Answer<Nothing> done;
  done.kind = answer.kind;
  done.problem = answer.problem;
  done.term = answer.term;
  done.member = answer.member;
  return done;
}

}  // namespace kelek::client
