"""What bad input gets: a clear error that names the thing, the right exit code, and nothing lost."""

import glob
import os
import shutil
import socket
import subprocess
import unittest

from harness import Cluster, Node, await_true, free_ports, run


def last_line(text):
    lines = [line for line in text.strip().splitlines() if line]
    return lines[-1] if lines else ""


class Flags(unittest.TestCase):
    def test_unknown_flags_and_commands(self):
        for arguments in (["status", "--no-such-flag"], ["kv", "put", "--no-such", "a", "b"], ["no-such-command"]):
            result = run(*arguments)
            self.assertEqual(result.code, 2, result)
            self.assertIn(next(each for each in arguments if "no-such" in each), result.err)

    def test_a_bad_address_is_named(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            node.start("--peer-bind", "127.0.0.1:notaport")
            self.assertEqual(node.wait_end(), 2)
            self.assertIn("notaport", node.last_log())

    def test_a_bad_option_is_named_with_its_bound(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            node.start("--heartbeat-ticks", "10", "--election-ticks", "10")
            self.assertEqual(node.wait_end(), 2)
            self.assertIn("heartbeat", node.last_log())


class Ports(unittest.TestCase):
    def test_a_port_in_use_is_named(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            with socket.socket() as taken:
                taken.bind(("127.0.0.1", node.peer_port))
                taken.listen()
                node.start()
                self.assertEqual(node.wait_end(), 3)  # a conflict with whoever has it
            self.assertIn(str(node.peer_port), node.last_log())
            node.start()
            cluster.leader()

    def test_nobody_listens(self):
        with Cluster(1) as cluster:
            cluster.nodes[1].kill()
            result = cluster.kelek("kv", "get", "a", "--timeout-ms", "500")
            self.assertEqual(result.code, 4, result)
            self.assertIn(str(cluster.nodes[1].client_port), result.err)


class Keys(unittest.TestCase):
    def test_missing_open_and_damaged_key_files(self):
        with Cluster(1) as cluster:
            key = cluster.path("agent.key")
            os.chmod(key, 0o644)
            result = cluster.kelek("kv", "get", "a", key="agent")
            self.assertEqual(result.code, 2, result)
            self.assertIn(key, result.err)
            self.assertIn("chmod 600", result.err)
            os.chmod(key, 0o600)
            with open(key, "w", encoding="utf-8") as file:
                file.write("no key at all\n")
            result = cluster.kelek("kv", "get", "a", key="agent")
            self.assertEqual(result.code, 2, result)
            self.assertIn(key, result.err)
            os.remove(key)
            result = cluster.kelek("kv", "get", "a", key="agent")
            self.assertEqual(result.code, 2, result)
            self.assertIn(key, result.err)

    def test_a_key_that_nobody_authorised_is_refused(self):
        with Cluster(1) as cluster:
            cluster.new_key("stranger")
            result = cluster.kelek("kv", "put", "a", "b", "--timeout-ms", "2000", key="stranger")
            self.assertNotEqual(result.code, 0, result)
            self.assertIn("key", result.err)
            self.assertEqual(cluster.kelek("kv", "get", "a").out.strip(), "")

    def test_roles_are_kept(self):
        clients = (("operator", "read,propose,admin"), ("reader", "read"), ("agent", "read,propose"))
        with Cluster(1, clients=clients) as cluster:
            self.assertEqual(cluster.kelek("kv", "put", "a", "b", key="reader").code, 3)
            self.assertEqual(cluster.kelek("kv", "put", "a", "b", key="agent").code, 0)
            self.assertEqual(cluster.kelek("kv", "get", "a", key="reader").out.strip(), "b")
            self.assertEqual(cluster.kelek("snapshot", "take", key="agent").code, 3)

    def test_a_known_key_that_speaks_for_another_node_is_not_heard(self):
        with Cluster(3) as cluster:
            cluster.nodes[3].kill()
            # Node 3 comes back with the key of a stranger in the place of its own.
            shutil.copy(cluster.path("agent.key"), cluster.path("node3.key"))
            cluster.nodes[3].start()
            cluster.leader(among=[1, 2])
            cluster.ok("kv", "put", "a", "b", node=1)
            cluster.agreed(among=[1, 2])
            reports = cluster.reports(3).get(3)
            self.assertTrue(reports is None or reports["leader"] == 0 or reports["applied"] <
                            cluster.status(1)["applied"])

    def test_no_secret_is_in_any_log(self):
        with Cluster(3) as cluster:
            cluster.ok("kv", "put", "a", "b")
            secrets = []
            for path in glob.glob(cluster.path("*.key")):
                with open(path, encoding="utf-8") as file:
                    secrets += [line.split("=", 1)[1].strip().strip('"') for line in file if line.startswith("secret-key")]
            self.assertEqual(len(secrets), 5)
            logs = "".join(node.log_text() for node in cluster.nodes.values())
            for secret in secrets:
                self.assertNotIn(secret, logs)


class Directories(unittest.TestCase):
    def test_a_directory_of_another_node(self):
        with Cluster(2) as cluster:
            one, two = cluster.nodes[1], cluster.nodes[2]
            one.kill()
            two.kill()
            one.start("--data-directory", two.data)
            self.assertEqual(one.wait_end(), 1)
            self.assertIn(two.data, one.last_log())
            self.assertRegex(one.last_log(), r"node 2")

    def test_a_directory_of_another_cluster(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            node.start("--cluster-name", "another")
            self.assertEqual(node.wait_end(), 1)
            self.assertIn(node.data, node.last_log())

    def test_a_directory_in_use_by_a_live_process(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            second = Node(cluster, 1, free_ports(2))
            second.front_port = second.peer_port
            command = [*node.command(), "--peer-bind", second.peer, "--client-bind", second.client]
            done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
            self.assertEqual(done.returncode, 1, done)
            self.assertIn(node.data, done.stderr)
            self.assertIn(str(node.process.pid), done.stderr)
            cluster.ok("kv", "put", "still", "served")

    def test_a_directory_that_cannot_be_written_to_is_named(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            path = cluster.path("read-only")
            os.mkdir(path)
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "ro,size=1m", "none", path], capture_output=True,
                                     check=False)
            if mounted.returncode == 0:
                self.addCleanup(subprocess.run, ["umount", "-l", path], check=False)
            elif os.geteuid() != 0:
                os.chmod(path, 0o555)
            else:
                path = "/proc/kelek-data"  # where not even root makes anything
            node.start("--data-directory", path)
            self.assertEqual(node.wait_end(), 1)
            self.assertIn(path, node.last_log())

    def test_a_file_in_the_place_of_the_directory(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            node.kill()
            path = cluster.path("a-file")
            with open(path, "w", encoding="utf-8"):
                pass
            node.start("--data-directory", path)
            self.assertEqual(node.wait_end(), 1)
            self.assertIn(path, node.last_log())


class Disks(unittest.TestCase):
    def newest_segment(self, node):
        return max(glob.glob(os.path.join(node.data, "**", "*.wal"), recursive=True))

    def test_a_torn_tail_is_dropped_and_the_node_starts(self):
        with Cluster(3) as cluster:
            for i in range(20):
                cluster.ok("kv", "put", f"key-{i}", "value")
            node = cluster.nodes[next(n for n in cluster.nodes if n != cluster.leader())]
            cluster.agreed()
            node.kill()
            # Half a record behind the last one, as a power cut would leave it.
            path = self.newest_segment(node)
            with open(path, "r+b") as file:
                end = len(file.read().rstrip(b"\0"))
                file.seek((end + 7) // 8 * 8)
                file.write(os.urandom(24))
            node.start()
            cluster.agreed()

    def test_damage_to_acknowledged_data_is_told_from_a_torn_tail_and_repaired_by_the_others(self):
        with Cluster(3) as cluster:
            for i in range(50):
                cluster.ok("kv", "put", f"key-{i}", "value " * 20)
            node = cluster.nodes[next(n for n in cluster.nodes if n != cluster.leader())]
            cluster.agreed()
            node.kill()
            segments = sorted(glob.glob(os.path.join(node.data, "**", "*.wal"), recursive=True))
            with open(segments[0], "r+b") as file:
                content = file.read()
                place = content.index(b"value value", 4096)
                file.seek(place)
                file.write(b"VALUE")
            node.start()
            await_true(lambda: "damage" in node.last_log() or "corrupt" in node.last_log(), "the damage is reported")
            cluster.ok("kv", "put", "after", "the damage")
            await_true(lambda: "the log is repaired" in node.last_log(), "the damage is repaired", 20,
                       cluster.ends_of_logs)
            reports = cluster.agreed()
            self.assertTrue(node.alive())
            self.assertEqual(sorted(reports), [1, 2, 3])
            self.assertEqual(reports[node.number]["trouble"], "")

    def test_a_wiped_disk_under_an_old_id_is_not_the_member_it_was(self):
        with Cluster(3) as cluster:
            cluster.ok("kv", "put", "a", "b")
            node = cluster.nodes[next(n for n in cluster.nodes if n != cluster.leader())]
            cluster.agreed()
            node.kill()
            shutil.rmtree(node.data)
            node.start()
            self.assertEqual(node.wait_end(), 3)  # refused: by the members, who know its other disk
            self.assertIn("another disk", node.last_log())
            cluster.ok("kv", "put", "goes", "on")

    def test_a_removed_member_is_told_so(self):
        with Cluster(3) as cluster:
            gone = next(n for n in cluster.nodes if n != cluster.leader())
            cluster.ok("members", "remove", gone)
            node = cluster.nodes[gone]
            await_true(lambda: "removed" in node.last_log(), "the removed one is told")

    def test_a_full_disk_loses_nothing(self):
        with Cluster(1, start=False) as cluster:
            node = cluster.nodes[1]
            os.makedirs(node.data)
            mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=24m", "none", node.data],
                                     capture_output=True, text=True, check=False)
            if mounted.returncode != 0:
                # Where nothing may be mounted, a limit on the size of files takes the place of a full disk.
                node.start("--segment-bytes", "4194304", prefix=("prlimit", "--fsize=16777216"))
            else:
                self.addCleanup(subprocess.run, ["umount", "-l", node.data], check=False)
                node.start("--segment-bytes", "4194304")
            cluster.leader()
            written = 0
            refused = None
            for i in range(400):
                result = cluster.kelek("kv", "put", f"key-{i:04}", "x" * 100_000, "--timeout-ms", "5000")
                if result.code != 0:
                    refused = result
                    break
                written += 1
            self.assertIsNotNone(refused, "the disk never became full")
            self.assertGreater(written, 10)
            # What was acknowledged is still there, now or after more room was made.
            if not node.alive():
                self.assertIn("disk", node.last_log())
                if mounted.returncode == 0:
                    subprocess.run(["mount", "-o", "remount,size=200m", node.data], check=True)
                node.start()
                cluster.leader()
            for i in (0, written // 2, written - 1):
                self.assertEqual(len(cluster.ok("kv", "get", f"key-{i:04}").out.strip()), 100_000)


class Limits(unittest.TestCase):
    def test_a_value_over_the_limit_is_refused_with_the_limit(self):
        with Cluster(1) as cluster:
            big = cluster.path("big")
            with open(big, "w", encoding="utf-8") as file:
                file.write("x" * 3_000_000)
            result = cluster.kelek("kv", "put", "big", f"@{big}")
            self.assertIn(result.code, (2, 3), result)
            self.assertRegex(result.err, r"\d{5,}|MiB|limit")

    def test_raw_bytes_on_the_client_port_harm_nobody(self):
        with Cluster(1) as cluster:
            before = resident_kib(cluster.nodes[1].process.pid)
            for junk in (b"\xff" * 10, b"GET / HTTP/1.1\r\n\r\n", b"\xff\0\0\0\0\0\0\0\1\x7f" + b"\x7f" * 64,
                         b"\xdf\xff\xff\xff\xff" * 1000):
                for port in (cluster.nodes[1].client_port, cluster.nodes[1].peer_port):
                    with socket.create_connection(("127.0.0.1", port), timeout=5) as raw:
                        raw.sendall(junk)
                        raw.settimeout(0.2)
                        try:
                            raw.recv(100)
                        except OSError:
                            pass
            cluster.ok("kv", "put", "still", "here")
            self.assertLess(resident_kib(cluster.nodes[1].process.pid) - before, 8192)

    def test_no_leader_is_said_and_costs_the_deadline_at_most(self):
        with Cluster(3) as cluster:
            alive = cluster.leader()
            for number, node in cluster.nodes.items():
                if number != alive:
                    node.kill()
            await_true(lambda: cluster.status(alive)["role"] != "leader", "the last one steps down")
            result = cluster.kelek("kv", "put", "a", "b", "--timeout-ms", "1000", node=alive)
            self.assertEqual(result.code, 4, result)
            self.assertIn("leader", result.err)


class Clocks(unittest.TestCase):
    def test_log_time_never_goes_back(self):
        """The machine's time is the log's: a new leader with another clock goes on from where it was."""
        with Cluster(3) as cluster:
            cluster.ok("kv", "put", "a", "b")
            before = cluster.status(cluster.leader())["log_time"]
            cluster.nodes[cluster.leader()].kill()
            leader = cluster.leader()
            cluster.ok("kv", "put", "a", "c")
            self.assertGreaterEqual(cluster.status(leader)["log_time"], before)


def resident_kib(pid):
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


if __name__ == "__main__":
    unittest.main(verbosity=2)
