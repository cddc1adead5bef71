// Puts a state together from the stream of blocks: items in their order, as many as the header and their
// parents say.
#include <kelek/wire/snapshot_codec.h>

#include <array>
#include <optional>

#include <kelek/wire/reader.h>

#include "get.h"
#include "snapshot_items.h"

namespace kelek::wire {
namespace {

constexpr const char* document = "snapshot";
// A block is msgpack's bin 32: a mark, the length in four bytes, the items.
constexpr unsigned char block_mark = 0xc6;
constexpr std::size_t block_head_bytes = 5;

struct BlockHead {
  unsigned char mark = 0;
  std::size_t size = 0;
};

BlockHead block_head(std::span<const std::byte> bytes) {
  BlockHead head;
  head.mark = std::to_integer<unsigned char>(bytes[0]);
  for (std::size_t i = 1; i < block_head_bytes; ++i)
    head.size = head.size << 8 | std::to_integer<std::size_t>(bytes[i]);
  return head;
}

// Items, one after the other.
class ItemDecoder {
 public:
  void read_item(Reader& reader) {
    const std::size_t count = reader.array("item", std::numeric_limits<std::size_t>::max());
    if (!reader.ok() || !header_read_) {
      read_header(reader, count);
    } else {
      read_kind(reader, count);
    }
    reader.leave();
  }

  bool ended() const { return ended_; }
  machine::State& state() { return state_; }

 private:
  void read_header(Reader& reader, std::size_t count) {
    const std::uint64_t version = reader.integer("version");
    if (reader.ok() && version != snapshot_version) {
      reader.fail(Fault::wrong_version, "version", "a version of the format that is not read here");
    }
    expect(reader, count, snapshot_header_slots, "header");
    get(reader, state_.applied_index, "applied index");
    get(reader, state_.applied_term, "applied term");
    get(reader, state_.lease_term, "lease term");
    get(reader, state_.time_ms, "time");
    get(reader, state_.hash, "hash");
    get(reader, state_.limits, "limits");
    for (std::uint64_t& left : left_) left = reader.integer("number of items");
    header_read_ = true;
  }

  void read_kind(Reader& reader, std::size_t count) {
    const std::uint64_t kind = reader.integer("kind of item");
    if (!reader.ok()) return;
    if (ended_) {
      reader.fail(Fault::trailing, "item", "an item behind the end");
      return;
    }
    bool known = false;
    std::size_t position = 0;
    for_each_section([&](auto section) {
      using Section = decltype(section);
      if (kind == static_cast<std::uint64_t>(Section::item)) {
        known = true;
        read_value<Section>(reader, count, position);
      }
      if constexpr (has_children<Section>) {
        if (kind == static_cast<std::uint64_t>(Section::child_item)) {
          known = true;
          read_child<Section>(reader, count, position);
        }
      }
      ++position;
    });
    if (kind == static_cast<std::uint64_t>(Item::end)) {
      known = true;
      read_end(reader, count);
    }
    if (!known) reader.fail(Fault::unknown_kind, "kind of item", "a kind that this version does not have");
    ++items_;
  }

  template <typename Section>
  void read_value(Reader& reader, std::size_t count, std::size_t position) {
    using Value = typename Section::Value;
    expect(reader, count, 2 + slots<Value>, "item");
    go_on_to(reader, position);
    if (reader.ok() && left_[position] == 0) {
      reader.fail(Fault::inconsistent, "item", "more items than the header announces");
    }
    auto& map = state_.*Section::map;
    typename std::remove_reference_t<decltype(map)>::key_type key{};
    get(reader, key, "key of an item");
    if (reader.ok() && !map.empty() && !map.key_comp()(map.rbegin()->first, key)) {
      reader.fail(Fault::inconsistent, "key of an item", "not above the key before it");
    }
    if (!reader.ok()) return;
    Value& value = map.emplace_hint(map.end(), std::move(key), Value{})->second;
    for_each_member(value, [&](auto& member) { get_member<Section>(reader, member); });
    --left_[position];
  }

  template <typename Section, typename Member>
  void get_member(Reader& reader, Member& member) {
    if constexpr (std::is_same_v<Member, typename ChildList<Section>::Type>) {
      children_left_ = reader.integer("number of what belongs to an item");
    } else {
      get(reader, member, "item");
    }
  }

  // Belongs to the last value of its section.
  template <typename Section>
  void read_child(Reader& reader, std::size_t count, std::size_t position) {
    auto& map = state_.*Section::map;
    if (position != section_ || children_left_ == 0 || map.empty()) {
      reader.fail(Fault::inconsistent, "item", "belongs to nothing");
      return;
    }
    --children_left_;
    add_child(reader, count, map.rbegin()->second.*Section::children);
  }

  template <typename List>
  void add_child(Reader& reader, std::size_t count, List& list) {
    expect(reader, count, 1 + slots<typename List::value_type>, "item");
    if (reader.ok()) get(reader, list.emplace_back(), "item");
  }
  template <typename Child>
  void add_child(Reader& reader, std::size_t count, std::map<std::uint64_t, Child>& map) {
    expect(reader, count, 2 + slots<Child>, "item");
    const std::uint64_t key = reader.integer("key of an item");
    if (reader.ok() && !map.empty() && map.rbegin()->first >= key) {
      reader.fail(Fault::inconsistent, "key of an item", "not above the key before it");
    }
    if (reader.ok()) get(reader, map.emplace_hint(map.end(), key, Child{})->second, "item");
  }

