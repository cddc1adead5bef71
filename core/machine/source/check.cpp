// The shape of commands: sizes, names and rules that hold whatever the state is.
#include <kelek/machine/check.h>

#include <set>
#include <string_view>

#include "ballot_rules.h"
#include "text.h"
#include "walk.h"

namespace kelek::machine {
namespace {

constexpr bool has_control_character(std::string_view text) {
  for (const char character : text) {
    const unsigned char byte = static_cast<unsigned char>(character);
    if (byte < 0x20 || byte == 0x7f) {
      return true;
    }
  }
  return false;
}

// Looks at one command. Each test gives true while all is well; the first that fails leaves its refusal.
class Checker {
 public:
  Checker(const CommandHeader& header, const Limits& limits) : header_(header), limits_(limits) {}

  Refusal refusal;

  bool header(CommandKind kind) {
    const bool from_leader = kind == CommandKind::clock_tick || kind == CommandKind::leader_start;
    const bool about_sessions = kind == CommandKind::session_open || kind == CommandKind::session_keep_alive ||
                                kind == CommandKind::session_close;
    if (!(from_leader && header_.caller.empty()) && !name("caller", header_.caller)) {
      return false;
    }
    if ((from_leader || about_sessions) && (header_.session_id != 0 || header_.sequence != 0)) {
      return invalid("this kind of command is sent without a session in its header");
    }
    if ((header_.session_id == 0) != (header_.sequence == 0)) {
      return invalid("session and sequence are given both or neither; sequences begin at 1");
    }
    return true;
  }

  bool operator()(const ClockTick&) { return true; }
  bool operator()(const LeaderStart&) { return true; }

  bool operator()(const SetLimits& command) {
    const std::string reason = validate(command.limits);
    return reason.empty() || invalid(reason);
  }

  bool operator()(const KvPut& put) {
    if (put.if_absent && put.if_revision) {
      return invalid("if_absent and if_revision exclude each other");
    }
    return key(put.key) && size("value", put.value, "value_bytes", limits_.value_bytes) &&
           lease_or_none("ttl_ms", put.ttl_ms) && bound(put.bind_to_session);
  }
  bool operator()(const KvDelete& command) { return key(command.key); }
  bool operator()(const KvDeleteRange& command) { return range(command.range); }
  bool operator()(const KvGet& command) { return key(command.key); }

  bool operator()(const KvTxn& txn) {
    if (!count("compares", txn.compares.size(), "txn_operations", limits_.txn_operations) ||
        !count("then_operations", txn.then_operations.size(), "txn_operations", limits_.txn_operations) ||
        !count("else_operations", txn.else_operations.size(), "txn_operations", limits_.txn_operations)) {
      return false;
    }
    if (txn.then_operations.empty() && txn.else_operations.empty()) {
      return invalid("a txn without any operation");
    }
    for (const KvCompare& compare : txn.compares) {
      if (!key(compare.key) || !known(compare.target, CompareTarget::version, "target of a compare") ||
          !known(compare.relation, CompareRelation::greater, "relation of a compare")) {
        return false;
      }
    }
    return operations(txn.then_operations) && operations(txn.else_operations);
  }

  bool operator()(const TopicCreate& command) { return name("topic", command.topic); }
  bool operator()(const TopicAppend& command) {
    return name("topic", command.topic) && size("payload", command.payload, "record_bytes", limits_.record_bytes);
  }
  bool operator()(const TopicTrim& command) { return name("topic", command.topic); }

  bool operator()(const BallotOpen& command) {
    if (!text("question", command.question, "question_bytes", limits_.question_bytes) ||
        !name("topic", command.topic) || !options(command.options)) {
      return false;
    }
    if (command.question.empty()) {
      return invalid("question is empty");
    }
    if (command.duration_ms == 0) {
      return invalid("duration_ms is 0: a ballot needs a deadline");
    }
    if (command.duration_ms > limits_.ballot_duration_ms) {
      return over(too_much("duration", command.duration_ms, "ms", "ballot_duration_ms", limits_.ballot_duration_ms));
    }
    if (command.grant_request != 0) {
      if (!command.electorate.empty() || !(command.rules == BallotRules{})) {
        return invalid("electorate and rules of a ballot on a grant come from its policy");
      }
      if (command.approving_option >= command.options.size()) {
        return invalid("approving_option is not the index of an option");
      }
      return name("policy", command.policy);
    }
    if (!command.policy.empty() || command.approving_option != 0) {
      return invalid("policy and approving_option are only for a ballot on a grant");
    }
    return electorate(command.electorate) && rules(command.rules, command.electorate, command.options.size());
  }

