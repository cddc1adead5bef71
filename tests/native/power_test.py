"""Coordinators lose their power under load: what no sync covered is lost or torn. Nothing acknowledged is.

    power_test.py [--kills N] [--seed N] [unittest arguments]
"""

import random
import sys
import time
import unittest

from harness import Load, await_true, check_topic
from shimmed import Shimmed

KILLS = 40
SEED = 1
# Disks that are slow, or take half of each write, tear more.
MOODS = ((), (), ("slow 3",), ("short",), ("slow 1", "short"))


class Power(unittest.TestCase):
    def test_power_is_cut_at_random_moments_of_one_of_some_or_of_all(self):
        draw = random.Random(SEED)
        begun = time.monotonic()
        acknowledged = kills = cuts_of_all = 0
        pending = {}
        with Shimmed(journals=True, clients=agents(3)) as cluster:
            loads = loads_through_each(cluster, 3, 0)
            while kills < KILLS:
                for load in loads:
                    load.await_more("the load goes on", trouble=cluster.ends_of_logs)
                time.sleep(draw.random() * 0.05)  # anywhere in what it does just now
                victims = draw.sample(sorted(cluster.nodes), draw.choice((1, 1, 1, 2, 2, 3)))
                told = cluster.cut_power(victims, f"{SEED}/{kills}")
                for number, what in told.items():
                    mode = what.split(":")[0]
                    pending[mode] = pending.get(mode, 0) + 1
                    with open(cluster.nodes[number].log, "a", encoding="utf-8") as log:
                        log.write(f"--- power was cut, {what}\n")
                kills += len(victims)
                cuts_of_all += len(victims) == 3
                for number in victims:
                    cluster.start_node(number)
                    cluster.wish(number, *draw.choice(MOODS))
                if kills % 10 < len(victims):
                    left = (time.monotonic() - begun) / kills * max(KILLS - kills, 0)
                    print(f"power cuts: {kills} of {KILLS}, {acknowledged} writes judged, {left:.0f} s left", flush=True)
                if kills % 200 < len(victims) and kills < KILLS:
                    acknowledged += judge(cluster, loads)
                    loads = loads_through_each(cluster, 3, kills)
            acknowledged += judge(cluster, loads)
            self.assertGreater(acknowledged, KILLS)
            # A directory that was found damaged was no victim of a power cut, but of the log.
            for node in cluster.nodes.values():
                self.assertNotIn("repairs its log", node.log_text(), "a torn tail is not damage")
        print(f"{kills} power cuts ({cuts_of_all} of all at once), modes {pending}, {acknowledged} acknowledged writes, "
              f"none lost, {time.monotonic() - begun:.0f} s")

    def test_what_was_told_to_others_before_the_first_agreement_is_kept(self):
        with Shimmed(start=False, journals=True) as cluster:
            cluster.start_node(1)
            await_true(lambda: "blank data directory, incarnation=" in cluster.nodes[1].last_log(), "it begins blank")
            incarnation = self.incarnation_of(cluster.nodes[1])
            cluster.cut_power([1], SEED, "all lost")
            cluster.start()
            self.assertEqual(self.incarnation_of(cluster.nodes[1]), incarnation)
            cluster.agreed()

    def incarnation_of(self, node):
        return node.last_log().split("blank data directory, incarnation=")[1].split()[0]

    def test_everything_of_all_is_lost_that_no_sync_covered(self):
        with Shimmed(journals=True, clients=agents(3)) as cluster:
            loads = loads_through_each(cluster, 3, 0)
            for cycle in range(3):
                for load in loads:
                    load.await_more("some load", records=20, trouble=cluster.ends_of_logs)
                cluster.cut_power(sorted(cluster.nodes), f"all/{cycle}", "all lost")
                cluster.start()
            self.assertGreater(judge(cluster, loads), 100)


def judge(cluster, loads):
    """Nothing acknowledged is lost; gives how much there was."""
    total = 0
    results = [load.finish() for load in loads]
    cluster.agreed()
    for load, (acknowledged, refused, unknown) in zip(loads, results):
        assert len(unknown) <= 1, "with a session every outcome is found out"
        check_topic(cluster, load.topic, acknowledged, refused)
        total += len(acknowledged)
    return total


def loads_through_each(cluster, count, generation):
    return [Load(cluster, f"journal-{generation}-{i}", key=f"agent{i}", first=i, read=True) for i in range(count)]


def agents(count):
    return [("operator", "read,propose,admin")] + [(f"agent{i}", "read,propose") for i in range(count)]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    for flag in ("--kills", "--seed"):
        if flag in arguments:
            place = arguments.index(flag)
            globals()[flag[2:].upper()] = int(arguments[place + 1])
            del arguments[place:place + 2]
    unittest.main(argv=[sys.argv[0], "-v", *arguments])
