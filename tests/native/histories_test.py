"""Histories of real clusters that are killed, stopped and cut apart: what clients saw is linearizable.

    histories_test.py [unittest arguments]       one short history for each kind of blow
    histories_test.py --histories 200 [--operations 10000] [--minutes 10] [--seed N] [--keep FOLDER]
                                                 many long ones, each with all kinds of blows, with a progress line

`./dev histories` builds what it needs, and runs it. A history that is not linearizable, or not decided, is kept, in FOLDER
or beside the build, and its explanation is printed.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import time
import unittest

from harness import BUILD, Cluster, Trouble, await_true, run

RECORDER = os.environ.get("KELEK_RECORDER", os.path.join(BUILD, "tests/native/kelek_recorder"))
KEPT = os.environ.get("KELEK_HISTORIES", os.path.join(BUILD, "histories"))
USES = 1_000_000_000
CLIENTS = [("operator", "read,propose,admin"), ("agent", "read,propose")]


class Recorders:
    """Some processes, each with several clients, that write one history together."""

    def __init__(self, cluster, name, operations, seed, processes=2, clients=4):
        grant = cluster.ok("grant", "issue", "count", name, "--policy", "counters", "--subject", "agent", "--uses",
                           USES, "--json").json()
        self.files = []
        self.processes = []
        for index in range(processes):
            path = cluster.path(f"{name}-{index}.jsonl")
            with open(path, "w", encoding="utf-8") as out:
                self.processes.append(subprocess.Popen(
                    [RECORDER, "--cluster", cluster.file, "--key", cluster.path("agent.key"), "--prefix", f"{name}/",
                     "--count", str(operations // processes), "--clients", str(clients), "--first-process",
                     str(100 * index), "--seed", str(1000 * seed + index), "--grant", str(grant["grant"]),
                     "--fence", str(grant["fence"]), "--uses", str(USES)],
                    stdin=subprocess.PIPE, stdout=out, stderr=subprocess.PIPE, text=True))
            self.files.append(path)
        cluster.processes += self.processes
        self.cluster = cluster

    def working(self):
        return any(process.poll() is None for process in self.processes)

    def written(self):
        return sum(os.path.getsize(path) for path in self.files)

    def await_more(self, operations):
        """Until about so many more were answered, or all are done."""
        wanted = self.written() + 130 * operations
        await_true(lambda: self.written() >= wanted or not self.working(), f"{operations} more operations", 60,
                   self.cluster.ends_of_logs)

    def end(self):
        """What is asked now is the last."""
        for process in self.processes:
            if process.poll() is None:
                process.stdin.write("end\n")
                process.stdin.flush()

    def finish(self, path):
        """Waits for the rest, and writes all of it to one file."""
        await_true(lambda: not self.working(), "the recorders end", 120, self.cluster.ends_of_logs)
        for process in self.processes:
            error = process.communicate()[1]
            if process.returncode != 0:
                raise Trouble(f"a recorder ended with {process.returncode}: {error}")
        with open(path, "wb") as whole:
            for part in self.files:
                with open(part, "rb") as file:
                    shutil.copyfileobj(file, whole)
                os.remove(part)


class Blows:
    """What is done to a cluster while clients work. Each leaves it whole."""

    def __init__(self, cluster, recorders, draw):
        self.cluster, self.recorders, self.draw = cluster, recorders, draw

    def somebody(self):
        """The leader, or as often one of the others."""
        leader = self.cluster.leader()
        others = [number for number in self.cluster.nodes if number != leader]
        return leader if self.draw.random() < 0.6 else self.draw.choice(others)

    def kill(self):
        node = self.cluster.nodes[self.somebody()]
        node.kill()
        if self.draw.random() < 0.5:
            self.recorders.await_more(self.draw.randrange(100))
        node.start()

    def kill_all(self):
        for node in self.cluster.nodes.values():
            node.kill()
        self.cluster.start()

    def pause(self):
        number = self.somebody()
        self.cluster.nodes[number].pause()
        try:
            self.recorders.await_more(self.draw.randrange(20, 250))  # without the leader, another one's doing
        finally:
            self.cluster.nodes[number].resume()

    def cut(self):
        number = self.somebody()
        others = [other for other in self.cluster.nodes if other != number]
        shape = self.draw.choice(["alone", "alone", "deaf", "mute", "one link"])
        if shape == "alone":
            self.cluster.links.isolate(number)
        elif shape == "deaf":
            for other in others:
                self.cluster.links.cut_one_way(other, number)
        elif shape == "mute":
            for other in others:
                self.cluster.links.cut_one_way(number, other)
        else:
            self.cluster.links.cut(number, others[0])
        self.recorders.await_more(self.draw.randrange(20, 250))
        self.cluster.links.heal()

    def transfer(self):
        self.cluster.kelek("transfer", self.draw.choice(list(self.cluster.nodes)))  # that it is refused is no harm


def new_cluster():
    cluster = Cluster(3, clients=CLIENTS, cuttable=True)
    try:
        cluster.ok("policy", "set", "counters", "count", "*", "--issuer", "operator", "--max-uses", USES)
    except BaseException:
        cluster.__exit__(*sys.exc_info())
        raise
    return cluster


def record(cluster, name, operations, seed, kinds, path, seconds=600):
    """A history under these kinds of blows, one every few hundred operations. Where a machine has no time for us, it is
    over after so many seconds, however short it is then."""
    end = time.monotonic() + seconds
    draw = random.Random(seed)
    recorders = Recorders(cluster, name, operations, seed)
    blows = Blows(cluster, recorders, draw)
    dealt = 0
    while recorders.working():
        recorders.await_more(draw.randrange(150, 500))
        if recorders.working():
            getattr(blows, draw.choice(kinds))()
            dealt += 1
        if time.monotonic() > end:
            recorders.end()
    recorders.finish(path)
    return dealt


def judge(path):
    """The verdict of `kelek history check`, as its JSON tells it."""
    verdict = run("history", "check", "--json", path, timeout=300)
    if verdict.code == 2:
        raise Trouble(repr(verdict))
    return verdict.json()


def unknown_outcomes(path):
    with open(path, encoding="utf-8") as file:
        return sum('"return":null' in line for line in file)


def told(verdict):
    return "\n".join([each.get("text", "") for each in verdict["objects"]] + verdict["stale_faults"])


class Histories(unittest.TestCase):
    OPERATIONS = 8000
    SECONDS = 12

    def one(self, name, kinds, seed):
        os.makedirs(KEPT, exist_ok=True)
        path = os.path.join(KEPT, f"{name}.jsonl")
        with new_cluster() as cluster:
            dealt = record(cluster, name, self.OPERATIONS, seed, kinds, path, self.SECONDS)
        verdict = judge(path)
        print(f"{name}: {verdict['operations']} operations, {unknown_outcomes(path)} outcomes unknown, {dealt} blows",
              flush=True)
        self.assertEqual(verdict["exit_status"], 0, f"{path} is kept\n{told(verdict)}")
        self.assertGreater(dealt, 0, "a history without blows shows little")
        self.assertGreater(verdict["operations"] - verdict["left_out"], 50, "a history of refusals shows little")

    def test_clients_of_a_cluster_whose_members_are_killed(self):
        self.one("killed", ["kill", "kill", "kill_all"], 1)

    def test_clients_of_a_cluster_whose_members_stand_still_for_a_while(self):
        self.one("paused", ["pause", "transfer"], 2)

    def test_clients_of_a_cluster_that_is_cut_apart(self):
        self.one("cut", ["cut"], 3)


def many(options):
    """Histories one after the other, until there are enough or the time is over. Gives the exit code."""
    os.makedirs(options.keep, exist_ok=True)
    begin = time.monotonic()
    operations = unknown = bad = undecided = blows = number = 0
    cluster = None
    try:
        while number < options.histories and time.monotonic() - begin < 60 * options.minutes:
            if number % 10 == 0:  # a fresh one now and then, as what one holds only grows
                if cluster:
                    cluster.__exit__(None, None, None)
                cluster = new_cluster()
            number += 1
            path = os.path.join(options.keep, f"history-{options.seed + number}.jsonl")
            blows += record(cluster, f"h{number}", options.operations, options.seed + number,
                            ["kill", "kill_all", "pause", "cut", "cut", "transfer"], path)
            verdict = judge(path)
            operations += verdict["operations"]
            unknown += unknown_outcomes(path)
            if verdict["exit_status"] != 0:
                bad += verdict["exit_status"] == 1
                undecided += verdict["exit_status"] != 1
                print(f"\n{path}: {verdict['judgement']}\n{told(verdict)}", flush=True)
            elif not options.keep_all:
                os.remove(path)
            spent = time.monotonic() - begin
            left = min(spent / number * (options.histories - number), 60 * options.minutes - spent)
            print(f"{number} of {options.histories} histories, {operations} operations, {unknown} unknown, {blows} "
                  f"blows, {bad} not linearizable, {undecided} not decided; {spent:.0f} s, about {max(left, 0):.0f} s left", flush=True)
    finally:
        if cluster:
            cluster.__exit__(*sys.exc_info())
    print(json.dumps({"histories": number, "operations": operations, "unknown": unknown, "blows": blows,
                      "not_linearizable": bad, "not_decided": undecided, "seconds": round(time.monotonic() - begin)}))
    return 1 if bad or undecided else 0


if __name__ == "__main__":
    if "--histories" in sys.argv:
        parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
        parser.add_argument("--histories", type=int, required=True)
        parser.add_argument("--operations", type=int, default=10_000)
        parser.add_argument("--minutes", type=float, default=24 * 60)
        parser.add_argument("--seed", type=int, default=1000)
        parser.add_argument("--keep", default=KEPT, help="where histories that are not linearizable are kept")
        parser.add_argument("--keep-all", action="store_true", help="the others too")
        sys.exit(many(parser.parse_args()))
    unittest.main(argv=[sys.argv[0], "-v", *sys.argv[1:]])
