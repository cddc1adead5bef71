// The demo's course of events.
#include "story.h"

#include <algorithm>
#include <csignal>
#include <filesystem>

#include <fmt/format.h>
#include <unistd.h>

#include <kelek/client/client.h>

#include "../ballot_text.h"
#include "../connection.h"
#include "../json_of.h"
#include "agents.h"
#include "cluster_view.h"
#include "verifier.h"

namespace kelek::cli {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds patience{20'000};
constexpr std::size_t votes_before_kill = 2;

std::string counted(std::size_t number, const char* noun) {
  return fmt::format("{} {}{}", number, noun, number == 1 ? "" : "s");
}

std::vector<LocalClient> clients_of(const Review& review) {
  std::string name = "demo-operator";
  const auto is_voter = [&](const ReviewVote& vote) { return vote.elector.voter == name; };
  while (std::any_of(review.votes.begin(), review.votes.end(), is_voter)) name += "-";
  std::vector<LocalClient> clients = {{name, "read,propose,admin", "operator"}};
  for (std::size_t i = 0; i < review.votes.size(); ++i) {
    clients.push_back({review.votes[i].elector.voter, "read,propose", agent_key_name(i)});
  }
  return clients;
}

client::ClientOptions operator_options(const LocalCluster& cluster) {
  client::ClientOptions options;
  options.coordinators = cluster.file().endpoints();
  options.key_file = cluster.client_key("operator");
  options.deadline_ms = 10'000;
  options.session_ttl_ms = 30'000;
  return options;
}

class Story {
 public:
  Story(const Review& review, const StoryOptions& options, const Output& output)
      : review_(review),
        say_(output),
        work_(options.keep_directory, !options.keep_directory.empty()),
        cluster_(work_.path(), "demo", options.coordinators, clients_of(review)),
        outcomes_(review.votes.size()) {}

  int run() {
    start();
    open_ballot();
    vote_and_kill();
    show_verdict();
    bring_back();
    const bool ok = check();
    finish(ok);
    return ok ? exit_ok : exit_error;
  }

 private:
  std::string name(std::size_t position) const { return fmt::format("coordinator {}", cluster_.member(position).id); }

  void start();
  void open_ballot();
  void vote_and_kill();
  std::size_t next_voter(std::vector<std::size_t>& left, bool at_leader) const;
  std::unique_ptr<Agent> begin_vote(std::size_t vote, std::size_t through);
  void end_vote(std::size_t vote, Agent& agent);
  void look_for_leader();
  void kill_leader(std::size_t acknowledged, const Agent& on_its_way);
  machine::Ballot ballot(client::Client& client, const client::CallOptions& call) const;
  void show_verdict();
  void bring_back();
  bool check();
  std::vector<machine::Ballot> ballots_of_each() const;
  void show_table(const Reports& reports, const std::vector<machine::Ballot>& ballots);
  void finish(bool ok);

