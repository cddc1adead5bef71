// kelek keys: key pairs, and the lines by which a coordinator knows a client.
#include <filesystem>
#include <fstream>

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <kelek/transport/identity_registry.h>
#include <kelek/transport/keys.h>

#include "cli.h"

namespace kelek::cli {
namespace {

template <typename Value>
Value taken(transport::Result<Value>&& result) {
  if (result.ok()) return std::move(result.value());
  const bool key = result.error().problem == transport::Problem::bad_key;
  throw Failed(key ? exit_bad_use : exit_error, key ? "bad_key" : "error", result.error().text);
}

std::string authorised_line(const transport::PublicKey& key, const std::string& name, const std::string& roles) {
  if (!transport::is_client_name(name)) {
    throw bad_use("'" + shortened(name, 80) + "' is no name: 1 to 64 letters, digits and . _ - @ + : /");
  }
  const std::optional<transport::ClientRoles> parsed = transport::ClientRoles::from_text(roles);
  if (!parsed.has_value()) throw bad_use("'" + roles + "' are no roles: say some of read,propose,admin");
  return fmt::format("{}  {}  {}", key.text(), name, parsed->text());
}

void add_new(Commands& commands, CLI::App& group) {
  struct Given {
    std::string file;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(group, "new", "make a key pair in a new file that only you can read",
                                 "kelek keys new operator.key\nkelek keys new node1.key --json");
  leaf.add_option("file", given->file, "the file; never one that exists")->required();
  commands.on_run(leaf, [&commands, given] {
    const transport::KeyPair keys = taken(transport::generate_key_pair());
    (void)taken(transport::write_key_file(given->file, keys));
    const Output& output = commands.output();
    output.line(fmt::format("{}  (in {}, mode 0600)", keys.public_key.text(), given->file));
    output.object(Json{
        {"file", given->file}, {"public_key", keys.public_key.text()}, {"fingerprint", keys.public_key.fingerprint()}});
    return exit_ok;
  });
}

void add_show(Commands& commands, CLI::App& group, const std::string& name, const std::string& help, bool bare) {
  const auto file = std::make_shared<std::string>();
  CLI::App& leaf = commands.leaf(group, name, help, "kelek keys " + name + " operator.key");
  leaf.add_option("file", *file, "the key file")->required();
  commands.on_run(leaf, [&commands, file, bare] {
    const transport::KeyPair keys = taken(transport::read_key_file(*file));
    const Output& output = commands.output();
    if (bare) {
      output.line(keys.public_key.text());
    } else {
      output.line("public key   " + keys.public_key.text());
      output.line("fingerprint  " + keys.public_key.fingerprint());
      output.line("file         " + *file + " (only its owner can read it)");
    }
    output.object(
        Json{{"file", *file}, {"public_key", keys.public_key.text()}, {"fingerprint", keys.public_key.fingerprint()}});
    return exit_ok;
  });
}

/// The file must stay readable for the coordinator: the new list is checked as a whole before it is written.
void append_line(const std::string& file, const std::string& line) {
  std::string text = std::filesystem::exists(file)
                         ? read_text_file(file)
                         : "# Who may call: public key, name, roles (read, propose, admin), and a comment.\n";
  if (!text.empty() && text.back() != '\n') text += '\n';
  text += line + "\n";
  (void)taken(transport::parse_authorised_clients(text, file));
  const std::string fresh = file + ".new";
  const int descriptor = open(fresh.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  const bool written = descriptor >= 0 &&
                       write(descriptor, text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
                       fsync(descriptor) == 0;
  const int code = errno;
  if (descriptor >= 0) close(descriptor);
  if (!written || std::rename(fresh.c_str(), file.c_str()) != 0) {
    throw failed(fmt::format("cannot write {}: {}", file, std::strerror(written ? errno : code)));
  }
}

void add_authorise(Commands& commands, CLI::App& group) {
  struct Given {
    std::string name, key, roles = "read,propose", file;
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf = commands.leaf(
      group, "authorise", "the line by which coordinators know a client; appended to a clients file with --to",
      "kelek keys authorise reviewer-1 reviewer-1.key --to clients.conf\n"
      "kelek keys authorise operator 'rq:rM>}U?@Lns47E1%kR.o@n%FcmmsL/@{H8]yf7' --roles read,propose,admin");
  leaf.add_option("name", given->name, "the client's name: voters and holders of locks are known by it")->required();
  leaf.add_option("key", given->key, "its key file, or its public key")->required();
  leaf.add_option("--roles", given->roles, "some of read,propose,admin")->capture_default_str();
  leaf.add_option("--to", given->file, "append the line to this file (kelek serve --clients FILE)");
  commands.on_run(leaf, [&commands, given] {
    const std::optional<transport::PublicKey> text = transport::PublicKey::from_text(given->key);
    const transport::PublicKey key = text.has_value() ? *text : taken(transport::read_key_file(given->key)).public_key;
    const std::string line = authorised_line(key, given->name, given->roles);
    if (!given->file.empty()) append_line(given->file, line);
    commands.output().line(line);
    commands.output().object(
        Json{{"name", given->name}, {"public_key", key.text()}, {"roles", given->roles}, {"line", line}});
    return exit_ok;
  });
}

}  // namespace

void add_keys(Commands& commands) {
  CLI::App& group = commands.group("keys", "key pairs, and who may call");
  add_new(commands, group);
  add_show(commands, group, "show", "what a key file holds, without its secret", false);
  add_show(commands, group, "public", "the public key alone, for scripts", true);
  add_authorise(commands, group);
}

}  // namespace kelek::cli
