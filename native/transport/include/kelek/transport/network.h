// Network: what the sockets of one process share: libzmq's context, and the gatekeeper's thread, which
// answers ZAP requests (RFC 27 of ZeroMQ) and watches handshakes and connections.
#pragma once

#include <memory>
#include <string>

#include <kelek/transport/audit.h>
#include <kelek/transport/identity_registry.h>
#include <kelek/transport/options.h>
#include <kelek/transport/result.h>

namespace kelek::transport {

/// Sockets are made from a Network only, and a Network exists only with its ZAP handler bound: no socket of
/// ours is ever open without one. Outlives every socket made from it.
class Network {
 public:
  /// Refused if the options are out of range, libzmq is older than 4.3.4 (CVE-2019-13132, CVE-2019-6250) or
  /// has no CURVE, or the system is out of descriptors. `registry` outlives the Network.
  static Result<std::unique_ptr<Network>> start(const TransportOptions& options, IdentityRegistry& registry,
                                                AuditSink audit);
  /// Closes the context; waits for the gatekeeper's thread.
  ~Network();
  Network(const Network&) = delete;
  Network& operator=(const Network&) = delete;

  const TransportOptions& options() const;
  IdentityRegistry& registry();

  struct Parts;
  /// For this library's sockets.
  Parts& parts() { return *parts_; }

 private:
  explicit Network(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Ok if this version of libzmq may be used.
Status check_library_version(int major, int minor, int patch);

/// Lets the process have as many descriptors as the system allows; returns how many that is. To be called
/// once, early: a flood of connections should not leave the log without a descriptor.
std::size_t raise_descriptor_limit();

}  // namespace kelek::transport
