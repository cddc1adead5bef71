// Writes a state as items, gathered in blocks.
#include <kelek/wire/snapshot_codec.h>

#include "mutation.h"
#include "put.h"
#include "snapshot_items.h"

namespace kelek::wire {
namespace {

class SnapshotWriter {
 public:
  explicit SnapshotWriter(const SnapshotSink& sink) : sink_(sink), writer_(buffer_) {}

  bool write(const machine::State& state) {
    begin_block();
    write_header(state);
    for_each_section([&](auto section) { write_section<decltype(section)>(state); });
    begin_item(2, Item::end);
    writer_.integer(items_ - 1);
    end_block();
    return open_;
  }

 private:
  void begin_block() {
    buffer_.clear();
    begun_ = writer_.begin_bytes();
  }
  void end_block() {
    writer_.end_bytes(begun_);
    open_ = open_ && sink_(buffer_.bytes());
  }

  void begin_item(std::size_t values, Item item) {
    if (buffer_.size() >= snapshot_block_bytes) {
      end_block();
      begin_block();
    }
    writer_.array(values);
    writer_.integer(static_cast<std::uint64_t>(item));
    ++items_;
  }

  void write_header(const machine::State& state) {
    writer_.array(snapshot_header_slots);
    writer_.integer(snapshot_version);
    writer_.integer(state.applied_index);
    writer_.integer(state.applied_term);
    writer_.integer(state.lease_term);
    writer_.integer(state.time_ms);
    writer_.integer(state.hash);
    put(writer_, state.limits);
    for_each_section([&](auto section) { writer_.integer((state.*decltype(section)::map).size()); });
  }

  template <typename Section>
  void write_section(const machine::State& state) {
    for (const auto& entry : state.*Section::map) {
      if (!open_) return;
      begin_item(2 + slots<typename Section::Value>, Section::item);
      put(writer_, entry.first);
      for_each_member(entry.second, [&](const auto& member) { put_member<Section>(member); });
      if constexpr (has_children<Section>) {
        for (const auto& child : entry.second.*Section::children) write_child(child, Section::child_item);
      }
    }
  }

  // Of what belongs to it, an item has the number; the rest follows.
  template <typename Section, typename Member>
  void put_member(const Member& member) {
    if constexpr (std::is_same_v<Member, typename ChildList<Section>::Type>) {
      writer_.integer(member.size());
    } else {
      put(writer_, member);
    }
  }

  template <typename Child>
  void write_child(const Child& child, Item item) {
    begin_item(1 + slots<Child>, item);
    put(writer_, child);
  }
  template <typename Child>
  void write_child(const std::pair<const std::uint64_t, Child>& child, Item item) {
    begin_item(2 + slots<Child>, item);
    put(writer_, child.first);
    put(writer_, child.second);
  }

  const SnapshotSink& sink_;
  Buffer buffer_;
  Writer writer_;
  std::size_t begun_ = 0;
  std::uint64_t items_ = 0;
  bool open_ = true;
};

}  // namespace

bool encode_snapshot(const machine::State& state, const SnapshotSink& sink) {
  if (mutated(Mutation::snapshot_without_sessions)) return SnapshotWriter(sink).write(without_sessions(state));
  return SnapshotWriter(sink).write(state);
}

}  // namespace kelek::wire
