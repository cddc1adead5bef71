"""Breaks good histories on purpose: each broken one has one answer that no correct object gives.

    break_histories.py TARGET      writes the forty of good/ to the folder TARGET

Each function below takes the operations of a history, in the order of their calls, and a drawing of random numbers,
finds where its breakage is certain to show, and does it there. The same good histories give the same broken ones.
"""

import copy
import json
import os
import random
import sys

GOOD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "good")
NOBODY = 900_000  # a process that is not in the history


def answered(operation, *names):
    return (operation["out"] is not None and "refused" not in operation["out"] and not operation.get("stale")
            and operation["op"] in names)


def before(first, second):
    """It was answered before the other was called."""
    return first["return"] is not None and first["return"] < second["call"]


def pairs(history, first_names, second_names):
    """Two answered operations on one object."""
    return [(a, b) for a in history if answered(a, *first_names) for b in history
            if answered(b, *second_names) and a is not b and a["key"] == b["key"]]


def written(operation):
    return (operation.get("in") or {}).get("value")


def seen_writes(history):
    """A write of a register, and a read of what it wrote."""
    return [(write, get) for write, get in pairs(history, ("put", "cas"), ("get",))
            if written(write) == get["out"]["value"] and write["out"].get("done", True)]


# ---- registers ----

def stale_read(history, draw):
    """A read is answered what an earlier one was, although a write in between was answered."""
    choices = [(old, get) for write, get in seen_writes(history) if before(write, get) for old in history
               if answered(old, "get") and old["key"] == get["key"] and before(old, write) and old["out"]["value"]]
    old, get = draw.choice(choices)
    get["out"] = dict(old["out"])


def value_from_nowhere(history, draw):
    """A read is answered what nobody wrote."""
    draw.choice([get for get in history if answered(get, "get")])["out"]["value"] = "nobody wrote this"


def refused_and_seen(history, draw):
    """A put is refused, and yet its value is read."""
    write, _ = draw.choice([pair for pair in seen_writes(history) if pair[0]["op"] == "put"])
    write["out"] = {"refused": "no_leader"}


def seen_before_written(history, draw):
    """A put is called only after somebody has read its value: its acknowledgement overtook it."""
    write, get = draw.choice([pair for pair in seen_writes(history) if pair[0]["op"] == "put"])
    write.update(process=NOBODY, call=get["return"] + 1, **{"return": get["return"] + 2})


def comparison_denied(history, draw):
    """A compare-and-set is answered that it did nothing, and yet its value is read."""
    write, _ = draw.choice([pair for pair in seen_writes(history) if pair[0]["op"] == "cas"])
    write["out"] = {"done": False}


def put_counted_twice(history, draw):
    """A read tells a version that is one above that of the put whose value it shows."""
    _, get = draw.choice([(write, get) for write, get in seen_writes(history) if write["out"].get("version")])
    get["out"]["version"] += 1


# ---- logs ----

def read_with_records(history, count):
    """Reads of so many records, the last of which was appended with an answer that tells its place."""
    told = {(append["key"], append["in"]["record"]) for append in history if answered(append, "append")}
    return [read for read in history if answered(read, "read") and len(read["out"]["records"]) >= count
            and (read["key"], read["out"]["records"][-1]) in told]


