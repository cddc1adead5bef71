"""Members come and go by command, fall behind and catch up; backups, and the way out of a lost majority."""

import os
import unittest

from harness import Cluster, Load, await_true, check_topic

SMALL_LOG = ("--snapshot-log-entries", "400", "--snapshot-kept-entries", "50")


def voters_and_learners(cluster):
    members = cluster.ok("members", "list", "--json").json()["members"]
    voters = sorted(member["id"] for member in members if member["voter"])
    learners = sorted(member["id"] for member in members if member["learner"])
    return voters, learners


def add(cluster, number):
    """A new coordinator, started with --join and added as a learner."""
    node = cluster.add_node(number, join=True)
    node.start()
    cluster.ok("members", "add", number, "--peer", node.peer, "--client", node.client, "--public-key", node.key)
    return node


def caught_up(cluster, number):
    def look():
        reports = cluster.status()
        return number in reports and reports[number]["applied"] == max(r["commit"] for r in reports.values())

    await_true(look, f"node {number} catches up", 30, cluster.ends_of_logs)


def caught_up_once(cluster, number):
    """It has applied what was committed a moment ago, while more is written."""
    goal = max(report["commit"] for report in cluster.status().values())
    await_true(lambda: cluster.reports().get(number, {"applied": 0})["applied"] >= goal, f"node {number} catches up", 30,
               cluster.ends_of_logs)


class Members(unittest.TestCase):
    def test_a_learner_is_added_promoted_and_removed_under_load(self):
        with Cluster(3) as cluster:
            load = Load(cluster, "journal")
            add(cluster, 4)
            self.assertEqual(voters_and_learners(cluster), ([1, 2, 3], [4]))
            caught_up(cluster, 4)
            cluster.ok("members", "promote", 4)
            self.assertEqual(voters_and_learners(cluster), ([1, 2, 3, 4], []))
            cluster.ok("members", "remove", 2)
            self.assertEqual(voters_and_learners(cluster), ([1, 3, 4], []))
            # Who was removed says so, and ends; the others need it no more.
            await_true(lambda: not cluster.nodes[2].alive(), "node 2 knows that it was removed", 20, cluster.ends_of_logs)
            self.assertIn("removed", cluster.nodes[2].last_log())
            acknowledged, refused, unknown = load.finish()
            self.assertEqual(unknown, [])
            reports = cluster.agreed(among=[1, 3, 4])
            self.assertEqual(len({reports[number]["state_hash"] for number in (1, 3, 4)}), 1)
            check_topic(cluster, "journal", acknowledged, refused)

    def test_a_learner_that_has_not_caught_up_is_not_promoted(self):
        with Cluster(3) as cluster:
            node = add(cluster, 4)
            caught_up(cluster, 4)
            node.pause()
            cluster.ok("kv", "put", "more", "to come")
            refused = cluster.kelek("members", "promote", 4, "--timeout-ms", 1000)
            self.assertEqual(refused.code, 3, refused)
            self.assertIn("committed", refused.err)
            node.resume()
            cluster.ok("members", "promote", 4)  # waits until it has caught up

    def test_a_voter_is_replaced_in_one_change(self):
        with Cluster(3) as cluster:
            add(cluster, 4)
            caught_up(cluster, 4)
            cluster.ok("members", "replace", 1, 4)
            self.assertEqual(voters_and_learners(cluster), ([2, 3, 4], []))
            cluster.nodes[1].kill()
            cluster.ok("kv", "put", "without", "node 1")

    def test_the_leader_removes_itself(self):
        with Cluster(3) as cluster:
            leader = cluster.leader()
            cluster.ok("members", "remove", leader)
            rest = [number for number in cluster.nodes if number != leader]
            self.assertIn(cluster.leader(among=rest), rest)
            await_true(lambda: not cluster.nodes[leader].alive(), "who removed itself ends", 10, cluster.ends_of_logs)
            self.assertIn("removed", cluster.nodes[leader].last_log())
            cluster.ok("kv", "put", "goes", "on")

    def test_leadership_is_transferred_and_given_up_at_a_clean_stop(self):
        with Cluster(3) as cluster:
            leader = cluster.leader()
            heir = next(number for number in cluster.nodes if number != leader)
            cluster.ok("transfer", heir)
            await_true(lambda: cluster.leader() == heir, "the heir leads")
            refused = cluster.kelek("transfer", 9)
            self.assertEqual(refused.code, 3, refused)
            term = cluster.status(heir)["term"]
            self.assertEqual(cluster.nodes[heir].stop(), 0)
            successor = cluster.leader()
            self.assertEqual(cluster.status(successor)["term"], term + 1)


