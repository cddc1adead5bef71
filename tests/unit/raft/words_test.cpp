// Names, refusals, sentences of the trace, and an emptied Ready.
#include <catch2/catch.hpp>

#include <memory>
#include <set>
#include <string>
#include <vector>

#include <kelek/raft/message.h>
#include <kelek/raft/ready.h>
#include <kelek/raft/result.h>
#include <kelek/raft/trace.h>

using namespace kelek::raft;

namespace {

template <typename What>
std::string sentence(What what, Role role = Role::follower) {
  TraceEvent event;
  event.node = 2;
  event.term = 3;
  event.vote = 4;
  event.role = role;
  event.what = what;
  return format_sentence(event);
}

std::string sent(MessageBody body) {
  Message message;
  message.from = 2;
  message.to = 1;
  message.term = 3;
  message.body = std::move(body);
  return sentence(SendEvent{&message});
}

}  // namespace

TEST_CASE("every refusal and every kind of message has words of its own") {
  std::set<std::string> words;
  for (int i = 0; i <= static_cast<int>(Refusal::aborted); ++i) {
    const std::string text = describe(static_cast<Refusal>(i));
    CHECK(text.back() == '.');
    CHECK(words.insert(text).second);
  }
  for (std::size_t kind = 0; kind < message_kinds; ++kind) {
    CHECK(words.insert(name_of(static_cast<MessageKind>(kind))).second);
  }
  CHECK(std::string(describe(static_cast<Refusal>(200))) == "The reason is unknown.");
  CHECK(std::string(name_of(static_cast<MessageKind>(200))) == "unknown message");
}

TEST_CASE("a result is a value or a refusal") {
  const Result<int> value = 3;
  CHECK(value.ok());
  CHECK(*value == 3);
  const Result<int> refused = Error{Refusal::not_leader, 2, "ask node 2"};
  CHECK_FALSE(refused);
  CHECK(refused.error().leader == 2);
  const Status status = Refusal::already;
  CHECK(status.error().refusal == Refusal::already);
}

TEST_CASE("an emptied Ready is as new") {
  Ready ready;
  ready.number = 4;
  ready.messages.resize(2);
  ready.messages_after.resize(1);
  ready.hard_state = HardState{};
  ready.entries.resize(1);
  ready.replaces_entries = ready.must_sync = true;
  ready.chunks.resize(1);
  ready.snapshot = std::make_shared<SnapshotMetadata>();
  ready.committed.resize(1);
  ready.reads.resize(1);
  ready.proposals.resize(1);
  ready.role = RoleChange{};
  ready.transfer = TransferOutcome{};
  ready.configuration = std::make_shared<const Configuration>();
  CHECK(ready.has_writes());
  const auto kept = ready.messages.capacity();
  ready.clear();
  CHECK(ready.number == 0);
  CHECK(ready.messages.empty());
  CHECK(ready.messages.capacity() == kept);
  CHECK(ready.messages_after.empty());
  CHECK_FALSE(ready.has_writes());
  CHECK_FALSE(ready.must_sync);
  CHECK_FALSE(ready.replaces_entries);
  CHECK(ready.committed.empty());
  CHECK(ready.reads.empty());
  CHECK(ready.proposals.empty());
  CHECK_FALSE(ready.role.has_value());
  CHECK_FALSE(ready.transfer.has_value());
  CHECK(ready.configuration == nullptr);
}

TEST_CASE("votes are told with the reason") {
  using Reason = VoteEvent::Reason;
  CHECK(sentence(VoteEvent{1, false, Reason::granted}) == "Node 2 grants its vote in term 3 to node 1 (Raft §5.2).");
  CHECK(sentence(VoteEvent{1, true, Reason::granted}) == "Node 2 would vote for node 1 (thesis §9.6).");
  CHECK(sentence(VoteEvent{1, false, Reason::voted_for_another}) ==
        "Node 2 refuses its vote to node 1: it voted for node 4 (Raft §5.2).");
  CHECK(sentence(VoteEvent{1, true, Reason::log_behind}) ==
        "Node 2 refuses a pre-vote to node 1: its own log has more (Raft §5.4.1).");
}

