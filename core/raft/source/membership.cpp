// Configurations and what a change makes of them: pure functions of sets of members.
#include <kelek/raft/membership.h>

#include <algorithm>

namespace kelek::raft {
namespace {

Error bad(std::string text) {
  return Error{Refusal::bad_change, no_node, std::move(text)};
}

std::string named(NodeId id) {
  return "member " + std::to_string(id);
}

bool is_before(const Member& a, const Member& b) {
  return a.id < b.id;
}

Member* find_in(std::vector<Member>& members, NodeId id) {
  for (Member& member : members) {
    if (member.id == id) return &member;
  }
  return nullptr;
}

/// Adds a voter or a learner, or makes a member the one or the other.
Status add_as(std::vector<Member>& members, const MemberOperation& operation, bool as_voter) {
  Member* present = find_in(members, operation.id);
  if (present == nullptr) {
    Member added;
    added.id = operation.id;
    added.incarnation = operation.incarnation;
    added.voter = as_voter;
    added.learner = !as_voter;
    added.context = operation.context;
    members.push_back(std::move(added));
    return Nothing{};
  }
  if (operation.incarnation != 0 && operation.incarnation != present->incarnation) {
    return bad(named(operation.id) + " is known with incarnation " + std::to_string(present->incarnation) + ", not " +
               std::to_string(operation.incarnation) + ": remove it first, then add it anew");
  }
  if (present->voter == as_voter) {
    return Error{Refusal::already, no_node, named(operation.id) + (as_voter ? " is a voter" : " is a learner")};
  }
  present->voter = as_voter;
  present->learner = !as_voter;
  return Nothing{};
}

Status remove_from(std::vector<Member>& members, NodeId id) {
  const auto place = std::find_if(members.begin(), members.end(), [id](const Member& m) { return m.id == id; });
  if (place == members.end()) return Error{Refusal::not_member, no_node, "there is no " + named(id)};
  members.erase(place);
  return Nothing{};
}

Status update_context(std::vector<Member>& members, const MemberOperation& operation) {
  Member* present = find_in(members, operation.id);
  if (present == nullptr) return Error{Refusal::not_member, no_node, "there is no " + named(operation.id)};
  if (operation.incarnation != 0 && operation.incarnation != present->incarnation) {
    return bad(named(operation.id) + " has incarnation " + std::to_string(present->incarnation) +
               ": an update does not change it");
  }
  if (present->context == operation.context) {
    return Error{Refusal::already, no_node, named(operation.id) + " has this context"};
  }
  present->context = operation.context;
  return Nothing{};
}

Status apply_operation(std::vector<Member>& members, const MemberOperation& operation) {
  if (operation.id == no_node) return bad("0 is nobody: members are numbered from 1");
  if (operation.context.size() > max_member_context_bytes) {
    return bad("the context of " + named(operation.id) + " has " + std::to_string(operation.context.size()) +
               " bytes; " + std::to_string(max_member_context_bytes) + " are allowed");
  }
  switch (operation.kind) {
    case MemberOperation::Kind::add_voter: return add_as(members, operation, true);
    case MemberOperation::Kind::add_learner: return add_as(members, operation, false);
    case MemberOperation::Kind::remove: return remove_from(members, operation.id);
    case MemberOperation::Kind::update: return update_context(members, operation);
  }
  return bad("an unknown operation on " + named(operation.id));
}

/// Every voter of the old half counts until the joint configuration is left, also one that goes or that becomes a
/// learner.
void keep_outgoing(std::vector<Member>& members, const Configuration& present) {
  for (const Member& old : present.members()) {
    if (!old.voter) continue;
    if (Member* stays = find_in(members, old.id)) {
      stays->outgoing = true;
    } else {
      Member goes = old;
      goes.voter = false;
      goes.outgoing = true;
      members.push_back(std::move(goes));
    }
  }
}

Status check_member(const Member& member) {
  if (member.id == no_node) return bad("0 is nobody: members are numbered from 1");
  if (!member.voter && !member.outgoing && !member.learner) return bad(named(member.id) + " counts as nothing");
  if (member.voter && member.learner) return bad(named(member.id) + " is voter and learner at once");
  if (member.context.size() > max_member_context_bytes) {
    return bad("the context of " + named(member.id) + " has " + std::to_string(member.context.size()) + " bytes; " +
               std::to_string(max_member_context_bytes) + " are allowed");
  }
  return Nothing{};
}

}  // namespace

Result<Configuration> Configuration::make(std::vector<Member> members, bool auto_leave) {
  if (members.size() > max_members) {
    return bad(std::to_string(members.size()) + " members are too many; " + std::to_string(max_members) +
               " are allowed");
  }
  std::sort(members.begin(), members.end(), is_before);
  Configuration made;
  for (std::size_t i = 0; i < members.size(); ++i) {
    const Member& member = members[i];
    if (const Status checked = check_member(member); !checked) return checked.error();
    if (i > 0 && members[i - 1].id == member.id) return bad(named(member.id) + " is there twice");
    if (member.voter) ++made.voters_;
    if (member.outgoing) made.joint_ = true;
  }
  if (!members.empty() && made.voters_ == 0) return bad("no voter would be left");
  made.members_ = std::move(members);
  made.auto_leave_ = auto_leave || !made.joint_;
  return made;
}

Configuration Configuration::of_voters(std::span<const NodeId> voters, std::span<const NodeId> learners) {
  std::vector<Member> members;
  members.reserve(voters.size() + learners.size());
  for (const NodeId id : voters) {
    Member member;
    member.id = id;
    member.voter = true;
    members.push_back(std::move(member));
  }
  for (const NodeId id : learners) {
    Member member;
    member.id = id;
    member.learner = true;
    members.push_back(std::move(member));
  }
  auto made = make(std::move(members));
  return made ? std::move(made.value()) : Configuration();
}

const Member* Configuration::find(NodeId id) const {
  // Ids are mostly dense: the first guess is mostly right. Every message is looked up here.
  if (members_.empty()) return nullptr;
  if (const NodeId offset = id - members_.front().id; offset < members_.size()) {
    const Member& guess = members_[static_cast<std::size_t>(offset)];
    if (guess.id == id) return &guess;
  }
  const auto place = std::lower_bound(members_.begin(), members_.end(), id,
                                      [](const Member& member, NodeId value) { return member.id < value; });
  return place != members_.end() && place->id == id ? &*place : nullptr;
}

bool Configuration::is_voter(NodeId id) const {
  const Member* member = find(id);
  return member != nullptr && (member->voter || member->outgoing);
}

bool Configuration::is_learner(NodeId id) const {
  const Member* member = find(id);
  return member != nullptr && member->learner && !member->outgoing;
}

Configuration Configuration::without_outgoing() const {
  std::vector<Member> members;
  for (Member member : members_) {
    member.outgoing = false;
    if (member.voter || member.learner) members.push_back(std::move(member));
  }
  auto made = make(std::move(members));
  return made ? std::move(made.value()) : Configuration();
}

Result<Configuration> change_configuration(const Configuration& present, const MembershipChange& change) {
  if (change.operations.empty()) {
    if (!present.is_joint()) return bad("there is no joint configuration to leave");
    return present.without_outgoing();
  }
  if (present.is_joint()) {
    return Error{Refusal::change_pending, no_node, "a joint configuration has to be left first"};
  }
  if (present.empty()) return bad("there is no configuration to change");

  std::vector<Member> members = present.members();
  std::size_t regrouped = 0;  // operations that say who belongs to the group, and as what
  for (std::size_t i = 0; i < change.operations.size(); ++i) {
    const MemberOperation& operation = change.operations[i];
    for (std::size_t j = 0; j < i; ++j) {
      if (change.operations[j].id == operation.id) return bad(named(operation.id) + " is named twice");
    }
    if (const Status applied = apply_operation(members, operation); !applied) return applied.error();
    if (operation.kind != MemberOperation::Kind::update) ++regrouped;
  }
  const bool has_voter = std::any_of(members.begin(), members.end(), [](const Member& m) { return m.voter; });
  if (!has_voter) return bad("no voter would be left");

  const bool joint = regrouped > 1 || change.explicit_leave;
  if (joint) keep_outgoing(members, present);
  return Configuration::make(std::move(members), !change.explicit_leave);
}

}  // namespace kelek::raft