class Misunderstandings(unittest.TestCase):
    def test_a_voter_is_not_made_a_learner_by_adding_it_again(self):
        with Cluster(3) as cluster:
            again = cluster.nodes[2]
            refused = cluster.kelek("members", "add", 2, "--peer", again.peer, "--client", again.client, "--public-key",
                                    again.key)
            self.assertEqual(refused.code, 3, refused)
            self.assertIn("node 2 is a member already", refused.err)
            self.assertEqual(voters_and_learners(cluster), ([1, 2, 3], []))

    def test_what_would_change_nothing_or_nobody_is_said(self):
        with Cluster(3) as cluster:
            for arguments, says in ((("promote", 2), "node 2 is a voter already"), (("promote", 9), "no member 9"),
                                    (("demote", 9), "no member 9"), (("remove", 9), "no member 9"),
                                    (("replace", 9, 2), "no member 9"), (("replace", 1, 2), "node 2 is a voter already"),
                                    (("replace", 1, 9), "node 9 is no member")):
                refused = cluster.kelek("members", *arguments)
                self.assertEqual(refused.code, 3, refused)
                self.assertIn(says, refused.err)
            self.assertEqual(voters_and_learners(cluster), ([1, 2, 3], []))

    def test_whoever_is_added_has_to_run(self):
        with Cluster(1) as cluster:
            absent = cluster.add_node(4, join=True)
            refused = cluster.kelek("members", "add", 4, "--peer", absent.peer, "--client", absent.client,
                                    "--public-key", absent.key, "--timeout-ms", 1000)
            self.assertEqual(refused.code, 4, refused)
            self.assertIn(absent.peer, refused.err)


class CatchingUp(unittest.TestCase):
    def test_a_member_that_was_away_catches_up_through_a_snapshot(self):
        with Cluster(3, serve_flags=SMALL_LOG) as cluster:
            away = next(number for number in cluster.nodes if number != cluster.leader())
            cluster.nodes[away].kill()
            load = Load(cluster, "journal", count=1500)
            acknowledged, refused, _ = load.finish(120)
            self.assertEqual(len(acknowledged), 1500)
            await_true(lambda: min(r["first_index"] for r in cluster.status().values()) > 200, "the log is compacted")
            cluster.nodes[away].start()
            cluster.agreed()
            self.assertIn("snapshot installed", cluster.nodes[away].last_log())
            check_topic(cluster, "journal", acknowledged, refused)

    def test_a_member_catches_up_while_load_and_snapshots_go_on(self):
        """Every few writes there is a newer snapshot than the one on its way (B68)."""
        often = ("--snapshot-log-entries", "40", "--snapshot-kept-entries", "10")
        with Cluster(3, serve_flags=often) as cluster:
            away = next(number for number in cluster.nodes if number != cluster.leader())
            cluster.nodes[away].kill()
            for i in range(20):
                cluster.ok("kv", "put", f"large-{i}", "x" * 100_000)
            load = Load(cluster, "journal", first=cluster.leader() - 1, read=True)
            load.await_more("some load", records=60)
            cluster.nodes[away].start()
            await_true(lambda: "snapshot installed" in cluster.nodes[away].last_log(), "a snapshot arrives", 30,
                       cluster.ends_of_logs)
            behind = cluster.status(cluster.leader())["commit"]
            await_true(lambda: cluster.reports().get(away, {"applied": 0})["applied"] > behind, "it keeps up", 30,
                       cluster.ends_of_logs)
            # Killed in the midst of it, it comes back from whatever it has on its disk.
            cluster.nodes[away].kill()
            load.await_more("the load goes on", records=60)
            cluster.nodes[away].start()
            caught_up_once(cluster, away)
            acknowledged, refused, unknown = load.finish()
            self.assertEqual(unknown, [])
            cluster.agreed()
            check_topic(cluster, "journal", acknowledged, refused)

    def test_a_newcomer_gets_the_snapshot_and_what_follows(self):
        with Cluster(3, serve_flags=SMALL_LOG) as cluster:
            Load(cluster, "journal", count=900).finish(120)
            await_true(lambda: min(r["first_index"] for r in cluster.status().values()) > 200, "the log is compacted")
            add(cluster, 4)
            caught_up(cluster, 4)
            cluster.agreed()


