// Exit codes of the design: 0 ok, 1 error, 2 bad use, 3 refused or conflict, 4 no leader or timeout.
#include <catch2/catch.hpp>

#include "connection.h"
#include "exit_codes.h"

using namespace kelek;
using namespace kelek::cli;

namespace {

int code_of(client::OutcomeKind outcome, client::ProblemKind kind) {
  try {
    throw_problem(outcome, {kind, machine::Code::revision_mismatch, "Something."});
  } catch (const Failed& failure) {
    return failure.exit_code;
  }
}

}  // namespace

TEST_CASE("failures of a coordinator") {
  CHECK(exit_code_of(runtime::FailureKind::none) == 0);
  CHECK(exit_code_of(runtime::FailureKind::bad_keys) == 2);
  CHECK(exit_code_of(runtime::FailureKind::address_in_use) == 3);
  CHECK(exit_code_of(runtime::FailureKind::removed) == 3);
  CHECK(exit_code_of(runtime::FailureKind::disk_full) == 1);
}

TEST_CASE("answers of the cluster") {
  CHECK(code_of(client::OutcomeKind::refused, client::ProblemKind::bad_use) == 2);
  CHECK(code_of(client::OutcomeKind::refused, client::ProblemKind::machine_refused) == 3);
  CHECK(code_of(client::OutcomeKind::refused, client::ProblemKind::no_leader) == 4);
  CHECK(code_of(client::OutcomeKind::unknown, client::ProblemKind::no_answer) == 4);
}

TEST_CASE("an outcome that is not known is said to be so") {
  try {
    throw_problem(client::OutcomeKind::unknown, {client::ProblemKind::no_answer, machine::Code::ok, "No answer."});
  } catch (const Failed& failure) {
    CHECK(failure.text == "No answer. It is not known whether it was done.");
    CHECK(failure.kind == "no_answer");
  }
}
