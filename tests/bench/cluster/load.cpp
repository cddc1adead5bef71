// The loop of a load.
#include "load.h"

#include <algorithm>
#include <string>
#include <utility>

#include <kelek/wire/command_codec.h>

#include "../harness/measure.h"

namespace kelek::bench {

machine::KvPut put_command() {
  static const machine::KvPut command = [] {
    machine::Command probe;
    machine::KvPut put;
    put.key = "bench";
    put.value.assign(128, 'x');
    probe.body = put;
    const std::size_t around = wire::command_payload(probe).size() - put.value.size();
    put.value.assign(payload_bytes - around, 'x');
    return put;
  }();
  return command;
}

std::uint64_t LoadResult::percentile_ns(std::uint64_t percent) const {
  if (latencies_ns.empty()) return 0;
  return latencies_ns[std::min<std::size_t>(latencies_ns.size() - 1, latencies_ns.size() * percent / 100)];
}

Load::Load(std::uint64_t outstanding, std::uint64_t count) : outstanding_(outstanding), count_(count) {
  result_.latencies_ns.reserve(count);
}

void Load::start(Send send) {
  send_ = std::move(send);
  begun_ns_ = wall_ns();
  const std::uint64_t first = std::min(outstanding_, count_);
  // Their answers may come before the last of them is out, on another thread: these here only send.
  sent_ = first;
  for (std::uint64_t i = 0; i < first; ++i) send_next();
}

void Load::send_next() {
  const std::uint64_t sent_ns = wall_ns();
  send_([this, sent_ns](bool good) {
    const std::uint64_t now_ns = wall_ns();
    if (good) {
      ++result_.done;
      result_.latencies_ns.push_back(now_ns - sent_ns);
    } else {
      ++result_.failed;
    }
    result_.wall_ns = now_ns - begun_ns_;
    if (sent_ < count_) {
      ++sent_;
      send_next();
    }
  });
}

LoadResult Load::take() {
  send_ = nullptr;  // which may hold on to who holds this
  std::sort(result_.latencies_ns.begin(), result_.latencies_ns.end());
  return std::move(result_);
}

}  // namespace kelek::bench
