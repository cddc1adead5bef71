// Reads a review, and says of a line that makes no sense where it is and why.
#include "review.h"

#include <algorithm>
#include <cmath>
#include <set>

#include <fmt/format.h>
#include <sodium.h>

#include <kelek/machine/check.h>
#include <kelek/machine/limits.h>
#include <kelek/transport/identity_registry.h>

#include "../output.h"
#include "../rules.h"

namespace kelek::cli {
namespace {

constexpr std::size_t max_votes = 100;
constexpr std::uint64_t max_deadline_seconds = 24 * 3600;

/// One line: takes its fields out, and complains about what is missing, of another type, or left over.
class Fields {
 public:
  Fields(std::string_view line, std::string where) : where_(std::move(where)) {
    try {
      object_ =
          nlohmann::json::parse(line, [this](int depth, nlohmann::json::parse_event_t event, nlohmann::json& value) {
            note_key(static_cast<std::size_t>(depth), event, value);
            return true;
          });
    } catch (const nlohmann::json::parse_error& error) {
      std::string reason = error.what();
      const std::size_t colon = reason.find("syntax error");
      refuse(fmt::format("not JSON: {} (byte {})", colon == std::string::npos ? reason : reason.substr(colon),
                         error.byte));
    } catch (const nlohmann::json::exception&) {
      refuse("a number is larger than any that can be meant");  // 1e999: the one thing left that parsing can
                                                                // find
    }
    if (!twice_.empty()) refuse(fmt::format("'{}' is there twice", shortened(twice_, 60)));
    if (!object_.is_object()) refuse("not a JSON object");
  }

  [[noreturn]] void refuse(const std::string& reason) const { throw bad_use(where_ + ": " + reason); }

  std::string text(const char* name, std::size_t most_bytes, bool required = true) {
    const std::optional<nlohmann::json> value = take(name, required);
    if (!value.has_value()) return {};
    if (!value->is_string()) refuse(fmt::format("'{}' is not a string", name));
    std::string content = value->get<std::string>();
    if (required && content.empty()) refuse(fmt::format("'{}' is empty", name));
    if (content.size() > most_bytes) refuse(fmt::format("'{}' is longer than {} bytes", name, most_bytes));
    return content;
  }
  std::uint64_t number(const char* name, std::uint64_t otherwise, std::uint64_t most) {
    const std::optional<nlohmann::json> value = take(name, false);
    if (!value.has_value()) return otherwise;
    if (!value->is_number_unsigned()) refuse(fmt::format("'{}' is not a whole number of 0 or more", name));
    const std::uint64_t content = value->get<std::uint64_t>();
    if (content > most) refuse(fmt::format("'{}' is above {}", name, most));
    return content;
  }
  bool yes(const char* name, bool otherwise) {
    const std::optional<nlohmann::json> value = take(name, false);
    if (!value.has_value()) return otherwise;
    if (!value->is_boolean()) refuse(fmt::format("'{}' is neither true nor false", name));
    return value->get<bool>();
  }
  std::optional<nlohmann::json> take(const char* name, bool required) {
    const auto found = object_.find(name);
    if (found == object_.end()) {
      if (required) refuse(fmt::format("'{}' is missing", name));
      return {};
    }
    nlohmann::json value = std::move(*found);
    object_.erase(found);
    return value;
  }
  void nothing_left() const {
    if (!object_.empty()) refuse(fmt::format("'{}' is unknown here", shortened(object_.begin().key(), 60)));
  }

 private:
  /// JSON's parser takes the last of two equal keys without a word: {"voter": "a", "voter": "b"} would vote
  /// for b.
  void note_key(std::size_t depth, nlohmann::json::parse_event_t event, const nlohmann::json& value) {
    if (event == nlohmann::json::parse_event_t::object_start) {
      keys_.resize(std::max(keys_.size(), depth + 2));
      keys_[depth + 1].clear();
    }
    if (event != nlohmann::json::parse_event_t::key) return;
    const std::string key = value.get<std::string>();
    if (!keys_.at(depth).insert(key).second && twice_.empty()) twice_ = key;
  }