class Backups(unittest.TestCase):
    def test_a_new_cluster_begins_with_the_backup_of_another(self):
        with Cluster(3) as old, Cluster(3, start=False) as new:
            old.ok("kv", "put", "kept", "in the backup")
            backup = old.path("backup.kelek")
            old.ok("snapshot", "save", backup)
            again = old.kelek("snapshot", "save", backup)
            self.assertNotEqual(again.code, 0, "a file that exists is not overwritten")
            old.ok("kv", "put", "late", "after the backup")
            for number, node in new.nodes.items():
                new.ok("snapshot", "restore", backup, "--node", number, "--cluster", new.file, "--data-directory",
                       node.data)
            new.start()
            self.assertEqual(new.ok("kv", "get", "kept").out.strip(), "in the backup")
            self.assertNotEqual(new.kelek("kv", "get", "late").out.strip(), "after the backup")
            new.agreed()

    def test_a_damaged_backup_is_refused(self):
        with Cluster(1) as cluster:
            cluster.ok("kv", "put", "a", "b")
            backup = cluster.path("backup.kelek")
            cluster.ok("snapshot", "save", backup)
            with open(backup, "r+b") as file:
                file.seek(os.path.getsize(backup) // 2)
                byte = file.read(1)
                file.seek(-1, 1)
                file.write(bytes([byte[0] ^ 1]))
            refused = cluster.kelek("snapshot", "restore", backup, "--node", 1, "--cluster", cluster.file,
                                    "--data-directory", cluster.path("restored"))
            self.assertEqual(refused.code, 1, refused)
            self.assertIn(backup, refused.err)


class LostMajority(unittest.TestCase):
    def test_recovery_is_refused_while_a_quorum_lives_and_works_when_none_does(self):
        with Cluster(3) as cluster:
            cluster.ok("kv", "put", "kept", "x")
            cluster.agreed()
            survivor = 1
            self.assertEqual(cluster.nodes[survivor].stop(), 0)
            force = ("members", "force", "--data-directory", cluster.nodes[survivor].data, "--survivors", survivor,
                     "--i-know-what-is-lost")
            refused = cluster.kelek(*force)
            self.assertEqual(refused.code, 3, refused)
            # Also where nobody names the living: the directory knows them.
            alone = cluster.nodes[survivor]
            refused = cluster.kelek(*force, "--connect", f"{alone.client}={alone.key}")
            self.assertEqual(refused.code, 3, refused)
            for number in (2, 3):
                cluster.nodes[number].kill()
            cluster.ok(*force)
            cluster.nodes[survivor].start()
            cluster.leader(among=[survivor])
            self.assertEqual(cluster.ok("kv", "get", "kept", node=survivor).out.strip(), "x")
            cluster.ok("kv", "put", "alone", "y", node=survivor)


if __name__ == "__main__":
    unittest.main(verbosity=2)
