"""A cluster records itself under load while a member is killed and comes back, the membership changes and a snapshot is
taken; then the recordings are played again, merged, converted and checked. About ten seconds."""

import json
import os
import struct
import unittest

import etcd_trace
import perfetto_trace
from harness import Cluster, Load, await_true, run

SMALL_LOG = ("--snapshot-log-entries", "300", "--snapshot-kept-entries", "50")
SNAPSHOTS = "snapshot taken"


class Recorded(Cluster):
    """Each coordinator records; the files survive until the end of the `with`."""

    def __init__(self, *flags):
        super().__init__(3, serve_flags=SMALL_LOG, start=False)
        self.flags = flags
        for node in self.nodes.values():
            self.start_node(node)
        self.leader()

    def start_node(self, node):
        node.start("--trace", self.path(f"node{node.number}.trace"), *self.flags)

    def traces(self):
        return sorted(self.path(name) for name in os.listdir(self.directory) if ".trace" in name)


def play(cluster):
    """The story that all tests here look at."""
    load = Load(cluster, "journal")
    leader = cluster.leader()
    first = cluster.status()[leader]["commit"]
    await_true(lambda: cluster.reports().get(leader, {"commit": 0})["commit"] > first + 200, "some load", 20)
    cluster.nodes[leader].kill()
    cluster.leader(among=[number for number in cluster.nodes if number != leader])
    cluster.start_node(cluster.nodes[leader])
    node = cluster.add_node(4, join=True)
    cluster.start_node(node)
    cluster.ok("members", "add", 4, "--peer", node.peer, "--client", node.client, "--public-key", node.key)
    await_true(lambda: SNAPSHOTS in cluster.ends_of_logs() or
               any(SNAPSHOTS in each.log_text() for each in cluster.nodes.values()), "a snapshot", 20)
    load.finish()
    cluster.agreed()
    for each in cluster.nodes.values():
        each.stop()


def block_checksums_again(data):
    """The file with every checksum as its block needs it: as somebody would change it who knows the format."""
    out = bytearray(data[:8])
    at = 8
    while at < len(data):
        size, number, _ = struct.unpack_from("<IIQ", data, at)
        records = data[at + 16:at + 16 + size]
        out += struct.pack("<IIQ", size, number, digest(records, number)) + records
        at += 16 + size
    return bytes(out)


def fold(a, b):
    product = (a ^ 0x9E3779B97F4A7C15) * (b ^ 0xD1B54A32D192ED03)
    return (product ^ product >> 64) & 0xFFFFFFFFFFFFFFFF


