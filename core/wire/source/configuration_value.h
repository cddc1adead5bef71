// A configuration as one value: its own bytes, or nil where there is none.
#pragma once

#include <memory>
#include <utility>

#include <kelek/raft/membership.h>
#include <kelek/wire/limits.h>
#include <kelek/wire/reader.h>
#include <kelek/wire/writer.h>

namespace kelek::wire {

inline void put(Writer& writer, const raft::ConfigurationRef& configuration) {
  if (configuration == nullptr) {
    writer.nil();
  } else {
    writer.bytes(configuration->encode().bytes());
  }
}

inline void get(Reader& reader, raft::ConfigurationRef& configuration, const char* place) {
  configuration.reset();
  if (reader.take_nil()) return;
  const std::span<const std::byte> bytes = reader.bytes(place, max_configuration_bytes);
  if (!reader.ok()) return;
  raft::Result<raft::Configuration> decoded = raft::Configuration::decode(bytes);
  if (!decoded.ok()) {
    reader.fail(Fault::inconsistent, place, "a configuration that makes no sense");
    return;
  }
  configuration = std::make_shared<const raft::Configuration>(std::move(decoded.value()));
}

}  // namespace kelek::wire
