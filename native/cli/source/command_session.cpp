// kelek session: who is connected under which session, for operators.
#include <fmt/format.h>

#include "arguments.h"
#include "json_of.h"

namespace kelek::cli {

void add_session(Commands& commands) {
  CLI::App& group = commands.group("session", "sessions, under which commands are applied exactly once");
  CLI::App& leaf = commands.leaf(group, "list", "open sessions", "kelek session list --json");
  const std::shared_ptr<ReadFlags> flags = add_read_flags(leaf);
  commands.on_client(leaf, [&commands, flags](client::Client& client, const client::CallOptions& call) {
    Table table({"session", "owner", "last sequence", "ends unless heard of", "ttl"});
    wire::ById part;
    bool more = true;
    while (more) {
      const wire::SessionListAnswer answer = take(client.ask(wire::SessionListQuery{part}, flags->apply(call)));
      for (const wire::SessionSummary& session : answer.sessions) {
        table.add({std::to_string(session.session_id), session.owner, std::to_string(session.last_sequence),
                   time_text(session.deadline_ms), duration_text(session.ttl_ms)});
        commands.output().object(json_of(session));
        part.after = session.session_id;
      }
      more = answer.more && !answer.sessions.empty();
    }
    commands.output().line(table.text(commands.output()));
    return exit_ok;
  });
}

}  // namespace kelek::cli
