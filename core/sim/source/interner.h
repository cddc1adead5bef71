// Interner: small numbers for texts, so that the states of models are a few words.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace kelek::sim::history {

class Interner {
 public:
  using Id = std::uint32_t;

  /// The same for the same text; consecutive from 0.
  Id id_of(const std::string& text) {
    const auto [place, added] = ids_.try_emplace(text, static_cast<Id>(texts_.size()));
    if (added) texts_.push_back(&place->first);
    return place->second;
  }
  const std::string& text_of(Id id) const { return *texts_[id]; }

 private:
  std::map<std::string, Id, std::less<>> ids_;
  std::vector<const std::string*> texts_;  // nodes of a map stay where they are
};

}  // namespace kelek::sim::history
