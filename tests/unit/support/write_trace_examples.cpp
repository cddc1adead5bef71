// trace_examples FOLDER: writes recorded runs as seeds of the fuzz target decode_trace. To be run when the format
// grows; never by a test.
#include <fstream>
#include <iostream>

#include "recorded_group.h"

namespace {

using kelek::testing::Bytes;
using kelek::testing::RecordedGroup;

std::vector<Bytes> runs(bool with_payloads) {
  RecordedGroup group(3, with_payloads);
  group.elect(1);
  group.propose(1, "first");
  group.propose(1, "");
  group.settle();
  group.restart(2);
  group.propose(3, "forwarded");
  group.settle();
  group.snapshot(1);
  group.join(4);
  kelek::raft::MembershipChange change;
  change.operations.push_back({kelek::raft::MemberOperation::Kind::add_learner, 4, 0, "context"});
  (void)group.node(1).change(change);
  group.settle();
  group.tick(1, 2);
  (void)group.node(1).read(9);
  group.node(1).peer_unreachable(3);
  group.node(1).peer_fell_back(2, 1);
  (void)group.node(1).transfer(2);
  group.settle();
  group.finish();
  return group.files();
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) {
    std::cerr << "Usage: trace_examples FOLDER\n";
    return 2;
  }
  for (const bool with_payloads : {false, true}) {
    int number = 0;
    for (const Bytes& file : runs(with_payloads)) {
      const std::string name = std::string(with_payloads ? "whole-" : "marks-") + std::to_string(++number);
      std::ofstream seed(std::string(arguments[1]) + "/" + name, std::ios::binary);
      seed.write(reinterpret_cast<const char*>(file.data()), static_cast<std::streamsize>(file.size()));
      if (!seed) return 1;
    }
  }
  return 0;
}
