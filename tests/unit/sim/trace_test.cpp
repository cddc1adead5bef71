// Recorded runs: played again they do the same, a changed input is noticed, several are told as one story, and others'
// forms of it keep their rules.
#include <set>
#include <string>

#include <catch2/catch.hpp>

#include <kelek/sim/trace_merge.h>
#include <kelek/sim/trace_writers.h>

#include "../support/recorded_group.h"

using namespace kelek;
using namespace kelek::testing;

namespace {

/// An election, commands, a restart, a learner that needs a snapshot, and another leader.
std::vector<Bytes> eventful_run(bool with_payloads = false) {
  RecordedGroup group(3, with_payloads);
  group.elect(1);
  for (int i = 0; i < 20; ++i) group.propose(1, "secret " + std::to_string(i));
  group.settle();
  group.restart(2);
  group.propose(1, "x");
  group.settle();
  group.tick(1, 2);
  group.snapshot(1);
  group.join(4);
  raft::MembershipChange change;
  change.operations.push_back({raft::MemberOperation::Kind::add_learner, 4, 0, {}});
  REQUIRE(group.node(1).change(change).ok());
  group.settle();
  group.tick(1, 3);
  REQUIRE(group.node(4).status().last_index == group.node(1).status().last_index);
  REQUIRE(group.node(1).transfer(2).ok());
  group.settle();
  group.tick(1, 2);
  REQUIRE(group.leader() == 2);
  (void)group.node(2).read(9);
  group.propose(3, "forwarded");
  group.settle();
  group.finish();
  return group.files();
}

sim::RunEnd played(const Bytes& file, std::string* text = nullptr) {
  sim::RecordedRun run("run", source_of(file));
  while (run.play()) {
  }
  if (text != nullptr) *text = run.text();
  return run.end();
}

/// The same records, one of them changed by `change`, which says whether it was the one.
template <typename Change>
Bytes changed(const Bytes& file, Change change) {
  wire::TraceReader reader(source_of(file));
  wire::TraceEncoder encoder(false);
  wire::TraceRecord record;
  bool done = false;
  while (reader.next(record) == wire::TraceReader::Next::record) {
    if (!done) done = change(record.what);
    encoder.put_again(record.what);
  }
  REQUIRE(done);
  TraceFileOf again;
  again.add(encoder.buffer().bytes());
  return again.bytes();
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = text.find('\n', at);
    lines.push_back(text.substr(at, end - at));
    at = end + 1;
  }
  return lines;
}

std::string between(const std::string& text, const std::string& before, const std::string& after) {
  const std::size_t at = text.find(before);
  if (at == std::string::npos) return {};
  const std::size_t begin = at + before.size();
  return text.substr(begin, text.find(after, begin) - begin);
}

}  // namespace

TEST_CASE("a recorded run does the same when it is played again") {
  const bool with_payloads = GENERATE(false, true);
  const std::vector<Bytes> files = eventful_run(with_payloads);
  REQUIRE(files.size() == 5);
  std::string text;
  CHECK(played(files[0], &text) == sim::RunEnd::killed);
  CHECK(text == "");
  for (std::size_t i = 1; i < files.size(); ++i) {
    CHECK(played(files[i], &text) == sim::RunEnd::stopped);
    CHECK(text == "");
  }
}

TEST_CASE("commands are in a trace only where that was asked for") {
  for (const bool with_payloads : {false, true}) {
    bool found = false;
    for (const Bytes& file : eventful_run(with_payloads)) {
      const std::string text(reinterpret_cast<const char*>(file.data()), file.size());
      found = found || text.find("secret 3") != std::string::npos;
    }
    CHECK(found == with_payloads);
  }
}

