// Decoding of traces: blocks by their checksum, records by the strict reader, payloads as stand-ins where only their
// marks were recorded.
#include <kelek/wire/trace_codec.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "configuration_value.h"
#include "get.h"
#include "message_layout.h"
#include "trace_decoder.h"
#include "trace_layout.h"

namespace kelek::wire {
namespace {

constexpr const char* document = "trace";
/// Blocks are read in pieces that double, so that a length that lies costs no more than what is there.
constexpr std::size_t first_piece_bytes = 64 * 1024;

class BlockBytes final : public raft::PayloadOwner {
 public:
  explicit BlockBytes(std::vector<std::byte> bytes) : bytes_(std::move(bytes)) {}
  std::span<const std::byte> bytes() const { return bytes_; }

 private:
  std::vector<std::byte> bytes_;
};

std::uint64_t little_endian(std::span<const std::byte> bytes) {
  std::uint64_t value = 0;
  for (std::size_t i = bytes.size(); i > 0; --i) value = value << 8 | std::to_integer<std::uint64_t>(bytes[i - 1]);
  return value;
}

}  // namespace

raft::Payload TraceValues::payload(const char* place) {
  if (reader.next_is_bytes()) {
    const std::span<const std::byte> bytes = reader.bytes(place, raft::max_payload_bytes);
    if (!reader.ok() || bytes.empty()) return {};
    return block.slice(static_cast<std::size_t>(bytes.data() - block.bytes().data()), bytes.size());
  }
  const std::uint64_t packed = reader.integer(place);
  const PayloadMark mark{static_cast<std::uint32_t>(packed >> 32), static_cast<std::uint32_t>(packed)};
  if (mark.size > raft::max_payload_bytes) reader.fail(Fault::out_of_range, place, "longer than what is allowed here");
  if (mark.size < 4 && mark.bits >> (8 * mark.size) != 0) {
    reader.fail(Fault::inconsistent, place, "a mark with more bits than what it is of");
  }
  if (!reader.ok() || mark.size == 0) return {};
  return StandIn::make(mark, zeros_of(mark.size));
}

raft::EntryRange TraceValues::entries(raft::Index first) {
  const std::size_t values = reader.array("entries", max_message_entries * entry_slots);
  if (reader.ok() && values % entry_slots != 0) {
    reader.fail(Fault::inconsistent, "entries", "a list that ends within an item");
  }
  const std::size_t count = values / entry_slots;
  if (reader.ok() && first > std::numeric_limits<raft::Index>::max() - count) {
    reader.fail(Fault::inconsistent, "entries", "indexes above 2^64 - 1");
  }
  std::vector<raft::Entry> found;
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    raft::Entry& entry = found.emplace_back();
    entry.term = reader.integer("term of an entry");
    get(reader, entry.kind, "kind of an entry");
    entry.payload = payload("payload of an entry");
  }
  reader.leave();
  if (!reader.ok() || count == 0) return {};
  raft::EntryRange::Builder builder(first, static_cast<std::uint32_t>(count));
  for (raft::Entry& entry : found) builder.add(entry.term, entry.kind, std::move(entry.payload));
  return builder.finish();
}

raft::SnapshotMetadata TraceValues::metadata() {
  constexpr const char* place = "snapshot";
  raft::SnapshotMetadata metadata;
  metadata.index = reader.integer(place);
  metadata.term = reader.integer(place);
  get(reader, metadata.configuration, "configuration");
  metadata.id = reader.integer(place);
  metadata.size_bytes = reader.integer(place);
  get(reader, metadata.digest, "digest");
  return metadata;
}

bool TraceValues::optional_metadata(raft::SnapshotMetadata& into) {
  if (reader.take_nil() || !reader.ok()) return false;
  reader.array_of("snapshot", metadata_slots);
  into = metadata();
  reader.leave();
  return reader.ok();
}

