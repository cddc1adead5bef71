// kelek demo: five coordinators on this machine agree on a verdict, and one of them is killed.
#include <filesystem>
#include <fstream>
#include <sstream>

#include <fmt/format.h>

#include "arguments.h"
#include "cli.h"
#include "demo/review.h"
#include "demo/story.h"

namespace kelek::cli {
namespace {

/// Evidence that lies beside the review: a relative path that leads to a file.
EvidenceSource beside(const std::string& review_file) {
  const std::filesystem::path folder = std::filesystem::path(review_file).parent_path();
  return [folder](const std::string& uri) -> std::optional<std::string> {
    if (uri.find("://") != std::string::npos) return {};
    const std::filesystem::path path = folder / uri;
    std::error_code error;
    if (std::filesystem::path(uri).is_absolute() || !std::filesystem::is_regular_file(path, error)) return {};
    return read_text_file(path.string(), std::size_t{64} << 20);
  };
}

Review read_review(const std::string& file) {
  if (file.empty()) return parse_review(bundled_review(), bundled_review_name, bundled_evidence);
  if (file == "-") return parse_review(value_of("-"), "standard input");
  return parse_review(read_text_file(file), file, beside(file));
}

}  // namespace

void add_demo(Commands& commands) {
  struct Given {
    std::string review, keep;
    bool print = false;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf =
      commands.leaf(commands.app(), "demo", "five coordinators here agree on a verdict, while their leader is killed",
                    "kelek demo\nkelek demo --json\nkelek demo --review my-review.jsonl\n"
                    "kelek demo --print-review > my-review.jsonl     # to begin one's own with\n"
                    "kelek demo --keep ./demo                        # keys, logs and data stay, to be looked at\n"
                    "Exit code 0 only if it has checked itself that nothing was lost and nothing counted twice.");
  // An empty name is a variable that was not set in somebody's script: not a wish for the bundled review.
  leaf.add_option("--review", given->review, "JSON Lines: a header, then a vote a line; - is standard input")
      ->check([](const std::string& file) { return file.empty() ? "no file is named" : ""; });
  leaf.add_option("--keep", given->keep, "keep everything in this directory");
  leaf.add_flag("--print-review", given->print, "print the bundled review (of etcd-io/raft#397), and end");
  commands.on_run(leaf, [&commands, given] {
    if (given->print) {
      write_out(bundled_review());
      return exit_ok;
    }
    const Review review = read_review(given->review);
    StoryOptions options;
    options.keep_directory = given->keep;
    return run_story(review, options, commands.output());
  });
}

}  // namespace kelek::cli
