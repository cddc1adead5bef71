"""Coordinators are killed, paused and cut off under load; nothing acknowledged is lost, nothing is applied twice.

    chaos_test.py [--rounds N] [--seed N] [unittest arguments]
"""

import random
import sys
import time
import unittest

from harness import Cluster, Load, Watch, await_true, check_topic

ROUNDS = 50
SEED = 1


class Chaos(unittest.TestCase):
    def test_kill_9_of_each_role_at_random_moments(self):
        draw = random.Random(SEED)
        with Cluster(3, clients=agents(3)) as cluster:
            loads = loads_through_each(cluster, 3)
            for round_number in range(1, ROUNDS + 1):
                # Under load: each client has got something through since the last blow.
                for load in loads:
                    load.await_more("the load goes on", trouble=cluster.ends_of_logs)
                leader = cluster.leader()
                others = [number for number in cluster.nodes if number != leader]
                victims = {0: [leader], 1: [draw.choice(others)], 2: [leader, draw.choice(others)]}[
                    draw.choice([0, 0, 1, 2])]
                for victim in victims:
                    cluster.nodes[victim].kill()
                if draw.random() < 0.5 and len(victims) == 1:
                    cluster.leader()  # the others elect; or the victim is back before they do
                for victim in victims:
                    cluster.nodes[victim].start()
                if round_number % 10 == 0:
                    print(f"kill -9: round {round_number} of {ROUNDS}", flush=True)
            self.judge(cluster, loads, at_least=ROUNDS)

    def test_all_are_killed_at_once(self):
        with Cluster(3, clients=agents(2)) as cluster:
            loads = loads_through_each(cluster, 2)
            for _ in range(3):
                for load in loads:
                    load.await_more("some load", records=30, trouble=cluster.ends_of_logs)
                for node in cluster.nodes.values():
                    node.kill()
                cluster.start()
            self.judge(cluster, loads, at_least=100)

    def test_a_paused_leader_comes_back_as_a_follower(self):
        with Cluster(3, clients=agents(2)) as cluster:
            loads = loads_through_each(cluster, 2)
            for _ in range(4):
                for load in loads:
                    load.await_more("some load", trouble=cluster.ends_of_logs)
                leader = cluster.leader()
                term = cluster.status(leader)["term"]
                cluster.nodes[leader].pause()
                others = [number for number in cluster.nodes if number != leader]
                successor = cluster.leader(among=others)
                self.assertGreater(cluster.status(successor)["term"], term)
                cluster.nodes[leader].resume()
                await_true(lambda: cluster.reports().get(leader, {}).get("leader") not in (None, 0, leader),
                           "the paused one follows")
            self.judge(cluster, loads, at_least=50)

    def test_a_client_that_dies_while_its_coordinator_is_stopped_takes_nobody_along(self):
        """Its queue is full and its connection ends: libzmq's own heartbeats would abort the coordinator then."""
        with Cluster(3, clients=agents(3)) as cluster:
            for number, node in cluster.nodes.items():
                loads = loads_through_each(cluster, 3)
                for load in loads:
                    load.await_more("some load")
                node.pause()
                time.sleep(1.5)  # what happens while nobody reads is the matter of this test
                for load in loads:
                    load.process.kill()
                    load.process.wait()
                node.resume()
                await_true(lambda: cluster.reports().get(number, {}).get("leader") not in (None, 0),
                           f"node {number} follows or leads", 20, cluster.ends_of_logs)
            time.sleep(1.5)
            for node in cluster.nodes.values():
                self.assertTrue(node.alive(), node.last_log())
            cluster.agreed()

    def test_a_paused_follower_holds_nobody_up(self):
        with Cluster(3, clients=agents(1)) as cluster:
            load = Load(cluster, "journal-0", key="agent0")
            leader = cluster.leader()
            follower = next(number for number in cluster.nodes if number != leader)
            cluster.nodes[follower].pause()
            before = cluster.status(leader)["applied"]
            await_true(lambda: cluster.status(leader)["applied"] > before + 100, "writes go on")
            cluster.nodes[follower].resume()
            self.judge(cluster, [load], at_least=100)

    def judge(self, cluster, loads, at_least):
        results = [load.finish() for load in loads]
        cluster.agreed()
        total = 0
        for load, (acknowledged, refused, unknown) in zip(loads, results):
            self.assertGreater(len(acknowledged), 0)
            check_topic(cluster, load.topic, acknowledged, refused)
            total += len(acknowledged)
            self.assertLessEqual(len(unknown), 1, "with a session every outcome is found out")
        self.assertGreater(total, at_least, "a load that hardly wrote shows nothing")


