// Program: runs another program to its end and takes what it writes.
#pragma once

#include <string>
#include <vector>

namespace kelek::mutants {

struct Ended {
  std::string output;
  /// 0: it was not ended by a signal.
  int signal = 0;
  int status = 0;
  double cpu_seconds = 0;
};

/// With these variables added to the environment ("NAME=value"), and no more than so many seconds of the processor.
/// Throws std::runtime_error where it cannot be run.
Ended run_program(const std::vector<std::string>& command, const std::vector<std::string>& environment,
                  unsigned cpu_seconds);

/// All that comes from there, until its end.
std::string read_all(int input);

}  // namespace kelek::mutants