  std::string where_;
  nlohmann::json object_;
  std::vector<std::set<std::string>> keys_;  // of the objects that are open, by depth
  std::string twice_;
};

/// Names the line where `parse` names only the word.
template <typename Parse>
auto word_of(const Fields& fields, const std::string& word, Parse parse) {
  try {
    return parse(word);
  } catch (const Failed& failure) {
    fields.refuse(failure.text);
  }
}

void read_options(Fields& fields, Review& review, const machine::Limits& limits) {
  const std::optional<nlohmann::json> options = fields.take("options", false);
  if (!options.has_value()) return;
  if (!options->is_array() || options->size() < 2) fields.refuse("'options' is not a list of two or more");
  if (options->size() > limits.options) fields.refuse(fmt::format("more than {} options", limits.options));
  for (const nlohmann::json& option : *options) {
    if (!option.is_string() || option.get<std::string>().empty()) fields.refuse("an option is not a string, or empty");
    const std::string name = option.get<std::string>();
    if (name == machine::abstain_word) fields.refuse("'abstain' cannot be an option: everybody may abstain");
    if (name.size() > limits.name_bytes) fields.refuse("the name of an option is too long");
    if (std::count(review.options.begin(), review.options.end(), name) != 0) {
      fields.refuse("the option '" + name + "' is named twice");
    }
    review.options.push_back(name);
  }
}

void read_header(Fields& fields, Review& review, std::string& status_quo) {
  const machine::Limits limits;
  if (!fields.take("voter", false).has_value()) {
    review.question = fields.text("question", limits.question_bytes);
  } else {
    fields.refuse("a vote, but the first line is the header: {\"question\", \"rule\", \"deadline_seconds\"}");
  }
  review.title = fields.text("title", limits.question_bytes, false);
  const std::string rule = fields.text("rule", 100);
  review.rules.rule = word_of(fields, rule, parse_rule);
  const std::uint64_t seconds = fields.number("deadline_seconds", 0, max_deadline_seconds);
  if (seconds == 0) fields.refuse("'deadline_seconds' is missing or 0");
  review.deadline_ms = seconds * 1'000;
  read_options(fields, review, limits);
  review.rules.threshold = fields.number("threshold", 0, limits.elector_weight * max_votes);
  review.rules.participation_floor = fields.number("participation_floor", 0, max_votes);
  const std::string tie = fields.text("tie_rule", 100, false);
  if (!tie.empty()) {
    review.rules.tie_rule = word_of(fields, tie, parse_tie_rule);
  }
  status_quo = fields.text("status_quo", limits.name_bytes, false);
  review.rules.chair = fields.text("chair", limits.name_bytes, false);
  review.rules.wait_for_all_votes = fields.yes("wait_for_all_votes", true);
  fields.nothing_left();
}

std::vector<machine::Evidence> read_evidence(Fields& fields, const machine::Limits& limits,
                                             const EvidenceSource& source) {
  std::vector<machine::Evidence> all;
  const std::optional<nlohmann::json> list = fields.take("evidence", false);
  if (!list.has_value()) return all;
  if (!list->is_array()) fields.refuse("'evidence' is not a list");
  if (list->size() > limits.evidence_items)
    fields.refuse(fmt::format("more than {} items of evidence", limits.evidence_items));
  for (const nlohmann::json& item : *list) {
    const bool strings = item.is_object() && item.size() == 2 && item.contains("uri") && item["uri"].is_string() &&
                         item.contains("sha256") && item["sha256"].is_string();
    if (!strings) fields.refuse("an item of evidence is not {\"uri\": \"...\", \"sha256\": \"...\"}");
    machine::Evidence evidence;
    evidence.uri = item["uri"].get<std::string>();
    if (evidence.uri.empty() || evidence.uri.size() > limits.evidence_uri_bytes) {
      fields.refuse("the uri of an item of evidence is empty or too long");
    }
    if (evidence.uri.find('\0') != std::string::npos) fields.refuse("the uri of an item of evidence holds a NUL");
    const std::optional<machine::Digest> digest = parse_digest(item["sha256"].get<std::string>());
    if (!digest.has_value()) fields.refuse("the sha256 of '" + evidence.uri + "' is not 64 hexadecimal digits");
    evidence.sha256 = *digest;
    const std::optional<std::string> bytes =
        word_of(fields, evidence.uri, [&](const std::string& uri) { return source ? source(uri) : std::nullopt; });
    if (bytes.has_value() && sha256(*bytes) != evidence.sha256) {
      fields.refuse(fmt::format("the evidence '{}' has the sha256 {}, not {}", evidence.uri, hex(sha256(*bytes)),
                                hex(evidence.sha256)));
    }
    all.push_back(std::move(evidence));
  }
  return all;
}

ReviewVote read_vote(Fields& fields, const EvidenceSource& source) {
  const machine::Limits limits;
  ReviewVote vote;
  vote.elector.voter = fields.text("voter", limits.name_bytes);
  if (!transport::is_client_name(vote.elector.voter)) {
    fields.refuse("the voter '" + shortened(vote.elector.voter, 40) +
                  "' is no name: 1 to 64 letters, digits and . _ - @ + : /");
  }
  vote.elector.organisation = fields.text("organisation", limits.name_bytes);
  vote.choice = fields.text("choice", limits.name_bytes);
  const std::optional<nlohmann::json> confidence = fields.take("confidence", true);
  if (!confidence->is_number()) fields.refuse("'confidence' is not a number");
  const double share = confidence->get<double>();
  if (!(share >= 0.0 && share <= 1.0)) fields.refuse("'confidence' is not between 0 and 1");
  vote.confidence_per_mille = static_cast<std::uint32_t>(std::lround(share * machine::full_confidence_per_mille));
  vote.rationale = fields.text("rationale", limits.rationale_bytes);
  vote.elector.weight = fields.number("weight", 1, limits.elector_weight);
  if (vote.elector.weight == 0) fields.refuse("'weight' is 0");
  vote.elector.may_veto = fields.yes("may_veto", false);
  vote.veto = fields.yes("veto", false);
  if (vote.veto && !vote.elector.may_veto) fields.refuse("a veto of somebody who may not (\"may_veto\": true)");
  vote.evidence = read_evidence(fields, limits, source);
  fields.nothing_left();
  return vote;
}

void check_choices(Review& review, bool options_given) {
  if (!options_given) review.options = {"approve", "reject"};
  for (const ReviewVote& vote : review.votes) {
    const bool known = vote.choice == machine::abstain_word ||
                       std::count(review.options.begin(), review.options.end(), vote.choice) != 0;
    if (known) continue;
    if (options_given) {
      throw bad_use(fmt::format("{}:{}: the choice '{}' is none of the options", review.file_name, vote.line,
                                shortened(vote.choice, 40)));
    }
    review.options.push_back(vote.choice);
  }
}

void check_rules(Review& review, std::size_t header_line, const std::string& status_quo) {
  machine::BallotRules& rules = review.rules;
  const auto refuse = [&](const std::string& reason) {
    throw bad_use(fmt::format("{}:{}: {}", review.file_name, header_line, reason));
  };
  const bool counted = rules.rule == machine::Rule::k_of_n || rules.rule == machine::Rule::weight_threshold;
  if (counted && rules.threshold == 0)
    refuse(fmt::format("the rule {} needs a 'threshold'", machine::rule_name(rules.rule)));
  if (!counted && rules.threshold != 0) {
    refuse(fmt::format("the rule {} has no use for a 'threshold'", machine::rule_name(rules.rule)));
  }
  if (rules.participation_floor > review.votes.size()) refuse("'participation_floor' is above the number of voters");
  if (rules.tie_rule == machine::TieRule::status_quo) {
    const auto found = std::find(review.options.begin(), review.options.end(), status_quo);
    if (found == review.options.end()) refuse("the 'status_quo' is none of the options");
    rules.status_quo = static_cast<std::uint32_t>(found - review.options.begin());
  } else if (!status_quo.empty()) {
    refuse("a 'status_quo' needs \"tie_rule\": \"status_quo\"");
  }
  if (rules.tie_rule == machine::TieRule::chair) {
    const auto is_chair = [&](const ReviewVote& vote) { return vote.elector.voter == rules.chair; };
    if (std::none_of(review.votes.begin(), review.votes.end(), is_chair)) refuse("the 'chair' is none of the voters");
  } else if (!rules.chair.empty()) {
    refuse("a 'chair' needs \"tie_rule\": \"chair\"");
  }
}

/// What the coordinators would refuse is refused here, by the machine's own check, before any of them is
/// started.
void check_commands(const Review& review, std::size_t header_line) {
  const auto check = [&review](std::size_t line, const std::string& caller, machine::CommandBody body) {
    machine::Command command;
    command.header.caller = caller;
    command.body = std::move(body);
    const machine::Refusal refusal = machine::check(command, machine::Limits{});
    if (refusal.code == machine::Code::ok) return;
    const std::string reason = refusal.reason.empty() ? machine::describe(refusal.code) : refusal.reason;
    throw bad_use(fmt::format("{}:{}: {}", review.file_name, line, reason));
  };
  for (const ReviewVote& vote : review.votes) {
    check(vote.line, vote.elector.voter,
          machine::BallotVote{1, vote.choice, vote.veto, vote.confidence_per_mille, vote.rationale, vote.evidence});
    // The elector alone, so that what is wrong with one is named with its line.
    machine::BallotOpen alone;
    alone.question = review.question;
    alone.options = {"approve", "reject"};
    alone.electorate = {vote.elector};
    alone.duration_ms = review.deadline_ms;
    check(vote.line, vote.elector.voter, std::move(alone));
  }
  check(header_line, "demo", opening_of(review));
}

}  // namespace

machine::BallotOpen opening_of(const Review& review) {
  machine::BallotOpen open;
  open.question = review.question;
  open.options = review.options;
  open.rules = review.rules;
  open.duration_ms = review.deadline_ms;
  for (const ReviewVote& vote : review.votes) open.electorate.push_back(vote.elector);
  return open;
}

Review parse_review(std::string_view text, const std::string& file_name, const EvidenceSource& evidence) {
  Review review;
  review.file_name = file_name;
  std::size_t number = 0;
  std::size_t header_line = 0;
  std::string status_quo;
  std::set<std::string> voters;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text = text.substr(std::min(end + 1, text.size()));
    ++number;
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    const std::string where = fmt::format("{}:{}", file_name, number);
    Fields fields(line, where);
    if (header_line == 0) {
      header_line = number;
      read_header(fields, review, status_quo);
      continue;
    }
    if (review.votes.size() == max_votes) fields.refuse(fmt::format("more than {} votes", max_votes));
    ReviewVote vote = read_vote(fields, evidence);
    vote.line = number;
    if (!voters.insert(vote.elector.voter).second) fields.refuse("'" + vote.elector.voter + "' votes twice");
    review.votes.push_back(std::move(vote));
  }
  if (header_line == 0) throw bad_use(file_name + ":1: the file is empty; a review begins with a header");
  if (review.votes.empty()) throw bad_use(fmt::format("{}:{}: no votes follow the header", file_name, number));
  check_choices(review, !review.options.empty());
  check_rules(review, header_line, status_quo);
  check_commands(review, header_line);
  return review;
}

machine::Digest sha256(std::string_view bytes) {
  machine::Digest digest{};
  crypto_hash_sha256(digest.data(), reinterpret_cast<const unsigned char*>(bytes.data()), bytes.size());
  return digest;
}

std::string hex(const machine::Digest& digest) {
  std::string text;
  for (const std::uint8_t byte : digest) text += fmt::format("{:02x}", byte);
  return text;
}

std::optional<machine::Digest> parse_digest(std::string_view text) {
  machine::Digest digest{};
  if (text.size() != 2 * digest.size()) return {};
  const auto value = [](char letter) -> int {
    if (letter >= '0' && letter <= '9') return letter - '0';
    if (letter >= 'a' && letter <= 'f') return letter - 'a' + 10;
    if (letter >= 'A' && letter <= 'F') return letter - 'A' + 10;
    return -1;
  };
  for (std::size_t i = 0; i < digest.size(); ++i) {
    const int high = value(text[2 * i]);
    const int low = value(text[2 * i + 1]);
    if (high < 0 || low < 0) return {};
    digest[i] = static_cast<std::uint8_t>(high * 16 + low);
  }
  return digest;
}

}  // namespace kelek::cli
