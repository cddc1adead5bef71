// kelek transfer: hands the leadership over.
#include <fmt/format.h>

#include <kelek/client/admin.h>

#include "arguments.h"

namespace kelek::cli {

void add_transfer(Commands& commands) {
  const auto to = std::make_shared<raft::NodeId>();
  CLI::App& leaf = commands.leaf(commands.app(), "transfer", "hand the leadership over",
                                 "kelek transfer        # to whoever is most caught up\nkelek transfer 2");
  leaf.add_option("node", *to, "to whom");
  commands.on_client(leaf, [&commands, to](client::Client& client, const client::CallOptions& call) {
    const wire::LeadershipTransferred done = take(client::transfer_leadership(client, *to, call));
    commands.output().line(fmt::format("node {} leads", done.leader));
    commands.output().object(Json{{"leader", done.leader}});
    return exit_ok;
  });
}

}  // namespace kelek::cli
