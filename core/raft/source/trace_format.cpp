// Events of the trace as plain sentences, each with the section of the source that explains it.
#include <string>

#include <kelek/raft/trace.h>

namespace kelek::raft {
namespace {

std::string number_text(std::uint64_t value) {
  return std::to_string(value);
}
std::string node_name(NodeId id) {
  return "node " + number_text(id);
}

std::string entries_words(Index first, Index last) {
  return first == last ? "entry " + number_text(first) : "entries " + number_text(first) + " to " + number_text(last);
}

/// The rest of the sentence after "Node N ".
struct Wording {
  const TraceEvent& event;

  std::string operator()(const RoleEvent& role) const {
    using Cause = RoleEvent::Cause;
    const std::string term = " in term " + number_text(event.term);
    switch (role.cause) {
      case Cause::started: return "starts as a follower" + term + " (Raft §5.2)";
      case Cause::election_timeout:
        if (role.to == Role::pre_candidate) {
          return "has heard no leader" + term + " and asks who would vote for it (thesis §9.6)";
        }
        return "has heard no leader and stands for election" + term + " (Raft §5.2)";
      case Cause::asked_to_campaign: return "is asked to, and stands for election" + term + " (Raft §5.2)";
      case Cause::told_to_campaign: return "is told to go, and stands for election" + term + " (thesis §3.10)";
      case Cause::pre_vote_won: return "would be elected, and stands for election" + term + " (thesis §9.6)";
      case Cause::vote_won: return "is elected leader" + term + " (Raft §5.2)";
      case Cause::vote_lost: return "is not elected" + term + " and follows again (Raft §5.2)";
      case Cause::newer_term:
        return "learns of term " + number_text(event.term) + (role.from == Role::follower ? "" : " and follows again") +
               " (Raft §5.1)";
      case Cause::heard_from_leader: return "follows " + node_name(role.leader) + term + " (Raft §5.2)";
      case Cause::quorum_lost: return "is not answered by a majority and stops leading" + term + " (thesis §6.2)";
      case Cause::disk_stalled: return "waits too long for its disk and stops leading" + term;
      case Cause::removed: return "is no member any more and stops leading" + term + " (Raft §6, thesis §4.2.2)";
      case Cause::transfer_done: return "has handed over" + term + " (thesis §3.10)";
    }
    return "changes its role" + term;
  }

  std::string operator()(const VoteEvent& vote) const {
    using Reason = VoteEvent::Reason;
    const std::string candidate = node_name(vote.candidate);
    if (vote.reason == Reason::granted) {
      if (vote.pre_vote) return "would vote for " + candidate + " (thesis §9.6)";
      return "grants its vote in term " + number_text(event.term) + " to " + candidate + " (Raft §5.2)";
    }
    const std::string what = std::string("refuses ") + (vote.pre_vote ? "a pre-vote" : "its vote") + " to " + candidate;
    switch (vote.reason) {
      case Reason::granted: break;
      case Reason::has_leader: return what + ": it has a leader (thesis §4.2.3)";
      case Reason::voted_for_another: return what + ": it voted for " + node_name(event.vote) + " (Raft §5.2)";
      case Reason::log_behind: return what + ": its own log has more (Raft §5.4.1)";
      case Reason::old_term: return what + ": it is in term " + number_text(event.term) + " (Raft §5.1)";
      case Reason::not_ready: return what + ": it may not vote yet";
    }
    return what;
  }

  std::string operator()(const SendEvent& send) const;
  std::string operator()(const ReceiveEvent& receive) const;

  std::string operator()(const AppendEvent& append) const {
    const std::string added = entries_words(append.first, append.last);
    if (append.replaced_from == 0) return "appends " + added + " to its log (Raft §5.3)";
    return "drops what its log held from entry " + number_text(append.replaced_from) + " on, and appends " + added +
           " (Raft §5.3)";
  }

