// Prints what seeds of the simulator come to, one a line: the digest of everything that happened in the run. The same
// source for every compiler, natively and as WebAssembly.
#include <cinttypes>
#include <cstdio>
#include <cstdlib>

#include <kelek/sim/seed.h>

int main(int count, char** arguments) {
  if (count != 3) {
    std::fputs("usage: digests FIRST LAST\n", stderr);
    return 2;
  }
  const std::uint64_t last = std::strtoull(arguments[2], nullptr, 10);
  for (std::uint64_t seed = std::strtoull(arguments[1], nullptr, 10); seed <= last; ++seed) {
    const kelek::sim::Report report = kelek::sim::run_seed(seed);
    std::printf("%" PRIu64 " %016" PRIx64 " %" PRIu64 " %s\n", seed, report.digest, report.deliveries,
                report.violation.c_str());
  }
  return 0;
}
