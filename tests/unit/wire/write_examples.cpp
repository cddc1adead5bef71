// wire_examples GOLDEN_FILE CORPUS_FOLDER: writes the golden bytes anew and the examples as seeds of the fuzz
// targets. To be run, and its outcome looked at, when the format grows; never by a test.
#include <filesystem>
#include <fstream>
#include <iostream>
#include <set>

#include "examples.h"

namespace {

using kelek::wire::Family;

const char* fuzz_target(Family family) {
  switch (family) {
    case Family::peer: return "decode_peer";
    case Family::request:
    case Family::server: return "decode_client";
    case Family::snapshot: return "decode_snapshot";
    default: return "decode_command";
  }
}

std::string file_name(const kelek::wire::Example& example) {
  std::string name = std::string(family_name(example.family)) + "-" + example.name;
  for (char& c : name) {
    if (c == ' ') c = '-';
  }
  return name;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) {
    std::cerr << "Usage: wire_examples GOLDEN_FILE CORPUS_FOLDER\n";
    return 2;
  }
  std::ofstream golden(argv[1]);
  for (const kelek::wire::Example& example : kelek::wire::examples()) {
    golden << family_name(example.family) << ": " << example.name << "\n" << kelek::wire::hex_of(example.bytes) << "\n";
    const std::filesystem::path folder = std::filesystem::path(argv[2]) / fuzz_target(example.family);
    std::filesystem::create_directories(folder);
    std::ofstream seed(folder / file_name(example), std::ios::binary);
    seed.write(reinterpret_cast<const char*>(example.bytes.data()), static_cast<std::streamsize>(example.bytes.size()));
    if (!seed) {
      std::cerr << "cannot write to " << folder << "\n";
      return 1;
    }
  }
  return golden ? 0 : 1;
}
