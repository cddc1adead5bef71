// Changes of the membership: one entry each, in force as soon as it is in the log (Raft paper, section 6).
#include <algorithm>
#include <string>

#include "core.h"

namespace kelek::raft {

bool Node::Core::is_promotion_of_laggard(const Leader& leading, const MembershipChange& change, Index goal) const {
  for (const MemberOperation& operation : change.operations) {
    if (operation.kind != MemberOperation::Kind::add_voter || !configuration()->is_learner(operation.id)) continue;
    if (operation.id == options_.id) continue;
    const auto& peers = leading.tracker.peers();
    const auto peer =
        std::find_if(peers.begin(), peers.end(), [&](const Progress& known) { return known.id == operation.id; });
    if (peer == peers.end() || peer->match < goal) return true;
  }
  return false;
}

/// A learner far away is never at the commit index while there is steady load: what is committed now is on its way. So
/// who asks again within an election timeout is measured by what was committed at the first time.
Status Node::Core::check_promotion(Leader& leading, const MembershipChange& change) {
  if (!is_promotion_of_laggard(leading, change, commit_)) return Nothing{};
  const bool in_time =
      leading.promotion_goal != 0 && now_ticks_ - leading.promotion_goal_tick <= options_.election_ticks;
  if (in_time && !is_promotion_of_laggard(leading, change, leading.promotion_goal)) return Nothing{};
  if (!in_time) {
    leading.promotion_goal = commit_;
    leading.promotion_goal_tick = now_ticks_;
  }
  return Error{Refusal::not_caught_up, options_.id, {}};
}

Result<Index> Node::Core::change(const MembershipChange& change) {
  Leader* leading = leader();
  if (leading == nullptr) return Error{Refusal::not_leader, known_leader(), {}};
  // The bug of 2015 in single-server changes: before an entry of its own term is committed, a leader may not know
  // of a change that another one made (raft-dev, 2015-07-10).
  const bool committed_own = leading->committed_own_entry || mutated(Mutation::change_before_own_term_commit);
  if (!committed_own) return Error{Refusal::not_ready, options_.id, {}};
  const bool pends = configurations_.index() > commit_ && !mutated(Mutation::change_while_another_pends);
  if (pends) return Error{Refusal::change_pending, options_.id, {}};
  if (leading->transfer_to != no_node) return Error{Refusal::transferring, options_.id, {}};
  if (const Status caught_up = check_promotion(*leading, change); !caught_up.ok()) return caught_up.error();
  Result<Configuration> changed = change_configuration(*configuration(), change);
  if (!changed.ok()) return changed.error();
  Payload encoded = changed->encode();
  append_own(Entry{std::move(encoded), EntryKind::configuration, term_});
  const Index index = log_.last_index();
  trace(AppendEvent{index, index, 0});
  put_in_force(index, std::make_shared<const Configuration>(std::move(*changed)));
  review_commit();
  return index;
}

void Node::Core::put_in_force(Index index, ConfigurationRef configuration) {
  configurations_.append(index, std::move(configuration));
  configuration_changed(false);
}

void Node::Core::configuration_changed(bool rolled_back) {
  trace(ConfigurationEvent{configuration().get(), configurations_.index(), rolled_back});
  Leader* leading = leader();
  if (leading == nullptr) return;
  leading->tracker.configure(options_.id, *configuration(), log_.last_index() + 1, now_ticks_);
  leading->sends_due = true;
  if (leading->transfer_to != no_node && !configuration()->is_voter(leading->transfer_to)) {
    give_up_transfer(*leading);
  }
  // A smaller quorum may have reached more already, and confirmed more (raft-rs 513b82c).
  advance_commit();
  confirm_reads(*leading);
}

/// A joint configuration is left once it is committed, by whoever leads then: the one who began may be gone (etcd
/// 12136), and one who inherits it does not know it committed before an entry of its own is (Zeebe 60086).
void Node::Core::leave_joint_if_due(Leader& leading) {
  const Configuration& joint = *configuration();
  if (!joint.is_joint() || !joint.auto_leave() || !leading.committed_own_entry) return;
  if (configurations_.index() > commit_) return;
  Configuration left = joint.without_outgoing();
  append_own(Entry{left.encode(), EntryKind::configuration, term_});
  trace(AppendEvent{log_.last_index(), log_.last_index(), 0});
  put_in_force(log_.last_index(), std::make_shared<const Configuration>(std::move(left)));
}

/// Thesis, section 4.2.2: a leader that is not in the new configuration leads until that is committed, without
/// counting itself. It names a successor, so that nobody has to wait for a timeout.
void Node::Core::step_down_if_removed() {
  Leader* leading = leader();
  if (leading == nullptr || is_voter() || configurations_.index() > commit_) return;
  Progress* heir = nullptr;
  for (Progress& peer : leading->tracker.peers()) {
    if (peer.voter && peer.match == log_.last_index() && (heir == nullptr || peer.heard_tick > heir->heard_tick)) {
      heir = &peer;
    }
  }
  // Before it goes, everybody hears of the commit, as far as messages arrive (etcd 10563).
  build_appends(*leading, messages_);
  if (heir != nullptr) send_now(messages_, heir->id, heir->incarnation, term_, TimeoutNow{});
  become_follower(term_, no_node, RoleEvent::Cause::removed);
}

}  // namespace kelek::raft
