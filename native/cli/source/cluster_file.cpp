// Reads and writes the cluster file.
#include "cluster_file.h"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

#include <fmt/format.h>

#include <kelek/runtime/member_context.h>

#include "output.h"
#include "settings.h"

namespace kelek::cli {
namespace {

std::vector<std::string> words_of(std::string_view line) {
  std::istringstream stream{std::string(line)};
  std::vector<std::string> words;
  std::string word;
  while (stream >> word) words.push_back(word);
  return words;
}

std::string take_field(const std::string& word, const std::string& value, runtime::InitialMember& into) {
  std::string* field = nullptr;
  if (word == "peer") field = &into.peer_address;
  if (word == "client") field = &into.client_address;
  if (word == "key") field = &into.public_key;
  if (field == nullptr) return "'" + shortened(word, 40) + "' is none of peer, client and key";
  if (!field->empty()) return "'" + word + "' is given twice";
  *field = value;
  return {};
}

std::string add_member(ClusterFile& file, const std::string& text) {
  runtime::InitialMember member;
  const std::string problem = parse_member(text, member);
  if (!problem.empty()) return problem;
  for (const runtime::InitialMember& other : file.coordinators) {
    if (other.id == member.id) return fmt::format("coordinator {} is named twice", member.id);
    if (other.public_key == member.public_key) {
      return fmt::format("coordinators {} and {} have the same key", other.id, member.id);
    }
  }
  file.coordinators.push_back(member);
  return {};
}

std::string take_line(ClusterFile& file, const std::string& line) {
  const std::vector<std::string> words = words_of(line);
  if (words[0] == "coordinator") return add_member(file, line.substr(line.find("coordinator") + 11));
  if (words.size() != 2) return "'" + shortened(words[0], 40) + "' needs one value";
  if (words[0] == "cluster") {
    file.cluster = words[1];
  } else if (words[0] == "key-file") {
    file.key_file = words[1];
  } else {
    return "'" + shortened(words[0], 40) + "' is none of cluster, coordinator and key-file";
  }
  return {};
}

}  // namespace

const runtime::InitialMember* ClusterFile::find(raft::NodeId id) const {
  for (const runtime::InitialMember& member : coordinators) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

std::vector<client::Endpoint> ClusterFile::endpoints() const {
  std::vector<client::Endpoint> all;
  for (const runtime::InitialMember& member : coordinators) {
    if (!member.client_address.empty()) all.push_back({member.client_address, member.public_key});
  }
  return all;
}

std::string parse_member(std::string_view text, runtime::InitialMember& into) {
  const std::vector<std::string> words = words_of(text);
  if (words.empty()) return "the id of the coordinator is missing";
  const std::string& id = words[0];
  const std::from_chars_result parsed = std::from_chars(id.data(), id.data() + id.size(), into.id);
  if (parsed.ec != std::errc() || parsed.ptr != id.data() + id.size() || into.id == raft::no_node) {
    return "'" + shortened(id, 40) + "' is not the id of a coordinator (1, 2, 3 ...)";
  }
  for (std::size_t i = 1; i < words.size(); i += 2) {
    if (i + 1 == words.size()) return "'" + shortened(words[i], 40) + "' has no value";
    const std::string problem = take_field(words[i], words[i + 1], into);
    if (!problem.empty()) return problem;
  }
  if (into.peer_address.empty()) return fmt::format("coordinator {} has no peer address", into.id);
  if (into.public_key.empty()) return fmt::format("coordinator {} has no key", into.id);
  const std::string problem =
      runtime::check(runtime::MemberContext{into.peer_address, into.client_address, into.public_key});
  return problem.empty() ? problem : fmt::format("coordinator {}: {}", into.id, problem);
}

ClusterFile parse_cluster_file(std::string_view text, const std::string& file_name) {
  ClusterFile file;
  std::size_t number = 0;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string line(text.substr(0, end));
    text = text.substr(std::min(end + 1, text.size()));
    ++number;
    const std::size_t first = line.find_first_not_of(" \t\r\f\v");  // all that words_of() takes for space
    if (first == std::string::npos || line[first] == '#') continue;
    const std::string problem = take_line(file, line);
    if (!problem.empty()) throw bad_use(fmt::format("{}:{}: {}", file_name, number, problem));
  }
  if (file.coordinators.empty()) throw bad_use(file_name + ": names no coordinators");
  return file;
}

ClusterFile read_cluster_file(const std::string& path) {
  ClusterFile file = parse_cluster_file(read_text_file(path), path);
  if (!file.key_file.empty()) {
    const std::filesystem::path key(file.key_file);
    if (key.is_relative()) file.key_file = (std::filesystem::path(path).parent_path() / key).string();
  }
  return file;
}

std::string format(const runtime::InitialMember& member) {
  std::string text = fmt::format("{} peer {}", member.id, member.peer_address);
  if (!member.client_address.empty()) text += " client " + member.client_address;
  return text + " key " + member.public_key;
}

std::string format(const ClusterFile& file) {
  std::string text =
      "# The coordinators of a cluster, for `kelek --cluster FILE` and `kelek serve`. Holds no secret.\n";
  text += "cluster " + file.cluster + "\n";
  for (const runtime::InitialMember& member : file.coordinators) text += "coordinator " + format(member) + "\n";
  if (!file.key_file.empty()) text += "key-file " + file.key_file + "\n";
  return text;
}

}  // namespace kelek::cli
