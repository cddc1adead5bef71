// Clients that make histories: each calls, is served at some moment, and returns at some later one.
#include "histories.h"

#include <algorithm>

namespace kelek::sim::history::testing {
namespace {

constexpr std::uint64_t mutate_one_in = 8;
/// So many operations later comes what is applied again or too late: long after its answer.
constexpr std::size_t later = 12;

class Maker {
 public:
  explicit Maker(const Making& making) : making_(making), draw_(making.seed), clients_(making.clients) {
    for (Client& client : clients_) client.process = next_process_++;
  }

  std::vector<Operation> make() {
    while (history_.size() < making_.operations) move(clients_[draw_.below(clients_.size())]);
    for (Client& client : clients_) give_up(client);
    return std::move(history_);
  }

 private:
  struct Client {
    std::uint64_t process = 0;
    enum class Stage { idle, called, served } stage = Stage::idle;
    Operation operation;
    std::uint64_t fence = 0;  // of what it holds
    std::uint64_t sequence = 0;
  };
  struct Delayed {
    std::size_t when = 0;
    Action action;
  };

  void move(Client& client) {
    ++now_;
    switch (client.stage) {
      case Client::Stage::idle:
        client.operation = {};
        client.operation.process = client.process;
        client.operation.key = "x";
        client.operation.action = ask(client);
        client.operation.call_time = now_;
        client.stage = Client::Stage::called;
        return;
      case Client::Stage::called:
        if (lose(client)) return;
        serve(client.operation.action);
        client.stage = Client::Stage::served;
        return;
      case Client::Stage::served:
        if (lose(client)) return;
        client.operation.return_time = now_;
        note(client);
        history_.push_back(client.operation);
        client.stage = Client::Stage::idle;
        return;
    }
  }

  /// Its answer is lost, before or after it was served: the client goes on as another process.
  bool lose(Client& client) {
    if (making_.lose_one_in == 0 || !draw_.one_in(2 * making_.lose_one_in)) return false;
    give_up(client);
    return true;
  }

  void give_up(Client& client) {
    if (client.stage != Client::Stage::idle) {
      client.operation.ending = Ending::unknown;
      history_.push_back(client.operation);
    }
    client = {};
    client.process = next_process_++;
  }

  void note(Client& client) {
    if (const auto* acquire = std::get_if<Acquire>(&client.operation.action); acquire != nullptr && acquire->got) {
      client.fence = acquire->fence;
    } else if (std::holds_alternative<Release>(client.operation.action)) {
      client.fence = 0;
    }
  }

  std::string fresh() { return "v" + std::to_string(++values_); }

  Action ask(Client& client) {
    const std::uint64_t which = draw_.below(6);
    switch (making_.kind) {
      case ObjectKind::register_:
        if (which < 2) return Put{fresh(), 0};
        if (which == 2 && world_.value) return CompareAndSet{world_.value, fresh(), false, 0};
        if (which == 3 && draw_.one_in(4)) return Delete{};
        return Get{};
      case ObjectKind::log:
        if (which < 3) return Append{fresh(), std::nullopt};
        return ReadLog{draw_.one_in(2) ? 0 : world_.log.size() - std::min<std::size_t>(world_.log.size(), 5), {}};
      case ObjectKind::lock:
        if (client.fence != 0) return Release{client.fence, false};
        return Acquire{};
      case ObjectKind::counter:
        if (which < 3) return Add{1 + draw_.below(3), client.process + 1, ++client.sequence, std::nullopt};
        return ReadTotal{};
      case ObjectKind::configuration:
        if (which < 2) return ChangeMembers{{1, 2, 3 + ++values_}, 0};
        return ReadMembers{};
    }
    return Get{};
  }

  void serve(Action& action) {
    ++served_;
    before_.push_back(world_);
    if (before_.size() > later) before_.pop_front();
    const bool wrong = making_.mutant != Mutant::none && draw_.one_in(mutate_one_in);
    const bool reads = reads_only(action);
    if (wrong && making_.mutant == Mutant::stale_read && (reads || std::holds_alternative<Acquire>(action))) {
      World old = before_.front();
      old.perform(action);
    } else if (wrong && making_.mutant == Mutant::lost_update && !reads) {
      World elsewhere = world_;
      elsewhere.perform(action);
    } else if (wrong && making_.mutant == Mutant::reordered_ack && !reads) {
      World elsewhere = world_;
      elsewhere.perform(action);
      delayed_.push_back({served_ + later, action});
    } else {
      world_.perform(action);
      if (wrong && making_.mutant == Mutant::double_apply && !reads) delayed_.push_back({served_ + later, action});
    }
    while (!delayed_.empty() && delayed_.front().when <= served_) {
      apply_late(delayed_.front().action);
      delayed_.pop_front();
    }
  }

  void apply_late(Action action) {
    // Whoever applies a release again looks at no fence, and a counter that forgot its sessions adds again.
    if (std::holds_alternative<Release>(action)) world_.holder_fence = 0;
    if (auto* add = std::get_if<Add>(&action)) add->session = 0;
    world_.perform(action);
  }

  const Making making_;
  Draw draw_;
  std::vector<Client> clients_;
  World world_;
  std::deque<World> before_;
  std::deque<Delayed> delayed_;
  std::uint64_t now_ = 0;
  std::size_t served_ = 0;
  std::uint64_t next_process_ = 0;
  std::uint64_t values_ = 0;
  std::vector<Operation> history_;
};

}  // namespace

std::vector<Operation> make_history(const Making& making) {
  return Maker(making).make();
}

}  // namespace kelek::sim::history::testing
