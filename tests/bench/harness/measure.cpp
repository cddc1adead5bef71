// Clocks, samples and rows.
#include "measure.h"

#include <time.h>

#include <cstdio>
#include <cstdlib>

namespace kelek::bench {
namespace {

std::uint64_t read_clock(clockid_t clock) {
  timespec now{};
  if (clock_gettime(clock, &now) != 0) std::abort();
  return static_cast<std::uint64_t>(now.tv_sec) * 1'000'000'000 + static_cast<std::uint64_t>(now.tv_nsec);
}

void print_subject(const Subject& subject) {
  std::printf("{\"bench\":\"%s\"", subject.bench.c_str());
  const auto key = [](const char* name, std::uint64_t value) {
    if (value != 0) std::printf(",\"%s\":%llu", name, static_cast<unsigned long long>(value));
  };
  key("nodes", subject.nodes);
  key("payload", subject.payload_bytes);
  key("batch", subject.batch);
}

}  // namespace

std::uint64_t process_cpu_ns() {
  return read_clock(CLOCK_PROCESS_CPUTIME_ID);
}
std::uint64_t wall_ns() {
  return read_clock(CLOCK_MONOTONIC);
}

std::string Subject::name() const {
  const auto part = [](std::uint64_t value) { return std::to_string(value) + "/"; };
  return bench + "/" + part(nodes) + part(payload_bytes) + part(batch);
}

std::optional<Settings> Settings::from_arguments(int count, char** values) {
  Settings settings;
  for (int i = 1; i < count; ++i) {
    const std::string_view argument = values[i];
    if (argument == "--quick") {
      settings.runs = 3;
      settings.run_ns = 60'000'000;
    } else if (argument == "--only" && i + 1 < count) {
      settings.only = values[++i];
    } else {
      return std::nullopt;
    }
  }
  return settings;
}

void report_figures(const Subject& subject, const std::vector<Figure>& figures) {
  print_subject(subject);
  for (const Figure& figure : figures) {
    std::printf(",\"%.*s\":%.4f", static_cast<int>(figure.key.size()), figure.key.data(), figure.value);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

}  // namespace kelek::bench