  std::string operator()(const CommitEvent& commit) const {
    return "knows " + entries_words(commit.from + 1, commit.to) + " to be committed (Raft §" +
           (event.role == Role::leader ? "5.4.2)" : "5.3)");
  }

  std::string operator()(const ConfigurationEvent& changed) const {
    std::string what = changed.rolled_back ? "goes back to the configuration" : "takes up the configuration";
    if (changed.index > 0) what += " of entry " + number_text(changed.index);
    return what + ": " + changed.configuration->describe() + " (Raft §6)";
  }

  std::string operator()(const PersistedEvent& persisted) const {
    return "has its log on disk through entry " + number_text(persisted.stable) + " (Raft §5.1)";
  }

  std::string operator()(const SnapshotEvent& snapshot) const {
    const std::string what = "the snapshot of entry " + number_text(snapshot.index);
    const std::string peer = node_name(snapshot.peer);
    switch (snapshot.step) {
      case SnapshotEvent::Step::sending: return "begins to send " + what + " to " + peer + " (Raft §7)";
      case SnapshotEvent::Step::received: return "has received all of " + what + " from " + peer + " (Raft §7)";
      case SnapshotEvent::Step::installing: return "puts " + what + " in the place of its log (Raft §7)";
      case SnapshotEvent::Step::installed: return "has installed " + what + " (Raft §7)";
      case SnapshotEvent::Step::sent:
        return "knows that " + peer + " has all through entry " + number_text(snapshot.index) + " (Raft §7)";
      case SnapshotEvent::Step::refused: return "finds " + what + " damaged, and asks for it again (Raft §7)";
    }
    return "handles " + what;
  }

  std::string operator()(const ReadEvent& read) const {
    if (!read.answered) return "takes a read at index " + number_text(read.index) + " (thesis §6.4)";
    return "answers a read at index " + number_text(read.index) +
           (read.by_lease ? " by its lease (thesis §6.4.1)" : " (thesis §6.4)");
  }

  std::string operator()(const TransferEvent& transfer) const {
    const std::string to = node_name(transfer.to);
    switch (transfer.step) {
      case TransferEvent::Step::begun: return "begins to hand over to " + to + " (thesis §3.10)";
      case TransferEvent::Step::told_to_go: return "tells " + to + " to go (thesis §3.10)";
      case TransferEvent::Step::done: return "sees " + to + " lead, as it wished (thesis §3.10)";
      case TransferEvent::Step::given_up: return "gives up handing over to " + to + " (thesis §3.10)";
    }
    return "hands over to " + to;
  }
};

/// What a message says, without who says it to whom.
struct MessageWording {
  Term term;

  std::string in_term() const { return " in term " + number_text(term); }

