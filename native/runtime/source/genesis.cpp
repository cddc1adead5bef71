// The agreement on the first configuration.
#include "genesis.h"

#include <algorithm>
#include <memory>
#include <utility>

namespace kelek::runtime {
namespace {

std::string another_disk(raft::NodeId node, raft::Incarnation known, raft::NodeId told_by) {
  const std::string id = std::to_string(node);
  return "Node " + id + " had another disk (incarnation " + incarnation_text(known) + ", says node " +
         std::to_string(told_by) + "); remove it and add it again (kelek members remove " + id +
         ", then serve --join and kelek members add " + id + ").";
}

}  // namespace

std::string incarnation_text(raft::Incarnation incarnation) {
  static constexpr char digits[] = "0123456789abcdef";
  std::string text(16, '0');
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[text.size() - 1 - i] = digits[incarnation & 15];
    incarnation >>= 4;
  }
  return text;
}

Genesis::Genesis(raft::NodeId self, std::vector<raft::Member> members) : self_(self), members_(std::move(members)) {
  for (raft::Member& member : members_) {
    member.voter = true;
    if (member.id == self_) heard_[self_] = member.incarnation;
  }
  conclude();
}

void Genesis::hear(const Introduction& introduction) {
  if (failure_.has_value() || agreed_ || introduction.from == self_) return;
  const bool listed = std::any_of(members_.begin(), members_.end(),
                                  [&](const raft::Member& member) { return member.id == introduction.from; });
  if (!listed && !introduction.established) return;
  // Another one knows a disk of ours that this one is not. A blank one may have heard it just before the wipe, when
  // nothing was agreed yet; that one only has to be started anew. History is another matter.
  if (introduction.established) {
    hear_established(introduction);
    return;
  }
  const auto known = heard_.find(introduction.from);
  if (known != heard_.end() && known->second != introduction.incarnation) {
    second_disk_[introduction.from] = introduction.incarnation;
    return;
  }
  heard_[introduction.from] = introduction.incarnation;
  said_[introduction.from] = introduction.heard;
  conclude();
}

void Genesis::hear_established(const Introduction& introduction) {
  const raft::Configuration* present = introduction.present.get();
  if (present == nullptr || present->empty()) return;
  const raft::Member* as_known = present->find(self_);
  const raft::Incarnation own = heard_.at(self_);
  if (as_known == nullptr) {
    failure_ = Failure{FailureKind::removed,
                       "Node " + std::to_string(self_) + " is not a member of the cluster that node " +
                           std::to_string(introduction.from) + " belongs to; start it with --join and add it."};
    return;
  }
  if (as_known->incarnation != own) {
    failure_ = Failure{FailureKind::wrong_incarnation, another_disk(self_, as_known->incarnation, introduction.from)};
    return;
  }
  // It is us whom they mean: we stopped after the others had agreed, and before we had it on disk.
  const raft::Member* at_first = introduction.genesis ? introduction.genesis->find(self_) : nullptr;
  if (at_first != nullptr && at_first->incarnation == own) agreed_ = introduction.genesis;
}

void Genesis::conclude() {
  if (heard_.size() != members_.size()) return;
  for (const raft::Member& member : members_) {
    if (member.id == self_) continue;
    const auto said = said_.find(member.id);
    if (said == said_.end() || said->second != heard_ || second_disk_.count(member.id) != 0) return;
  }
  for (raft::Member& member : members_) member.incarnation = heard_.at(member.id);
  raft::Result<raft::Configuration> made = raft::Configuration::make(members_);
  if (!made.ok()) {
    failure_ = Failure{FailureKind::bad_options, "The initial members make no configuration: " + made.error().text};
    return;
  }
  agreed_ = std::make_shared<const raft::Configuration>(std::move(made.value()));
}

std::string Genesis::waiting_for() const {
  std::string missing;
  std::string silent;
  for (const raft::Member& member : members_) {
    if (heard_.count(member.id) == 0) {
      missing += " " + std::to_string(member.id);
    } else if (member.id != self_ && said_.at(member.id) != heard_) {
      silent += " " + std::to_string(member.id);
    }
  }
  std::string text;
  if (!missing.empty()) text += "not heard from:" + missing;
  if (!silent.empty())
    text += std::string(text.empty() ? "" : "; ") + "have not heard from all, or from other disks:" + silent;
  for (const auto& [node, incarnation] : second_disk_) {
    text += std::string(text.empty() ? "" : "; ") + "node " + std::to_string(node) + " answers with a second disk (" +
            incarnation_text(incarnation) + "): start all the initial members anew";
  }
  return text.empty() ? "nothing" : text;
}

std::string judge_blank(const raft::Configuration& present, const Introduction& introduction) {
  const raft::Member* known = present.find(introduction.from);
  if (known == nullptr || known->incarnation == introduction.incarnation || introduction.established) return {};
  return "Node " + std::to_string(introduction.from) + " comes with another disk (incarnation " +
         incarnation_text(introduction.incarnation) + ") than the configuration lists (" +
         incarnation_text(known->incarnation) + "): it is not let in.";
}

}  // namespace kelek::runtime
