// Exit codes of every subcommand, and Failed: why a command ends with one of them other than 0.
#pragma once

#include <exception>
#include <string>
#include <utility>

#include <kelek/runtime/failure.h>

namespace kelek::cli {

inline constexpr int exit_ok = 0;
inline constexpr int exit_error = 1;
inline constexpr int exit_bad_use = 2;
/// Refused by the cluster, or in conflict with what is there.
inline constexpr int exit_refused = 3;
/// No leader, nobody there, or no answer in time.
inline constexpr int exit_no_leader = 4;

/// Thrown by commands, caught by main and nowhere else: one line for people, a word for programs, and the exit code.
struct Failed : std::exception {
  int exit_code = exit_error;
  std::string kind;
  std::string text;

  Failed(int code, std::string kind_word, std::string sentence)
      : exit_code(code), kind(std::move(kind_word)), text(std::move(sentence)) {}
  const char* what() const noexcept override { return text.c_str(); }
};

inline Failed bad_use(std::string sentence) {
  return {exit_bad_use, "bad_use", std::move(sentence)};
}
inline Failed failed(std::string sentence) {
  return {exit_error, "error", std::move(sentence)};
}

/// What a coordinator's failure is to a command line.
int exit_code_of(runtime::FailureKind kind);

}  // namespace kelek::cli
