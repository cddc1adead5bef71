// kelek status: every coordinator is asked by itself, all at once.
#include <thread>

#include <fmt/format.h>

#include <kelek/client/admin.h>
#include <kelek/runtime/member_context.h>

#include "arguments.h"
#include "asking.h"
#include "json_of.h"
#include "process.h"
#include "status_text.h"

namespace kelek::cli {

Asked ask_one(const client::ClientOptions& options, const client::Endpoint& endpoint, std::uint32_t deadline_ms) {
  Asked asked;
  asked.address = endpoint.address;
  client::ClientOptions alone = options;
  alone.coordinators = {endpoint};
  client::Answer<std::unique_ptr<client::Client>> client = client::Client::create(alone);
  if (!client.ok()) {
    asked.problem = client.problem.text;
    return asked;
  }
  client::CallOptions call;
  call.deadline_ms = deadline_ms;
  client::Answer<wire::StatusReport> answer = client::get_status(*client.value, call);
  if (answer.ok()) {
    asked.report = std::move(answer.value);
  } else {
    asked.problem = answer.problem.text.empty() ? client::problem_name(answer.problem.kind) : answer.problem.text;
  }
  return asked;
}

ClusterStatus ask_all(const client::ClientOptions& options, std::uint32_t deadline_ms) {
  ClusterStatus status;
  status.coordinators.resize(options.coordinators.size());
  std::vector<std::thread> threads;
  for (std::size_t i = 0; i < options.coordinators.size(); ++i) {
    threads.emplace_back([&, i] { status.coordinators[i] = ask_one(options, options.coordinators[i], deadline_ms); });
  }
  for (std::thread& thread : threads) thread.join();
  return status;
}

void add_endpoint(client::ClientOptions& options, const std::string& address, const std::string& public_key) {
  if (address.empty()) return;
  for (const client::Endpoint& endpoint : options.coordinators) {
    if (endpoint.public_key == public_key) return;
  }
  options.coordinators.push_back({address, public_key});
}

namespace {

constexpr std::uint32_t most_patience_ms = 2'000;

/// Members that the cluster knows and the options do not name: those that were added later.
void add_newer_members(client::ClientOptions& options, std::uint32_t deadline_ms) {
  client::Answer<std::unique_ptr<client::Client>> client = client::Client::create(options);
  if (!client.ok()) return;
  client::CallOptions call;
  call.deadline_ms = deadline_ms;
  const client::Answer<wire::MembersReport> members = client::get_members(*client.value, call);
  if (!members.ok()) return;
  for (const wire::MemberReport& member : members->members) {
    const runtime::Result<runtime::MemberContext> context = runtime::decode_member_context(member.context);
    if (context.ok()) add_endpoint(options, context->client_address, context->public_key);
  }
}

}  // namespace

void add_status(Commands& commands) {
  struct Given {
    bool watch = false;
    std::string every = "1s";
  };
  const auto given = std::make_shared<Given>();
  CLI::App& leaf =
      commands.leaf(commands.app(), "status", "who leads since when, who is behind and why, disks and network",
                    "kelek status\nkelek status --watch\nkelek status --json\n"
                    "Exit code 4 if nobody leads.");
  leaf.add_flag("--watch", given->watch, "again and again, until Ctrl-C");
  leaf.add_option("--every", given->every, "with --watch: how often")->capture_default_str();
  commands.on_run(leaf, [&commands, given, connection = commands.connection(leaf)] {
    StopSignals signals;
    client::ClientOptions options = connection->options();
    const std::uint32_t deadline = std::min(options.deadline_ms, most_patience_ms);
    const std::chrono::milliseconds interval(parse_duration(given->every, "--every"));
    const Output& output = commands.output();
    add_newer_members(options, deadline);
    while (true) {
      const ClusterStatus status = ask_all(options, deadline);
      if (given->watch && output.color)
        output.line("\033[H\033[2J" + time_text(static_cast<std::uint64_t>(std::time(nullptr)) * 1'000));
      output.line(status_text(status, output));
      output.object(json_of(status));
      if (!given->watch) return status.leader() == nullptr ? exit_no_leader : exit_ok;
      if (signals.wait(interval) != 0) return exit_ok;
    }
  });
}

}  // namespace kelek::cli