  bool operator()(const BallotVote& vote) {
    if (vote.confidence_per_mille > full_confidence_per_mille) {
      return invalid("confidence is " + std::to_string(vote.confidence_per_mille) + " per mille, more than 1000");
    }
    if (!name("choice", vote.choice) ||
        !text("rationale", vote.rationale, "rationale_bytes", limits_.rationale_bytes) ||
        !count("evidence", vote.evidence.size(), "evidence_items", limits_.evidence_items)) {
      return false;
    }
    for (const Evidence& evidence : vote.evidence) {
      if (!text("uri of evidence", evidence.uri, "evidence_uri_bytes", limits_.evidence_uri_bytes)) {
        return false;
      }
      if (evidence.uri.empty()) {
        return invalid("uri of evidence is empty");
      }
    }
    return true;
  }
  bool operator()(const BallotCancel&) { return true; }

  bool operator()(const GrantRequest& command) {
    return terms(command.terms) && text("reason", command.reason, "rationale_bytes", limits_.rationale_bytes);
  }
  bool operator()(const GrantIssue& command) {
    if (command.grant_id != 0 && !(command.terms == GrantTerms{})) {
      return invalid("the terms of a request are those it was made with: give grant_id or terms, not both");
    }
    return name("policy", command.policy) && (command.grant_id != 0 || terms(command.terms));
  }
  bool operator()(const GrantUse& command) {
    if (command.uses == 0) {
      return invalid("uses is 0");
    }
    if (header_.session_id == 0) {
      return refuse(Code::session_required, {});
    }
    return true;
  }
  bool operator()(const GrantRevoke&) { return true; }
  bool operator()(const GrantExtend&) { return true; }

  bool operator()(const PolicySet& policy) {
    if (!name("policy", policy.policy) || !name("action", policy.action) || !name("resource", policy.resource) ||
        !count("issuers", policy.issuers.size(), "policy_issuers", limits_.policy_issuers)) {
      return false;
    }
    for (const std::string& issuer : policy.issuers) {
      if (!name("issuer", issuer)) {
        return false;
      }
    }
    if (policy.electorate.empty()) {
      return policy.rules == BallotRules{} || invalid("rules without an electorate");
    }
    // How many options a ballot will have is known when it opens: there, status_quo is looked at again.
    return electorate(policy.electorate) && rules(policy.rules, policy.electorate, limits_.options);
  }
  bool operator()(const PolicyRemove& command) { return name("policy", command.policy); }

  bool operator()(const LockAcquire& command) {
    if (command.wait_ms > limits_.lease_max_ms) {
      return over(too_much("wait_ms", command.wait_ms, "ms", "lease_max_ms", limits_.lease_max_ms));
    }
    return name("lock", command.lock) && lease("ttl_ms", command.ttl_ms) && bound(command.bind_to_session);
  }
  bool operator()(const LockRelease& command) { return name("lock", command.lock); }
  bool operator()(const LockExtend& command) {
    return name("lock", command.lock) && lease_or_none("ttl_ms", command.ttl_ms);
  }

  bool operator()(const SessionOpen& command) { return lease("ttl_ms", command.ttl_ms); }
  bool operator()(const SessionKeepAlive&) { return true; }
  bool operator()(const SessionClose&) { return true; }

  bool command_size(const Command& command) {
    const uint64_t bytes = size_bytes(command);
    return bytes <= limits_.command_bytes ||
           over(too_much("command", bytes, "bytes", "command_bytes", limits_.command_bytes));
  }

 private:
  bool refuse(Code code, std::string reason) {
    refusal = Refusal{code, std::move(reason)};
    return false;
  }
  bool invalid(std::string reason) { return refuse(Code::invalid, std::move(reason)); }
  bool over(std::string reason) { return refuse(Code::over_limit, std::move(reason)); }

