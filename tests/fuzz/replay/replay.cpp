// The main function of a fuzz target where there is no libFuzzer: gives the target every file of its seed
// corpus and deterministic mutations of each, so that an ordinary test run finds what once was found, and a
// little more.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <iterator>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

#if defined(__SANITIZE_ADDRESS__)
// Let the sanitizers end by SIGABRT, so that report_crash can name the input.
extern "C" const char* __asan_default_options() {
  return "abort_on_error=1";
}
extern "C" const char* __ubsan_default_options() {
  return "abort_on_error=1:print_stacktrace=1";
}
#endif

namespace {

using Bytes = std::vector<std::uint8_t>;

constexpr std::size_t max_input_bytes = 1 << 16;
constexpr std::uint64_t mutations_per_seed = 400;

// SplitMix64: the same mutations on every machine.
class Random {
 public:
  explicit Random(std::uint64_t seed) : state_(seed) {}
  std::uint64_t next() {
    state_ += 0x9e3779b97f4a7c15u;
    std::uint64_t z = state_;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
    return z ^ (z >> 31);
  }
  std::size_t below(std::size_t limit) { return limit == 0 ? 0 : static_cast<std::size_t>(next() % limit); }

 private:
  std::uint64_t state_;
};

// What is being run, for the message when it crashes; fixed memory, since a signal handler reads it.
std::string running;

void report_crash(int signal_number) {
  const std::string_view start = "\nthe fuzz target died of this input: ";
  const std::string_view end = "\nreplay it alone with: PROGRAM SEED_FILE MUTATION\n";
  for (std::string_view part : {start, std::string_view(running), end}) {
    if (::write(STDERR_FILENO, part.data(), part.size()) < 0) break;
  }
  std::signal(signal_number, SIG_DFL);
  std::raise(signal_number);
}

// Bytes that decoders trip over: msgpack's markers for the largest counts, ends of integer ranges, zero.
constexpr std::uint8_t interesting[] = {0x00, 0x01, 0x7f, 0x80, 0xff, 0xc0, 0xc1, 0xc6, 0xc9,
                                        0xcf, 0xd3, 0xdb, 0xdd, 0xdf, 0x90, 0x9f, 0x8f, 0xfe};

void mutate_once(Bytes& bytes, Random& random) {
  const std::size_t at = random.below(bytes.size() + 1);
  const auto place = bytes.begin() + static_cast<std::ptrdiff_t>(at);
  switch (random.below(6)) {
    case 0:  // flip a bit
      if (at < bytes.size()) bytes[at] = static_cast<std::uint8_t>(bytes[at] ^ (1u << random.below(8)));
      break;
    case 1:  // put an interesting byte
      if (at < bytes.size()) bytes[at] = interesting[random.below(std::size(interesting))];
      break;
    case 2:  // cut the tail off
      bytes.erase(place, bytes.end());
      break;
    case 3:  // insert some bytes
      bytes.insert(place, 1 + random.below(8), interesting[random.below(std::size(interesting))]);
      break;
    case 4: {  // take some bytes out
      const std::size_t count = std::min(1 + random.below(8), bytes.size() - at);
      bytes.erase(place, place + static_cast<std::ptrdiff_t>(count));
      break;
    }
    default: {  // repeat a piece
      const std::size_t count = std::min(1 + random.below(64), bytes.size() - at);
      const Bytes piece(place, place + static_cast<std::ptrdiff_t>(count));
      bytes.insert(bytes.end(), piece.begin(), piece.end());
    }
  }
  if (bytes.size() > max_input_bytes) bytes.resize(max_input_bytes);
}

// Mutation 0 is the seed itself; the others depend only on the file's name, its bytes and the number.
Bytes mutation(const std::string& name, const Bytes& seed, std::uint64_t number) {
  Bytes bytes = seed;
  if (number == 0) return bytes;
  std::uint64_t hash = 0xcbf29ce484222325u;
  for (char c : name) hash = (hash ^ static_cast<std::uint8_t>(c)) * 0x100000001b3u;
  Random random(hash + number);
  for (std::size_t rounds = 1 + random.below(4); rounds > 0; --rounds) mutate_once(bytes, random);
  return bytes;
}

void run(const std::filesystem::path& file, const Bytes& seed, std::uint64_t number) {
  running = file.string() + " " + std::to_string(number);
  // A copy of exactly the right size: a read past its end is seen by the address sanitizer.
  const Bytes bytes = mutation(file.filename().string(), seed, number);
  const std::unique_ptr<std::uint8_t[]> input(new std::uint8_t[bytes.size()]);
  std::copy(bytes.begin(), bytes.end(), input.get());
  LLVMFuzzerTestOneInput(input.get(), bytes.size());
}

bool read_file(const std::filesystem::path& file, Bytes& bytes) {
  std::ifstream stream(file, std::ios::binary);
  if (!stream) return false;
  bytes.assign(std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>());
  return true;
}

int run_folder(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.is_regular_file()) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    std::cerr << folder << ": an empty corpus tests nothing\n";
    return 1;
  }
  for (const auto& file : files) {
    Bytes seed;
    if (!read_file(file, seed)) {
      std::cerr << file << ": cannot be read\n";
      return 1;
    }
    for (std::uint64_t number = 0; number <= mutations_per_seed; ++number) run(file, seed, number);
  }
  std::cout << files.size() << " seeds, " << files.size() * mutations_per_seed << " mutations\n";
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  for (int signal_number : {SIGABRT, SIGSEGV, SIGFPE, SIGILL, SIGBUS}) std::signal(signal_number, report_crash);
  if (argc == 2 && std::filesystem::is_directory(argv[1])) return run_folder(argv[1]);
  Bytes seed;
  if (argc < 2 || argc > 3 || !read_file(argv[1], seed)) {
    std::cerr << "Usage: " << argv[0] << " FOLDER | SEED_FILE [MUTATION]\n";
    return 2;
  }
  run(argv[1], seed, argc == 3 ? std::strtoull(argv[2], nullptr, 10) : 0);
  return 0;
}
