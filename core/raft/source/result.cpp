// The reasons of refusals as sentences.
#include <kelek/raft/result.h>

namespace kelek::raft {

const char* describe(Refusal refusal) {
  switch (refusal) {
    case Refusal::none: return "Nothing was refused.";
    case Refusal::not_leader: return "This member does not lead the group.";
    case Refusal::no_leader: return "No leader of the group is known at present.";
    case Refusal::too_large: return "The payload is larger than an entry or a message may be.";
    case Refusal::too_many_uncommitted: return "Too much is waiting to be committed; try again shortly.";
    case Refusal::too_many_waiting: return "Too many requests are waiting here; try again shortly.";
    case Refusal::transferring: return "The leadership is on its way to another member.";
    case Refusal::not_ready: return "The leader has not yet committed an entry of its own term.";
    case Refusal::change_pending: return "Another change of the membership is under way.";
    case Refusal::bad_change: return "The change of the membership makes no sense.";
    case Refusal::not_caught_up: return "The learner lacks entries that are committed.";
    case Refusal::not_voter: return "Only a voter may do that.";
    case Refusal::not_member: return "There is no such member in the group.";
    case Refusal::already: return "It is so already.";
    case Refusal::snapshot_pending: return "A snapshot is being installed, or the application is behind it.";
    case Refusal::out_of_range: return "The log does not hold that index, or it is not applied yet.";
    case Refusal::wrong_incarnation:
      return "The sender runs on another disk than the one that is a member of the group.";
    case Refusal::malformed: return "No correct member would send this.";
    case Refusal::wrong_recipient: return "The message is for another member.";
    case Refusal::stopped: return "The member has stopped, since what it has on disk cannot be trusted.";
    case Refusal::aborted: return "It was given up before anything was done.";
  }
  return "The reason is unknown.";
}

}  // namespace kelek::raft