  bool size(const char* what, std::string_view value, const char* limit_name, uint64_t limit) {
    return value.size() <= limit || over(too_much(what, value.size(), "bytes", limit_name, limit));
  }
  bool count(const char* what, uint64_t amount, const char* limit_name, uint64_t limit) {
    return amount <= limit || over(too_much(what, amount, "items", limit_name, limit));
  }
  bool text(const char* what, std::string_view value, const char* limit_name, uint64_t limit) {
    if (!size(what, value, limit_name, limit)) {
      return false;
    }
    return is_utf8(value) || invalid(std::string(what) + " is not UTF-8");
  }
  bool name(const char* what, std::string_view value) {
    if (value.empty()) {
      return invalid(std::string(what) + " is empty");
    }
    if (has_control_character(value)) {
      return invalid(std::string(what) + " has a control character");
    }
    return text(what, value, "name_bytes", limits_.name_bytes);
  }
  bool key(std::string_view value) {
    if (value.empty()) {
      return invalid("key is empty");
    }
    return size("key", value, "key_bytes", limits_.key_bytes);
  }
  bool range(const KeyRange& value) {
    if (!value.to.empty() && value.to <= value.from) {
      return invalid("the range ends before it begins");
    }
    return size("from", value.from, "key_bytes", limits_.key_bytes) &&
           size("to", value.to, "key_bytes", limits_.key_bytes);
  }
  bool lease(const char* what, uint64_t ttl_ms) {
    if (ttl_ms < limits_.lease_min_ms) {
      return invalid(std::string(what) + " is " + std::to_string(ttl_ms) + ", the shortest lease is " +
                     std::to_string(limits_.lease_min_ms) + " ms");
    }
    return ttl_ms <= limits_.lease_max_ms || over(too_much(what, ttl_ms, "ms", "lease_max_ms", limits_.lease_max_ms));
  }
  bool lease_or_none(const char* what, uint64_t ttl_ms) { return ttl_ms == 0 || lease(what, ttl_ms); }
  bool bound(bool bind_to_session) {
    return !bind_to_session || header_.session_id != 0 || refuse(Code::session_required, {});
  }
  template <class Enum>
  bool known(Enum value, Enum largest, const char* what) {
    return value <= largest || invalid(std::string("unknown ") + what);
  }

  bool operations(const std::vector<KvOperation>& list) {
    for (const KvOperation& operation : list) {
      if (const auto* put = std::get_if<KvPut>(&operation); put && (put->if_absent || put->if_revision)) {
        return invalid("operations of a txn have no conditions of their own: use compares");
      }
      if (const auto* erase = std::get_if<KvDelete>(&operation); erase && erase->if_revision) {
        return invalid("operations of a txn have no conditions of their own: use compares");
      }
      if (!std::visit(*this, operation)) {
        return false;
      }
    }
    return true;
  }

  bool options(const std::vector<std::string>& list) {
    if (list.size() < 2) {
      return invalid("a ballot has two options at least");
    }
    if (!count("options", list.size(), "options", limits_.options)) {
      return false;
    }
    std::set<std::string_view> seen;
    for (const std::string& option : list) {
      if (!name("option", option)) {
        return false;
      }
      if (option == abstain_word) {
        return invalid("\"abstain\" is no option: everybody may abstain");
      }
      if (!seen.insert(option).second) {
        return invalid("option \"" + option + "\" is there twice");
      }
    }
    return true;
  }

  bool electorate(const std::vector<Elector>& list) {
    if (list.empty()) {
      return invalid("the electorate is empty");
    }
    if (!count("electorate", list.size(), "electors", limits_.electors)) {
      return false;
    }
    std::set<std::string_view> seen;
    for (const Elector& elector : list) {
      if (!name("voter", elector.voter) ||
          (!elector.organisation.empty() && !name("organisation", elector.organisation))) {
        return false;
      }
      if (!seen.insert(elector.voter).second) {
        return invalid("voter \"" + elector.voter + "\" is there twice");
      }
      if (elector.weight == 0) {
        return invalid("the weight of voter \"" + elector.voter + "\" is 0");
      }
      if (elector.weight > limits_.elector_weight) {
        return over(too_much("the weight of voter \"" + elector.voter + "\"", elector.weight, "units", "elector_weight",
                             limits_.elector_weight));
      }
    }
    return true;
  }

  bool rules(const BallotRules& value, const std::vector<Elector>& list, uint64_t option_count) {
    if (!value.chair.empty() && !name("chair", value.chair)) {
      return false;
    }
    const std::string reason = contradiction(value, list, option_count);
    return reason.empty() || invalid(reason);
  }

  bool terms(const GrantTerms& value) {
    if (!value.subject.empty() && !name("subject", value.subject)) {
      return false;
    }
    if (value.uses > limits_.grant_uses) {
      return over(too_much("uses", value.uses, "uses", "grant_uses", limits_.grant_uses));
    }
    return name("action", value.action) && name("resource", value.resource) && lease_or_none("ttl_ms", value.ttl_ms);
  }

  const CommandHeader& header_;
  const Limits& limits_;
};

}  // namespace

uint64_t size_bytes(const Result& result) {
  return measure(result);
}

uint64_t size_bytes(const Command& command) {
  return measure(command);
}

Refusal check(const Command& command, const Limits& limits) {
  Checker checker(command.header, limits);
  if (checker.header(command_kind(command)) && checker.command_size(command)) {
    std::visit([&checker](const auto& body) { checker(body); }, command.body);
  }
  return std::move(checker.refusal);
}

}  // namespace kelek::machine