TEST_CASE("changes of the log and of roles are told with the section of the paper") {
  CHECK(sentence(AppendEvent{4, 4, 0}) == "Node 2 appends entry 4 to its log (Raft §5.3).");
  CHECK(sentence(AppendEvent{4, 6, 5}) ==
        "Node 2 drops what its log held from entry 5 on, and appends entries 4 to 6 (Raft §5.3).");
  CHECK(sentence(CommitEvent{2, 3}) == "Node 2 knows entry 3 to be committed (Raft §5.3).");
  CHECK(sentence(CommitEvent{2, 4}, Role::leader) == "Node 2 knows entries 3 to 4 to be committed (Raft §5.4.2).");
  CHECK(sentence(RoleEvent{Role::candidate, Role::leader, 2, RoleEvent::Cause::vote_won}) ==
        "Node 2 is elected leader in term 3 (Raft §5.2).");
}

TEST_CASE("messages are told with what they say") {
  CHECK(sent(VoteRequest{5, 2, true}) ==
        "Node 2 sends node 1: vote request in term 3, log to 5 of term 2, told to go (Raft §5.2).");
  AppendRequest append;
  append.previous_index = 4;
  append.previous_term = 2;
  CHECK(sent(append) ==
        "Node 2 sends node 1: append without entries in term 3, after 4 of term 2, commit 0 (Raft §5.3).");
  CHECK(sent(SnapshotChunk{}) ==
        "Node 2 sends node 1: chunk at byte 0 of the snapshot of entry 0 in term 3 (Raft §7).");
}

TEST_CASE("every event and every message is a sentence with its section, if it has one") {
  const Configuration none;
  std::vector<std::string> all;
  for (int cause = 0; cause <= static_cast<int>(RoleEvent::Cause::transfer_done); ++cause) {
    all.push_back(sentence(RoleEvent{Role::leader, Role::follower, 1, static_cast<RoleEvent::Cause>(cause)}));
  }
  for (int reason = 0; reason <= static_cast<int>(VoteEvent::Reason::not_ready); ++reason) {
    all.push_back(sentence(VoteEvent{1, false, static_cast<VoteEvent::Reason>(reason)}));
  }
  for (int step = 0; step <= static_cast<int>(SnapshotEvent::Step::refused); ++step) {
    all.push_back(sentence(SnapshotEvent{static_cast<SnapshotEvent::Step>(step), 1, 9}));
  }
  for (int step = 0; step <= static_cast<int>(TransferEvent::Step::given_up); ++step) {
    all.push_back(sentence(TransferEvent{static_cast<TransferEvent::Step>(step), 1}));
  }
  all.push_back(sentence(ConfigurationEvent{&none, 0, true}));
  all.push_back(sentence(PersistedEvent{1, 2}));
  all.push_back(sentence(ReadEvent{1, 2, true, true}));
  all.push_back(sentence(ReadEvent{1, 2, false, false}));
  for (MessageBody body :
       {MessageBody(PreVoteRequest{}), MessageBody(PreVoteResponse{}), MessageBody(VoteResponse{}),
        MessageBody(AppendResponse{}), MessageBody(HeartbeatRequest{}), MessageBody(HeartbeatResponse{}),
        MessageBody(SnapshotResponse{}), MessageBody(TimeoutNow{}), MessageBody(ReadRequest{}),
        MessageBody(ReadResponse{}), MessageBody(ProposeRequest{}), MessageBody(ProposeResponse{})}) {
    all.push_back(sent(std::move(body)));
  }
  std::set<std::string> different(all.begin(), all.end());
  CHECK(different.size() == all.size());
  for (const std::string& text : all) {
    CHECK(text.rfind("Node 2 ", 0) == 0);
    CHECK(text.back() == '.');
  }
}
