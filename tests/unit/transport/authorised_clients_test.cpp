// The authorised-clients file: its lines, and errors by file and line.
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include <sys/stat.h>

#include <catch2/catch.hpp>

#include <kelek/transport/identity_registry.h>

#include "temporary_folder.h"

namespace kelek::transport {
namespace {

const std::string key_one = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";
const std::string key_two = "Yne@$w-vo<fVvi]a<NY6T1ed:M$fCG*[IaLV{hID";

std::string error_of(const std::string& text) {
  const auto clients = parse_authorised_clients(text, "clients.txt");
  return clients ? "" : clients.error().text;
}

}  // namespace

TEST_CASE("A client a line: key, name, roles, comment", "[clients]") {
  const auto clients = parse_authorised_clients("# who may ask us\n\n  #nobody else\n" + key_one +
                                                    "  reviewer-1 read,propose  the correctness reviewer \r\n" + "\t" +
                                                    key_two + "\tops@example.org\tadmin",
                                                "clients.txt");
  REQUIRE(clients);
  REQUIRE(clients->size() == 2);
  const AuthorisedClient& one = (*clients)[0];
  CHECK(one.key.text() == key_one);
  CHECK(one.name == "reviewer-1");
  CHECK(one.roles == ClientRoles{ClientRole::read, ClientRole::propose});
  CHECK(one.comment == "the correctness reviewer");
  const AuthorisedClient& two = (*clients)[1];
  CHECK(two.name == "ops@example.org");
  CHECK(two.roles == ClientRoles{ClientRole::admin});
  CHECK_FALSE(two.roles.has(ClientRole::read));
  CHECK(two.comment.empty());
}

TEST_CASE("Every wrong line is named by file, line and reason", "[clients]") {
  CHECK_THAT(error_of("agent read"), Catch::StartsWith("clients.txt:1: the first word is not a public key"));
  CHECK_THAT(error_of("\n\nshort agent read"), Catch::StartsWith("clients.txt:3: the first word"));
  CHECK_THAT(error_of(key_one.substr(1) + "\" agent read"), Catch::Contains("not a public key"));
  CHECK_THAT(error_of(key_one), Catch::Contains("no name"));
  CHECK_THAT(error_of(key_one + " agent"), Catch::Contains("no roles"));
  CHECK_THAT(error_of(key_one + " agent write"), Catch::Contains("not among read, propose, admin"));
  CHECK_THAT(error_of(key_one + " agent read,read"), Catch::Contains("each once"));
  CHECK_THAT(error_of(key_one + " agent read,"), Catch::Contains("not among"));
  CHECK_THAT(error_of(key_one + " ag\x01nt read"), Catch::Contains("a name has"));
  CHECK_THAT(error_of(key_one + " " + std::string(65, 'a') + " read"), Catch::Contains("a name has"));
  CHECK_THAT(error_of(key_one + " a read\n" + key_one + " b read"), Catch::Contains(":2: this key is in line 1"));
  CHECK_THAT(error_of(key_one + " a read\n" + key_two + " a read"), Catch::Contains(":2: the name a is in line 1"));
}

TEST_CASE("A file that others may write is refused, since they could let themselves in", "[clients]") {
  const test::TemporaryFolder folder;
  const std::string path = folder.path() + "/clients";
  std::ofstream(path) << key_one << " agent read\n";
  for (const mode_t mode : {0600u, 0644u, 0444u}) {
    chmod(path.c_str(), mode);
    CHECK(read_authorised_clients(path));
  }
  for (const mode_t mode : {0620u, 0602u, 0666u}) {
    chmod(path.c_str(), mode);
    const auto clients = read_authorised_clients(path);
    REQUIRE_FALSE(clients);
    CHECK_THAT(clients.error().text, Catch::Contains("chmod go-w " + path));
  }
  CHECK_THAT(read_authorised_clients(folder.path()).error().text, Catch::Contains("not a regular file"));
  CHECK_THAT(read_authorised_clients(folder.path() + "/none").error().text, Catch::Contains("/none"));
}

TEST_CASE("Roles read and write as words", "[clients]") {
  CHECK(ClientRoles::from_text("admin,read")->text() == "read,admin");
  CHECK_FALSE(ClientRoles::from_text(""));
  CHECK(ClientRoles().text().empty());
}

}  // namespace kelek::transport
