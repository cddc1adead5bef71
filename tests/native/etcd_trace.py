"""Checks NDJSON of etcd's TLA+ trace specification: fields, names, causes, and what only grows. No model checker: what
it finds wrong is wrong; what it lets pass, the specification judges."""

import collections
import json

NAMES = {"InitState", "BecomeCandidate", "BecomeFollower", "BecomeLeader", "Commit", "Replicate", "ChangeConf",
         "ApplyConfChange", "Ready"}
MESSAGES = {"AppendEntriesRequest": {"MsgApp", "MsgHeartbeat", "MsgSnap"},
            "AppendEntriesResponse": {"MsgAppResp", "MsgHeartbeatResp"},
            "RequestVoteRequest": {"MsgVote"}, "RequestVoteResponse": {"MsgVoteResp"}}
MESSAGE_FIELDS = ["type", "term", "from", "to", "entries", "logTerm", "index", "commit", "vote", "reject", "rejectHint"]
NUMBERS = ("term", "entries", "logTerm", "index", "commit", "rejectHint")


class Rules:
    def __init__(self, duplicates):
        self.duplicates = duplicates
        self.queued = collections.defaultdict(collections.Counter)
        self.released = collections.Counter()
        self.seen = {}
        self.names = collections.Counter()
        self.leaders = {}

    def add(self, number, line):
        whole = json.loads(line)
        assert set(whole) == {"tag", "event"} and whole["tag"] == "trace", f"line {number}: {line}"
        event = whole["event"]
        try:
            self.shape(event)
            self.grows(event)
            self.causes(event)
        except AssertionError as wrong:
            raise AssertionError(f"line {number}: {wrong}: {line}") from wrong
        self.names[event["name"]] += 1

    def shape(self, event):
        fields = {"name", "nid", "state", "role", "log", "conf"}
        assert fields <= set(event) <= fields | {"msg", "prop"}, "fields"
        assert set(event["state"]) == {"term", "vote", "commit"}, "state"
        assert isinstance(event["nid"], str) and event["nid"].isdigit() and event["nid"] != "0", "nid"
        assert isinstance(event["state"]["vote"], str), "vote"
        assert event["role"] in ("StateFollower", "StateCandidate", "StateLeader"), "role"
        assert len(event["conf"]) == 2 and all(isinstance(i, str) for half in event["conf"] for i in half), "conf"
        name = event["name"]
        direction = next((each for each in ("Send", "Receive") if name.startswith(each)), None)
        if direction is None:
            assert name in NAMES and "msg" not in event, "name"
            if name in ("ChangeConf", "ApplyConfChange"):
                assert event["prop"]["cc"]["newconf"], "newconf"
            if name == "ChangeConf":
                for change in event["prop"]["cc"]["changes"]:
                    assert change["action"] in ("AddNewServer", "AddLearner", "RemoveServer"), "action"
            return
        message = event["msg"]
        assert list(message) == MESSAGE_FIELDS, "message"
        assert message["type"] in MESSAGES[name[len(direction):]], "type"
        assert all(isinstance(message[field], int) for field in NUMBERS), "numbers"
        assert isinstance(message["reject"], bool) and isinstance(message["vote"], str), "reject"
        assert event["nid"] == message["from" if direction == "Send" else "to"], "who"

    def grows(self, event):
        """A node's term and commit index never fall but at a restart, which loses what was not durable; the log is never
        shorter than what is committed."""
        now = (event["state"]["term"], event["state"]["commit"])
        before = self.seen.get(event["nid"])
        if before is not None:
            assert now[0] >= before[0] or event["name"] == "InitState", "the term falls"
            assert now[1] >= before[1] or event["name"] == "InitState", "the commit index falls"
        assert event["log"] >= event["state"]["commit"] or event["name"] in ("Replicate", "ChangeConf"), "commit > log"
        self.seen[event["nid"]] = now
        if event["name"] == "BecomeLeader":
            assert event["state"]["vote"] == event["nid"] and event["role"] == "StateLeader", "a leader"
            assert self.leaders.setdefault(now[0], event["nid"]) == event["nid"], "two leaders in a term"

    def causes(self, event):
        """What is heard was sent, and released by a Ready behind its Send."""
        name = event["name"]
        if name == "Ready":
            self.released += self.queued[event["nid"]]
            self.queued[event["nid"]].clear()
        elif name.startswith("Send"):
            self.queued[event["nid"]][json.dumps(event["msg"])] += 1
        elif name.startswith("Receive"):
            key = json.dumps(event["msg"])
            assert self.released[key] > 0, "heard before it was sent"
            self.released[key] -= 0 if self.duplicates else 1


def check(text, duplicates=False):
    """Raises AssertionError with the line; gives how often each name was there. `duplicates`: a message may be heard more
    often than it was sent."""
    rules = Rules(duplicates)
    for number, line in enumerate(text.splitlines(), 1):
        rules.add(number, line)
    return rules.names
