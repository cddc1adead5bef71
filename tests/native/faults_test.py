"""Disks that stall and fail, and clocks that jump, under real coordinators: a shim in each makes them."""

import datetime
import signal
import time
import unittest

from harness import Load, await_true, check_topic
from shimmed import Shimmed

YEAR = 365 * 24 * 3600


def seconds(text):
    """Of a time as the status tells it."""
    return datetime.datetime.fromisoformat(text.replace("Z", "+00:00")).timestamp()


class Disks(unittest.TestCase):
    def test_a_leader_whose_disk_stalls_gives_up_and_follows_when_it_goes_on(self):
        for mode in ("in-loop", "on-thread"):
            with self.subTest(mode), Shimmed(serve_flags=("--sync", mode)) as cluster:
                leader = cluster.leader()
                others = [number for number in cluster.nodes if number != leader]
                load = Load(cluster, "journal", first=leader - 1, read=True)
                load.await_more("some load")
                cluster.wish(leader, "stall")
                successor = cluster.leader(among=others)
                load.await_more("the load goes on with the others", records=30, trouble=cluster.ends_of_logs)
                cluster.ok("kv", "put", "during", "the stall", node=successor)
                cluster.wish(leader)
                acknowledged, refused, unknown = load.finish()
                self.assertEqual(unknown, [])
                reports = cluster.agreed()
                self.assertEqual(sorted(reports), [1, 2, 3])
                check_topic(cluster, "journal", acknowledged, refused)

    def test_a_leader_whose_disk_fails_ends_and_nothing_acknowledged_is_lost(self):
        for mode in ("in-loop", "on-thread"):
            with self.subTest(mode), Shimmed(serve_flags=("--sync", mode)) as cluster:
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
                cluster.wish(leader)
                cluster.start_node(node.number)
                acknowledged, refused, unknown = load.finish()
                self.assertEqual(unknown, [])
                cluster.agreed()
                check_topic(cluster, "journal", acknowledged, refused)

    def test_a_second_signal_ends_a_coordinator_whose_disk_never_answers(self):
        with Shimmed() as cluster:
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
            cluster.wish(leader)
            cluster.start_node(node.number)
            cluster.agreed()
            self.assertEqual(cluster.ok("kv", "get", "before", node=leader).out, "1\n")


    def test_after_an_error_of_the_disk_a_start_follows_within_two_seconds(self):
        for wish in ("fail", "fail-writes", "full"):
            with self.subTest(wish), Shimmed() as cluster:
                leader = cluster.leader()
                number = next(n for n in cluster.nodes if n != leader)
                node = cluster.nodes[number]
                load = Load(cluster, "journal", first=leader - 1, pause_us=1000)
                load.await_more("some load")
                cluster.wish(number, wish)
                self.assertEqual(node.wait_end(), 1, node.last_log())
                self.assertRegex(node.last_log(), r"\((disk|disk_full)\)")
                load.await_more("the load goes on with the others", records=200, trouble=cluster.ends_of_logs)
                begun = time.monotonic()
                cluster.start_node(number)
                behind = cluster.status(leader)["commit"]
                await_true(lambda: cluster.reports(number).get(number, {}).get("applied", 0) >= behind, "it has caught up",
                           20, cluster.ends_of_logs)
                took = time.monotonic() - begun
                print(f"{wish}: started and caught up after {took:.2f} s")
                self.assertLess(took, 2)
                acknowledged, refused, unknown = load.finish()
                self.assertEqual(unknown, [])
                cluster.agreed()
                check_topic(cluster, "journal", acknowledged, refused)

    def test_short_writes_and_slow_syncs_only_take_longer(self):
        with Shimmed() as cluster:
            for number in cluster.nodes:
                cluster.wish(number, "short", "slow 3")
            load = Load(cluster, "journal", read=True)
            load.await_more("the load goes on", records=50, trouble=cluster.ends_of_logs)
            acknowledged, refused, unknown = load.finish()
            self.assertEqual((refused, unknown), ([], []))
            cluster.agreed()
            check_topic(cluster, "journal", acknowledged, refused)


class Clocks(unittest.TestCase):
    def test_a_clock_that_jumps_ahead_ends_no_lease_and_one_that_goes_back_stops_nothing(self):
        with Shimmed() as cluster:
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
