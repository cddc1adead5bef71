// AuditLimiter: lets the first of a kind through and then one now and then, so that neither a flood of one
// stranger nor of many fills the log.
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include <kelek/transport/audit.h>

namespace kelek::transport {

class AuditLimiter {
 public:
  using Time = std::chrono::steady_clock::time_point;

  /// Whether `record` may be written at `now`; if so, its `suppressed` says how many were not, since the
  /// last. The same event from the same key, address and peer: one in 10 s. All together: 20 at once, then 5
  /// a second.
  bool admit(AuditRecord& record, Time now);

 private:
  void forget_old(Time now);

  std::map<std::string, Time> last_of_kind_;
  Time refilled_{};
  double tokens_ = 0;
  bool started_ = false;
  std::uint64_t suppressed_ = 0;
};

}  // namespace kelek::transport
