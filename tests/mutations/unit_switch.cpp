// Puts the mutation in force that KELEK_MUTATION names, before the first test of a unit test program runs.
#include <cstdio>
#include <cstdlib>

#include "catalogue.h"

namespace {

[[maybe_unused]] const bool switched = [] {
  const char* id = std::getenv("KELEK_MUTATION");
  if (id == nullptr) return false;
  const kelek::mutants::Mutant* mutant = kelek::mutants::find_mutant(id);
  if (mutant == nullptr) {
    std::fprintf(stderr, "there is no mutation '%s'\n", id);
    std::exit(2);
  }
  kelek::mutants::put_in_force(mutant);
  return true;
}();

}  // namespace
