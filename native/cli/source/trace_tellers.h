// TraceTeller: where events of a trace go, recorded or simulated: sentences, etcd's NDJSON, Perfetto's JSON.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include <kelek/raft/trace.h>

#include "output.h"

namespace kelek::cli {

/// In causal order. Writes to standard output; throws Failed where that cannot be written.
class TraceTeller {
 public:
  virtual ~TraceTeller() = default;
  /// `at_us`: any clock that all nodes share. False: nothing of what follows can be told in this form.
  virtual bool tell(const raft::TraceEvent& event, std::uint64_t at_us, bool unexplained) = 0;
  virtual void finish() {}
};

/// `format` is sentences, etcd or perfetto; otherwise Failed (bad use) is thrown. `most_events`: 0 is all of them.
std::unique_ptr<TraceTeller> trace_teller(const std::string& format, const Output& output, std::uint64_t most_events);

}  // namespace kelek::cli