  const Review& review_;
  Narrator say_;
  StopSignals signals_;
  WorkDirectory work_;
  LocalCluster cluster_;
  std::unique_ptr<ClusterView> view_;
  std::unique_ptr<client::Client> operator_;
  std::uint64_t ballot_ = 0;
  std::vector<Acknowledged> outcomes_;
  std::size_t leader_ = 0;
  std::uint64_t term_ = 0;
  std::size_t killed_ = 0;
};

void Story::start() {
  say_.text(fmt::format("{}\n{} ({}; {})\n", say_.output().paint(Color::bold, printable(review_.question, true)),
                        printable(review_.title.empty() ? review_.file_name : review_.title),
                        counted(review_.votes.size(), "vote"), machine::rule_name(review_.rules.rule)));
  cluster_.start(signals_);
  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    say_.tell("started",
              fmt::format("{} runs as process {}, for clients at {}", name(i), cluster_.process(i).id(),
                          cluster_.member(i).client_address),
              {{"coordinator", cluster_.member(i).id},
               {"pid", cluster_.process(i).id()},
               {"client", cluster_.member(i).client_address},
               {"peer", cluster_.member(i).peer_address}},
              Color::dim);
  }
  const client::ClientOptions options = operator_options(cluster_);
  operator_ = take(client::Client::create(options));
  view_ = std::make_unique<ClusterView>(options);
  const Reports reports = view_->wait([](const Reports& all) { return leader_above(all, 0).has_value(); }, patience,
                                      "the election of a leader", signals_);
  leader_ = *leader_above(reports, 0);
  term_ = reports[leader_]->term;
  say_.tell("leader_elected", fmt::format("leader elected: {} in term {}", name(leader_), term_),
            {{"coordinator", cluster_.member(leader_).id}, {"term", term_}}, Color::green);
}

void Story::open_ballot() {
  const client::Answer<machine::BallotResult> answer = operator_->execute(opening_of(review_));
  need(answer);
  ballot_ = answer->ballot_id;
  say_.tell("ballot_opened",
            fmt::format("ballot {} is open for {} until {}", ballot_, counted(review_.votes.size(), "voter"),
                        time_text(answer->deadline_ms)),
            {{"ballot", ballot_},
             {"question", review_.question},
             {"options", review_.options},
             {"rules", json_of(review_.rules, review_.options)},
             {"electors", review_.votes.size()},
             {"deadline", time_text(answer->deadline_ms)},
             {"index", answer.revision},
             {"term", answer.term}});
}

/// Takes the next voter out of those left; for the one that votes while the leader dies, one whose coordinator it is.
std::size_t Story::next_voter(std::vector<std::size_t>& left, bool at_leader) const {
  auto chosen = left.begin();
  if (at_leader) {
    const auto through_leader = [this](std::size_t vote) { return vote % cluster_.size() == leader_; };
    const auto found = std::find_if(left.begin(), left.end(), through_leader);
    if (found != left.end()) chosen = found;
  } else {
    // Those whose coordinator is the leader wait for their turn.
    const auto elsewhere = [this](std::size_t vote) { return vote % cluster_.size() != leader_; };
    const auto found = std::find_if(left.begin(), left.end(), elsewhere);
    if (found != left.end()) chosen = found;
  }
  const std::size_t vote = *chosen;
  left.erase(chosen);
  return vote;
}

std::unique_ptr<Agent> Story::begin_vote(std::size_t vote, std::size_t through) {
  auto agent = std::make_unique<Agent>(review_, vote, cluster_, through, ballot_);
  agent->await_sending(signals_);
  return agent;
}

void Story::end_vote(std::size_t vote, Agent& agent) {
  const Acknowledged outcome = agent.await_outcome(signals_);
  outcomes_[vote] = outcome;
  const machine::Elector& elector = agent.vote().elector;
  Json fields{{"voter", elector.voter},
              {"organisation", elector.organisation},
              {"choice", agent.vote().choice},
              {"confidence_per_mille", agent.vote().confidence_per_mille},
              {"through", cluster_.member(agent.through()).id},
              {"took_ms", agent.waited_ms()}};
  if (!outcome.counted) {
    fields["refusal"] = outcome.refusal;
    say_.tell("vote_refused", fmt::format("vote of {}: too late, {}", elector.voter, outcome.refusal), fields);
    return;
  }
  std::size_t through = agent.through();
  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    if (cluster_.member(i).client_address == outcome.through) through = i;
  }
  const std::string instead =
      through == agent.through() ? "" : fmt::format(" instead of {}", cluster_.member(agent.through()).id);
  fields["index"] = outcome.index;
  fields["term"] = outcome.term;
  fields["went_through"] = cluster_.member(through).id;
  say_.tell("vote_counted",
            fmt::format("vote of {:<14} {:<16} index {:>3} in term {}, through {}{}", elector.voter,
                        agent.vote().choice, outcome.index, outcome.term, name(through), instead),
            fields);
}

/// A loaded machine may have elected another one since we last looked.
void Story::look_for_leader() {
  const Reports reports = view_->reports();
  const std::optional<std::size_t> newest = leader_above(reports, term_);
  if (!newest.has_value()) return;
  leader_ = *newest;
  term_ = reports[leader_]->term;
}

void Story::kill_leader(std::size_t acknowledged, const Agent& on_its_way) {
  look_for_leader();
  killed_ = leader_;
  const auto begin = std::chrono::steady_clock::now();
  const pid_t process = cluster_.process(killed_).id();
  cluster_.process(killed_).send(SIGKILL);
  (void)cluster_.process(killed_).wait(patience);
  view_->forget(killed_);
  say_.tell("leader_killed",
            fmt::format("leader lost: {} (process {}) was killed with SIGKILL, while the vote of {} was on its way",
                        name(killed_), process, on_its_way.vote().elector.voter),
            {{"coordinator", cluster_.member(killed_).id},
             {"pid", process},
             {"term", term_},
             {"acknowledged_votes", acknowledged},
             {"vote_on_its_way", on_its_way.vote().elector.voter}},
            Color::red);
  const std::uint64_t old_term = term_;
  const Reports reports =
      view_->wait([old_term](const Reports& all) { return leader_above(all, old_term).has_value(); }, patience,
                  "the election of a new leader", signals_);
  leader_ = *leader_above(reports, old_term);
  term_ = reports[leader_]->term;
  const auto passed = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
  say_.tell("new_leader", fmt::format("new leader: {} in term {}, after {} ms", name(leader_), term_, passed),
            {{"coordinator", cluster_.member(leader_).id}, {"term", term_}, {"after_ms", passed}}, Color::green);
}

