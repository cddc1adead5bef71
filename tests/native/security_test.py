"""The threats T1, T2, T3, T6, T7, T8 and T13 of the transport, against real coordinators: who has no business here gets
nowhere, is written down and counted, and everybody else goes on.

What strangers send goes through kelek_stranger (bare libzmq) or bare TCP; the frames are the seeds of tests/fuzz.
"""

import glob
import os
import re
import resource
import selectors
import socket
import stat
import subprocess
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import BUILD, Cluster, await_true, run

STRANGER = os.environ.get("KELEK_STRANGER", os.path.join(BUILD, "tests/native/kelek_stranger"))
SEEDS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../fuzz/corpus")
FIVE_BYTE_BOMBS = [bytes([kind]) + b"\xff\xff\xff\xff" for kind in (0xdd, 0xdf, 0xdb, 0xc6, 0xc9)]


def knock(port, *mechanism, frames=()):
    """What became of a stranger: "in N" or "out"."""
    done = subprocess.run([STRANGER, f"tcp://127.0.0.1:{port}", *mechanism], text=True, capture_output=True, timeout=30,
                          input="".join(f"{frame.hex()}\n" for frame in frames), check=False)
    if done.returncode != 0:
        raise AssertionError(f"kelek_stranger: {done.stderr}")
    return done.stdout.strip()


def counters(cluster, number):
    """The counters of one coordinator, by name."""
    return cluster.status(number)["counters"]


def seeds(kind):
    frames = []
    for path in sorted(glob.glob(os.path.join(SEEDS, kind, "*"))):
        with open(path, "rb") as file:
            frames.append(file.read())
    return frames


def addressed(frame, sender, to):
    """A seed of a frame between members, with these two in the place of its own."""
    start = 3 if frame[0] == 0xdc else 1  # behind the array's head: version, group, kind, from, to
    return frame[:start + 3] + bytes([sender, to]) + frame[start + 5:]


def kind_of(frame):
    return frame[(3 if frame[0] == 0xdc else 1) + 2]


def resident_kib(node):
    with open(f"/proc/{node.process.pid}/status", encoding="ascii") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmRSS"))


def goes_on(cluster, word):
    cluster.ok("kv", "put", "goes-on", word)
    assert cluster.ok("kv", "get", "goes-on").out.strip() == word


class Door(unittest.TestCase):
    """T1 and T2."""

    def test_t1_without_a_registered_key_nothing_gets_in(self):
        frames = [addressed(frame, 2, 1) for frame in seeds("decode_peer")]
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            cluster.new_key("nobody")
            before = counters(cluster, 1)
            nobody = ("curve", node.key, cluster.path("nobody.key"))
            client = ("curve", node.key, cluster.path("operator.key"))
            itself = ("curve", node.key, cluster.path("node1.key"))
            strangers = [(node.peer_port, mechanism, frames)
                         for mechanism in (("null",), ("null-domain",), ("plain",), nobody, client)]
            strangers += [(node.client_port, mechanism, seeds("decode_client"))
                          for mechanism in (("null",), ("null-domain",), ("plain",), nobody, itself)]
            with ThreadPoolExecutor(len(strangers)) as pool:
                outcomes = pool.map(lambda each: knock(each[0], *each[1], frames=each[2]), strangers)
            self.assertEqual(list(outcomes), ["out"] * len(strangers))
            after = counters(cluster, 1)
            for name in ("peer_handshake_failures", "client_handshake_failures"):
                self.assertGreaterEqual(after[name] - before[name], 5, name)
            for name in ("peer_frames_received", "peer_frames_refused", "client_frames_refused"):
                self.assertEqual(after[name], before[name], name)
            for socket_name in ("peer socket", "client socket"):
                self.assertRegex(node.last_log(), socket_name + ": refused a key that is not registered, address "
                                 r"127\.0\.0\.1, key [0-9a-f]{16}")
                self.assertRegex(node.last_log(), socket_name + ": a (handshake failed|connection ended before)")
            goes_on(cluster, "after the strangers")

    def test_t2_a_server_with_another_key_gets_nothing_and_is_written_down(self):
        with Cluster(3) as cluster:
            victim = next(n for n in cluster.nodes if n != cluster.leader())
            others = [n for n in cluster.nodes if n != victim]
            node = cluster.nodes[victim]
            node.kill()
            # Somebody listens in its place, on its disk, with a key of its own.
            os.remove(cluster.path(f"node{victim}.key"))
            node.key = cluster.new_key(f"node{victim}")
            cluster.write_file()
            node.start()
            for number in others:
                log = cluster.nodes[number].log_text
                pinned = rf"another key than the pinned one, member {victim}, address tcp://{node.peer}"
                await_true(lambda log=log, pinned=pinned: re.search(pinned, log()), "the audit line of T2",
                           trouble=cluster.ends_of_logs)
                await_true(lambda log=log: "refused a key that is not registered" in log(), "the impostor's knock is told")
                peers = {peer["node"]: peer for peer in cluster.status(number)["peers"]}
                self.assertFalse(peers[victim]["connected"], peers[victim])
                self.assertIn("another key", peers[victim]["reason"])
            goes_on(cluster, "without the impostor")
            self.assertLess(cluster.status(victim)["applied"], cluster.status(cluster.leader())["applied"])


