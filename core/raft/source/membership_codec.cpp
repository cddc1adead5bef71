// Configurations as bytes in the log, and as words.
//
// Version 1: byte 1, byte of flags (1: leaves by itself), number of members, then for each member in ascending
// order of ids: id, incarnation, byte of what it is (1 voter, 2 outgoing, 4 learner), length of the context, the
// context. Numbers are varints (seven bits a byte, lowest first) in their shortest form.
#include <kelek/raft/membership.h>

#include <optional>

namespace kelek::raft {
namespace {

constexpr std::uint8_t version = 1;
constexpr std::uint8_t flag_auto_leave = 1;
constexpr std::uint8_t flag_voter = 1;
constexpr std::uint8_t flag_outgoing = 2;
constexpr std::uint8_t flag_learner = 4;
constexpr std::size_t smallest_member_bytes = 4;

void put_byte(std::string& out, std::uint8_t value) {
  out.push_back(static_cast<char>(value));
}

void put_number(std::string& out, std::uint64_t value) {
  while (value >= 0x80) {
    put_byte(out, static_cast<std::uint8_t>(0x80 | (value & 0x7f)));
    value >>= 7;
  }
  put_byte(out, static_cast<std::uint8_t>(value));
}

class Reader {
 public:
  explicit Reader(std::span<const std::byte> bytes) : bytes_(bytes) {}

  std::size_t position() const { return position_; }
  std::size_t left() const { return bytes_.size() - position_; }

  std::optional<std::uint8_t> byte() {
    if (left() == 0) return std::nullopt;
    return std::to_integer<std::uint8_t>(bytes_[position_++]);
  }

  std::optional<std::uint64_t> number() {
    std::uint64_t value = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      const auto next = byte();
      if (!next) return std::nullopt;
      if (shift == 63 && *next > 1) return std::nullopt;  // does not fit into 64 bits
      if (shift > 0 && *next == 0) return std::nullopt;   // not the shortest form
      value |= std::uint64_t{*next & 0x7fu} << shift;
      if (*next < 0x80) return value;
    }
    return std::nullopt;
  }

  /// `size` ≤ left().
  std::string text(std::size_t size) {
    const auto* start = reinterpret_cast<const char*>(bytes_.data() + position_);
    position_ += size;
    return std::string(start, size);
  }

 private:
  std::span<const std::byte> bytes_;
  std::size_t position_ = 0;
};

Error damaged(const Reader& reader, const std::string& what) {
  return Error{Refusal::malformed, no_node,
               "The configuration is malformed at byte " + std::to_string(reader.position()) + ": " + what + "."};
}

/// Reads a member into `member`, or gives the reason why it cannot.
std::optional<Error> read_member(Reader& reader, Member& member) {
  const auto id = reader.number();
  if (!id) return damaged(reader, "the id of a member is cut off or too long");
  const auto incarnation = reader.number();
  if (!incarnation) return damaged(reader, "the incarnation of a member is cut off or too long");
  const auto flags = reader.byte();
  if (!flags) return damaged(reader, "what a member counts as is cut off");
  if (*flags > (flag_voter | flag_outgoing | flag_learner)) {
    return damaged(reader, "unknown flags of member " + std::to_string(*id));
  }
  const auto size = reader.number();
  if (!size) return damaged(reader, "the length of a context is cut off or too long");
  if (*size > max_member_context_bytes || *size > reader.left()) {
    return damaged(reader, "the context of member " + std::to_string(*id) + " is longer than allowed, or cut off");
  }
  member.id = *id;
  member.incarnation = *incarnation;
  member.voter = (*flags & flag_voter) != 0;
  member.outgoing = (*flags & flag_outgoing) != 0;
  member.learner = (*flags & flag_learner) != 0;
  member.context = reader.text(static_cast<std::size_t>(*size));
  return std::nullopt;
}

}  // namespace

Payload Configuration::encode() const {
  std::string out;
  out.reserve(4 + members_.size() * 8);
  put_byte(out, version);
  put_byte(out, auto_leave_ ? flag_auto_leave : std::uint8_t{0});
  put_number(out, members_.size());
  for (const Member& member : members_) {
    put_number(out, member.id);
    put_number(out, member.incarnation);
    std::uint8_t flags = 0;
    if (member.voter) flags |= flag_voter;
    if (member.outgoing) flags |= flag_outgoing;
    if (member.learner) flags |= flag_learner;
    put_byte(out, flags);
    put_number(out, member.context.size());
    out += member.context;
  }
  return Payload::copy_of(std::string_view(out));
}

Result<Configuration> Configuration::decode(std::span<const std::byte> bytes) {
  Reader reader(bytes);
  const auto format = reader.byte();
  if (!format) return damaged(reader, "it is empty");
  if (*format != version) return damaged(reader, "unknown version " + std::to_string(*format));
  const auto flags = reader.byte();
  if (!flags || *flags > flag_auto_leave) return damaged(reader, "flags that are missing or unknown");
  const auto count = reader.number();
  if (!count) return damaged(reader, "the number of members is cut off or too long");
  if (*count > max_members || *count > reader.left() / smallest_member_bytes) {
    return damaged(reader, std::to_string(*count) + " members are more than allowed, or than the bytes can hold");
  }

  std::vector<Member> members(static_cast<std::size_t>(*count));
  NodeId previous = no_node;
  for (Member& member : members) {
    if (auto error = read_member(reader, member)) return *error;
    if (member.id <= previous) return damaged(reader, "ids that are 0 or do not ascend");
    previous = member.id;
  }
  if (reader.left() != 0) return damaged(reader, std::to_string(reader.left()) + " bytes follow the last member");

  auto made = make(std::move(members), (*flags & flag_auto_leave) != 0);
  if (!made) return damaged(reader, made.error().text);
  if (!made->is_joint() && (*flags & flag_auto_leave) == 0) {
    return damaged(reader, "a configuration that is not joint has nothing to leave");
  }
  return made;
}

std::string Configuration::describe() const {
  if (members_.empty()) return "no members";
  const auto list = [this](const char* name, bool Member::*counts_as) {
    std::string text;
    for (const Member& member : members_) {
      if (member.*counts_as) text += " " + std::to_string(member.id);
    }
    return text.empty() ? text : name + text;
  };
  std::string text = list("voters", &Member::voter);
  if (const std::string outgoing = list("outgoing", &Member::outgoing); !outgoing.empty()) text += ", " + outgoing;
  if (const std::string learners = list("learners", &Member::learner); !learners.empty()) text += ", " + learners;
  return text;
}

}  // namespace kelek::raft
