// Messages by what they say.
#include <kelek/sim/act.h>

#include <kelek/sim/random.h>

namespace kelek::sim {

using namespace raft;

namespace {

struct Contents {
  Term term = 0;
  std::uint64_t digest = 0;
  void add(std::uint64_t value) { digest = mix(digest * 0x9e3779b97f4a7c15U + value + 1); }

  void operator()(const PreVoteRequest& body) {
    add(body.next_term - term);
    add(body.last_index);
  }
  void operator()(const PreVoteResponse& body) {
    add(body.next_term - term);
    add(body.granted ? 1 : 0);
  }
  void operator()(const VoteRequest& body) { add(body.last_index); }
  void operator()(const VoteResponse& body) { add(body.granted ? 1 : 0); }
  void operator()(const AppendRequest& body) {
    add(body.previous_index);
    add(body.entries.size());
    add(body.commit);
  }
  void operator()(const AppendResponse& body) {
    add(body.accepted ? 1 : 0);
    add(body.match_index);
    add(body.hint_index);
  }
  void operator()(const HeartbeatRequest& body) {
    add(body.commit);
    add(body.round != 0 ? 1 : 0);
  }
  void operator()(const HeartbeatResponse& body) { add(body.match_index); }
  void operator()(const SnapshotChunk& body) { add(body.metadata->index); }
  void operator()(const SnapshotResponse& body) { add(body.match_index); }
  void operator()(const ProposeResponse& body) { add(body.first_index); }
  void operator()(const ReadResponse& body) { add(body.index); }
  template <typename Other>
  void operator()(const Other&) {}
};

std::uint64_t number_of(const Message& message) {
  return std::visit(
      [](const auto& body) -> std::uint64_t {
        if constexpr (requires { body.round; }) return body.round;
        if constexpr (requires { body.token; }) return body.token;
        return 0;
      },
      message.body);
}

}  // namespace

MessageName MessageName::of(const Message& message) {
  Contents contents{message.term};
  std::visit(contents, message.body);
  return {message.from, message.to, message.kind(), message.term, contents.digest, number_of(message), message.term};
}

bool MessageName::is(const Message& message) const {
  return names(message, 0) && number_of(message) == number;
}

bool MessageName::names(const Message& message, Term lower) const {
  return message.from == from && message.to == to && message.kind() == kind && has_term(message, lower) &&
         of(message).content == content;
}

bool Act::concerns(NodeId id) const {
  if (kind == Kind::recover) return false;
  if (kind == Kind::deliver || kind == Kind::duplicate) return message.from == id || message.to == id;
  return node == id || other == id;
}

}  // namespace kelek::sim
