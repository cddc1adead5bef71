// The verdict of a ballot, as data and as a line of JSON.
#include "verdict.h"

namespace kelek::machine {
namespace {

constexpr char hex_digits[] = "0123456789abcdef";

// Writes objects and arrays; commas by itself. Texts must be UTF-8 (commands with other texts are refused).
class Json {
 public:
  std::string text;

  Json& open(char bracket) {
    separate();
    text += bracket;
    first_ = true;
    return *this;
  }
  Json& close(char bracket) {
    text += bracket;
    first_ = false;
    return *this;
  }
  Json& key(const char* name) {
    separate();
    quote(name);
    text += ':';
    first_ = true;  // the value that follows needs no comma
    return *this;
  }
  void value(const std::string& content) {
    separate();
    quote(content);
  }
  void value(uint64_t number) {
    separate();
    text += std::to_string(number);
  }
  void value(bool yes) {
    separate();
    text += yes ? "true" : "false";
  }
  void null() {
    separate();
    text += "null";
  }

 private:
  void separate() {
    if (!first_) {
      text += ',';
    }
    first_ = false;
  }
  void quote(const std::string& content) {
    text += '"';
    for (const char character : content) {
      const unsigned char byte = static_cast<unsigned char>(character);
      if (character == '"' || character == '\\') {
        text += '\\';
        text += character;
      } else if (byte < 0x20) {
        text += "\\u00";
        text += hex_digits[byte >> 4];
        text += hex_digits[byte & 15];
      } else {
        text += character;
      }
    }
    text += '"';
  }

  bool first_ = true;
};

std::string hex(const Digest& digest) {
  std::string text;
  for (const uint8_t byte : digest) {
    text += hex_digits[byte >> 4];
    text += hex_digits[byte & 15];
  }
  return text;
}

std::string choice_name(const Ballot& ballot, uint32_t choice) {
  return choice == abstained ? std::string(abstain_word) : ballot.options[choice];
}

std::string vote_json(const Ballot& ballot, const Vote& vote) {
  const Elector& elector = ballot.electorate[vote.elector];
  Json json;
  json.open('{').key("voter").value(elector.voter);
  json.key("organisation").value(elector.organisation);
  json.key("choice").value(choice_name(ballot, vote.choice));
  json.key("veto").value(vote.veto);
  json.key("confidence_per_mille").value(uint64_t{vote.confidence_per_mille});
  json.key("rationale").value(vote.rationale);
  json.key("evidence").open('[');
  for (const Evidence& evidence : vote.evidence) {
    json.open('{').key("uri").value(evidence.uri);
    json.key("sha256").value(hex(evidence.sha256));
    json.close('}');
  }
  json.close(']');
  json.key("revision").value(vote.revision);
  json.close('}');
  return std::move(json.text);
}

void write_tally(Json& json, const Ballot& ballot, const Verdict& verdict) {
  json.key("tally").open('[');
  for (size_t option = 0; option < ballot.options.size(); ++option) {
    const OptionTally& tally = verdict.tally[option];
    json.open('{').key("option").value(ballot.options[option]);
    json.key("votes").value(tally.votes);
    json.key("weight").value(tally.weight);
    json.key("mean_confidence_per_mille").value(tally.mean_confidence_per_mille);
    json.close('}');
  }
  json.close(']');
}

void write_dissent(Json& json, const Ballot& ballot, const Verdict& verdict, uint64_t max_bytes) {
  uint64_t omitted = 0;
  json.key("dissent").open('[');
  bool first = true;
  for (const uint32_t index : verdict.dissent) {
    const std::string vote = vote_json(ballot, ballot.votes[index]);
    if (omitted != 0 || json.text.size() + vote.size() > max_bytes) {
      ++omitted;
      continue;
    }
    json.text += first ? "" : ",";
    json.text += vote;
    first = false;
  }
  json.close(']');
  json.key("dissent_omitted").value(omitted);
}

}  // namespace

Verdict tally_of(const Ballot& ballot, const Count& count, const Decision& decision) {
  Verdict verdict;
  verdict.winner = decision.winner;
  verdict.by_tie_rule = decision.by_tie_rule;
  verdict.tally.resize(ballot.options.size());
  verdict.abstentions = count.abstentions();
  verdict.electors_voted = count.voted();
  const std::vector<uint64_t> weights = count.weights();
  std::vector<uint64_t> confidence(ballot.options.size());
  for (uint32_t i = 0; i < ballot.votes.size(); ++i) {
    const Vote& vote = ballot.votes[i];
    if (vote.choice != abstained) {
      confidence[vote.choice] += vote.confidence_per_mille;
    }
    const bool against = decision.winner && vote.choice != abstained && vote.choice != *decision.winner;
    if (against || vote.veto) {
      verdict.dissent.push_back(i);
    }
  }
  for (size_t option = 0; option < ballot.options.size(); ++option) {
    OptionTally& tally = verdict.tally[option];
    tally.votes = count.votes()[option];
    tally.weight = weights[option];
    tally.mean_confidence_per_mille = tally.votes == 0 ? 0 : confidence[option] / tally.votes;
  }
  return verdict;
}

std::string verdict_json(const Ballot& ballot, uint64_t max_bytes) {
  const Verdict& verdict = *ballot.verdict;
  Json json;
  json.open('{').key("ballot").value(ballot.ballot_id);
  json.key("question").value(ballot.question);
  json.key("opener").value(ballot.opener);
  json.key("outcome").value(std::string(outcome_name(verdict.outcome)));
  json.key("winner");
  if (verdict.winner) {
    json.value(ballot.options[*verdict.winner]);
  } else {
    json.null();
  }
  json.key("by_tie_rule").value(verdict.by_tie_rule);
  json.key("before_deadline").value(verdict.before_deadline);
  json.key("rule").value(std::string(rule_name(ballot.rules.rule)));
  json.key("threshold").value(ballot.rules.threshold);
  json.key("participation_floor").value(ballot.rules.participation_floor);
  json.key("electors").value(uint64_t{ballot.electorate.size()});
  json.key("electors_voted").value(verdict.electors_voted);
  json.key("abstentions").value(verdict.abstentions);
  write_tally(json, ballot, verdict);
  json.key("grant_request").value(ballot.grant_request);
  json.key("revision").value(verdict.revision);
  json.key("time_ms").value(verdict.time_ms);
  write_dissent(json, ballot, verdict, max_bytes);
  json.close('}');
  return std::move(json.text);
}

}  // namespace kelek::machine
