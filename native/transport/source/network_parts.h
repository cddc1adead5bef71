// What Network holds, for the sockets of this library.
#pragma once

#include <memory>

#include <kelek/transport/network.h>

#include "gatekeeper.h"

namespace kelek::transport {

struct Network::Parts {
  Parts(void* zmq_context, const TransportOptions& transport_options, IdentityRegistry& identities)
      : context(zmq_context), options(transport_options), registry(identities) {}
  Parts(const Parts&) = delete;
  Parts& operator=(const Parts&) = delete;
  ~Parts();

  void* context;
  TransportOptions options;
  IdentityRegistry& registry;
  std::unique_ptr<Gatekeeper> gatekeeper;
};

/// A context with our options, its version checked.
Result<void*> make_context(const TransportOptions& options);
void end_context(void* context);

}  // namespace kelek::transport
