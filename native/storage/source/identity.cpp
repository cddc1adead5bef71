// Identities as text: for people, and as a small file whose last line is a CRC of the others.
#include <kelek/storage/identity.h>

#include <algorithm>

#include "bytes.h"
#include "crc32c.h"
#include "errors.h"
#include "identity_file.h"

namespace kelek::storage {
namespace {

constexpr std::size_t max_name_bytes = 128;
constexpr std::uint64_t max_file_bytes = 1024;
constexpr const char* first_line = "Kelek data directory, format 1";

std::string hex(const ClusterId& id) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text;
  for (const std::uint8_t byte : id) {
    text += digits[byte >> 4];
    text += digits[byte & 15];
  }
  return text;
}

bool parse_hex(std::string_view text, ClusterId& id) {
  if (text.size() != 2 * id.size()) return false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return false;
    id[i / 2] = static_cast<std::uint8_t>((i % 2 == 0 ? 0 : id[i / 2] << 4) | digit);
  }
  return true;
}

bool parse_number(std::string_view text, std::uint64_t& number) {
  if (text.empty() || text.size() > 20) return false;
  number = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return false;
    number = number * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return true;
}

/// The rest of the next line after `word` and a space.
std::string_view field(std::string_view& text, std::string_view word) {
  const std::size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.size() <= word.size() || line.substr(0, word.size()) != word || line[word.size()] != ' ') return {};
  return line.substr(word.size() + 1);
}

}  // namespace

std::string describe(const Identity& identity) {
  return "node " + std::to_string(identity.node_id) + " (incarnation " + std::to_string(identity.incarnation) +
         ") of cluster '" + identity.cluster_name + "' (" + hex(identity.cluster_id) + ")";
}

std::string check_identity(const Identity& identity) {
  if (identity.node_id == raft::no_node) return "0 is not the id of a node.";
  if (identity.cluster_name.size() > max_name_bytes) return "The cluster's name is longer than 128 bytes.";
  const bool printable = std::none_of(identity.cluster_name.begin(), identity.cluster_name.end(),
                                      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
  return printable ? std::string() : "The cluster's name holds control characters.";
}

std::string encode_identity(const Identity& identity) {
  std::string text = std::string(first_line) + "\n";
  text += "cluster " + hex(identity.cluster_id) + "\n";
  text += "name '" + identity.cluster_name + "'\n";
  text += "node " + std::to_string(identity.node_id) + "\n";
  text += "incarnation " + std::to_string(identity.incarnation) + "\n";
  text += "crc32c " + hex16(crc32c(bytes_of(text))).substr(8) + "\n";
  return text;
}

std::optional<Identity> decode_identity(std::string_view text) {
  const std::string_view whole = text;
  Identity identity;
  field(text, first_line);
  const bool parsed_cluster = parse_hex(field(text, "cluster"), identity.cluster_id);
  const std::string_view name = field(text, "name");
  const bool parsed_numbers = parse_number(field(text, "node"), identity.node_id) &&
                              parse_number(field(text, "incarnation"), identity.incarnation);
  if (!parsed_cluster || !parsed_numbers || name.size() < 2) return std::nullopt;
  identity.cluster_name = name.substr(1, name.size() - 2);
  // There is one form of each: whatever differs from it is damage.
  if (encode_identity(identity) != whole) return std::nullopt;
  return identity;
}

Result<Identity> read_identity(FileSystem& files, const std::string& directory) {
  const std::string path = join_path(directory, identity_name);
  Result<std::vector<std::byte>> bytes = read_whole(files, path, max_file_bytes);
  if (!bytes && bytes.error().problem == Problem::not_found) {
    return make_error(Problem::not_found, "open", path,
                      directory + " is not a data directory: it has no file " + identity_name + ".");
  }
  if (bytes) {
    const std::string_view text(reinterpret_cast<const char*>(bytes->data()), bytes->size());
    if (std::optional<Identity> identity = decode_identity(text)) return *identity;
  } else if (bytes.error().problem != Problem::too_large) {
    return bytes.error();
  }
  return make_error(Problem::damaged, "open", path, path + " is damaged: it does not say whose directory it is.");
}

}  // namespace kelek::storage
