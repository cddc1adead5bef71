// Member contexts: what goes in comes out, and what makes no sense is named.
#include <catch2/catch.hpp>

#include <kelek/runtime/coordinator_options.h>
#include <kelek/runtime/member_context.h>

using namespace kelek::runtime;

namespace {

const std::string some_key = "rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7";

}  // namespace

TEST_CASE("A member context comes back as it went in") {
  const MemberContext context{"127.0.0.1:7001", "127.0.0.1:7101", some_key};
  const Result<MemberContext> back = decode_member_context(encode(context));
  REQUIRE(back.ok());
  CHECK(*back == context);
}

TEST_CASE("Lines of later versions are ignored, double ones are not") {
  const std::string text = encode({"127.0.0.1:7001", "", some_key});
  CHECK(decode_member_context(text + "zone north\n").ok());
  CHECK_FALSE(decode_member_context(text + "peer 127.0.0.1:7002\n").ok());
}

TEST_CASE("A context that nobody could connect to is refused with its reason") {
  const auto reason = [](const MemberContext& context) { return check(context); };
  CHECK(reason({"127.0.0.1:7001", "", some_key}).empty());
  CHECK(reason({"", "", some_key}).find("peer address") != std::string::npos);
  CHECK(reason({"*:7001", "", some_key}).find("peer address cannot be used") != std::string::npos);
  CHECK(reason({"127.0.0.1:7001", "nonsense", some_key}).find("client address") != std::string::npos);
  CHECK(reason({"127.0.0.1:7001", "", "short"}).find("'short'") != std::string::npos);
  CHECK_FALSE(reason({std::string(2000, 'a') + ":1", "", some_key}).empty());
}

TEST_CASE("Options that contradict each other are told, all at once") {
  CoordinatorOptions options;
  options.node_id = 4;
  options.key_file = "node.key";
  options.data_directory = "data";
  options.peer_bind = "127.0.0.1:7001";
  options.client_bind = "127.0.0.1:7101";
  CHECK(options.validate().empty());

  options.join = true;
  options.initial_members = {{1, "127.0.0.1:7002", "", some_key}, {1, "127.0.0.1:7002", "", some_key}};
  options.client_bind = "127.0.0.1:7001";
  options.tick_ms = 0;
  std::string all;
  for (const std::string& sentence : options.validate()) all += sentence + "\n";
  CHECK(all.find("not both") != std::string::npos);
  CHECK(all.find("named twice") != std::string::npos);
  CHECK(all.find("peer address of another") != std::string::npos);
  CHECK(all.find("key of another") != std::string::npos);
  CHECK(all.find("not among the initial members") != std::string::npos);
  CHECK(all.find("addresses of their own") != std::string::npos);
  CHECK(all.find("A tick is") != std::string::npos);
}