void Story::vote_and_kill() {
  std::vector<std::size_t> left;
  for (std::size_t i = 0; i < review_.votes.size(); ++i) left.push_back(i);
  const std::size_t before = std::min(votes_before_kill, review_.votes.size() - 1);
  for (std::size_t i = 0; i < before; ++i) {
    const std::size_t vote = next_voter(left, false);
    end_vote(vote, *begin_vote(vote, vote % cluster_.size()));
  }
  look_for_leader();
  const std::size_t vote = next_voter(left, true);
  const std::unique_ptr<Agent> on_its_way = begin_vote(vote, leader_);
  kill_leader(before, *on_its_way);
  end_vote(vote, *on_its_way);
  // The rest all at once, some of them through the coordinator that is gone.
  std::vector<std::unique_ptr<Agent>> rest;
  for (const std::size_t other : left) {
    rest.push_back(std::make_unique<Agent>(review_, other, cluster_, other % cluster_.size(), ballot_));
    if (rest.size() % 8 == 0) rest.back()->await_sending(signals_);  // not a hundred processes in one instant
  }
  for (std::size_t i = 0; i < rest.size(); ++i) {
    if ((i + 1) % 8 != 0) rest[i]->await_sending(signals_);
    end_vote(left[i], *rest[i]);
  }
}

machine::Ballot Story::ballot(client::Client& client, const client::CallOptions& call) const {
  wire::BallotGetAnswer answer = take(client.ask(wire::BallotGetQuery{ballot_}, call));
  if (!answer.ballot.has_value()) throw failed(fmt::format("ballot {} is gone", ballot_));
  return std::move(*answer.ballot);
}

void Story::show_verdict() {
  machine::Ballot closed = ballot(*operator_, {});
  const auto end = std::chrono::steady_clock::now() + milliseconds(review_.deadline_ms) + patience;
  while (!closed.verdict.has_value()) {
    if (std::chrono::steady_clock::now() > end) throw failed("there is no verdict after the deadline");
    if (signals_.wait(milliseconds(50)) != 0) throw Failed(exit_error, "interrupted", "interrupted");
    closed = ballot(*operator_, {});
  }
  const machine::Verdict& verdict = *closed.verdict;
  Json fields{{"ballot", ballot_}, {"verdict", json_of(verdict, closed.options)}};
  Json dissent = Json::array();
  for (const std::uint32_t index : verdict.dissent) {
    const machine::Vote& vote = closed.votes.at(index);
    dissent.push_back({{"voter", closed.electorate.at(vote.elector).voter},
                       {"choice", choice_of(closed, vote)},
                       {"rationale", vote.rationale}});
  }
  fields["dissent"] = dissent;
  say_.tell("verdict", "verdict: " + verdict_line(verdict, closed.options, closed.rules.rule), fields, Color::bold);
  const std::string indent(12, ' ');
  const std::size_t columns = std::max<std::size_t>(40, terminal_width(STDOUT_FILENO, 104));
  for (const std::uint32_t index : verdict.dissent) {
    const machine::Vote& vote = closed.votes.at(index);
    say_.text(fmt::format(
        "          dissent of {} ({}):\n{}{}", closed.electorate.at(vote.elector).voter, choice_of(closed, vote),
        indent, wrapped(printable(vote.rationale, true), std::min<std::size_t>(92, columns - indent.size()), indent)));
  }
}

void Story::bring_back() {
  const auto begin = std::chrono::steady_clock::now();
  cluster_.restart(killed_, signals_);
  say_.tell("restarted",
            fmt::format("{} is started again, as process {}", name(killed_), cluster_.process(killed_).id()),
            {{"coordinator", cluster_.member(killed_).id}, {"pid", cluster_.process(killed_).id()}});
  const std::size_t late = killed_;
  const Reports reports = view_->wait(
      [late](const Reports& all) {
        std::uint64_t most = 0;
        for (const auto& report : all) most = std::max(most, report.has_value() ? report->commit : 0);
        return all[late].has_value() && most != 0 && all[late]->applied >= most;
      },
      patience, "the catching up of " + name(killed_), signals_);
  const auto passed = std::chrono::duration_cast<milliseconds>(std::chrono::steady_clock::now() - begin).count();
  say_.tell("caught_up",
            fmt::format("{} has caught up: index {}, {} ms after its start", name(killed_), reports[killed_]->applied,
                        passed),
            {{"coordinator", cluster_.member(killed_).id}, {"index", reports[killed_]->applied}, {"after_ms", passed}},
            Color::green);
}

