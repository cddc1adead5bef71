"""Disks that stall and fail, and clocks that jump, under real coordinators: a shim in each makes them."""

import datetime
import os
import signal
import unittest

from harness import Cluster, Load, await_true, check_topic

SHIM = os.environ["KELEK_FAULT_SHIM"]
YEAR = 365 * 24 * 3600


def seconds(text):
    """Of a time as the status tells it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Faulty(Cluster):
    """Every coordinator looks at a file of its own for what its disk and its clock should do."""

    def __init__(self, **options):
        super().__init__(3, start=False, **options)
        for number, node in self.nodes.items():
            self.wish(number, "")
            self.start_with_shim(node)
        self.leader()

    def wish(self, number, text):
        path = self.path(f"faults{number}")
        with open(path + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(path + ".new", path)

    def start_with_shim(self, node):
        node.start(prefix=("env", f"LD_PRELOAD={SHIM}", f"KELEK_FAULTS={self.path(f'faults{node.number}')}"))


class Disks(unittest.TestCase):
    def test_a_leader_whose_disk_stalls_gives_up_and_follows_when_it_goes_on(self):
        for mode in ("in-loop", "on-thread"):
            with self.subTest(mode), Faulty(serve_flags=("--sync", mode)) as cluster:
                leader = cluster.leader()
                others = [number for number in cluster.nodes if number != leader]
                load = Load(cluster, "journal", first=leader - 1, read=True)
                load.await_more("some load")
                cluster.wish(leader, "stall")
                successor = cluster.leader(among=others)
                load.await_more("the load goes on with the others", records=30, trouble=cluster.ends_of_logs)
                cluster.ok("kv", "put", "during", "the stall", node=successor)
                cluster.wish(leader, "")
                acknowledged, refused, unknown = load.finish()
                self.assertEqual(unknown, [])
                reports = cluster.agreed()
                self.assertEqual(sorted(reports), [1, 2, 3])
                check_topic(cluster, "journal", acknowledged, refused)

    def test_a_leader_whose_disk_fails_ends_and_nothing_acknowledged_is_lost(self):
        for mode in ("in-loop", "on-thread"):
            with self.subTest(mode), Faulty(serve_flags=("--sync", mode)) as cluster:
                leader = cluster.leader()
                node = cluster.nodes[leader]
                load = Load(cluster, "journal", first=leader - 1, read=True)
                load.await_more("some load")
                cluster.wish(leader, "fail")
                self.assertEqual(node.wait_end(), 1)
                self.assertIn(node.data, node.last_log())
                self.assertIn("(disk)", node.last_log())
                load.await_more("the load goes on with the others", records=30, trouble=cluster.ends_of_logs)
                # A sync that failed is not asked again; only a fresh start may trust the disk.
                cluster.wish(leader, "")
                cluster.start_with_shim(node)
                acknowledged, refused, unknown = load.finish()
                self.assertEqual(unknown, [])
                cluster.agreed()
                check_topic(cluster, "journal", acknowledged, refused)

    def test_a_second_signal_ends_a_coordinator_whose_disk_never_answers(self):
        with Faulty() as cluster:
            leader = cluster.leader()
            others = [number for number in cluster.nodes if number != leader]
            cluster.ok("kv", "put", "before", "1", node=leader)
            node = cluster.nodes[leader]
            cluster.wish(leader, "stall")
            node.process.terminate()
            cluster.leader(among=others)
            self.assertTrue(node.alive(), "the first one waits for the disk")
            node.process.terminate()
            self.assertEqual(node.wait_end(), -signal.SIGTERM)
            cluster.wish(leader, "")
            cluster.start_with_shim(node)
            cluster.agreed()
            self.assertEqual(cluster.ok("kv", "get", "before", node=leader).out, "1\n")


class Clocks(unittest.TestCase):
    def test_a_clock_that_jumps_ahead_ends_no_lease_and_one_that_goes_back_stops_nothing(self):
        with Faulty() as cluster:
            leader = cluster.leader()
            cluster.ok("kv", "put", "a", "1", node=leader)
            before = cluster.status(leader)["log_time"]
            cluster.wish(leader, f"clock {YEAR}")
            cluster.ok("kv", "put", "a", "2", node=leader)
            await_true(lambda: "clock jumped" in cluster.nodes[leader].last_log(), "the operator is told")
            cluster.ok("kv", "put", "a", "3", node=leader)
            after = cluster.status(leader)["log_time"]
            # Believed by a minute at most, not by a year.
            self.assertGreaterEqual(after, before)
            self.assertLess(seconds(after) - seconds(before), 120)
            cluster.wish(leader, f"clock {-YEAR}")
            cluster.ok("kv", "put", "a", "4", node=leader)
            self.assertGreaterEqual(cluster.status(leader)["log_time"], after)
            self.assertEqual(cluster.leader(), leader)
            cluster.agreed()


if __name__ == "__main__":
    unittest.main(verbosity=2)
