// Scenarios: refused with a place, or played without harm; and no mutation of a scenario breaks an invariant of Raft.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>

#include <kelek/sim/player.h>

using namespace kelek;

namespace {

/// What would take long: three digits in a row, or many bytes.
bool is_long(std::string_view text) {
  std::size_t digits = 0;
  for (const char letter : text) {
    digits = letter >= '0' && letter <= '9' ? digits + 1 : 0;
    if (digits == 3) return true;
  }
  return text.size() > 3000;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const auto scenario = sim::parse_scenario(text);
  if (!scenario) {
    if (scenario.error().place.line == 0 || scenario.error().place.column == 0) std::abort();
    return 0;
  }
  if (is_long(text)) return 0;
  const sim::Schedule schedule{sim::Schedule::Order::random, size};
  sim::Player player(*scenario, schedule);
  player.play();
  // Logs and terms that could not have come about may contradict each other from the start.
  const bool seeded = !scenario->setup.logs.empty() || !scenario->setup.terms.empty();
  const auto& fault = player.cluster().fault();
  if (!seeded && fault && fault->kind == sim::Fault::Kind::invariant) std::abort();
  return 0;
}
