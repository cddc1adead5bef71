// Narrator: tells what happens in the demo, as it happens: lines for people, or the same events as JSON Lines.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "../output.h"

namespace kelek::cli {

class Narrator {
 public:
  explicit Narrator(const Output& output) : output_(output), start_(std::chrono::steady_clock::now()) {}

  /// One event: its sentence for people, its fields for programs.
  void tell(const std::string& event, const std::string& sentence, Json fields, Color color = Color::plain);
  /// For people alone.
  void text(std::string_view lines) const { output_.line(lines); }
  std::uint64_t elapsed_ms() const;
  const Output& output() const { return output_; }

 private:
  const Output& output_;
  std::chrono::steady_clock::time_point start_;
};

}  // namespace kelek::cli
