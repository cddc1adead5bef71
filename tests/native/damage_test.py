"""Bits of a coordinator's files flip while it is down: it finds out, and is repaired by the others; until then it
neither votes nor leads."""

import glob
import os
import time
import unittest

from harness import Cluster, await_true


def files_of(node):
    return sorted(path for path in glob.glob(os.path.join(node.data, "**"), recursive=True) if os.path.isfile(path))


def flip_bit(path, offset, bit=0):
    with open(path, "r+b") as file:
        file.seek(offset)
        byte = file.read(1)[0]
        file.seek(offset)
        file.write(bytes([byte ^ 1 << bit]))


def find(node, text):
    """The segment that holds these bytes, and where."""
    for path in files_of(node):
        if path.endswith(".wal"):
            with open(path, "rb") as file:
                place = file.read().find(text)
            if place >= 0:
                return path, place
    raise AssertionError(f"no segment of node {node.number} holds {text}")


def write_some(cluster, count, prefix):
    for i in range(count):
        cluster.ok("kv", "put", f"{prefix}-{i}", f"{prefix}-value-{i}")


class Damage(unittest.TestCase):
    def test_a_damaged_log_neither_votes_nor_leads_until_it_is_repaired(self):
        with Cluster(3) as cluster:
            write_some(cluster, 10, "old")
            leader = cluster.leader()
            damaged, other = (n for n in cluster.nodes if n != leader)
            cluster.agreed()
            for node in cluster.nodes.values():
                node.kill()
            path, place = find(cluster.nodes[damaged], b"old-value-7")
            flip_bit(path, place + 4)

            # Two of three would elect a leader at once, if both could vote.
            cluster.nodes[damaged].start()
            cluster.nodes[other].start()
            report = cluster.status(damaged)
            self.assertIn("repairs its log", report["trouble"])
            self.assertIn("does not vote", report["trouble"])
            self.assertIn("payload is damaged", cluster.nodes[damaged].last_log())
            end = time.monotonic() + 3  # many election timeouts
            while time.monotonic() < end:
                roles = {number: each["role"] for number, each in cluster.status().items()}
                self.assertNotIn("leader", roles.values(), roles)
                self.assertNotEqual(roles.get(damaged), "candidate")
            self.assertEqual(cluster.status(damaged)["term"], report["term"], "it did not campaign")

            # The third one comes back: it and the other one elect, and bring what was lost.
            cluster.nodes[leader].start()
            self.assertNotEqual(cluster.leader(), damaged)
            await_true(lambda: "the log is repaired" in cluster.nodes[damaged].last_log(), "the repair", 20,
                       cluster.ends_of_logs)
            await_true(lambda: cluster.status(damaged)["trouble"] == "", "no more trouble")
            cluster.agreed()
            self.assertEqual(cluster.ok("kv", "get", "old-7", "--stale", node=damaged).out.strip(), "old-value-7")

            # Now its vote counts again: without the third one there is a leader, and writes need it.
            cluster.nodes[leader].kill()
            cluster.leader(among=(damaged, other))
            write_some(cluster, 3, "new")
            cluster.nodes[leader].start()
            cluster.agreed()

            # And it is over: the next start finds nothing to repair.
            cluster.nodes[damaged].kill()
            cluster.nodes[damaged].start()
            cluster.agreed()
            self.assertNotIn("repairs", cluster.nodes[damaged].last_log())

    def test_a_torn_tail_is_only_cut_off(self):
        with Cluster(3) as cluster:
            write_some(cluster, 5, "old")
            leader = cluster.leader()
            torn, other = (n for n in cluster.nodes if n != leader)
            cluster.agreed()
            for node in cluster.nodes.values():
                node.kill()
            path = max(path for path in files_of(cluster.nodes[torn]) if path.endswith(".wal"))
            with open(path, "r+b") as file:
                content = file.read()
                end = (len(content.rstrip(b"\0")) + 7) // 8 * 8
                file.seek(end)
                file.write(os.urandom(100))
            cluster.nodes[torn].start()
            cluster.nodes[other].start()
            cluster.leader(among=(torn, other))  # its vote counts
            write_some(cluster, 3, "new")
            self.assertNotIn("repairs", cluster.nodes[torn].last_log())
            cluster.nodes[leader].start()
            cluster.agreed()

    def test_a_bit_of_each_file_is_found_or_harmless_and_nobody_else_is_in_trouble(self):
        with Cluster(3) as cluster:
            write_some(cluster, 10, "old")
            follower = next(n for n in cluster.nodes if n != cluster.leader())
            node = cluster.nodes[follower]
            cluster.ok("snapshot", "take", node=follower)
            write_some(cluster, 5, "newer")
            cluster.agreed()
            seen = {}
            names = [os.path.relpath(path, node.data) for path in files_of(node)]
            self.assertEqual({name.rsplit(".")[-1] for name in names} >= {"identity", "genesis", "incarnation", "snap",
                                                                          "wal"}, True, names)
            for name in names:
                path = os.path.join(node.data, name)
                if not os.path.exists(path):
                    continue  # a segment or a spare of an earlier life
                node.kill()
                size = os.path.getsize(path)
                # In a segment: the header, which nothing can replace.
                place = 100 if name.endswith(".wal") else size // 2
                if size == 0:
                    continue
                flip_bit(path, place, 3)
                node.start()
                seen[name.rsplit(".")[-1]] = self.outcome(cluster, node, path, place)
                cluster.agreed()
                write_some(cluster, 2, "after")
                for each in cluster.nodes.values():
                    self.assertTrue(each.alive(), each.last_log())
            self.assertEqual(seen["identity"], "refused")
            self.assertEqual(seen["wal"], "refused")
            self.assertEqual(seen["snap"], "found")
            self.assertEqual(seen["genesis"], "found")
            self.assertEqual(seen["incarnation"], "harmless")

    def outcome(self, cluster, node, path, place):
        """It starts, and says that this file is damaged, or nothing of it; or it does not, and names the file, which is then mended by hand."""
        await_true(lambda: not node.alive() or cluster.reports().get(node.number), "it starts or it ends", 20,
                   cluster.ends_of_logs)
        text = node.last_log()
        if node.alive():
            named = [line for line in text.splitlines() if os.path.basename(path) in line]
            return "found" if any("damaged" in line for line in named) else "harmless"
        self.assertEqual(node.wait_end(), 1, text)
        self.assertIn("damaged", text)
        self.assertIn(os.path.basename(path), text)
        flip_bit(path, place, 3)
        node.start()
        return "refused"


if __name__ == "__main__":
    unittest.main(verbosity=2)