  void read_end(Reader& reader, std::size_t count) {
    expect(reader, count, 2, "end");
    go_on_to(reader, section_count);
    const std::uint64_t total = reader.integer("number of all items");
    if (reader.ok() && total != items_) {
      reader.fail(Fault::inconsistent, "number of all items", "another number than there were");
    }
    ended_ = true;
  }

  // What comes before that section has to be complete.
  void go_on_to(Reader& reader, std::size_t position) {
    if (!reader.ok()) return;
    if (position < section_) {
      reader.fail(Fault::inconsistent, "item", "items out of their order");
      return;
    }
    if (children_left_ > 0)
      reader.fail(Fault::inconsistent, "item", "something that belongs to the last one is missing");
    for (; section_ < position; ++section_) {
      if (left_[section_] > 0) reader.fail(Fault::inconsistent, "item", "fewer items than the header announces");
    }
  }

  static void expect(Reader& reader, std::size_t found, std::size_t expected, const char* place) {
    if (reader.ok() && found != expected) {
      reader.fail(Fault::inconsistent, place, "another number of values than this has");
    }
  }

  machine::State state_;
  bool header_read_ = false;
  bool ended_ = false;
  std::array<std::uint64_t, section_count> left_{};  // items that each section still lacks
  std::size_t section_ = 0;                          // in which we are
  std::uint64_t children_left_ = 0;                  // of the last item
  std::uint64_t items_ = 0;                          // without the header
};

}  // namespace

struct SnapshotDecoder::Progress {
  ItemDecoder items;
  Buffer partial;  // an incomplete block, with its head
  std::size_t offset = 0;
  std::optional<Error> error;

  void fail(Fault fault, const char* what) {
    Reader reader({}, document, offset);
    reader.fail(fault, "block", what);
    error = reader.error();
  }

  /// How long the block is that begins with these bytes, head included; nothing if they do not say yet.
  std::optional<std::size_t> block_bytes(std::span<const std::byte> bytes) {
    if (bytes.size() < block_head_bytes) return std::nullopt;
    const BlockHead head = block_head(bytes);
    if (head.mark != block_mark) {
      fail(Fault::wrong_type, "not a block");
    } else if (head.size > max_snapshot_block_bytes) {
      fail(Fault::out_of_range, "longer than a block may be");
    } else if (head.size == 0) {
      fail(Fault::inconsistent, "an empty block");
    } else if (items.ended()) {
      fail(Fault::trailing, "a block behind the end");
    }
    return head.size + block_head_bytes;
  }

  void read_block(std::span<const std::byte> bytes) {
    Reader reader(bytes.subspan(block_head_bytes), document, offset + block_head_bytes);
    while (reader.ok() && reader.left() > 0) items.read_item(reader);
    if (!reader.ok()) error = reader.error();
    offset += bytes.size();
  }

  /// Takes from the front of `bytes` what the incomplete block lacks, at most.
  std::span<const std::byte> complete(std::span<const std::byte> bytes) {
    std::size_t wanted = block_head_bytes;
    if (partial.size() >= block_head_bytes) {
      const std::optional<std::size_t> whole = block_bytes(partial.bytes());
      if (error.has_value()) return {};
      wanted = *whole;
    }
    const std::size_t taken = std::min(wanted - partial.size(), bytes.size());
    partial.write(bytes.first(taken));
    if (partial.size() == wanted && wanted > block_head_bytes) {
      read_block(partial.bytes());
      partial.clear();
    }
    return bytes.subspan(taken);
  }
};

SnapshotDecoder::SnapshotDecoder() : progress_(std::make_unique<Progress>()) {}
SnapshotDecoder::~SnapshotDecoder() = default;
SnapshotDecoder::SnapshotDecoder(SnapshotDecoder&&) noexcept = default;
SnapshotDecoder& SnapshotDecoder::operator=(SnapshotDecoder&&) noexcept = default;

bool SnapshotDecoder::add(std::span<const std::byte> bytes) {
  Progress& progress = *progress_;
  while (!bytes.empty() && !progress.error.has_value()) {
    if (progress.partial.size() == 0) {
      // Whole blocks are read where they lie.
      const std::optional<std::size_t> whole = progress.block_bytes(bytes);
      if (progress.error.has_value()) break;
      if (whole.has_value() && *whole <= bytes.size()) {
        progress.read_block(bytes.first(*whole));
        bytes = bytes.subspan(*whole);
        continue;
      }
    }
    bytes = progress.complete(bytes);
  }
  return !progress.error.has_value();
}

Result<machine::State> SnapshotDecoder::finish() {
  Progress& progress = *progress_;
  if (!progress.error.has_value() && (progress.partial.size() > 0 || !progress.items.ended())) {
    progress.fail(Fault::truncated, "the snapshot ends before its end");
  }
  if (progress.error.has_value()) return *progress.error;
  return std::move(progress.items.state());
}

Result<machine::State> decode_snapshot(std::span<const std::byte> bytes) {
  SnapshotDecoder decoder;
  decoder.add(bytes);
  return decoder.finish();
}

}  // namespace kelek::wire