std::vector<raft::Payload> TraceValues::payloads() {
  std::vector<raft::Payload> found;
  const std::size_t count = reader.array("payloads", max_list_items);
  for (std::size_t i = 0; i < count && reader.ok(); ++i) found.push_back(payload("payload"));
  reader.leave();
  return found;
}

void TraceValues::begin(TraceBegin& begin) {
  const std::uint64_t version = reader.integer("version");
  if (reader.ok() && version != trace_version) {
    reader.fail(Fault::wrong_version, "version", "a version of the format that is not read here");
  }
  begin.software = reader.text("software", max_text_bytes);
  get(reader, begin.cluster, "cluster");
  begin.wall_us = reader.integer("wall clock");
  begin.steady_us = reader.integer("steady clock");
  get(reader, begin.tick_us, "tick");
  begin.has_payloads = reader.boolean("payloads");
  get(reader, begin.options, "options");
  raft::DurableState& state = begin.state;
  get(reader, state.hard_state, "hard state");
  optional_metadata(state.snapshot);
  get(reader, state.configuration, "configuration");
  state.term_before_entries = reader.integer("term before the entries");
  state.applied = reader.integer("applied");
  state.restarted = reader.boolean("restarted");
  state.damaged = reader.boolean("damaged");
  state.repair_until = reader.integer("repair until");
  raft::SnapshotMetadata partial;
  if (optional_metadata(partial)) {
    state.partial_snapshot = std::make_shared<const raft::SnapshotMetadata>(std::move(partial));
  }
  state.partial_snapshot_bytes = reader.integer("partial snapshot");
}

void TraceValues::change(raft::MembershipChange& change) {
  change.explicit_leave = reader.boolean("explicit leave");
  const std::size_t count = get_list_size(reader, 2 * raft::max_members, operation_slots, "operations");
  for (std::size_t i = 0; i < count && reader.ok(); ++i) {
    raft::MemberOperation& operation = change.operations.emplace_back();
    get(reader, operation.kind, "operation");
    operation.id = reader.integer("member");
    operation.incarnation = reader.integer("incarnation");
    operation.context = reader.text("context", raft::max_member_context_bytes);
  }
  reader.leave();
}

void TraceValues::body(raft::AppendRequest& body) {
  constexpr const char* place = "append request";
  body.previous_index = reader.integer(place, std::numeric_limits<raft::Index>::max() - 1);
  body.previous_term = reader.integer(place);
  body.commit = reader.integer(place);
  body.round = reader.integer(place);
  body.entries = entries(body.previous_index + 1);
}

void TraceValues::body(raft::SnapshotChunk& body) {
  raft::SnapshotMetadata found = metadata();
  body.offset_bytes = reader.integer("snapshot chunk");
  get(reader, body.wanted_bytes, "snapshot chunk");
  body.data = payload("data");
  if (reader.ok()) body.metadata = std::make_shared<const raft::SnapshotMetadata>(std::move(found));
}

void TraceValues::body(raft::ProposeRequest& body) {
  body.token = reader.integer("propose request");
  body.payloads = payloads();
}

template <typename Body>
void TraceValues::body(Body& body) {
  get(reader, body, "message");
}

template <std::size_t index>
void TraceValues::body_of_kind(raft::MessageBody& into, std::uint64_t kind, std::size_t count) {
  if constexpr (index < raft::message_kinds) {
    if (kind != index) return body_of_kind<index + 1>(into, kind, count);
    using Body = std::variant_alternative_t<index, raft::MessageBody>;
    expect(count, body_slots<Body>);
    if (reader.ok()) body(into.emplace<index>());
  } else {
    reader.fail(Fault::unknown_kind, "message", "a kind that this version does not have");
  }
}

