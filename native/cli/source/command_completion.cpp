// kelek completion bash: what the shell offers after TAB, made from the commands themselves.
#include <set>
#include <string>

#include <fmt/format.h>

#include "cli.h"

namespace kelek::cli {
namespace {

/// A case for each command: its subcommands and flags.
void add_cases(const CLI::App& app, const std::string& path, std::string& script) {
  std::string words;
  const std::vector<const CLI::App*> below = app.get_subcommands([](const CLI::App*) { return true; });
  for (const CLI::App* one : below) words += one->get_name() + " ";
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_group().empty()) continue;
    for (const std::string& name : option->get_lnames()) words += "--" + name + " ";
  }
  script += fmt::format("    '{}') words='{}' ;;\n", path, words);
  for (const CLI::App* one : below)
    add_cases(*one, path.empty() ? one->get_name() : path + " " + one->get_name(), script);
}

/// Flags of all commands that a value follows.
void add_flags_with_value(const CLI::App& app, std::set<std::string>& flags) {
  for (const CLI::Option* option : app.get_options()) {
    if (option->get_items_expected_max() == 0) continue;
    for (const std::string& name : option->get_lnames()) flags.insert("--" + name);
    for (const std::string& name : option->get_snames()) flags.insert("-" + name);
  }
  for (const CLI::App* one : app.get_subcommands([](const CLI::App*) { return true; }))
    add_flags_with_value(*one, flags);
}

/// Where nothing of ours fits, bash completes file names by itself (-o default): it knows blanks and
/// directories.
std::string bash_script(const CLI::App& app) {
  std::string cases;
  add_cases(app, "", cases);
  std::set<std::string> flags;
  add_flags_with_value(app, flags);
  const std::string values = fmt::format("{}", fmt::join(flags, "|"));
  return "# bash completion for kelek; made by: kelek completion bash\n"
         "_kelek() {\n"
         "  local current=\"${COMP_WORDS[COMP_CWORD]}\" previous=\"${COMP_WORDS[COMP_CWORD-1]}\" path='' "
         "words='' i\n"
         "  case \"$previous\" in\n"
         "    " +
         values +
         ") COMPREPLY=(); return ;;\n"
         "  esac\n"
         "  for ((i = 1; i < COMP_CWORD; i++)); do\n"
         "    [[ \"${COMP_WORDS[i]}\" == -* ]] && break\n"
         "    local next=\"${path:+$path }${COMP_WORDS[i]}\"\n"
         "    _kelek_words \"$next\" >/dev/null || break\n"
         "    path=\"$next\"\n"
         "  done\n"
         "  words=\"$(_kelek_words \"$path\")\"\n"
         "  COMPREPLY=($(compgen -W \"$words\" -- \"$current\"))\n"
         "}\n"
         "_kelek_words() {\n"
         "  local words\n"
         "  case \"$1\" in\n" +
         cases +
         "    *) return 1 ;;\n"
         "  esac\n"
         "  printf '%s' \"$words\"\n"
         "}\n"
         "complete -o default -F _kelek kelek\n";
}

}  // namespace

void add_completion(Commands& commands) {
  CLI::App& group = commands.group("completion", "completion for shells");
  CLI::App& leaf = commands.leaf(group, "bash", "a script for bash",
                                 "source <(kelek completion bash)\n"
                                 "kelek completion bash > /etc/bash_completion.d/kelek");
  commands.on_run(leaf, [&commands] {
    write_out(bash_script(commands.app()));
    return exit_ok;
  });
}

}  // namespace kelek::cli
