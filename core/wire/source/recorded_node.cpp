// What is written down of a Ready.
#include <kelek/wire/recorded_node.h>

namespace kelek::wire {

TraceReady trace_ready_of(const raft::Node& node, const raft::Ready& ready, std::uint64_t digest) {
  const raft::NodeStatus status = node.status();
  return {ready.number, status.term, status.vote, status.role, status.leader, status.commit, status.last_index, digest};
}

void RecordedNode::record_ready(const raft::Ready& ready) {
  digest_.add(ready);
  encoder_->add(trace_ready_of(*node_, ready, digest_.value()));
}

}  // namespace kelek::wire
