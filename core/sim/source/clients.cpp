// What clients ask, and what they make of the answers.
#include "clients.h"

#include <algorithm>

#include "world.h"

namespace kelek::sim {

using namespace raft;

namespace {

constexpr std::uint64_t session_ttl_ms = 3'600'000;
constexpr std::uint64_t some_keys = 3;
/// Beyond that, answers are not waited for.
constexpr Time patience = 30 * tick_time;
constexpr Token probe_token = Token{1} << 62;

}  // namespace

void Clients::set_up() {
  clients_.resize(world_.swarm_.clients);
  for (std::size_t place = 0; place < clients_.size(); ++place) {
    ask_again(clients_[place], place, world_.random_.below(20 * tick_time));
  }
}

bool Clients::all_answered() const {
  return std::all_of(clients_.begin(), clients_.end(),
                     [](const Client& client) { return client.phase == Phase::idle; });
}

void Clients::complain(const std::string& what) {
  world_.ledger_.complain(what);
}

void Clients::ask_again(Client& client, std::size_t place, Time delay) {
  world_.queue_.put(world_.now_ + delay, EventKind::client, static_cast<std::uint32_t>(place), ++client.stamp);
}

void Clients::wake(std::size_t place, std::uint64_t stamp) {
  Client& client = clients_[place];
  if (client.stamp != stamp) return;
  if (client.phase == Phase::idle) {
    if (stopped_) return;
    choose(client, place);
  }
  ask(client, place);
}

void Clients::choose(Client& client, std::size_t place) {
  Random& random = world_.random_;
  client.key = "k" + std::to_string(random.below(some_keys));
  client.called = world_.now_;
  client.floor = highest_point_;
  client.own_floor = client.last_seen_revision;
  client.command = machine::Command{};
  client.command.header.caller = "c" + std::to_string(place);
  client.phase = Phase::asking;
  if (client.session_id == 0) {
    client.wish = Wish::open_session;
    client.command.body = machine::SessionOpen{session_ttl_ms};
    return;
  }
  if (random.chance(world_.swarm_.reads)) {
    client.wish = random.chance(150) ? Wish::stale_read : random.chance(500) ? Wish::lease_read : Wish::read;
    return begin_record(client, place);
  }
  client.command.header.session_id = client.session_id;
  client.command.header.sequence = ++client.sequence;
  const std::string value = "v" + std::to_string(place) + "." + std::to_string(client.sequence);
  const std::uint64_t choice = random.below(8);
  if (choice < 4) {
    client.wish = Wish::put;
    machine::KvPut put;
    put.key = client.key;
    put.value = value;
    client.command.body = put;
  } else if (choice < 6) {
    client.wish = Wish::put_if;
    machine::KvPut put;
    put.key = client.key;
    put.value = value;
    const KeyState expected = model_.key_at(client.key, random.chance(700) ? UINT64_MAX : client.last_seen_revision);
    put.if_revision = expected.mod_revision;
    client.command.body = put;
    return begin_record(client, place, expected);
  } else if (choice < 7) {
    client.wish = Wish::remove;
    client.command.body = machine::KvDelete{client.key, {}, false};
  } else {
    client.wish = Wish::append;
    machine::TopicAppend append;
    append.topic = "t";
    append.payload = value;
    append.create_if_missing = true;
    client.command.body = append;
  }
  begin_record(client, place);
}

/// No value is written twice, so that to expect a revision is to expect a value.
void Clients::begin_record(Client& client, std::size_t place, const KeyState& expected) {
  std::vector<history::Operation>* history = world_.options_.history;
  if (history == nullptr) return;
  client.record = history->size();
  history::Operation& record = history->emplace_back();
  record.process = place;
  record.key = client.wish == Wish::append ? "t" : client.key;
  record.call_time = world_.now_;
  record.ending = history::Ending::unknown;
  const auto written = [&client] { return std::get<machine::KvPut>(client.command.body).value; };
  switch (client.wish) {
    case Wish::put: record.action = history::Put{written()}; break;
    case Wish::put_if: {
      history::CompareAndSet compared;
      if (expected.mod_revision != 0) compared.expected = expected.value;
      compared.value = written();
      record.action = compared;
      break;
    }
    case Wish::remove: record.action = history::Delete{}; break;
    case Wish::append:
      record.action = history::Append{std::get<machine::TopicAppend>(client.command.body).payload, std::nullopt};
      break;
    default: record.action = history::Get{}; break;
  }
}

history::Operation* Clients::record_of(const Client& client) {
  if (world_.options_.history == nullptr || client.wish == Wish::open_session) return nullptr;
  history::Operation& record = (*world_.options_.history)[client.record];
  record.ending = history::Ending::answered;
  record.return_time = world_.now_;
  return &record;
}

void Clients::record_write(const Client& client, const Answer& answer) {
  history::Operation* record = record_of(client);
  if (record == nullptr) return;
  const bool done = answer.code == machine::Code::ok;
  if (auto* compared = std::get_if<history::CompareAndSet>(&record->action)) compared->done = done;
  if (auto* removed = std::get_if<history::Delete>(&record->action)) removed->existed = done;
  if (auto* appended = std::get_if<history::Append>(&record->action)) appended->position = answer.offset;
}

void Clients::record_read(const Client& client, std::uint64_t revision, const machine::KvRecord* found) {
  history::Operation* record = record_of(client);
  if (record == nullptr) return;
  record->stale = client.wish == Wish::stale_read;
  record->revision = revision;
  if (found != nullptr) std::get<history::Get>(record->action).value = found->value;
}

void Clients::ask(Client& client, std::size_t place) {
  Random& random = world_.random_;
  Host* host = random.chance(600) ? world_.leader() : nullptr;
  if (host == nullptr || host->paused) host = world_.any_host(true);
  client.phase = Phase::asking;
  if (host == nullptr || host->paused) return ask_again(client, place, 5 * tick_time);
  client.asked = host->id;
  if (client.wish == Wish::stale_read) {
    if (host->applied < client.own_floor) return ask_again(client, place, 5 * tick_time);
    return answer_read(client, place, *host);
  }
  world_.catch_up(*host);
  client.token = ++last_token_;
  client.phase = Phase::waiting_for_outcome;
  ask_again(client, place, random.between(patience / 2, patience));
  if (is_read(client.wish)) {
    world_.record(Act::Kind::read, host->id, client.token, client.wish == Wish::lease_read);
    world_.ledger_.read_asked(host->id, client.token);
    const Status asked =
        host->node->read(client.token, client.wish == Wish::lease_read ? ReadMode::linearizable : ReadMode::quorum);
    if (!asked) {
      world_.ledger_.read_refused(host->id, client.token);
      client.phase = Phase::asking;
      ask_again(client, place, random.between(1, 5 * tick_time));
    }
  } else {
    client.command.header.leader_time_ms = 1'000 + world_.now_ / 1'000;
    const Payload payload = encoder_.payload_of(client.command);
    world_.record(Act::Kind::propose, host->id, client.token);
    if (world_.options_.acts != nullptr) world_.options_.acts->back().size = payload.size();
    const Result<Proposed> proposed = host->node->propose(payload, client.token);
    if (!proposed) {
      client.phase = Phase::asking;
      ask_again(client, place, random.between(1, 5 * tick_time));
    }
  }
  world_.work(*host);
}

Clients::Client* Clients::by_token(Token token, const Host& host) {
  for (Client& client : clients_) {
    if (client.token == token && client.asked == host.id && client.phase == Phase::waiting_for_outcome) return &client;
  }
  return nullptr;
}

void Clients::proposal_outcome(Host& host, const ProposalOutcome& outcome) {
  if (outcome.token >= probe_token) {
    if (outcome.kind == ProposalOutcome::Kind::committed) probed_ = outcome.token;
    return;
  }
  Client* client = by_token(outcome.token, host);
  if (client == nullptr) return;
  const auto place = static_cast<std::size_t>(client - clients_.data());
  if (outcome.kind != ProposalOutcome::Kind::committed) {
    client->phase = Phase::asking;
    return ask_again(*client, place, world_.random_.between(1, 5 * tick_time));
  }
  client->phase = Phase::waiting_for_apply;
  client->awaited = outcome.index;
  if (host.applied >= client->awaited) answer_write(*client, place);
}

void Clients::read_outcome(Host& host, const ReadOutcome& outcome) {
  Client* client = by_token(outcome.token, host);
  if (client == nullptr) return;
  const auto place = static_cast<std::size_t>(client - clients_.data());
  if (outcome.refusal != Refusal::none) {
    client->phase = Phase::asking;
    return ask_again(*client, place, world_.random_.between(1, 5 * tick_time));
  }
  client->phase = Phase::waiting_for_apply;
  client->awaited = outcome.index;
  if (host.applied >= client->awaited) answer_read(*client, place, host);
}

void Clients::applied(Host& host) {
  for (std::size_t place = 0; place < clients_.size(); ++place) {
    Client& client = clients_[place];
    if (client.phase != Phase::waiting_for_apply || client.asked != host.id || host.applied < client.awaited) continue;
    if (is_read(client.wish)) {
      answer_read(client, place, host);
    } else {
      answer_write(client, place);
    }
  }
}

const machine::Command* Clients::command_at(Index index, const Entry& entry) {
  if (index == commands_.size() + 1) {
    commands_.emplace_back();
    if (entry.kind == EntryKind::command) {
      wire::Result<machine::Command> decoded = wire::decode_command(entry.payload.bytes());
      if (decoded) commands_.back() = std::move(*decoded);
    }
  }
  const auto& known = commands_[static_cast<std::size_t>(index - 1)];
  return known ? &*known : nullptr;
}

void Clients::committed(Index index, const machine::Command* command, const machine::Result* result) {
  const bool is_new = index == known_ + 1;
  if (is_new) {
    known_ = index;
    answers_at_.emplace_back();
    if (command != nullptr) {
      answers_at_.back() = model_.apply(index, *command);
    } else {
      model_.apply_nothing(index);
    }
  }
  if (command == nullptr || result == nullptr || index > known_) return;
  const Answer& expected = answers_at_[static_cast<std::size_t>(index - 1)];
  const Answer heard = Answer::of(*result);
  if (heard == expected) return;
  complain("I16 ApplyOnce: entry " + std::to_string(index) + " is answered by '" + machine::code_name(heard.code) +
           "' at revision " + std::to_string(heard.revision) + " and not by '" + machine::code_name(expected.code) +
           "' at revision " + std::to_string(expected.revision) + ", as all entries before it want it");
}

/// What the host's machine said of the entry is what the model says, or committed() has complained.
void Clients::answer_write(Client& client, std::size_t place) {
  const Answer& answer = answers_at_[static_cast<std::size_t>(client.awaited - 1)];
  if (answer.code == machine::Code::sequence_gap || answer.code == machine::Code::unknown_session) {
    complain("I16 ApplyOnce: client " + std::to_string(place) + " is told '" + machine::code_name(answer.code) + "'");
    return;
  }
  if (client.wish == Wish::open_session) {
    client.session_id = answer.revision;
    client.sequence = 0;
  } else {
    record_write(client, answer);
  }
  if (answer.revision <= client.floor) {
    complain("I15 ReadLinearizable: client " + std::to_string(place) + " wrote at revision " +
             std::to_string(answer.revision) + ", not after " + std::to_string(client.floor) +
             ", which was known when it asked");
  }
  finish(client, place, answer.revision);
}

void Clients::answer_read(Client& client, std::size_t place, Host& host) {
  const std::uint64_t revision = host.machine.revision();
  const machine::KvRecord* found = host.machine.kv_get(client.key);
  const KeyState expected = model_.key_at(client.key, revision);
  const bool same = found == nullptr ? !expected.present
                                     : expected.present && found->value == expected.value &&
                                           found->mod_revision == expected.mod_revision;
  if (!same) {
    complain("I17 SameStateHash: node " + std::to_string(host.id) + " shows another value of a key at revision " +
             std::to_string(revision) + " than was committed");
  }
  const std::uint64_t floor = client.wish == Wish::stale_read ? client.own_floor : client.floor;
  if (revision < floor) {
    complain("I15 ReadLinearizable: client " + std::to_string(place) + " reads revision " + std::to_string(revision) +
             ", before " + std::to_string(floor) + ", which was known when it asked");
  }
  record_read(client, revision, found);
  finish(client, place, client.wish == Wish::stale_read ? 0 : revision);
  client.last_seen_revision = std::max(client.last_seen_revision, revision);
}

void Clients::finish(Client& client, std::size_t place, std::uint64_t point) {
  ++answers_;
  highest_point_ = std::max(highest_point_, point);
  client.last_seen_revision = std::max(client.last_seen_revision, point);
  client.phase = Phase::idle;
  client.token = 0;
  world_.note(point * 64 + place);
  ask_again(client, place, 1 + world_.random_.below(world_.swarm_.think_spread));
}

Token Clients::probe(Host& host) {
  machine::Command command;
  command.header.caller = "probe";
  command.header.leader_time_ms = 1'000 + world_.now_ / 1'000;
  machine::KvPut put;
  put.key = "probe";
  command.body = put;
  const Token token = probe_token + ++last_token_;
  world_.catch_up(host);
  const Result<Proposed> proposed = host.node->propose(encoder_.payload_of(command), token);
  world_.work(host);
  return proposed ? token : 0;
}

}  // namespace kelek::sim
