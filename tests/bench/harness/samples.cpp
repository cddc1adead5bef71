// Samples, and the rows they become.
#include "samples.h"

#include <algorithm>

#include "allocations.h"

namespace kelek::bench {

Stopwatch::Stopwatch() : wall_ns_(bench::wall_ns()), allocations_(bench::allocations()), cpu_ns_(process_cpu_ns()) {}

void Stopwatch::stop(Sample& sample) const {
  sample.cpu_ns += process_cpu_ns() - cpu_ns_;
  sample.allocations += bench::allocations() - allocations_;
  sample.wall_ns += bench::wall_ns() - wall_ns_;
}

void report(const Subject& subject, std::vector<Sample> samples) {
  std::sort(samples.begin(), samples.end(),
            [](const Sample& a, const Sample& b) { return a.cpu_ns_per_operation() < b.cpu_ns_per_operation(); });
  const Sample& best = samples.front();
  const auto per_operation = [&best](std::uint64_t total) {
    return static_cast<double>(total) / static_cast<double>(best.operations);
  };
  std::vector<Figure> figures{{"cpu_ns_per_op", best.cpu_ns_per_operation()},
                              {"cpu_ns_per_op_median", samples[samples.size() / 2].cpu_ns_per_operation()},
                              {"wall_ns_per_op", per_operation(best.wall_ns)},
                              {"allocations_per_op", per_operation(best.allocations)}};
  if (best.messages > 0) figures.push_back({"messages_per_op", per_operation(best.messages)});
  report_figures(subject, figures);
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
