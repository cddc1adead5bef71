// Lines through spdlog.
#include "events.h"

#include <spdlog/logger.h>
#include <spdlog/sinks/stdout_sinks.h>

namespace kelek::runtime {

Events::Events(const CoordinatorOptions& options)
    : enabled_(options.log_events || options.log_trace),
      trace_(options.log_trace),
      prefix_("node=" + std::to_string(options.node_id) + " ") {
  if (!enabled_) return;
  // A logger of our own, not in spdlog's registry: several coordinators may live in one process.
  logger_ = std::make_shared<spdlog::logger>("kelek", std::make_shared<spdlog::sinks::stderr_sink_mt>());
  logger_->set_pattern("%Y-%m-%dT%H:%M:%S.%e%z %l %v");
  logger_->set_level(spdlog::level::info);
  logger_->flush_on(spdlog::level::info);
}

Events::~Events() = default;

void Events::write(bool warning, const std::string& text) {
  logger_->log(warning ? spdlog::level::warn : spdlog::level::info, prefix_ + text);
}

void Events::observe(const raft::TraceEvent& event) {
  if (trace_) write(false, "trace " + raft::format_sentence(event));
}

}  // namespace kelek::runtime
