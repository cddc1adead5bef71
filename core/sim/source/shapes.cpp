// The shape of a state: roles, and ranks instead of numbers.
#include "shapes.h"

#include <kelek/sim/random.h>

namespace kelek::sim {

void Shapes::end(std::uint64_t event) {
  std::uint64_t shape = parts_.size();
  for (const Part& part : parts_) {
    std::uint64_t term_rank = 0;
    std::uint64_t last_term_rank = 0;
    std::uint64_t commit_rank = 0;
    for (const Part& other : parts_) {
      term_rank += other.term > part.term ? 1 : 0;
      last_term_rank += other.last_term > part.last_term ? 1 : 0;
      commit_rank += other.commit > part.commit ? 1 : 0;
    }
    const std::uint64_t vote = part.vote == raft::no_node ? 0 : part.vote == part.id ? 1 : 2;
    std::uint64_t word = part.up ? 1 + static_cast<std::uint64_t>(part.role) : 0;
    word = word * 3 + vote;
    word = word * 16 + term_rank;
    word = word * 16 + last_term_rank;
    word = word * 16 + commit_rank;
    word = word * 16 + part.voters;
    word = word * 2 + (part.joint ? 1 : 0);
    shape = mix(shape * 0x9e3779b97f4a7c15U + word);
  }
  if (shape == 0 || !insert(shape)) return;
  met_.push_back(shape);
  events_.push_back(event);
}

bool Shapes::insert(std::uint64_t shape) {
  if (met_.size() * 2 >= slots_.size()) {
    slots_.assign(slots_.size() * 4, 0);
    for (const std::uint64_t known : met_) {
      std::size_t place = known & (slots_.size() - 1);
      while (slots_[place] != 0) place = (place + 1) & (slots_.size() - 1);
      slots_[place] = known;
    }
  }
  std::size_t place = shape & (slots_.size() - 1);
  while (slots_[place] != 0) {
    if (slots_[place] == shape) return false;
    place = (place + 1) & (slots_.size() - 1);
  }
  slots_[place] = shape;
  return true;
}

}  // namespace kelek::sim
