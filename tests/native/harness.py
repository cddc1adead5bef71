"""A cluster of real coordinator processes on loopback, for the process tests: start, kill, pause, cut, ask.

Everything a test makes lies in one temporary directory; nothing is left behind, whatever happens.
"""

import json
import os
import random
import shutil
import signal
import socket
import subprocess
import tempfile
import time

from links import Links

BUILD = os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/release")
KELEK = os.environ.get("KELEK", os.path.join(BUILD, "kelek"))
LOAD = os.environ.get("KELEK_LOAD", os.path.join(BUILD, "tests/native/kelek_load"))


class Trouble(AssertionError):
    """Something the test waits for did not happen; carries the ends of the coordinators' logs."""


CLAIMS = []  # open for as long as this process lives


def claim_port():
    """A port that nobody listens at, and that no other test takes: below those that the system gives to outgoing
    connections (from 32768 on), and with an abstract name that goes with this process."""
    for _ in range(1000):
        port = random.randrange(20000, 32000)
        claim, probe = socket.socket(socket.AF_UNIX), socket.socket()
        try:
            claim.bind(f"\0kelek-test-port-{port}")
            probe.bind(("127.0.0.1", port))
        except OSError:
            claim.close()
            continue
        finally:
            probe.close()
        CLAIMS.append(claim)
        return port
    raise Trouble("no free port")


def free_ports(count):
    return [claim_port() for _ in range(count)]


def await_true(condition, what, seconds=20, trouble=None):
    """Looks until `condition` gives something true, and gives that."""
    end = time.monotonic() + seconds
    while True:
        found = condition()
        if found:
            return found
        if time.monotonic() > end:
            raise Trouble(f"{what}: not within {seconds} s" + (f"\n{trouble()}" if trouble else ""))
        time.sleep(0.02)


class Result:
    """What a run of kelek printed, and how it ended."""

    def __init__(self, arguments, done):
        self.arguments = arguments
        self.code = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    def json(self):
        return json.loads(self.out.strip().splitlines()[-1])

    def lines(self):
        return [json.loads(line) for line in self.out.splitlines() if line.strip()]

    def __repr__(self):
        return f"kelek {' '.join(self.arguments)}: exit {self.code}\n{self.out}\n{self.err}"


def run(*arguments, env=None, stdin=None, timeout=60):
    """kelek as somebody at a terminal would run it, with none of our own KELEK_* variables."""
    clean = {key: value for key, value in os.environ.items() if not key.startswith("KELEK_")}
    clean.update(env or {})
    done = subprocess.run([KELEK, *map(str, arguments)], env=clean, input=stdin, text=True, capture_output=True,
                          timeout=timeout)
    return Result([str(each) for each in arguments], done)


class Node:
    def __init__(self, cluster, number, ports):
        self.cluster = cluster
        self.number = number
        self.peer_port, self.client_port = ports
        self.front_port = self.peer_port
        self.process = None
        self.key = None
        self.join = False
        self.starts = 0

    @property
    def data(self):
        return self.cluster.path(f"node{self.number}")

    @property
    def log(self):
        return self.cluster.path(f"node{self.number}.log")

    @property
    def peer(self):
        """Where the others reach it: where it listens, or the forwarder before it."""
        return f"127.0.0.1:{self.front_port}"

    @property
    def client(self):
        return f"127.0.0.1:{self.client_port}"

    def alive(self):
        return self.process is not None and self.process.poll() is None

    def command(self, *extra):
        base = [KELEK, "serve", "--node", str(self.number), "--cluster", self.cluster.file, "--key",
                self.cluster.path(f"node{self.number}.key"), "--data-directory", self.data, "--clients",
                self.cluster.path("clients.conf")]
        if self.join:
            base += ["--join", "--client-bind", self.client]
        if self.join or self.front_port != self.peer_port:
            base += ["--peer-bind", f"127.0.0.1:{self.peer_port}", "--peer-advertise", self.peer]
        return base + list(self.cluster.serve_flags) + list(extra)

    def start(self, *extra, prefix=()):
        assert not self.alive(), f"node {self.number} runs already"
        self.starts += 1
        with open(self.log, "ab") as log:
            log.write(f"--- start {self.starts}\n".encode())
            log.flush()  # before the process writes to the same file
            self.process = subprocess.Popen([*prefix, *self.command(*extra)], stdout=log, stderr=log,
                                            stdin=subprocess.DEVNULL)
        return self

    def kill(self):
        if self.alive():
            self.process.send_signal(signal.SIGCONT)
            self.process.kill()
        if self.process is not None:
            self.process.wait()

    def stop(self, seconds=15):
        """A clean stop; gives the exit code."""
        self.process.send_signal(signal.SIGCONT)
        self.process.terminate()
        return self.process.wait(seconds)

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def wait_end(self, seconds=20):
        return self.process.wait(seconds)

    def log_text(self):
        try:
            with open(self.log, encoding="utf-8", errors="replace") as log:
                return log.read()
        except FileNotFoundError:
            return ""

    def last_log(self):
        """What was logged since the last start."""
        return self.log_text().rsplit("--- start", 1)[-1]


