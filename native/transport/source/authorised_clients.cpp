// The authorised-clients file, and the words in it: names and roles.
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <map>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <kelek/transport/identity_registry.h>

#include "small_file.h"

namespace kelek::transport {
namespace {

constexpr std::size_t max_file_bytes = std::size_t{4} << 20;
constexpr std::pair<std::string_view, ClientRole> role_words[] = {
    {"read", ClientRole::read}, {"propose", ClientRole::propose}, {"admin", ClientRole::admin}};

bool is_blank(char c) {
  return c == ' ' || c == '\t' || c == '\r';
}

std::string_view skip_blanks(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  return text;
}

/// Takes the first word off `text`.
std::string_view take_word(std::string_view& text) {
  text = skip_blanks(text);
  const auto end = static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_blank) - text.begin());
  const std::string_view word = text.substr(0, end);
  text.remove_prefix(end);
  return word;
}

/// No key begins with #: a group of five characters that did would be beyond 32 bits.
bool is_comment(std::string_view line) {
  line = skip_blanks(line);
  return line.empty() || line.front() == '#';
}

Error file_error(const std::string& path, const std::string& what) {
  return {Problem::bad_key, "authorised-clients file " + path + ": " + what};
}

/// The client of one line, or what is wrong with it.
std::variant<AuthorisedClient, std::string> parse_line(std::string_view line) {
  const std::string_view key_text = take_word(line);
  const std::string_view name = take_word(line);
  const std::string_view roles_text = take_word(line);
  AuthorisedClient client;
  const std::optional<PublicKey> key = PublicKey::from_text(key_text);
  if (!key) return "the first word is not a public key (40 characters of Z85)";
  if (name.empty()) return "there is no name after the key";
  if (!is_client_name(name)) return "a name has 1 to 64 letters, digits and . _ - @ + : /";
  if (roles_text.empty()) return "there are no roles after the name: read, propose, admin, separated by commas";
  const std::optional<ClientRoles> roles = ClientRoles::from_text(roles_text);
  if (!roles) return "the roles are not among read, propose, admin, each once and separated by commas";
  line = skip_blanks(line);
  while (!line.empty() && is_blank(line.back())) line.remove_suffix(1);
  return AuthorisedClient{*key, std::string(name), *roles, std::string(line)};
}

}  // namespace

std::optional<ClientRoles> ClientRoles::from_text(std::string_view text) {
  ClientRoles roles;
  while (true) {
    const std::size_t end = std::min(text.find(','), text.size());
    const std::string_view word = text.substr(0, end);
    const auto* known = std::find_if(std::begin(role_words), std::end(role_words),
                                     [word](const auto& entry) { return entry.first == word; });
    if (known == std::end(role_words) || roles.has(known->second)) return std::nullopt;
    roles.add(known->second);
    if (end == text.size()) return roles;
    text.remove_prefix(end + 1);
  }
}

std::string ClientRoles::text() const {
  std::string text;
  for (const auto& [word, role] : role_words) {
    if (!has(role)) continue;
    if (!text.empty()) text += ',';
    text += word;
  }
  return text;
}

bool is_client_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("._-@+:/").find(c) != std::string_view::npos;
  };
  return !name.empty() && name.size() <= max_client_name_bytes && std::all_of(name.begin(), name.end(), allowed);
}

Result<std::vector<AuthorisedClient>> parse_authorised_clients(std::string_view text, const std::string& file_name) {
  std::vector<AuthorisedClient> clients;
  std::map<PublicKey, std::size_t> line_of_key;
  std::map<std::string, std::size_t> line_of_name;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (is_comment(line)) continue;
    const auto fail = [&](const std::string& why) {
      return Error{Problem::bad_key, file_name + ":" + std::to_string(number) + ": " + why};
    };
    auto parsed = parse_line(line);
    if (const auto* why = std::get_if<std::string>(&parsed)) return fail(*why);
    AuthorisedClient& client = std::get<AuthorisedClient>(parsed);
    const auto key_place = line_of_key.emplace(client.key, number);
    if (!key_place.second) return fail("this key is in line " + std::to_string(key_place.first->second) + " already");
    const auto name_place = line_of_name.emplace(client.name, number);
    if (!name_place.second) {
      return fail("the name " + client.name + " is in line " + std::to_string(name_place.first->second) + " already");
    }
    if (clients.size() == max_clients) return fail("more than " + std::to_string(max_clients) + " clients");
    clients.push_back(std::move(client));
  }
  return clients;
}

Result<std::vector<AuthorisedClient>> read_authorised_clients(const std::string& path) {
  const int descriptor = open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (descriptor < 0) return file_error(path, std::strerror(errno));
  struct stat status {};
  std::string problem;
  if (fstat(descriptor, &status) != 0) {
    problem = std::strerror(errno);
  } else if (!S_ISREG(status.st_mode)) {
    problem = "is not a regular file";
  } else if (status.st_uid != geteuid() && status.st_uid != 0) {
    problem = "belongs to user " + std::to_string(status.st_uid) + ", who is neither this process's nor root";
  } else if ((status.st_mode & (S_IWGRP | S_IWOTH)) != 0) {
    problem = "others than its owner may write it, and so let themselves in: chmod go-w " + path;
  } else if (static_cast<std::size_t>(status.st_size) > max_file_bytes) {
    problem = "is longer than " + std::to_string(max_file_bytes) + " bytes";
  }
  std::string text;
  if (problem.empty()) {
    text.resize(static_cast<std::size_t>(status.st_size));
    const std::optional<std::size_t> size = read_all(descriptor, text.data(), text.size());
    if (!size) problem = std::string("cannot be read: ") + std::strerror(errno);
    text.resize(size.value_or(0));
  }
  close(descriptor);
  if (!problem.empty()) return file_error(path, problem);
  return parse_authorised_clients(text, path);
}

}  // namespace kelek::transport