class Lies(unittest.TestCase):
    """T3 and T7, by somebody who has a member's or a client's key."""

    def setUp(self):
        self.cluster = Cluster(3)
        self.addCleanup(self.cluster.__exit__, None, None, None)
        self.leader = self.cluster.leader()
        self.node = self.cluster.nodes[self.leader]
        self.liar, self.other = [n for n in self.cluster.nodes if n != self.leader]
        self.member = ("curve", self.node.key, self.cluster.path(f"node{self.liar}.key"))

    def send(self, frames, name, port, mechanism):
        """Sends frames of which every one must be refused; gives how the coordinator's memory grew, in KiB."""
        before = counters(self.cluster, self.leader)[name]
        memory = resident_kib(self.node)
        self.assertEqual(knock(port, *mechanism, frames=frames), f"in {len(frames)}")
        await_true(lambda: counters(self.cluster, self.leader)[name] >= before + len(frames),
                   f"{len(frames)} frames are refused", trouble=lambda: counters(self.cluster, self.leader)[name] - before)
        self.assertEqual(counters(self.cluster, self.leader)[name], before + len(frames))
        return resident_kib(self.node) - memory

    def test_t3_no_message_of_any_kind_is_heard_from_another_than_its_key_says(self):
        before = self.cluster.status(self.leader)
        frames = [addressed(frame, self.other, self.leader) for frame in seeds("decode_peer")]
        self.assertEqual({kind_of(frame) for frame in frames}, {*range(15), 64, 65})
        # Speaks for the leader itself, too, and for nobody.
        frames += [addressed(frame, sender, self.leader) for frame in frames[:17] for sender in (self.leader, 0, 99)]
        self.send(frames, "peer_frames_refused", self.node.peer_port, self.member)
        self.assertIn(f"refused a frame from node {self.liar}: it names another sender", self.node.last_log())
        goes_on(self.cluster, "after the lies")
        after = self.cluster.status(self.leader)
        self.assertEqual((after["term"], after["role"]), (before["term"], "leader"))
        self.cluster.agreed()

    def test_t7_malformed_frames_of_a_member(self):
        whole = [addressed(frame, self.liar, self.leader) for frame in seeds("decode_peer")]
        frames = [frame[:length] for frame in whole for length in range(1, len(frame))]
        frames += [frame + b"\x01" for frame in whole]
        frames += [frame[:7] + bomb for frame in whole for bomb in FIVE_BYTE_BOMBS]
        frames += [*FIVE_BYTE_BOMBS, b"\x91" * 100_000, b"\xdd\x00\x10\x00\x00" * 20_000, b"\xc1", os.urandom(5_000)]
        grown = self.send(frames, "peer_frames_refused", self.node.peer_port, self.member)
        self.assertLess(grown, 4096)
        self.assertIn(f"refused a frame from node {self.liar}", self.node.last_log())
        goes_on(self.cluster, "after the bombs")
        self.cluster.agreed()

    def test_t7_malformed_frames_of_a_client(self):
        agent = ("curve", self.node.key, self.cluster.path("agent.key"))
        whole = seeds("decode_client")
        frames = [*FIVE_BYTE_BOMBS, b"\x91" * 100_000, b"\xdd\x00\x10\x00\x00" * 20_000, b"\xc1", os.urandom(5_000)]
        frames += [frame[:-1] for frame in whole] + [frame + b"\x01" for frame in whole]
        grown = self.send(frames, "client_frames_refused", self.node.client_port, agent)
        self.assertLess(grown, 4096)
        goes_on(self.cluster, "after the bombs")

    def test_t6_a_frame_over_the_limit_ends_its_connection_and_takes_no_memory(self):
        memory = resident_kib(self.node)
        greeting = b"\xff" + bytes(8) + b"\x7f\x03\x01" + b"CURVE".ljust(20, b"\0") + bytes(32)
        self.assertEqual(len(greeting), 64)
        for length in (b"\x80" + bytes(7), b"\xff" * 8, bytes(4) + b"\x04\0\0\0"):
            for flags in (b"\x02", b"\x06"):
                for port in (self.node.peer_port, self.node.client_port):
                    with socket.create_connection(("127.0.0.1", port), timeout=4) as raw:
                        raw.sendall(greeting + flags + length)
                        # Before the time for a handshake is up: for the frame, not for the silence after it.
                        while self.received(raw):
                            pass
        self.assertLess(resident_kib(self.node) - memory, 2048)
        # With a member's key: what the limit of the options does not allow does not reach the loop.
        received = counters(self.cluster, self.leader)["peer_frames_refused"]
        knock(self.node.peer_port, *self.member, frames=[bytes(9 << 20)])
        goes_on(self.cluster, "after the giants")
        self.assertEqual(counters(self.cluster, self.leader)["peer_frames_refused"], received)
        self.cluster.agreed()

    def received(self, raw):
        try:
            return raw.recv(4096)
        except ConnectionResetError:
            return b""


