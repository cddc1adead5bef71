// Trace files: whatever comes, it is read to its end or refused with a place; what was read goes round; and playing it
// again ends with a verdict, never with the process.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <span>

#include <kelek/sim/replay.h>
#include <kelek/wire/trace_codec.h>

using namespace kelek;

namespace {

/// Bytes as they are, or, since hardly any mutation keeps a checksum, as the records of one block.
wire::TraceReader::Read source_of(std::span<const std::byte> bytes) {
  return [bytes, at = std::size_t{0}](std::span<std::byte> into) mutable {
    const std::size_t count = std::min(into.size(), bytes.size() - at);
    if (count > 0) std::memcpy(into.data(), bytes.data() + at, count);
    at += count;
    return count;
  };
}

void read_all(std::span<const std::byte> file) {
  wire::TraceReader reader(source_of(file));
  wire::TraceRecord record;
  wire::TraceReader::Next next{};
  while ((next = reader.next(record)) == wire::TraceReader::Next::record) {
    wire::TraceEncoder once(false);
    once.put_again(record.what);
  }
  if (next == wire::TraceReader::Next::error && reader.error().text.find("byte ") == std::string::npos) std::abort();
  if (reader.offset() > file.size()) std::abort();
  if (reader.next(record) != next) std::abort();
}

/// What the records encode to decodes to records that encode to the same.
std::vector<std::byte> encoded_again(std::span<const std::byte> file) {
  wire::TraceReader reader(source_of(file));
  wire::TraceRecord record;
  wire::TraceEncoder encoder(false);
  while (reader.next(record) == wire::TraceReader::Next::record) encoder.put_again(record.what);
  const std::span<const std::byte> records = encoder.buffer().bytes();
  const std::span<const std::byte> magic = wire::trace_magic();
  const auto header = wire::trace_block_header(1, records);
  std::vector<std::byte> whole(magic.begin(), magic.end());
  if (records.empty()) return whole;
  whole.insert(whole.end(), header.begin(), header.end());
  whole.insert(whole.end(), records.begin(), records.end());
  return whole;
}

std::vector<std::byte> file_of(std::span<const std::byte> records) {
  const std::span<const std::byte> magic = wire::trace_magic();
  const auto header = wire::trace_block_header(1, records);
  std::vector<std::byte> whole(magic.begin(), magic.end());
  whole.insert(whole.end(), header.begin(), header.end());
  whole.insert(whole.end(), records.begin(), records.end());
  return whole;
}

void play(std::span<const std::byte> file) {
  sim::RecordedRun run("fuzz", source_of(file));
  while (run.play()) {
  }
  if (run.end() == sim::RunEnd::none) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::span<const std::byte> input = std::as_bytes(std::span(data, size));
  read_all(input);
  play(input);
  if (size == 0) return 0;
  // The corpus has files; of what follows the header of their first block the records are made, with a checksum that
  // fits.
  const std::size_t head = wire::trace_magic_bytes + wire::trace_block_header_bytes;
  const std::vector<std::byte> whole = file_of(size > head ? input.subspan(head) : input);
  read_all(whole);
  play(whole);
  const std::vector<std::byte> once = encoded_again(whole);
  if (encoded_again(once) != once) std::abort();
  return 0;
}
