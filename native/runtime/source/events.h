// Events: what a coordinator tells its operator: structured lines on standard error, and the core's trace on demand.
#pragma once

#include <memory>
#include <string>

#include <fmt/format.h>

#include <kelek/raft/trace.h>
#include <kelek/runtime/coordinator_options.h>

namespace spdlog {
class logger;
}

namespace kelek::runtime {

/// A line is "time level node=1 what happened key=value …". Never holds payloads or secrets (security.md, T16).
/// Any thread, but observe(), which the core calls.
class Events : public raft::Observer {
 public:
  explicit Events(const CoordinatorOptions& options);
  ~Events() override;

  template <typename... Arguments>
  void info(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (enabled_) write(false, fmt::format(format, std::forward<Arguments>(arguments)...));
  }
  template <typename... Arguments>
  void warn(fmt::format_string<Arguments...> format, Arguments&&... arguments) {
    if (enabled_) write(true, fmt::format(format, std::forward<Arguments>(arguments)...));
  }

  /// Every message and vote as a sentence; only where options.log_trace says so.
  void observe(const raft::TraceEvent& event) override;
  bool traces() const { return trace_; }

 private:
  void write(bool warning, const std::string& text);

  bool enabled_;
  bool trace_;
  std::string prefix_;
  std::shared_ptr<spdlog::logger> logger_;
};

}  // namespace kelek::runtime
