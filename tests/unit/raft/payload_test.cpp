// Payloads: who owns the bytes, and when they go.
#include <catch2/catch.hpp>

#include <string>
#include <vector>

#include <kelek/raft/payload.h>
#include <kelek/raft/types.h>

using namespace kelek::raft;

namespace {

class Frame final : public PayloadOwner {
 public:
  Frame(std::string text, int& alive) : text_(std::move(text)), alive_(alive) { ++alive_; }
  std::span<const std::byte> bytes() const { return std::as_bytes(std::span<const char>(text_.data(), text_.size())); }

 private:
  ~Frame() override { --alive_; }
  std::string text_;
  int& alive_;
};

}  // namespace

TEST_CASE("a copy of bytes outlives what it was copied from") {
  Payload payload;
  {
    std::string text = "verdict";
    payload = Payload::copy_of(text);
    text.assign("changed");
  }
  CHECK(payload.text() == "verdict");
  CHECK(payload.size() == 7);
  const Payload shared = payload;
  CHECK(shared.bytes().data() == payload.bytes().data());
  payload = Payload();
  CHECK(payload.empty());
  CHECK(shared.text() == "verdict");
}

TEST_CASE("no bytes are an empty payload; too many are told as what they are, so that a proposal of them is refused") {
  CHECK(Payload::copy_of("").empty());
  CHECK(Payload::copy_of("").bytes().data() == nullptr);
  const std::string too_long(max_payload_bytes + 1, 'x');
  CHECK(Payload::copy_of(too_long).size() == max_payload_bytes + 1);
  static const std::byte some[1] = {};
  // Only the length is looked at. Beyond 32 bits it is cut, which is still far too long.
  const std::span<const std::byte> beyond_count(some, std::size_t{1} << 32);
  CHECK(Payload::of_static(beyond_count).size() > max_payload_bytes);
}

TEST_CASE("an owner goes with the last of its payloads") {
  int alive = 0;
  {
    auto* frame = new Frame("one two", alive);
    Payload one = Payload::owned_by(*frame, frame->bytes().subspan(0, 3));
    Payload two = Payload::owned_by(*frame, frame->bytes().subspan(4));
    CHECK(one.text() == "one");
    CHECK(two.text() == "two");
    one = Payload();
    CHECK(alive == 1);
    const Payload part = two.slice(1, 100);
    two = Payload();
    CHECK(alive == 1);
    CHECK(part.text() == "wo");
  }
  CHECK(alive == 0);
}

TEST_CASE("an owner of nothing goes too") {
  int alive = 0;
  {
    auto* frame = new Frame("", alive);
    const Payload payload = Payload::owned_by(*frame, frame->bytes());
    CHECK(payload.empty());
    CHECK(alive == 1);
  }
  CHECK(alive == 0);
}

TEST_CASE("slices are clipped to what is there") {
  const Payload payload = Payload::copy_of("abcdef");
  CHECK(payload.slice(2, 3).text() == "cde");
  CHECK(payload.slice(2, 3).bytes().data() == payload.bytes().data() + 2);
  CHECK(payload.slice(4, 100).text() == "ef");
  CHECK(payload.slice(6, 1).empty());
  CHECK(payload.slice(SIZE_MAX, SIZE_MAX).empty());
  CHECK(payload.slice(0, 0).empty());
}

TEST_CASE("payloads are moved and assigned as values") {
  Payload a = Payload::copy_of("a");
  Payload b = std::move(a);
  CHECK(a.empty());
  CHECK(b.text() == "a");
  b = *&b;
  CHECK(b.text() == "a");
  CHECK(Payload::copy_of("x") == Payload::copy_of("x"));
  CHECK_FALSE(Payload::copy_of("x") == Payload::copy_of("y"));
}
