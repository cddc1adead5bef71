// Lines with the time since the start.
#include "narrator.h"

#include <fmt/format.h>

namespace kelek::cli {

std::uint64_t Narrator::elapsed_ms() const {
  const auto passed = std::chrono::steady_clock::now() - start_;
  return static_cast<std::uint64_t>(std::chrono::duration_cast<std::chrono::milliseconds>(passed).count());
}

void Narrator::tell(const std::string& event, const std::string& sentence, Json fields, Color color) {
  const std::uint64_t now = elapsed_ms();
  const std::string time = fmt::format("{:>3}.{:02} s", now / 1'000, now % 1'000 / 10);
  output_.line(output_.paint(Color::dim, time) + "  " + output_.paint(color, sentence));
  Json all{{"event", event}, {"at_ms", now}};
  all.update(fields);
  output_.object(all);
}

}  // namespace kelek::cli