class Flood(unittest.TestCase):
    """T8: strangers who connect, say nothing, and come again when they are turned away."""

    def test_t8_a_member_comes_back_and_clients_are_served_in_a_flood(self):
        # With what Debian gives a process, of which the log needs some too.
        with Cluster(3, start=False, serve_flags=["--segment-bytes", "1048576"]) as cluster:
            for node in cluster.nodes.values():
                node.start(prefix=("prlimit", "--nofile=1024:1024"))
            leader = cluster.leader()
            away = cluster.nodes[next(n for n in cluster.nodes if n != leader)]
            away.kill()
            ports = [port for node in cluster.nodes.values() if node.alive() for port in
                     (node.peer_port, node.client_port)]
            with Strangers(ports, 1_500):
                await_true(lambda: counters(cluster, leader)["client_connections_over_limit"] > 500, "they fill the door")
                for number in range(20):
                    cluster.ok("kv", "put", f"key-{number}", "x" * 100_000)
                away.start(prefix=("prlimit", "--nofile=1024:1024"))
                cluster.agreed()
                goes_on(cluster, "in the flood")
                self.assertEqual(cluster.leader(), leader)
            self.assertIn("there are as many as are allowed", cluster.nodes[leader].last_log())


class Strangers:
    """Holds idle connections to each of some ports, and makes every one that is closed anew."""

    def __init__(self, ports, each):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        self.wanted = [port for port in ports for _ in range(min(each, (hard - 200) // len(ports)))]
        self.soft, self.hard = soft, hard
        self.selector = selectors.DefaultSelector()
        self.ending = threading.Event()
        self.thread = threading.Thread(target=self.run)

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ending.set()
        self.thread.join()
        for key in list(self.selector.get_map().values()):
            key.fileobj.close()
        self.selector.close()
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.soft, self.hard))

    def run(self):
        for port in self.wanted:
            self.connect(port)
        while not self.ending.is_set():
            for key, _ in self.selector.select(0.1):
                self.selector.unregister(key.fileobj)
                key.fileobj.close()
                self.connect(key.data)
            # Not faster than libzmq takes them: a flood of the machine is another matter.
            time.sleep(0.02)

    def connect(self, port):
        stranger = socket.socket()
        stranger.setblocking(False)
        stranger.connect_ex(("127.0.0.1", port))
        self.selector.register(stranger, selectors.EVENT_READ, port)


class Secrets(unittest.TestCase):
    """T13."""

    def test_t13_a_key_file_that_others_can_read_starts_nothing(self):
        with Cluster(1) as cluster:
            node = cluster.nodes[1]
            key = cluster.path("node1.key")
            node.kill()
            for mode in (0o640, 0o604, 0o620, 0o602, 0o610, 0o601, 0o644, 0o666, 0o777):
                os.chmod(key, mode)
                node.start()
                self.assertEqual(node.wait_end(), 2, oct(mode))
                self.assertIn(key, node.last_log())
                self.assertIn("chmod 600", node.last_log())
            for mode in (0o600, 0o400):
                os.chmod(key, mode)
                node.start()
                cluster.leader()
                node.kill()
            if os.geteuid() == 0:
                os.chmod(key, 0o600)
                os.chown(key, 65534, -1)
                node.start()
                self.assertEqual(node.wait_end(), 2)
                self.assertIn("65534", node.last_log())

    def test_t13_new_keys_are_for_their_owner_alone_and_never_written_over(self):
        with Cluster(1) as cluster:
            old = os.umask(0)
            try:
                cluster.new_key("fresh")
            finally:
                os.umask(old)
            path = cluster.path("fresh.key")
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
            with open(path, encoding="ascii") as file:
                before = file.read()
            self.assertNotEqual(run("keys", "new", path).code, 0)
            with open(path, encoding="ascii") as file:
                self.assertEqual(file.read(), before)

    def test_t13_no_secret_is_said_by_anybody(self):
        with Cluster(3, serve_flags=["--log-trace", "yes"]) as cluster:
            cluster.new_key("nobody")
            said = ""
            for key in ("operator", "agent", "nobody"):
                for command in (["status", "--json"], ["kv", "put", "a", "b", "--timeout-ms", "1000"], ["members"],
                                ["doctor"], ["keys", "show", cluster.path(f"{key}.key")]):
                    result = cluster.kelek(*command, key=key)
                    said += result.out + result.err
            damaged = cluster.path("damaged.key")
            with open(cluster.path("agent.key"), encoding="ascii") as file:
                lines = file.read()
            with open(damaged, "w", encoding="ascii") as file:
                file.write(lines.replace("public-key=", "public-key=a"))
            os.chmod(damaged, 0o600)
            said += repr(cluster.kelek("status", key="damaged"))
            node = cluster.nodes[1]
            node.stop()
            node.start()
            cluster.leader()
            secrets = []
            for path in glob.glob(cluster.path("*.key")):
                with open(path, encoding="ascii") as file:
                    secrets += [line.split("=", 1)[1].strip() for line in file if line.startswith("secret-key=")]
            self.assertEqual(len(secrets), 7)
            said += "".join(each.log_text() for each in cluster.nodes.values())
            self.assertGreater(len(said), 10_000)
            for secret in secrets:
                self.assertEqual(len(secret), 40)
                self.assertNotIn(secret[:12], said)


if __name__ == "__main__":
    unittest.main(verbosity=2)
