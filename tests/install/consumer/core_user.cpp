// A program of somebody else's that uses the installed core: one member elects itself, commits a command, and
// applies it to the machine.
#include <cstdint>
#include <iostream>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include <kelek/machine/machine.h>
#include <kelek/raft/node.h>

namespace machine = kelek::machine;
namespace raft = kelek::raft;

namespace {

// Takes what the node wants done until it wants no more. There is no disk here and no other member: all is
// durable at once, and no message leaves.
void turn(raft::Node& node, machine::Machine& state) {
  raft::Ready ready;
  while (node.has_ready()) {
    node.take_ready(ready);
    node.persisted(ready.number);
    for (const raft::EntryRange& range : ready.committed) {
      range.for_each([&](raft::Index index, const raft::Entry& entry) {
        if (entry.kind != raft::EntryKind::command) {
          state.apply_empty(index, entry.term);
          return;
        }
        machine::Command command;
        command.header.caller = "somebody";
        machine::KvPut put;
        put.key = "greeting";
        put.value = entry.payload.text();
        command.body = std::move(put);
        state.apply(index, entry.term, command);
      });
      node.applied(range.last_index());
    }
  }
}

}  // namespace

int main() {
  const std::vector<raft::NodeId> voters{1};
  raft::DurableState empty;
  empty.configuration = std::make_shared<const raft::Configuration>(raft::Configuration::of_voters(voters));
  raft::Options options;
  options.id = 1;
  auto node = raft::Node::create(options, empty);
  if (!node) {
    std::cerr << node.error().text << "\n";
    return 1;
  }
  machine::Machine state;
  if (auto begun = (*node)->campaign(); !begun) {
    std::cerr << begun.error().text << "\n";
    return 1;
  }
  turn(**node, state);
  if (auto proposed = (*node)->propose(raft::Payload::copy_of(std::string_view("hello"))); !proposed) {
    std::cerr << raft::describe(proposed.error().refusal) << "\n";
    return 1;
  }
  turn(**node, state);
  const machine::KvRecord* record = state.kv_get("greeting");
  if (record == nullptr || record->value != "hello") {
    std::cerr << "the command was not applied\n";
    return 1;
  }
  std::cout << "applied at revision " << state.revision() << " in term " << state.term() << "\n";
  return 0;
}