TEST_CASE("each kind of change to an input is noticed") {
  const std::vector<Bytes> files = eventful_run();
  const Bytes& leader = files[1];
  const Bytes& follower = files[0];
  std::string text;
  SECTION("a message's term") {
    const Bytes other = changed(follower, [](wire::TraceWhat& what) {
      auto* step = std::get_if<wire::TraceStep>(&what);
      if (step == nullptr || step->message.kind() != raft::MessageKind::append_request) return false;
      ++step->message.term;
      return true;
    });
    CHECK(played(other, &text) == sim::RunEnd::differs);
  }
  SECTION("a command's mark") {
    const Bytes other = changed(leader, [](wire::TraceWhat& what) {
      auto* propose = std::get_if<wire::TracePropose>(&what);
      if (propose == nullptr) return false;
      propose->payloads[0] = raft::Payload::copy_of("forged 0");
      return true;
    });
    CHECK(played(other, &text) == sim::RunEnd::differs);
  }
  SECTION("a tick too many") {
    const Bytes other = changed(leader, [n = 0](wire::TraceWhat& what) mutable {
      if (!std::holds_alternative<wire::TraceTime>(what) || ++n < 30) return false;
      what = wire::TraceTick{};
      return true;
    });
    CHECK(played(other, &text) == sim::RunEnd::differs);
  }
  SECTION("a vote on the disk") {
    const Bytes other = changed(files[4], [](wire::TraceWhat& what) {
      auto* begin = std::get_if<wire::TraceBegin>(&what);
      if (begin == nullptr) return false;
      begin->state.hard_state.term += 1;
      return true;
    });
    CHECK(played(other, &text) == sim::RunEnd::differs);
  }
  CHECK(text.find("byte ") != std::string::npos);
}

TEST_CASE("every damaged byte is found by its checksum, and every cut is a kill") {
  const Bytes file = eventful_run()[0];
  for (std::size_t at = 0; at < file.size(); at += 7) {
    Bytes damaged = file;
    damaged[at] ^= std::byte{0x10};
    const sim::RunEnd end = played(damaged);
    // A length that was made longer looks like a file that was cut.
    CHECK((end == sim::RunEnd::damaged || (end == sim::RunEnd::killed && at < 12)));
  }
  for (std::size_t size = 8; size < file.size(); size += 61) {
    const Bytes cut(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
    CHECK(played(cut) == sim::RunEnd::killed);
  }
}

TEST_CASE("behind a gap nothing is played") {
  const Bytes other = changed(eventful_run()[1], [n = 0](wire::TraceWhat& what) mutable {
    if (!std::holds_alternative<wire::TracePropose>(what) || ++n < 5) return false;
    what = wire::TraceGap{3};
    return true;
  });
  std::string text;
  CHECK(played(other, &text) == sim::RunEnd::gap);
  CHECK(text.find("3 records are missing") != std::string::npos);
}

namespace {

struct Story {
  std::string etcd;
  std::string perfetto;
  std::vector<std::string> sentences;
  std::uint64_t unexplained = 0;
};

Story told(const std::vector<Bytes>& files) {
  Story story;
  sim::EtcdTraceWriter etcd;
  sim::PerfettoTraceWriter perfetto;
  sim::TraceMerge merge([&](const sim::ToldEvent& told) {
    etcd.add(told.event, story.etcd);
    perfetto.add(told.event, told.wall_us - 1'700'000'000'000'000, story.perfetto);
    story.sentences.push_back(raft::format_sentence(told.event));
  });
  for (std::size_t i = 0; i < files.size(); ++i) merge.add("run " + std::to_string(i), source_of(files[i]));
  while (merge.step()) {
  }
  perfetto.finish(story.perfetto);
  story.unexplained = merge.unexplained();
  return story;
}

/// The clock of one node's machine is wrong by so much.
Bytes with_clock(const Bytes& file, std::int64_t error_us) {
  return changed(file, [error_us](wire::TraceWhat& what) {
    auto& begin = std::get<wire::TraceBegin>(what);
    begin.wall_us = static_cast<std::uint64_t>(static_cast<std::int64_t>(begin.wall_us) + error_us);
    return true;
  });
}

}  // namespace

TEST_CASE("nothing is heard before it is said, whatever the clocks say") {
  const std::int64_t error_us = GENERATE(0, 900, -900, 5'000'000);
  std::vector<Bytes> files = eventful_run();
  files[1] = with_clock(files[1], error_us);
  const Story story = told(files);
  CHECK(story.unexplained == 0);
  std::multiset<std::string> released;
  std::map<std::string, std::multiset<std::string>> queued;
  std::set<std::string> names;
  for (const std::string& line : lines_of(story.etcd)) {
    const std::string name = between(line, R"("name":")", "\"");
    const std::string node = between(line, R"("nid":")", "\"");
    const std::string message = between(line, R"("msg":{)", "}");
    names.insert(name);
    if (name == "Ready") {
      released.insert(queued[node].begin(), queued[node].end());
      queued[node].clear();
    } else if (name.rfind("Send", 0) == 0) {
      queued[node].insert(message);
    } else if (name.rfind("Receive", 0) == 0) {
      INFO(line);
      const auto found = released.find(message);
      REQUIRE(found != released.end());
      released.erase(found);
    }
  }
  for (const char* name : {"InitState", "BecomeCandidate", "BecomeLeader", "BecomeFollower", "Replicate", "Commit",
                           "ChangeConf", "ApplyConfChange", "Ready", "SendAppendEntriesRequest",
                           "ReceiveAppendEntriesResponse", "SendRequestVoteResponse", "ReceiveRequestVoteRequest"}) {
    CHECK(names.count(name) == 1);
  }
  CHECK(story.etcd.find("MsgSnap") != std::string::npos);
  CHECK(story.etcd.find("AddLearner") != std::string::npos);
}