class Cluster:
    """Keys, files and processes of a cluster. Use it in a `with`."""

    def __init__(self, size=3, clients=(("operator", "read,propose,admin"), ("agent", "read,propose")),
                 serve_flags=(), start=True, cuttable=False):
        self.directory = tempfile.mkdtemp(prefix="kelek-test-")
        self.serve_flags = list(serve_flags)
        self.nodes = {}
        self.processes = []  # others that go with the cluster
        self.clients = list(clients)
        self.links = Links() if cuttable else None
        ports = free_ports(2 * size)
        with open(self.path("clients.conf"), "w", encoding="utf-8") as file:
            for name, roles in self.clients:
                file.write(f"{self.new_key(name)} {name} {roles}\n")
        for number in range(1, size + 1):
            self.add_node(number, (ports[2 * number - 2], ports[2 * number - 1]))
        self.write_file()
        if self.links:
            self.links.start(lambda: {node.process.pid: node.number for node in self.nodes.values() if node.process})
        if start:
            self.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, trace):
        if kind is not None:
            print(self.ends_of_logs())
        for process in self.processes:
            if process.poll() is None:
                process.kill()
            process.wait()
            for pipe in (process.stdin, process.stderr):
                if pipe is not None:
                    pipe.close()
        for node in self.nodes.values():
            node.kill()
        if self.links:
            self.links.close()
        shutil.rmtree(self.directory, ignore_errors=True)

    def path(self, name):
        return os.path.join(self.directory, name)

    @property
    def file(self):
        return self.path("cluster.conf")

    def new_key(self, name):
        made = run("keys", "new", self.path(f"{name}.key"), "--json")
        assert made.code == 0, made
        return made.json()["public_key"]

    def add_node(self, number, ports=None, join=False):
        node = Node(self, number, ports or free_ports(2))
        node.key = self.new_key(f"node{number}")
        node.join = join
        node.front_port = self.links.front(number, node.peer_port) if self.links else node.peer_port
        self.nodes[number] = node
        return node

    def write_file(self):
        with open(self.file, "w", encoding="utf-8") as file:
            file.write("cluster tests\nkey-file operator.key\n")
            for node in self.nodes.values():
                if not node.join:
                    file.write(f"coordinator {node.number} peer {node.peer} client {node.client} key {node.key}\n")

    def start(self):
        for node in self.nodes.values():
            if not node.alive():
                node.start()
        self.leader()

    def ends_of_logs(self):
        return "\n".join(f"=== node {node.number}\n" + "\n".join(node.log_text().splitlines()[-12:])
                         for node in self.nodes.values())

    def kelek(self, *arguments, key=None, node=None, stdin=None, timeout=60):
        """kelek as a client of this cluster: as the operator, or with another key; of all, or of one coordinator."""
        env = {"KELEK_CLUSTER": self.file}
        if key:
            env["KELEK_KEY"] = self.path(f"{key}.key")
        if node:
            env["KELEK_CLUSTER"] = self.file_of(node)
        return run(*arguments, env=env, stdin=stdin, timeout=timeout)

    def file_of(self, number):
        """A cluster file that names one coordinator alone."""
        node = self.nodes[number]
        path = self.path(f"only{number}.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write("cluster tests\nkey-file operator.key\n")
            file.write(f"coordinator {number} peer {node.peer} client {node.client} key {node.key}\n")
        return path

    def ok(self, *arguments, **options):
        result = self.kelek(*arguments, **options)
        if result.code != 0:
            raise Trouble(f"{result}\n{self.ends_of_logs()}")
        return result

    def status(self, number=None):
        """The report of one coordinator, which is waited for, or of all that answer now, by number."""
        if number is not None:
            return await_true(lambda: self.reports(number).get(number), f"a report of node {number}", 20,
                              self.ends_of_logs)
        return self.reports()

    def reports(self, number=None):
        result = self.kelek("status", "--json", node=number)
        reports = {}
        try:
            for each in result.json()["coordinators"]:
                report = each.get("status") or each
                if "id" in report or "node" in report:
                    reports[report.get("id") or report.get("node")] = report
        except (ValueError, KeyError, IndexError):
            pass
        return reports

    def leader(self, seconds=20, among=None):
        """The number of the coordinator that leads, in the highest term of all that answer."""

        def look():
            reports = self.status()
            leading = [(report["term"], number) for number, report in reports.items()
                       if report["role"] == "leader" and (among is None or number in among)]
            return max(leading)[1] if leading else None

        return await_true(look, "a leader", seconds, self.ends_of_logs)

    def agreed(self, seconds=30, among=None):
        """Waits until all have applied the same and have the same state; gives their reports."""

        def look():
            reports = self.status()
            wanted = set(among or [node.number for node in self.nodes.values() if node.alive()])
            if not wanted <= set(reports):
                return None
            chosen = [reports[number] for number in wanted]
            same = {(report["applied"], report["state_hash"]) for report in chosen}
            return reports if len(same) == 1 and all(r["applied"] == r["commit"] for r in chosen) else None

        return await_true(look, "the same state everywhere", seconds, self.ends_of_logs)


class Watch:
    """`kelek watch kv w`, from the first revision on: what it has told so far."""

    def __init__(self, cluster, first):
        """`first`: the coordinator that it begins with; the others are known to it too."""
        path = cluster.path("watch.conf")
        with open(cluster.file, encoding="utf-8") as file:
            lines = file.read().splitlines(keepends=True)
        lines.sort(key=lambda line: line.startswith("coordinator ") and not line.startswith(f"coordinator {first} "))
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(lines)
        self.path = cluster.path("watch.out")
        clean = {key: value for key, value in os.environ.items() if not key.startswith("KELEK_")}
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen([KELEK, "watch", "kv", "w", "--json", "--from", "1", "--cluster", path],
                                            stdout=out, stderr=subprocess.STDOUT, env=clean)
        cluster.processes.append(self.process)

    def values(self):
        with open(self.path, encoding="utf-8") as out:
            return [json.loads(line)["value"] for line in out.read().splitlines()]

    def close(self):
        self.process.terminate()
        self.process.wait()


class Load:
    """A client that appends numbered records to a topic and says which of them were acknowledged."""

    def __init__(self, cluster, topic, key="agent", count=0, pause_us=0, one_node=None, first=0, read=False):
        """`first`: which of the coordinators it tries first; `read`: it also reads, through another one."""
        self.topic = topic
        arguments = [LOAD, "--cluster", cluster.file_of(one_node) if one_node else cluster.file, "--key",
                     cluster.path(f"{key}.key"), "--topic", topic, "--count", str(count), "--pause-us", str(pause_us),
                     "--first", str(first)] + (["--read"] if read else [])
        # Into a file: a pipe that nobody empties is full after some thousand records, and the load stands still.
        self.path = cluster.path(f"load-{topic}.out")
        with open(self.path, "w", encoding="utf-8") as out:
            self.process = subprocess.Popen(arguments, stdout=out, stderr=subprocess.PIPE, text=True,
                                            stdin=subprocess.PIPE)
        cluster.processes.append(self.process)

    def written(self):
        """How much it has said so far: grows with every record."""
        return os.path.getsize(self.path)

    def await_more(self, what, records=1, seconds=30, trouble=None):
        """Until so many more records were answered."""
        before = self.written()
        await_true(lambda: self.written() >= before + 5 * records or self.process.poll() is not None, what, seconds,
                   trouble)

    def finish(self, seconds=90):
        """Asks it to end, and gives the records: {number: offset} acknowledged, [numbers] refused, and unknown."""
        try:
            _, err = self.process.communicate("end\n", timeout=seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        if self.process.returncode != 0:
            raise Trouble(f"the load ended with {self.process.returncode}: {err}")
        acknowledged, refused, unknown = {}, [], []
        with open(self.path, encoding="utf-8") as out:
            lines = out.read().splitlines()
        for line in lines:
            word, number, offset = line.split()
            if word == "ok":
                acknowledged[int(number)] = int(offset)
            else:
                (refused if word == "refused" else unknown).append(int(number))
        return acknowledged, refused, unknown


def check_topic(cluster, topic, acknowledged, refused):
    """Nothing acknowledged is lost or twice, nothing refused is there; gives how many records there are."""
    records, start = [], 0
    while True:
        page = cluster.ok("topic", "read", topic, "--from", start, "--limit", 1000, "--json").lines()
        items = [item for item in page if "offset" in item]
        if not items:
            break
        records += [(item["offset"], int(item["payload"])) for item in items]
        start = records[-1][0] + 1
    numbers = [number for _, number in records]
    assert len(numbers) == len(set(numbers)), "a record was applied twice"
    where = {number: offset for offset, number in records}
    lost = {number: offset for number, offset in acknowledged.items() if where.get(number) != offset}
    assert not lost, f"acknowledged, and lost or elsewhere: {dict(list(lost.items())[:5])} … {len(lost)} in all"
    there = [number for number in refused if number in where]
    assert not there, f"refused, and there all the same: {there[:5]}"
    return len(records)
