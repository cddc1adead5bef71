// A line that moves on a terminal, and a line a minute elsewhere.
#include "progress.h"

#include <unistd.h>

#include <cstdio>

namespace kelek::cli {

namespace {

constexpr std::chrono::seconds interval_in_a_file{60};

}  // namespace

ProgressLine::ProgressLine(const Output& output) : on_terminal_(isatty(STDERR_FILENO) == 1), wanted_(!output.json) {}

bool ProgressLine::is_due() const {
  const Clock::duration since = Clock::now() - shown_;
  return wanted_ && (on_terminal_ ? since >= interval : since >= interval_in_a_file);
}

void ProgressLine::show(const std::string& text) {
  shown_ = Clock::now();
  if (on_terminal_) {
    std::fprintf(stderr, "\r\033[K%s", text.substr(0, terminal_width(STDERR_FILENO, 100) - 1).c_str());
  } else {
    std::fprintf(stderr, "%s\n", text.c_str());
  }
  std::fflush(stderr);
}

void ProgressLine::clear() {
  if (wanted_ && on_terminal_) std::fputs("\r\033[K", stderr);
}

}  // namespace kelek::cli