void TraceValues::step(raft::Message& message, std::size_t count) {
  if (reader.ok() && count < step_slots) reader.fail(Fault::inconsistent, "message", "too few values");
  const std::uint64_t kind = reader.integer("message");
  message.from = reader.integer("sender");
  message.to = reader.integer("recipient");
  message.from_incarnation = reader.integer("sender's incarnation");
  message.to_incarnation = reader.integer("recipient's incarnation");
  message.term = reader.integer("term");
  if (reader.ok()) body_of_kind(message.body, kind, count - step_slots);
}

void TraceValues::expect(std::size_t found, std::size_t expected) {
  if (reader.ok() && found != expected) {
    reader.fail(Fault::inconsistent, "record", "another number of values than this kind has");
  }
}

/// One record of each kind, by what it holds.
struct TraceValues::Fill {
  TraceValues& values;
  std::size_t count;

  void operator()(TraceBegin& record) const {
    values.expect(count, begin_slots);
    values.begin(record);
  }
  void operator()(TraceHeld& record) const {
    values.expect(count, held_slots);
    const raft::Index first = values.reader.integer("first index");
    if (values.reader.ok() && first == 0)
      values.reader.fail(Fault::out_of_range, "first index", "no entry has index 0");
    record.entries = values.entries(first);
  }
  void operator()(TraceStep& record) const { values.step(record.message, count); }
  void operator()(TracePropose& record) const {
    values.expect(count, propose_slots);
    record.token = values.reader.integer("token");
    record.payloads = values.payloads();
  }
  void operator()(TraceChange& record) const {
    values.expect(count, change_slots);
    values.change(record.change);
  }
  void operator()(TraceSnapshotStored& record) const {
    values.expect(count, metadata_slots);
    record.snapshot = values.metadata();
  }
  template <typename Record>
  void operator()(Record& record) const {
    values.expect(count, slots<Record>);
    get(values.reader, record, trace_kind_name(trace_kind_of<Record>()));
  }
};

template <std::size_t index>
void TraceValues::what_of_kind(TraceWhat& what, std::uint64_t kind, std::size_t count) {
  if constexpr (index < trace_kinds) {
    if (kind != index) return what_of_kind<index + 1>(what, kind, count);
    Fill{*this, count}(what.emplace<index>());
  } else {
    reader.fail(Fault::unknown_kind, "record", "a kind that this version does not have");
  }
}

void TraceValues::record(TraceWhat& what) {
  const std::size_t values = reader.array("record", std::numeric_limits<std::size_t>::max());
  if (reader.ok() && values == 0) reader.fail(Fault::inconsistent, "record", "no kind");
  const std::uint64_t kind = reader.integer("record");
  if (reader.ok()) what_of_kind(what, kind, values - 1);
  reader.leave();
}

const std::shared_ptr<const std::byte[]>& TraceValues::zeros_of(std::size_t size) {
  if (size > zero_bytes) {
    // Pages of zeros that nobody reads take no memory.
    zero_bytes = std::min(raft::max_payload_bytes, std::max<std::size_t>(2 * size, 4096));
    void* memory = std::calloc(zero_bytes, 1);
    if (memory == nullptr) throw std::bad_alloc();
    zeros = std::shared_ptr<const std::byte[]>(static_cast<const std::byte*>(memory), [](const std::byte* bytes) {
      std::free(const_cast<std::byte*>(bytes));
    });
  }
  return zeros;
}

std::uint64_t TraceReader::offset() const {
  return reader_.has_value() ? reader_->offset() : end_offset_;
}

bool TraceReader::stop(Next why) {
  state_ = why;
  return false;
}

bool TraceReader::refuse(Fault fault, const std::string& text) {
  error_ = Error{fault, static_cast<std::size_t>(block_offset_), std::string(document) + ", " + text};
  return stop(Next::error);
}

std::size_t TraceReader::fill(std::vector<std::byte>& into, std::size_t count) {
  const std::size_t before = into.size();
  for (std::size_t piece = first_piece_bytes; into.size() - before < count; piece *= 2) {
    const std::size_t at = into.size();
    into.resize(at + std::min(piece, count - (at - before)));
    const std::size_t got = read_(std::span(into).subspan(at));
    into.resize(at + got);
    if (got < piece && into.size() - before < count) break;
  }
  end_offset_ += into.size() - before;
  return into.size() - before;
}

