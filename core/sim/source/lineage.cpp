// Lineages as text.
#include <kelek/sim/lineage.h>

#include <string_view>

namespace kelek::sim {

namespace {

/// Takes a number of at most eighteen digits from the front; none if there is none.
std::optional<std::uint64_t> take_number(std::string_view& text) {
  std::uint64_t number = 0;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    if (digits == 18) return std::nullopt;
    number = number * 10 + static_cast<std::uint64_t>(text[digits++] - '0');
  }
  text.remove_prefix(digits);
  return digits == 0 ? std::nullopt : std::optional<std::uint64_t>(number);
}

bool take(std::string_view& text, char sign) {
  if (text.empty() || text.front() != sign) return false;
  text.remove_prefix(1);
  return true;
}

}  // namespace

std::string Lineage::text() const {
  std::string text = std::to_string(seed);
  for (const Turn& turn : turns) text += "@" + std::to_string(turn.event) + ":" + std::to_string(turn.seed);
  return text;
}

std::optional<Lineage> Lineage::parse(const std::string& text) {
  std::string_view left = text;
  const std::optional<std::uint64_t> seed = take_number(left);
  if (!seed) return std::nullopt;
  Lineage lineage{*seed, {}};
  while (!left.empty()) {
    if (!take(left, '@')) return std::nullopt;
    const std::optional<std::uint64_t> event = take_number(left);
    if (!event || !take(left, ':')) return std::nullopt;
    const std::optional<std::uint64_t> turn = take_number(left);
    const bool is_ordered = lineage.turns.empty() || (event && *event > lineage.turns.back().event);
    if (!turn || !is_ordered || lineage.turns.size() == most_turns) return std::nullopt;
    lineage.turns.push_back({*event, *turn});
  }
  return lineage;
}

}  // namespace kelek::sim
