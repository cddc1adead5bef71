// Catalogue: every mutation that there is, and how to put one in force.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kelek::mutants {

/// Where the changed line is.
enum class Part : unsigned char { core, machine, log };

struct Mutant {
  std::string id;  // M01 … M40, L01 … L10
  Part part = Part::core;
  std::string_view words;
};

/// M01 … M40, then L01 … L10.
const std::vector<Mutant>& catalogue();
const Mutant* find_mutant(std::string_view id);

/// Puts this one in force, and no other; with none, what runs is what is released.
void put_in_force(const Mutant* mutant);

}  // namespace kelek::mutants
