// Clocks, samples and rows.
#include "measure.h"

#include <time.h>

#include <algorithm>
#include <cstdio>
#include <cstdlib>

#include "allocations.h"

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

Stopwatch::Stopwatch()
    : wall_ns_(bench::wall_ns()), allocations_(bench::allocations()), cpu_ns_(process_cpu_ns()) {}

void Stopwatch::stop(Sample& sample) const {
  sample.cpu_ns += process_cpu_ns() - cpu_ns_;
  sample.allocations += bench::allocations() - allocations_;
  sample.wall_ns += bench::wall_ns() - wall_ns_;
}

void report(const Subject& subject, std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(), [](const Sample& a, const Sample& b) {
    return a.cpu_ns_per_operation() < b.cpu_ns_per_operation();
  });
  const Sample& best = samples.front();
  const auto per_operation = [&best](std::uint64_t total) {
    return static_cast<double>(total) / static_cast<double>(best.operations);
  };
  print_subject(subject);
  std::printf(",\"cpu_ns_per_op\":%.3f", best.cpu_ns_per_operation());
  std::printf(",\"cpu_ns_per_op_median\":%.3f", samples[samples.size() / 2].cpu_ns_per_operation());
  std::printf(",\"wall_ns_per_op\":%.3f", per_operation(best.wall_ns));
  std::printf(",\"allocations_per_op\":%.4f", per_operation(best.allocations));
  if (best.messages > 0) std::printf(",\"messages_per_op\":%.4f", per_operation(best.messages));
  std::printf("}\n");
  std::fflush(stdout);
}

void report_figures(const Subject& subject, const std::vector<Figure>& figures) {
  print_subject(subject);
  for (const Figure& figure : figures) {
    std::printf(",\"%.*s\":%.3f", static_cast<int>(figure.key.size()), figure.key.data(), figure.value);
  }
  std::printf("}\n");
  std::fflush(stdout);
}

std::vector<Sample> repeat(const Settings& settings, std::uint64_t operations, const std::uint64_t& messages,
                           const std::function<void()>& operation) {
  std::vector<Sample> samples;
  for (int run = 0; run < settings.runs; ++run) {
    Sample sample;
    const std::uint64_t messages_before = messages;
    const std::uint64_t end = wall_ns() + settings.run_ns;
    const Stopwatch watch;
    // The clock is read once in a while only: it costs as much as some of the operations.
    do {
      for (std::uint64_t i = 0; i < 1 + 1024 / operations; ++i) {
        operation();
        sample.operations += operations;
      }
    } while (wall_ns() < end);
    watch.stop(sample);
    sample.messages = messages - messages_before;
    samples.push_back(sample);
  }
  return samples;
}

}  // namespace kelek::bench
