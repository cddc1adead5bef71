// Encoding of traces. What is recorded for every command (step, propose, ready) takes some ten nanoseconds.
#include <kelek/wire/trace_codec.h>

#include <algorithm>

#include "configuration_value.h"
#include "message_layout.h"
#include "put.h"
#include "trace_layout.h"

namespace kelek::wire {

void TraceEncoder::head(std::size_t kind, std::size_t values) {
  ++records_;
  writer_.array(1 + values);
  writer_.integer(kind);
}

void TraceEncoder::payload(const raft::Payload& payload, bool whole) {
  const auto* stand_in = has_stand_ins_ ? dynamic_cast<const StandIn*>(payload.owner()) : nullptr;
  if (stand_in != nullptr) {
    writer_.integer(stand_in->mark().packed());
  } else if (whole) {
    writer_.bytes(payload.bytes());
  } else {
    writer_.integer(payload.empty() ? 0 : mark_of_bytes(payload).packed());
  }
}

// A configuration is never left out: the core reads it.
void TraceEncoder::entries(const raft::EntryRange& entries) {
  writer_.array(entries.size() * entry_slots);
  entries.for_each_part([this](raft::Index, std::span<const raft::Entry> part) {
    for (const raft::Entry& entry : part) {
      writer_.integer(entry.term);
      writer_.integer(static_cast<std::uint64_t>(entry.kind));
      payload(entry.payload, with_payloads_ || entry.kind == raft::EntryKind::configuration);
    }
  });
}

void TraceEncoder::metadata(const raft::SnapshotMetadata& snapshot) {
  writer_.integer(snapshot.index);
  writer_.integer(snapshot.term);
  put(writer_, snapshot.configuration);
  writer_.integer(snapshot.id);
  writer_.integer(snapshot.size_bytes);
  put(writer_, snapshot.digest);
}

void TraceEncoder::begin(const TraceBegin& begin) {
  const raft::DurableState& state = begin.state;
  head(trace_kind_of<TraceBegin>(), begin_slots);
  writer_.integer(trace_version);
  put(writer_, begin.software);
  put(writer_, begin.cluster);
  writer_.integer(begin.wall_us);
  writer_.integer(begin.steady_us);
  writer_.integer(begin.tick_us);
  writer_.boolean(begin.has_payloads);
  put(writer_, begin.options);
  put(writer_, state.hard_state);
  if (state.snapshot.index == 0) {
    writer_.nil();
  } else {
    writer_.array(metadata_slots);
    metadata(state.snapshot);
  }
  put(writer_, state.configuration);
  writer_.integer(state.term_before_entries);
  writer_.integer(state.applied);
  writer_.boolean(state.restarted);
  writer_.boolean(state.damaged);
  writer_.integer(state.repair_until);
  if (state.partial_snapshot == nullptr) {
    writer_.nil();
  } else {
    writer_.array(metadata_slots);
    metadata(*state.partial_snapshot);
  }
  writer_.integer(state.partial_snapshot_bytes);
  now_us_ = begin.steady_us;
  for (const raft::EntryRange& range : state.entries) {
    for (raft::EntryRange left = range; !left.empty();) {
      const raft::EntryRange part = left.first(max_message_entries);
      put_again(TraceHeld{part});
      left = part.size() == left.size() ? raft::EntryRange() : left.from(part.end_index());
    }
  }
}

void TraceEncoder::time(std::uint64_t now_us) {
  if (now_us <= now_us_) return;
  add(TraceTime{now_us - now_us_});
  now_us_ = now_us;
}

void TraceEncoder::body(const raft::AppendRequest& request) {
  writer_.integer(request.previous_index);
  writer_.integer(request.previous_term);
  writer_.integer(request.commit);
  writer_.integer(request.round);
  entries(request.entries);
}

// The data are the machine's whole state in parts: never in the trace.
void TraceEncoder::body(const raft::SnapshotChunk& chunk) {
  static const raft::SnapshotMetadata none;
  metadata(chunk.metadata != nullptr ? *chunk.metadata : none);
  writer_.integer(chunk.offset_bytes);
  writer_.integer(chunk.wanted_bytes);
  payload(chunk.data, false);
}

void TraceEncoder::body(const raft::ProposeRequest& request) {
  writer_.integer(request.token);
  writer_.array(request.payloads.size());
  for (const raft::Payload& each : request.payloads) payload(each, with_payloads_);
}

template <typename Body>
void TraceEncoder::body(const Body& other) {
  put(writer_, other);
}

void TraceEncoder::step(const raft::Message& message) {
  std::visit(
      [&](const auto& what) {
        using Body = std::remove_cv_t<std::remove_reference_t<decltype(what)>>;
        head(trace_kind_of<TraceStep>(), step_slots + body_slots<Body>);
        writer_.integer(message.body.index());
        writer_.integer(message.from);
        writer_.integer(message.to);
        writer_.integer(message.from_incarnation);
        writer_.integer(message.to_incarnation);
        writer_.integer(message.term);
        body(what);
      },
      message.body);
}

void TraceEncoder::propose(raft::Token token, std::span<const raft::Payload> payloads) {
  head(trace_kind_of<TracePropose>(), propose_slots);
  writer_.integer(token);
  writer_.array(payloads.size());
  for (const raft::Payload& each : payloads) payload(each, with_payloads_);
}

void TraceEncoder::change(const raft::MembershipChange& change) {
  head(trace_kind_of<TraceChange>(), change_slots);
  writer_.boolean(change.explicit_leave);
  writer_.array(change.operations.size() * operation_slots);
  for (const raft::MemberOperation& operation : change.operations) {
    writer_.integer(static_cast<std::uint64_t>(operation.kind));
    writer_.integer(operation.id);
    writer_.integer(operation.incarnation);
    put(writer_, operation.context);
  }
}

void TraceEncoder::snapshot_stored(const raft::SnapshotMetadata& snapshot) {
  head(trace_kind_of<TraceSnapshotStored>(), metadata_slots);
  metadata(snapshot);
}

template <typename Record>
void TraceEncoder::add(const Record& record) {
  head(trace_kind_of<Record>(), slots<Record>);
  put(writer_, record);
}

template void TraceEncoder::add(const TraceStart&);
template void TraceEncoder::add(const TraceTime&);
template void TraceEncoder::add(const TraceTick&);
template void TraceEncoder::add(const TraceRead&);
template void TraceEncoder::add(const TraceTransfer&);
template void TraceEncoder::add(const TraceCampaign&);
template void TraceEncoder::add(const TracePersisted&);
template void TraceEncoder::add(const TraceApplied&);
template void TraceEncoder::add(const TraceCompact&);
template void TraceEncoder::add(const TraceSnapshotRefused&);
template void TraceEncoder::add(const TraceSnapshotUnavailable&);
template void TraceEncoder::add(const TracePeerUnreachable&);
template void TraceEncoder::add(const TracePeerFellBack&);
template void TraceEncoder::add(const TraceElectionTimeout&);
template void TraceEncoder::add(const TraceReady&);
template void TraceEncoder::add(const TraceGap&);
template void TraceEncoder::add(const TraceEnd&);

namespace {

struct Again {
  TraceEncoder& encoder;
  void operator()(const TraceBegin& record) const { encoder.begin(record); }
  void operator()(const TraceStep& record) const { encoder.step(record.message); }
  void operator()(const TracePropose& record) const { encoder.propose(record.token, record.payloads); }
  void operator()(const TraceChange& record) const { encoder.change(record.change); }
  void operator()(const TraceSnapshotStored& record) const { encoder.snapshot_stored(record.snapshot); }
  template <typename Record>
  void operator()(const Record& record) const {
    encoder.add(record);
  }
};

}  // namespace

void TraceEncoder::put_again(const TraceWhat& what) {
  has_stand_ins_ = true;
  if (const auto* held = std::get_if<TraceHeld>(&what)) {
    head(trace_kind_of<TraceHeld>(), held_slots);
    writer_.integer(held->entries.first_index());
    entries(held->entries);
  } else {
    std::visit(
        [this](const auto& record) {
          if constexpr (!std::is_same_v<std::remove_cv_t<std::remove_reference_t<decltype(record)>>, TraceHeld>) {
            Again{*this}(record);
          }
        },
        what);
  }
  has_stand_ins_ = false;
}

std::span<const std::byte> trace_magic() {
  static constexpr char magic[trace_magic_bytes + 1] = "KELEKTR1";
  return std::as_bytes(std::span(magic, trace_magic_bytes));
}

std::array<std::byte, trace_block_header_bytes> trace_block_header(std::uint32_t number,
                                                                   std::span<const std::byte> records) {
  std::array<std::byte, trace_block_header_bytes> header{};
  const auto put_little_endian = [&header](std::size_t at, std::uint64_t value, std::size_t count) {
    for (std::size_t i = 0; i < count; ++i) header[at + i] = static_cast<std::byte>(value >> (8 * i));
  };
  put_little_endian(0, records.size(), 4);
  put_little_endian(4, number, 4);
  put_little_endian(8, digest_of(records, number), 8);
  return header;
}

}  // namespace kelek::wire