bool TraceReader::read_magic() {
  begun_ = true;
  std::vector<std::byte> magic;
  fill(magic, trace_magic_bytes);
  const std::span<const std::byte> wanted = trace_magic();
  if (std::equal(magic.begin(), magic.end(), wanted.begin(), wanted.end())) return true;
  return refuse(Fault::wrong_type, "byte 0: this is no trace of Kelek, or none of a version that is read here");
}

bool TraceReader::begin_block() {
  if (!begun_ && !read_magic()) return false;
  block_offset_ = end_offset_;
  std::vector<std::byte> bytes;
  const std::size_t got = fill(bytes, trace_block_header_bytes);
  if (got == 0) return stop(Next::end);
  if (got < trace_block_header_bytes) return stop(Next::torn);
  const std::span<const std::byte> header(bytes);
  const auto size = static_cast<std::size_t>(little_endian(header.first(4)));
  const auto number = static_cast<std::uint32_t>(little_endian(header.subspan(4, 4)));
  const std::uint64_t checksum = little_endian(header.subspan(8, 8));
  const std::string place = "byte " + std::to_string(block_offset_) + ": block " + std::to_string(block_number_ + 1);
  if (size == 0 || size > max_trace_block_bytes)
    return refuse(Fault::out_of_range, place + ": its size makes no sense");
  if (number != block_number_ + 1) {
    return refuse(Fault::inconsistent, place + ": it says that it is block " + std::to_string(number));
  }
  bytes.clear();
  if (fill(bytes, size) < size) return stop(Next::torn);
  if (digest_of(bytes, number) != checksum) return refuse(Fault::inconsistent, place + ": its checksum does not fit");
  ++block_number_;
  auto* owner = new BlockBytes(std::move(bytes));
  block_ = raft::Payload::owned_by(*owner, owner->bytes());
  reader_.emplace(block_.bytes(), document, static_cast<std::size_t>(block_offset_ + trace_block_header_bytes));
  return true;
}

TraceReader::Next TraceReader::next(TraceRecord& record) {
  if (state_ != Next::record) return state_;
  if (!reader_.has_value() || reader_->left() == 0) {
    reader_.reset();
    if (!begin_block()) return state_;
  }
  record.number = ++records_;
  record.offset_bytes = reader_->offset();
  TraceValues values{*reader_, block_, zeros_, zero_bytes_};
  values.record(record.what);
  if (!reader_->ok()) {
    error_ = reader_->error();
    state_ = Next::error;
    return state_;
  }
  const bool is_begin = std::holds_alternative<TraceBegin>(record.what);
  if (is_begin != (records_ == 1)) {
    block_offset_ = record.offset_bytes;
    refuse(Fault::inconsistent, "byte " + std::to_string(record.offset_bytes) +
                                    (is_begin ? ": it begins a second time" : ": it does not say who ran"));
  }
  return state_;
}

const char* trace_kind_name(std::size_t kind) {
  static constexpr const char* names[] = {"begin",
                                          "held entries",
                                          "start",
                                          "time",
                                          "tick",
                                          "step",
                                          "propose",
                                          "read",
                                          "change",
                                          "transfer",
                                          "campaign",
                                          "persisted",
                                          "applied",
                                          "snapshot stored",
                                          "compact",
                                          "snapshot refused",
                                          "snapshot unavailable",
                                          "peer unreachable",
                                          "peer fell back",
                                          "election timeout",
                                          "ready",
                                          "gap",
                                          "end"};
  static_assert(std::size(names) == trace_kinds);
  return kind < trace_kinds ? names[kind] : "unknown";
}

}  // namespace kelek::wire
