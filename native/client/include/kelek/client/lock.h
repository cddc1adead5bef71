// LockHold: a lock that is held for as long as the object lives and somebody drives the client.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include <kelek/client/client.h>

namespace kelek::client {

struct LockOptions {
  std::string lock;
  /// The lease, in log time: whoever holds the lock and dies loses it after so long.
  std::uint64_t ttl_ms = 10'000;
  /// 0: try only. Otherwise wait in line at most so long.
  std::uint64_t wait_ms = 0;
};

/// acquire() waits; from then on keep(), called often beside Client::run(), extends the lease every third of it. A
/// process that does not call them loses the lock: whatever the lock protects has to compare the fence.
class LockHold {
 public:
  /// refused, with code held_by_another (not waited, or not long enough); unknown: it may be held, until its lease
  /// ends.
  static Answer<std::unique_ptr<LockHold>> acquire(Client& client, const LockOptions& options);
  /// Releases without waiting for the answer.
  ~LockHold();
  LockHold(const LockHold&) = delete;
  LockHold& operator=(const LockHold&) = delete;

  /// Grows with every hold of this lock, and of any other.
  std::uint64_t fence() const { return fence_; }
  const std::string& holder() const { return holder_; }
  /// False once an extension was refused, or the lease may have ended because none went through.
  bool held() const;
  /// To be called often, beside Client::run(): extends when it is time. Does not wait.
  void keep();
  Answer<machine::LockResult> release();

 private:
  LockHold(Client& client, const LockOptions& options, const machine::LockResult& result);

  struct State;
  Client& client_;
  LockOptions options_;
  std::uint64_t fence_ = 0;
  std::string holder_;
  std::shared_ptr<State> state_;
};

}  // namespace kelek::client
