// The packer of msgpack-c over our buffer, for this folder's sources only: nobody else sees msgpack-c's
// headers.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

// msgpack-c's headers do not hold to our warnings.
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wconversion"
#pragma GCC diagnostic ignored "-Wsign-conversion"
#include <msgpack/pack.hpp>
#pragma GCC diagnostic pop

#include <kelek/wire/writer.h>

namespace kelek::wire {

using Packer = msgpack::packer<Buffer>;

inline void pack_bytes(Buffer& buffer, std::span<const std::byte> bytes) {
  Packer(buffer).pack_bin(static_cast<std::uint32_t>(bytes.size()));
  buffer.write(bytes);
}

}  // namespace kelek::wire
