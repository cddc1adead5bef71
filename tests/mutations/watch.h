// Watch: what the exam sees while a mutated core runs: its assertions, and the time that it takes.
#pragma once

#include <ctime>
#include <stdexcept>
#include <string>

namespace kelek::mutants {

/// An assertion of the core's own does not hold. In a release the process ends there.
struct CoreStopped : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// From now on such an assertion throws CoreStopped, and the process goes on.
void watch_assertions();

/// The name that the ledger gave the invariant ("I4 LeaderCompleteness"), which its sentence begins with.
std::string invariant_of(const std::string& sentence);

class CpuClock {
 public:
  double seconds() const { return static_cast<double>(std::clock() - begun_) / CLOCKS_PER_SEC; }

 private:
  std::clock_t begun_ = std::clock();
};

}  // namespace kelek::mutants