def digest(data, seed):
    """TRACE.md, "Digests", written once more from its words."""
    value = fold(seed, len(data))
    striped = len(data) // 64 * 64
    if striped:
        lanes = [(value + i) & 0xFFFFFFFFFFFFFFFF for i in range(4)]
        for at in range(0, striped, 16):
            first, second = struct.unpack_from("<QQ", data, at)
            lanes[at // 16 % 4] = fold(first ^ lanes[at // 16 % 4], second)
        value = fold(fold(lanes[0], lanes[1]), fold(lanes[2], lanes[3]))
    whole = len(data) // 16 * 16
    for at in range(striped, whole, 16):
        first, second = struct.unpack_from("<QQ", data, at)
        value = fold(first ^ value, second)
    if whole < len(data):
        first, second = struct.unpack("<QQ", data[whole:].ljust(16, b"\0"))
        value = fold(first ^ value, second)
    return value


KILLED = "to where the process was killed"


class Trace(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.cluster = Recorded()
        cls.addClassCleanup(cls.cluster.__exit__, None, None, None)
        play(cls.cluster)
        cls.files = cls.cluster.traces()

    def test_each_run_has_its_own_file_that_only_its_owner_reads(self):
        names = [os.path.basename(name) for name in self.files]
        self.assertEqual(len(names), 5, names)
        self.assertEqual(len([name for name in names if name.endswith(".trace.2")]), 1)
        for name in self.files:
            self.assertEqual(os.stat(name).st_mode & 0o777, 0o600)

    def test_the_core_does_again_what_it_did(self):
        result = run("trace", "--replay", "--json", *self.files)
        self.assertEqual(result.code, 0, result)
        ends = sorted(line["end"] for line in result.lines())
        self.assertEqual(ends, ["killed", "stopped", "stopped", "stopped", "stopped"], result)
        for line in result.lines():
            self.assertGreater(line["readies"], 5, result)

    def test_what_was_agreed_upon_is_not_in_the_files(self):
        for name in self.files:
            with open(name, "rb") as file:
                self.assertNotIn(b"journal", file.read())

    def test_a_changed_byte_is_noticed(self):
        stopped = next(name for name in self.files if KILLED not in run("trace", "--replay", name).out)
        with open(stopped, "rb") as file:
            good = file.read()
        spoilt_file = self.cluster.path("spoilt")
        noticed = {"checksum": 0, "other outputs or no record": 0}
        tried = 0
        for at in range(len(good) // 4, len(good) - 64, max(1, len(good) // 12)):
            spoilt = bytearray(good)
            spoilt[at] ^= 1
            for how, data in (("checksum", bytes(spoilt)), ("other outputs or no record", block_checksums_again(spoilt))):
                with open(spoilt_file, "wb") as file:
                    file.write(data)
                result = run("trace", "--replay", spoilt_file)
                # A size that reaches behind the end of the file now is told as what it looks like: a kill.
                noticed[how] += result.code == 1 or KILLED in result.out
                if result.code == 1:
                    self.assertIn("byte ", result.err, result)
            tried += 1
        self.assertEqual(noticed["checksum"], tried)
        # What is changed with its checksum may be a clock, or fall on a mark of what was never committed.
        self.assertGreaterEqual(noticed["other outputs or no record"], tried // 2, noticed)

    def test_the_files_are_told_as_one_story(self):
        result = run("trace", *self.files)
        self.assertEqual(result.code, 0, result)
        for words in ("is elected leader in term", "sends node", "takes up the configuration", "snapshot of entry"):
            self.assertIn(words, result.out)
        story = [json.loads(line) for line in run("trace", "--json", *self.files).out.splitlines()]
        self.assertEqual({event["node"] for event in story}, {1, 2, 3, 4})

    def test_etcds_form_keeps_its_rules(self):
        result = run("trace", "--format", "etcd", *self.files)
        self.assertEqual(result.code, 0, result)
        names = etcd_trace.check(result.out)
        for name in ("InitState", "BecomeCandidate", "BecomeLeader", "Replicate", "Commit", "Ready",
                     "ReceiveAppendEntriesResponse"):
            self.assertGreater(names[name], 0, names)
        short = run("trace", "--format", "etcd", "--events", 300, *self.files)
        self.assertGreaterEqual(len(short.out.splitlines()), 300)
        etcd_trace.check(short.out)

    def test_perfettos_form_is_what_its_viewer_reads(self):
        result = run("trace", "--format", "perfetto", *self.files)
        self.assertEqual(result.code, 0, result)
        seen = perfetto_trace.check(result.out)
        self.assertEqual(seen["processes"], 4)
        self.assertGreater(seen["flows"], 100)


class Limits(unittest.TestCase):
    def test_a_trace_that_is_full_ends_and_the_coordinator_goes_on(self):
        with Recorded("--trace-limit", "65536") as cluster:
            load = Load(cluster, "journal")
            await_true(lambda: all("has reached its limit" in node.log_text() for node in cluster.nodes.values()),
                       "all traces are full", 20, cluster.ends_of_logs)
            load.finish()
            cluster.agreed()
            result = run("trace", "--replay", "--json", *cluster.traces())
            self.assertEqual(result.code, 0, result)
            self.assertEqual({line["end"] for line in result.lines()}, {"limit"}, result)
            for name in cluster.traces():
                self.assertLessEqual(os.path.getsize(name), 65536)

    def test_a_trace_that_cannot_be_made_keeps_nobody_from_running(self):
        with Cluster(1, serve_flags=("--trace", "/dev/null/trace")) as cluster:
            cluster.ok("kv", "put", "k", "v")
            self.assertIn("runs without a trace", cluster.nodes[1].log_text())


if __name__ == "__main__":
    unittest.main()
