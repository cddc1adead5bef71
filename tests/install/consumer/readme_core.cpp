// The README's twenty lines that use the core, as they stand there: they compile, and what they leave to the reader is
// here.
#include <string_view>
#include <utility>
#include <vector>

#include <kelek/raft/node.h>

namespace {

void send(const std::vector<kelek::raft::Message>&) {}
void write_and_sync(const kelek::raft::Ready&) {}
void apply(kelek::raft::Index, std::string_view) {}

void run() {
#include "core_sample.inc"
}

}  // namespace

int main() {
  run();
}