  std::string operator()(const PreVoteRequest& request) const {
    return "pre-vote request for term " + number_text(request.next_term) + ", log to " +
           number_text(request.last_index) + " of term " + number_text(request.last_term);
  }
  std::string operator()(const PreVoteResponse& response) const {
    return std::string(response.granted ? "pre-vote" : "refusal of a pre-vote") + " for term " +
           number_text(response.next_term);
  }
  std::string operator()(const VoteRequest& request) const {
    return "vote request" + in_term() + ", log to " + number_text(request.last_index) + " of term " +
           number_text(request.last_term) + (request.by_transfer ? ", told to go" : "");
  }
  std::string operator()(const VoteResponse& response) const {
    return (response.granted ? "vote" : "refusal of a vote") + in_term();
  }
  std::string operator()(const AppendRequest& request) const {
    std::string what = "append without entries";
    if (!request.entries.empty()) {
      what = "append of " + entries_words(request.entries.first_index(), request.entries.last_index());
    }
    return what + in_term() + ", after " + number_text(request.previous_index) + " of term " +
           number_text(request.previous_term) + ", commit " + number_text(request.commit);
  }
  std::string operator()(const AppendResponse& response) const {
    if (response.accepted) return "acknowledgement through entry " + number_text(response.match_index) + in_term();
    return "refusal of what follows entry " + number_text(response.previous_index) + in_term() + ", hint " +
           number_text(response.hint_index) + " of term " + number_text(response.hint_term);
  }
  std::string operator()(const HeartbeatRequest& request) const {
    return "heartbeat" + in_term() + ", commit " + number_text(request.commit);
  }
  std::string operator()(const HeartbeatResponse& response) const {
    return "answer to a heartbeat" + in_term() + ", match " + number_text(response.match_index);
  }
  std::string operator()(const SnapshotChunk& chunk) const {
    return "chunk at byte " + number_text(chunk.offset_bytes) + " of the snapshot of entry " +
           number_text(chunk.metadata != nullptr ? chunk.metadata->index : 0) + in_term();
  }
  std::string operator()(const SnapshotResponse& response) const {
    if (response.progress == SnapshotResponse::Progress::done) {
      return "acknowledgement of the snapshot, through entry " + number_text(response.match_index) + in_term();
    }
    return "wish for the snapshot from byte " + number_text(response.next_offset_bytes) + " on" + in_term();
  }
  std::string operator()(const TimeoutNow&) const { return "timeout-now" + in_term(); }
  std::string operator()(const ReadRequest&) const { return "read request"; }
  std::string operator()(const ReadResponse& response) const {
    if (response.refusal == Refusal::none) return "answer to a read, index " + number_text(response.index);
    return "refusal of a read";
  }
  std::string operator()(const ProposeRequest& request) const {
    return "proposal of " + number_text(request.payloads.size()) +
           (request.payloads.size() == 1 ? " command" : " commands");
  }
  std::string operator()(const ProposeResponse& response) const {
    if (response.refusal == Refusal::none) return "word that a proposal is entry " + number_text(response.first_index);
    return "refusal of a proposal";
  }
};

struct MessageSection {
  const char* operator()(const PreVoteRequest&) const { return "thesis §9.6"; }
  const char* operator()(const PreVoteResponse&) const { return "thesis §9.6"; }
  const char* operator()(const VoteRequest&) const { return "Raft §5.2"; }
  const char* operator()(const VoteResponse&) const { return "Raft §5.2"; }
  const char* operator()(const AppendRequest&) const { return "Raft §5.3"; }
  const char* operator()(const AppendResponse&) const { return "Raft §5.3"; }
  const char* operator()(const HeartbeatRequest&) const { return "Raft §5.2"; }
  const char* operator()(const HeartbeatResponse&) const { return "Raft §5.2"; }
  const char* operator()(const SnapshotChunk&) const { return "Raft §7"; }
  const char* operator()(const SnapshotResponse&) const { return "Raft §7"; }
  const char* operator()(const TimeoutNow&) const { return "thesis §3.10"; }
  const char* operator()(const ReadRequest&) const { return "thesis §6.4"; }
  const char* operator()(const ReadResponse&) const { return "thesis §6.4"; }
  const char* operator()(const ProposeRequest&) const { return "Raft §8"; }
  const char* operator()(const ProposeResponse&) const { return "Raft §8"; }
};

std::string message_words(const char* verb, NodeId peer, const Message& message) {
  return std::string(verb) + " " + node_name(peer) + ": " + std::visit(MessageWording{message.term}, message.body) +
         " (" + std::visit(MessageSection{}, message.body) + ")";
}

std::string Wording::operator()(const SendEvent& send) const {
  return message_words("sends", send.message->to, *send.message);
}

std::string Wording::operator()(const ReceiveEvent& receive) const {
  return message_words("hears from", receive.message->from, *receive.message);
}

}  // namespace

std::string format_sentence(const TraceEvent& event) {
  return "Node " + number_text(event.node) + " " + std::visit(Wording{event}, event.what) + ".";
}

}  // namespace kelek::raft