def record_lost(history, draw):
    """A read shows a log in which an inner record is missing."""
    records = draw.choice(read_with_records(history, 3))["out"]["records"]
    del records[len(records) // 2]


def record_doubled(history, draw):
    """A read shows the newest record twice."""
    records = draw.choice(read_with_records(history, 1))["out"]["records"]
    records.append(records[-1])


def records_reordered(history, draw):
    """A read shows the two newest records in the wrong order."""
    records = draw.choice(read_with_records(history, 2))["out"]["records"]
    records[-2:] = reversed(records[-2:])


def position_given_twice(history, draw):
    """Two appends are answered the same position."""
    first, second = draw.choice([(a, b) for a, b in pairs(history, ("append",), ("append",)) if before(a, b)])
    second["out"]["position"] = first["out"]["position"]


# ---- locks ----

def two_holders(history, draw):
    """Somebody gets a lock while another holds it."""
    held = [(get, give) for get, give in pairs(history, ("acquire",), ("release",))
            if get["out"]["got"] and give["out"]["done"] and get["out"]["fence"] == give["in"]["fence"]]
    acquire = draw.choice([other for get, give in held for other in history
                           if answered(other, "acquire") and other["key"] == get["key"] and before(get, other)
                           and before(other, give)])
    acquire["out"] = {"got": True, "fence": 10**12}


def fence_goes_back(history, draw):
    """A later hold gets the fence of an earlier one."""
    first, second = draw.choice([(a, b) for a, b in pairs(history, ("acquire",), ("acquire",))
                                 if a["out"]["got"] and b["out"]["got"] and before(a, b)])
    second["out"]["fence"] = first["out"]["fence"]


# ---- counters ----

def counted_twice(history, draw):
    """A read tells more than a later one."""
    first, second = draw.choice([(a, b) for a, b in pairs(history, ("total", "add"), ("total",)) if before(a, b)])
    first["out"]["total"] = second["out"]["total"] + 1


def count_lost(history, draw):
    """A read tells less than what was answered before it was called."""
    first, second = draw.choice([(a, b) for a, b in pairs(history, ("add",), ("total",)) if before(a, b)])
    second["out"]["total"] = first["out"]["total"] - 1


# ---- members ----

def members_of_before(history, draw):
    """Members are told that a change had replaced before they were asked for."""
    change, read = draw.choice([(a, b) for a, b in pairs(history, ("change_members",), ("members",)) if before(a, b)])
    old = [each for each in history if answered(each, "members") and before(each, change)]
    read["out"] = dict(draw.choice(old)["out"])


def members_from_nowhere(history, draw):
    """Members are told that nobody changed them to."""
    draw.choice([read for read in history if answered(read, "members")][1:])["out"]["members"] = [7, 8, 9]


def index_goes_back(history, draw):
    """A change is told an index below that of an earlier one."""
    first, second = draw.choice([(a, b) for a, b in pairs(history, ("change_members",), ("change_members",))
                                 if before(a, b)])
    second["out"]["index"] = first["out"]["index"] - 1


def change_overtaken(history, draw):
    """A change is called only after its members were told of."""
    change, read = draw.choice([(a, b) for a, b in pairs(history, ("change_members",), ("members",))
                                if a["in"]["members"] == b["out"]["members"]])
    change.update(process=NOBODY, call=read["return"] + 1, **{"return": read["return"] + 2})


MIXED = [stale_read, value_from_nowhere, refused_and_seen, seen_before_written, comparison_denied, put_counted_twice,
         record_lost, record_doubled, records_reordered, position_given_twice, two_holders, fence_goes_back,
         counted_twice, count_lost]
MEMBERS = [members_of_before, members_from_nowhere, index_goes_back, change_overtaken]
A_MIXED_FILE = 9


def plan():
    """(good file, breakage, seed) of each broken history: nine of each mixed one, taking turns, and four of members."""
    turn = 0
    for number in range(1, 5):
        for _ in range(A_MIXED_FILE):
            yield f"mixed-{number}", MIXED[turn % len(MIXED)], turn
            turn += 1
    for breakage in MEMBERS:
        yield "members", breakage, turn
        turn += 1


def read(name):
    with open(os.path.join(GOOD, f"{name}.jsonl"), encoding="utf-8") as file:
        return sorted((json.loads(line) for line in file), key=lambda operation: operation["call"])


def write_all(target):
    """Gives the paths of what was written."""
    os.makedirs(target, exist_ok=True)
    paths = []
    for name, breakage, seed in plan():
        history = copy.deepcopy(read(name))
        breakage(history, random.Random(seed))
        paths.append(os.path.join(target, f"{seed:02}-{breakage.__name__}-{name}.jsonl"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            about = breakage.__doc__.splitlines()[0]
            for line in [{"about": about}, *history]:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return paths


def doubtful(target, count=150):
    """Histories with something changed of which nobody knows beforehand whether it can be told: two answers swapped, an
    answer lost, an interval shorter or longer. Only that all judges say the same of them is certain."""
    os.makedirs(target, exist_ok=True)
    paths = []
    for seed in range(count):
        draw = random.Random(seed)
        history = copy.deepcopy(read(draw.choice(["mixed-1", "mixed-2", "mixed-3", "mixed-4", "members"])))
        for _ in range(draw.randrange(1, 4)):
            change_something(history, draw)
        paths.append(os.path.join(target, f"doubtful-{seed:03}.jsonl"))
        with open(paths[-1], "w", encoding="utf-8") as file:
            for line in history:
                file.write(json.dumps(line, separators=(",", ":")) + "\n")
    return paths


def change_something(history, draw):
    place = draw.randrange(len(history) - 1)
    one = history[place]
    if one["return"] is None:
        return
    change = draw.randrange(4)
    if change == 0:
        alike = [other for other in history if (other["op"], other["key"]) == (one["op"], one["key"])
                 and other["return"] is not None]
        other = draw.choice(alike)
        one["out"], other["out"] = other["out"], one["out"]
    elif change == 1:
        one["out"] = one["return"] = None
    elif change == 2:
        one["return"] = one["call"] + draw.randrange(1 + one["return"] - one["call"])
    else:
        one.update(process=NOBODY + place, **{"return": one["return"] + draw.randrange(10**6)})


if __name__ == "__main__":
    print("\n".join(write_all(sys.argv[1])))
