// libzmq's context and what has to hold before a socket is opened.
#include <kelek/transport/network.h>

#include <cerrno>

#include <sys/resource.h>

#include "network_parts.h"

#if defined(__SANITIZE_THREAD__)
// Calls from within libraries that the thread sanitizer does not see into; see sanitizer.h.
extern "C" const char* __tsan_default_suppressions();
extern "C" const char* __tsan_default_suppressions() {
  return "called_from_lib:libzmq.so\ncalled_from_lib:libsodium.so\n";
}
#endif

namespace kelek::transport {
namespace {

/// Members, monitors (two a member) and listeners: more than max_members of a group would need.
constexpr int max_sockets = 8192;

}  // namespace

Status check_library_version(int major, int minor, int patch) {
  constexpr int oldest[] = {4, 3, 4};
  const int version[] = {major, minor, patch};
  for (int part = 0; part < 3; ++part) {
    if (version[part] > oldest[part]) return Nothing{};
    if (version[part] < oldest[part]) {
      return Error{Problem::unsupported,
                   "libzmq " + std::to_string(major) + "." + std::to_string(minor) + "." + std::to_string(patch) +
                       " is too old: 4.3.4 is the first without holes known before the handshake"};
    }
  }
  return Nothing{};
}

namespace {

/// With its first context libzmq sets up what its libraries share (libpgm), and with its last one takes it down; two
/// threads, one at either, are in each other's way. One that stays until the process ends is always there.
struct FirstContext {
  FirstContext() = default;
  FirstContext(const FirstContext&) = delete;
  FirstContext& operator=(const FirstContext&) = delete;
  ~FirstContext() {
    if (context != nullptr) zmq_ctx_term(context);
  }
  void* context = zmq_ctx_new();
};

}  // namespace

Result<void*> make_context(const TransportOptions& options) {
  const Status valid = validate(options);
  if (!valid) return valid.error();
  int major = 0;
  int minor = 0;
  int patch = 0;
  zmq_version(&major, &minor, &patch);
  const Status version = check_library_version(major, minor, patch);
  if (!version) return version.error();
  if (zmq_has("curve") == 0) return Error{Problem::unsupported, "this libzmq was built without CURVE"};
  static const FirstContext first;
  void* context = zmq_ctx_new();
  if (context == nullptr) return zmq_error("no libzmq context", errno);
  zmq_ctx_set(context, ZMQ_IO_THREADS, options.io_threads);
  zmq_ctx_set(context, ZMQ_MAX_SOCKETS, max_sockets);
  zmq_ctx_set(context, ZMQ_BLOCKY, 0);
  return context;
}

void end_context(void* context) {
  while (zmq_ctx_term(context) != 0 && errno == EINTR) {
  }
}

Network::Parts::~Parts() {
  gatekeeper.reset();
  end_context(context);
}

Result<std::unique_ptr<Network>> Network::start(const TransportOptions& options, IdentityRegistry& registry,
                                                AuditSink audit) {
  const Result<void*> context = make_context(options);
  if (!context) return context.error();
  auto parts = std::make_unique<Parts>(*context, options, registry);
  Result<std::unique_ptr<Gatekeeper>> gatekeeper = Gatekeeper::start(*context, registry, std::move(audit));
  if (!gatekeeper) return gatekeeper.error();
  parts->gatekeeper = std::move(*gatekeeper);
  return std::unique_ptr<Network>(new Network(std::move(parts)));
}

Network::Network(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Network::~Network() = default;

const TransportOptions& Network::options() const {
  return parts_->options;
}

IdentityRegistry& Network::registry() {
  return parts_->registry;
}

std::size_t raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  if (limit.rlim_cur < limit.rlim_max) {
    const rlim_t before = limit.rlim_cur;
    limit.rlim_cur = limit.rlim_max;
    if (setrlimit(RLIMIT_NOFILE, &limit) != 0) limit.rlim_cur = before;
  }
  return static_cast<std::size_t>(limit.rlim_cur);
}

}  // namespace kelek::transport
