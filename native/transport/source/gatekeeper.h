// Gatekeeper: the thread at the door. It answers ZAP requests and empties the monitors, and so goes on when
// the coordinator's loop waits for its disk.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <thread>
#include <variant>
#include <vector>

#include <kelek/transport/audit.h>
#include <kelek/transport/identity_registry.h>
#include <kelek/transport/wakeup.h>

#include "audit_limiter.h"
#include "monitor.h"
#include "watches.h"

namespace kelek::transport {

using Watch = std::variant<LinkWatch, ListenerWatch>;
using WatchId = std::uint64_t;

class Gatekeeper {
 public:
  /// Refused if the context has a ZAP handler already, or no thread can be had. All outlive the Gatekeeper.
  static Result<std::unique_ptr<Gatekeeper>> start(void* context, const IdentityRegistry& registry, AuditSink audit);
  /// Waits for the thread.
  ~Gatekeeper();
  Gatekeeper(const Gatekeeper&) = delete;
  Gatekeeper& operator=(const Gatekeeper&) = delete;

  /// Any thread. The monitor and the watch belong to the gatekeeper from now on.
  WatchId add(Monitor monitor, Watch watch);
  /// Any thread, after Monitor::stop().
  void remove(WatchId id);

 private:
  struct Watched {
    Monitor monitor;
    Watch watch;
  };
  struct Change {
    WatchId id = 0;
    /// Nothing: remove it.
    std::unique_ptr<Watched> added;
  };

  Gatekeeper(Socket requests, Wakeup wakeup, const IdentityRegistry& registry, AuditSink audit);
  void run();
  void take_changes();
  void answer_requests();
  bool answer_request();
  void read_events(Watched& watched);
  void write(AuditRecord record);

  Socket requests_;
  Wakeup wakeup_;
  const IdentityRegistry& registry_;
  AuditSink audit_;
  AuditLimiter limiter_;
  std::map<WatchId, std::unique_ptr<Watched>> watched_;

  std::mutex mutex_;
  std::vector<Change> changes_;
  WatchId last_id_ = 0;

  std::atomic<bool> stop_{false};
  std::thread thread_;
};

}  // namespace kelek::transport