std::vector<machine::Ballot> Story::ballots_of_each() const {
  std::vector<machine::Ballot> all;
  for (std::size_t i = 0; i < cluster_.size(); ++i) {
    client::ClientOptions alone = operator_options(cluster_);
    alone.coordinators = {cluster_.file().endpoints().at(i)};
    const std::unique_ptr<client::Client> client = take(client::Client::create(std::move(alone)));
    client::CallOptions call;
    call.stale = true;  // what this coordinator holds itself
    all.push_back(ballot(*client, call));
  }
  return all;
}

void Story::show_table(const Reports& reports, const std::vector<machine::Ballot>& ballots) {
  Table table({"coordinator", "role", "term", "commit index", "verdict", "state hash"});
  table.align_right(2);
  table.align_right(3);
  for (std::size_t i = 0; i < reports.size(); ++i) {
    if (!reports[i].has_value()) continue;
    const wire::StatusReport& report = *reports[i];
    std::string verdict = "none";
    if (ballots[i].verdict.has_value()) {
      verdict = machine::outcome_name(ballots[i].verdict->outcome);
      if (ballots[i].verdict->winner) verdict += ": " + ballots[i].options.at(*ballots[i].verdict->winner);
    }
    table.add({std::to_string(report.id), role_name(report.role), std::to_string(report.term),
               std::to_string(report.commit), verdict, hex(report.state_hash)});
    say_.output().object(Json{{"event", "coordinator"},
                              {"at_ms", say_.elapsed_ms()},
                              {"coordinator", report.id},
                              {"role", role_name(report.role)},
                              {"term", report.term},
                              {"commit", report.commit},
                              {"applied", report.applied},
                              {"verdict", verdict},
                              {"state_hash", hex(report.state_hash)}});
  }
  say_.text("\n" + table.text(say_.output(), "  ") + "\n");
}

bool Story::check() {
  // Sessions of agents may still be ending: the state is compared once all have come to rest at one index.
  const auto at_rest = [](const Reports& all) {
    return std::all_of(all.begin(), all.end(), [&](const std::optional<wire::StatusReport>& report) {
      return report.has_value() && all.front().has_value() && report->applied == all.front()->applied &&
             report->commit == all.front()->commit && report->term == all.front()->term;
    });
  };
  const Reports reports = view_->wait(at_rest, patience, "that all coordinators stand at the same index", signals_);
  const std::vector<machine::Ballot> ballots = ballots_of_each();
  show_table(reports, ballots);
  bool ok = true;
  for (const Check& check : verify(review_, outcomes_, ballots, reports)) {
    ok = ok && check.ok;
    say_.tell("check", fmt::format("{}: {} ({})", check.ok ? "checked" : "WRONG", check.name, check.detail),
              {{"name", check.name}, {"ok", check.ok}, {"detail", check.detail}}, check.ok ? Color::green : Color::red);
  }
  return ok;
}

void Story::finish(bool ok) {
  view_.reset();
  (void)operator_->close_session();
  operator_.reset();
  cluster_.stop(milliseconds(5'000));
  say_.tell("done", ok ? "all checked; every process has ended" : "something is wrong: see above",
            {{"ok", ok}, {"took_ms", say_.elapsed_ms()}}, ok ? Color::bold : Color::red);
  if (!work_.kept()) return;
  const std::string path = path_line();
  say_.text(
      fmt::format("\nKept in {}. To look at it:\n{}  kelek dev -n {} --dir {}     # starts the five again\n"
                  "  KELEK_CLUSTER={} kelek ballot show {}\n  kelek snapshot inspect {}     # while they are stopped",
                  work_.path(), path.empty() ? "" : "  " + path + "\n", cluster_.size(), work_.path(),
                  cluster_.cluster_file(), ballot_, cluster_.node_directory(0)));
}

}  // namespace

int run_story(const Review& review, const StoryOptions& options, const Output& output) {
  if (!options.keep_directory.empty() && std::filesystem::exists(options.keep_directory + "/cluster.conf")) {
    throw bad_use(options.keep_directory + " holds a cluster already; --keep needs a directory of its own");
  }
  return Story(review, options, output).run();
}

}  // namespace kelek::cli
