// ProgressLine: how far long work is, on the error stream.
#pragma once

#include <chrono>
#include <string>

#include "output.h"

namespace kelek::cli {

/// On a terminal one line that is kept up to date; in a file or a pipe a line a minute, so that a log shows that the
/// work moves. Nothing where the output is for programs.
class ProgressLine {
 public:
  /// How often to ask.
  static constexpr std::chrono::milliseconds interval{200};

  explicit ProgressLine(const Output& output);

  /// Whether it is time for another text.
  bool is_due() const;
  void show(const std::string& text);
  /// The work is done: what follows is its result.
  void clear();

 private:
  using Clock = std::chrono::steady_clock;

  bool on_terminal_ = false;
  bool wanted_ = true;
  Clock::time_point shown_ = Clock::now();
};

}  // namespace kelek::cli
