// What the machine speaks, as bytes: commands (the payload of an entry), results, and the events of an entry.
#pragma once

#include <cstddef>
#include <span>

#include <kelek/machine/command.h>
#include <kelek/machine/events.h>
#include <kelek/machine/result.h>
#include <kelek/raft/payload.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/result.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

/// The versions of the documents that this build writes; it reads no others yet.
inline constexpr std::uint64_t command_version = 1;
inline constexpr std::uint64_t result_version = 1;
inline constexpr std::uint64_t events_version = 1;

/// Append one document to the buffer. The same value gives the same bytes on every machine.
void encode_command(const machine::Command& command, Buffer& buffer);
void encode_result(const machine::Result& result, Buffer& buffer);
void encode_events(const machine::EventBatch& batch, Buffer& buffer);

/// The payload to propose. That it is not longer than raft::max_payload_bytes, machine::check() sees to.
raft::Payload command_payload(const machine::Command& command);

/// The same for who proposes again and again: one allocation a payload.
class CommandEncoder {
 public:
  raft::Payload payload_of(const machine::Command& command);

 private:
  static constexpr std::size_t kept_bytes = std::size_t{1} << 20;
  Buffer buffer_;
};

/// Strict as to form (FORMAT.md). What a command may say is for machine::check(), with the limits in force:
/// here only lengths, counts and enumerators are bounded.
Result<machine::Command> decode_command(std::span<const std::byte> bytes);
Result<machine::Result> decode_result(std::span<const std::byte> bytes);
Result<machine::EventBatch> decode_events(std::span<const std::byte> bytes);

}  // namespace kelek::wire
