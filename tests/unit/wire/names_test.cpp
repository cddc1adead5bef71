// Every enumerator of the protocols has a word, and no two share one.
#include <catch2/catch.hpp>

#include <set>
#include <string>

#include <kelek/wire/client_protocol.h>
#include <kelek/wire/result.h>

using namespace kelek::wire;

TEST_CASE("Refusals have words and sentences") {
  std::set<std::string> words;
  for (unsigned code = 0; code <= last_refusal_code; ++code) {
    words.insert(refusal_name(static_cast<RefusalCode>(code)));
    CHECK(std::string(describe(static_cast<RefusalCode>(code))).back() == '.');
  }
  CHECK(words.size() == last_refusal_code + 1u);
  CHECK(std::string(refusal_name(RefusalCode::internal)) == "internal");
  CHECK(std::string(refusal_name(static_cast<RefusalCode>(200))) == "none");
}

TEST_CASE("Requests, greetings and faults have words") {
  std::set<std::string> words;
  for (std::size_t kind = 0; kind < std::variant_size_v<RequestBody>; ++kind) {
    words.insert(request_name(static_cast<RequestKind>(kind)));
  }
  CHECK(words.size() == std::variant_size_v<RequestBody>);
  CHECK(std::string(hello_refusal_name(HelloRefusal::rolled_back)) == "rolled_back");
  words.clear();
  for (int fault = 0; fault <= static_cast<int>(Fault::inconsistent); ++fault) {
    words.insert(fault_name(static_cast<Fault>(fault)));
  }
  CHECK(words.size() == 9);
}
