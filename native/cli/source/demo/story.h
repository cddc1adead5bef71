// Story: the demo from its start to its end: five coordinators, a ballot, a leader that is killed, a verdict.
#pragma once

#include <string>

#include "../output.h"
#include "review.h"

namespace kelek::cli {

struct StoryOptions {
  /// Empty: a temporary directory that is removed at the end.
  std::string keep_directory;
  std::size_t coordinators = 5;
};

/// Tells it on the way. 0 only if everything that was promised has been checked. Throws Failed.
int run_story(const Review& review, const StoryOptions& options, const Output& output);

}  // namespace kelek::cli