TEST_CASE("an event in etcd's form, field by field") {
  const Story story = told(eventful_run());
  const std::vector<std::string> lines = lines_of(story.etcd);
  // The first configuration is entry 1 of term 1 there: everything else comes behind it.
  CHECK(lines[0] == R"({"tag":"trace","event":{"name":"InitState","nid":"1","state":{"term":1,"vote":"0","commit":1},)"
                    R"("role":"StateFollower","log":1,"conf":[["1","2","3"],[]]}})");
  CHECK(story.etcd.find(R"({"tag":"trace","event":{"name":"SendRequestVoteRequest","nid":"1","state":{"term":2,)"
                        R"("vote":"1","commit":1},"role":"StateCandidate","log":1,"conf":[["1","2","3"],[]],)"
                        R"("msg":{"type":"MsgVote","term":2,"from":"1","to":"2","entries":0,"logTerm":1,"index":1,)"
                        R"("commit":0,"vote":"0","reject":false,"rejectHint":0}}})") != std::string::npos);
  CHECK(story.etcd.find(R"("name":"ChangeConf")") != std::string::npos);
  CHECK(story.etcd.find(R"("prop":{"cc":{"changes":[{"nid":"4","action":"AddLearner"}],"newconf":["1","2","3"]}})") !=
        std::string::npos);
}

TEST_CASE("a message whose sender was not recorded is told as unexplained") {
  std::vector<Bytes> files = eventful_run();
  files.erase(files.begin() + 1);  // node 1, which led
  CHECK(told(files).unexplained > 5);
}

TEST_CASE("slices begin and end, arrows too") {
  const Story story = told(eventful_run());
  const auto count = [&story](const std::string& what) {
    std::size_t found = 0;
    for (std::size_t at = story.perfetto.find(what); at != std::string::npos; at = story.perfetto.find(what, at + 1)) {
      ++found;
    }
    return found;
  };
  CHECK(count("\"ph\":\"B\"") == count("\"ph\":\"E\""));
  CHECK(count("\"ph\":\"f\"") > 20);
  CHECK(count("\"ph\":\"f\"") <= count("\"ph\":\"s\""));
  CHECK(count("process_name") == 4);
}