class Partition(unittest.TestCase):
    def test_a_leader_that_is_cut_off_acknowledges_nothing_and_another_leads(self):
        with Cluster(3, clients=agents(1), cuttable=True) as cluster:
            leader = cluster.leader()
            others = [number for number in cluster.nodes if number != leader]
            # The client begins at the one that will be cut off, and has to find out by itself that others go on.
            load = Load(cluster, "journal-0", key="agent0", first=leader - 1)
            load.await_more("some load")
            cluster.links.isolate(leader)
            successor = cluster.leader(among=others)
            load.await_more("the load goes on with the others", records=50, trouble=cluster.ends_of_logs)
            cluster.ok("kv", "put", "after", "the cut", node=successor)
            # The one that is cut off steps down, and answers neither writes nor linearizable reads.
            await_true(lambda: cluster.status(leader)["role"] != "leader", "the old leader steps down")
            for arguments in (("put", "lost", "x"), ("get", "after")):
                result = cluster.kelek("kv", *arguments, "--timeout-ms", "1000", node=leader)
                self.assertEqual(result.code, 4, result)
            self.assertNotEqual(cluster.kelek("kv", "get", "after", "--stale", node=leader).out.strip(), "the cut")
            cluster.links.heal()
            acknowledged, refused, _ = load.finish()
            cluster.agreed()
            self.assertEqual(cluster.ok("kv", "get", "after", node=leader).out.strip(), "the cut")
            self.assertGreater(len(acknowledged), 0)
            check_topic(cluster, "journal-0", acknowledged, refused)

    def test_a_follower_that_is_cut_off_disturbs_nobody_and_its_clients_and_watches_go_elsewhere(self):
        with Cluster(3, clients=agents(1), cuttable=True) as cluster:
            leader = cluster.leader()
            alone = next(number for number in cluster.nodes if number != leader)
            term = cluster.status(leader)["term"]
            watch = Watch(cluster, first=alone)
            load = Load(cluster, "journal-0", key="agent0", first=alone - 1, read=True)
            load.await_more("some load")
            cluster.links.isolate(alone)
            load.await_more("the load goes on with the others", records=50, trouble=cluster.ends_of_logs)
            for i in range(5):
                cluster.ok("kv", "put", f"w{i}", i, node=leader)
            await_true(lambda: watch.values() == [str(i) for i in range(5)], "the watch goes on with another", 20,
                       lambda: f"{watch.values()}\n{cluster.ends_of_logs()}")
            cluster.links.heal()
            await_true(lambda: cluster.status(alone)["leader"] == leader, "it follows again", 20, cluster.ends_of_logs)
            # Pre-vote: however long it was alone, nobody had to be elected anew.
            self.assertEqual(cluster.status(leader)["term"], term)
            cluster.ok("kv", "put", "w5", 5, node=leader)
            await_true(lambda: watch.values() == [str(i) for i in range(6)], "and nothing is told twice")
            watch.close()
            acknowledged, refused, _ = load.finish()
            cluster.agreed()
            check_topic(cluster, "journal-0", acknowledged, refused)

    def test_a_leader_that_can_send_and_not_receive_gives_up(self):
        with Cluster(3, clients=agents(1), cuttable=True) as cluster:
            leader = cluster.leader()
            others = [number for number in cluster.nodes if number != leader]
            for other in others:
                cluster.links.cut_one_way(other, leader)
            successor = cluster.leader(among=others)
            cluster.ok("kv", "put", "goes", "on", node=successor)
            cluster.links.heal()
            cluster.agreed()


def loads_through_each(cluster, count):
    """Each writes through a coordinator of its own, and reads what it wrote through the next."""
    return [Load(cluster, f"journal-{i}", key=f"agent{i}", first=i, read=True) for i in range(count)]


def agents(count):
    return [("operator", "read,propose,admin")] + [(f"agent{i}", "read,propose") for i in range(count)]


if __name__ == "__main__":
    arguments = sys.argv[1:]
    for flag in ("--rounds", "--seed"):
        if flag in arguments:
            place = arguments.index(flag)
            globals()[flag[2:].upper()] = int(arguments[place + 1])
            del arguments[place:place + 2]
    unittest.main(argv=[sys.argv[0], "-v", *arguments])
