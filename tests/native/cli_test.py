#!/usr/bin/env python3
"""Drives the kelek executable against a real `kelek dev` cluster: each command, its JSON, and its exit codes.

Usage: KELEK=path/to/kelek cli_test.py [unittest arguments]
"""

import json
import os
import pathlib
import signal
import subprocess
import tempfile
import time
import unittest

KELEK = os.path.abspath(os.environ.get("KELEK", "build/release/kelek"))


def clean_environment(**more):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("KELEK_")}
    return {**kept, **more}


def kelek(*arguments, environment=None, stdin=None, timeout=60):
    """What a command printed, and its exit code."""
    return subprocess.run([KELEK, *map(str, arguments)], env=environment or clean_environment(), input=stdin,
                          capture_output=True, text=True, timeout=timeout, check=False)  # fmt: skip


class WithCluster(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        command = [KELEK, "dev", "-n", "3", "--json", "--agent", "alice", "--agent", "bob"]
        cls.cluster = subprocess.Popen(command, env=clean_environment(), stdout=subprocess.PIPE, text=True)
        cls.ready = json.loads(cls.cluster.stdout.readline())
        cls.environment = clean_environment(KELEK_CLUSTER=cls.ready["cluster_file"])

    @classmethod
    def tearDownClass(cls):
        cls.cluster.send_signal(signal.SIGINT)
        cls.cluster.wait(timeout=30)
        cls.cluster.stdout.close()
        assert cls.cluster.returncode == 0, "kelek dev did not stop cleanly"
        assert not os.path.exists(cls.ready["directory"]), "kelek dev left its directory behind"

    def run_as(self, who, *arguments, code=0, **more):
        environment = dict(self.environment)
        if who:
            environment["KELEK_KEY"] = self.ready["agent_keys"][who]
        answer = kelek(*arguments, environment=environment, **more)
        self.assertEqual(answer.returncode, code, f"{arguments}: {answer.stdout}{answer.stderr}")
        return answer

    def ask(self, *arguments, who=None, code=0):
        """The JSON lines of a command."""
        answer = self.run_as(who, *arguments, "--json", code=code)
        return [json.loads(line) for line in answer.stdout.splitlines()]

    def test_keys_and_values(self):
        self.ask("kv", "put", "plan", "one", "--if-absent")
        [record] = self.ask("kv", "get", "plan")
        self.assertEqual(record["value"], "one")
        [error] = self.ask("kv", "put", "plan", "x", "--if-absent", code=3)
        self.assertEqual(error["error"]["kind"], "exists")
        self.ask("kv", "put", "plan", "two", "--if-revision", record["mod_revision"])
        [error] = self.ask("kv", "put", "plan", "x", "--if-revision", record["mod_revision"], code=3)
        self.assertEqual(error["error"]["kind"], "revision_mismatch")
        [txn] = self.ask("kv", "txn", "--if", "plan value = two", "--then", "put plan three", "--then", "get plan")
        self.assertTrue(txn["conditions_held"])
        self.ask("kv", "txn", "--if", "plan value = two", "--then", "put plan x", "--else", "get plan", code=3)
        self.assertEqual(self.run_as(None, "kv", "get", "plan").stdout, "three\n")
        [stale] = self.ask("kv", "get", "plan", "--min-revision", txn["revision"])
        self.assertEqual(stale["value"], "three")
        self.assertIn("plan", [item["key"] for item in self.ask("kv", "range", "pl")])
        self.assertEqual(self.ask("kv", "delete", "plan")[0]["deleted"], 1)
        [error] = self.ask("kv", "get", "plan", code=3)
        self.assertEqual(error["error"]["kind"], "not_found")

    def test_topics(self):
        for text in ("first", "second"):
            self.ask("topic", "append", "findings", text, who="alice")
        records = self.ask("topic", "read", "findings")
        self.assertEqual([(r["offset"], r["author"], r["payload"]) for r in records],
                         [(0, "alice", "first"), (1, "alice", "second")])  # fmt: skip
        self.assertEqual(self.ask("topic", "tail", "findings", "-n", 1)[0]["payload"], "second")
        self.ask("topic", "append", "findings", "x", "--if-offset", 0, code=3)
        self.ask("topic", "read", "nothing", code=3)

    def test_a_ballot_counts_each_voter_once(self):
        [opened] = self.ask("ballot", "open", "Ship?", "--voter", "alice", "--voter", "bob:b", "--wait-for-all")
        ballot = opened["ballot"]
        self.ask("ballot", "vote", ballot, "approve", "--rationale", "why not", who="alice")
        [error] = self.ask("ballot", "vote", ballot, "reject", who="alice", code=3)
        self.assertEqual(error["error"]["kind"], "already_voted")
        [error] = self.ask("ballot", "vote", ballot, "approve", code=3)
        self.assertEqual(error["error"]["kind"], "not_eligible")
        self.ask("ballot", "vote", ballot, "approve", who="bob")
        [closed] = self.ask("ballot", "wait", ballot, "--for", "10s")
        self.assertEqual(closed["verdict"]["winner"], "approve")
        self.assertEqual([vote["voter"] for vote in closed["votes"]], ["alice", "bob"])
        [error] = self.ask("ballot", "vote", ballot, "approve", who="bob", code=3)

    def test_a_lock_runs_a_command(self):
        show = 'echo "$KELEK_LOCK $KELEK_FENCE"; exit 7'
        first = self.run_as(None, "lock", "deploy", "--", "sh", "-c", show, code=7).stdout.split()
        second = self.run_as(None, "lock", "deploy", "--", "sh", "-c", show, code=7).stdout.split()
        self.assertEqual(first[0], "deploy")
        self.assertGreater(int(second[1]), int(first[1]))
        inner = f'"{KELEK}" lock deploy --try -- true; echo "inner $?"'
        self.assertIn("inner 3", self.run_as(None, "lock", "deploy", "--", "sh", "-c", inner).stdout)

    def test_a_command_that_cannot_be_run_under_a_lock(self):
        answer = self.run_as(None, "lock", "--json", "other", "--try", "--", "/nonexistent/command", code=127)
        held, error = (json.loads(line) for line in answer.stdout.splitlines())
        self.assertEqual((held["event"], error["error"]["kind"]), ("held", "command_not_found"))
        self.assertIn("/nonexistent/command", error["error"]["text"])
        self.assertIn("Permission", self.run_as(None, "lock", "other", "--try", "--", "/etc/passwd", code=126).stderr)
        # The lock was given back each time.
        self.run_as(None, "lock", "other", "--try", "--", "sh", "-c", "kill -9 $$", code=128 + signal.SIGKILL)
        self.run_as(None, "lock", "other", "--try", "--", "true")

    def test_a_lock_hands_signals_on(self):
        command = [KELEK, "lock", "signals", "--", "sh", "-c", 'trap "exit 9" TERM; echo ready; while :; do sleep 0.1; done']
        holder = subprocess.Popen(command, env=self.environment, stdout=subprocess.PIPE, text=True)
        self.assertEqual(holder.stdout.readline(), "ready\n")
        holder.send_signal(signal.SIGTERM)
        self.assertEqual(holder.wait(timeout=30), 9)
        holder.stdout.close()

    def test_a_value_may_hold_any_byte(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "value"
            path.write_bytes(b"a\0b\xff\n")
            self.ask("kv", "put", "bytes", f"@{path}")
        answer = subprocess.run([KELEK, "kv", "get", "bytes"], env=self.environment, capture_output=True, check=True)
        self.assertEqual(answer.stdout, b"a\0b\xff\n\n")

    def test_a_watch_tells_what_happened(self):
        [put] = self.ask("kv", "put", "watched", "1")
        [event] = self.ask("watch", "kv", "watched", "--from", put["revision"], "--count", "1")
        self.assertEqual((event["event"], event["key"], event["revision"]), ("kv-put", "watched", put["revision"]))

    def test_status_members_transfer_and_snapshots(self):
        [status] = self.ask("status")
        self.assertIn(status["leader"], (1, 2, 3))
        self.assertEqual(len(status["coordinators"]), 3)
        self.assertIn("leads in term", self.run_as(None, "status").stdout)
        [members] = self.ask("members", "list")
        self.assertEqual([m["node"] for m in members["members"]], [1, 2, 3])
        self.ask("transfer")
        self.ask("transfer", who="alice", code=3)
        with tempfile.TemporaryDirectory() as folder:
            backup = pathlib.Path(folder) / "backup"
            self.ask("snapshot", "save", backup)
            self.ask("snapshot", "save", backup, code=3)

    def test_no_coordinator_answers(self):
        key = "a" * 40
        answer = self.run_as(None, "kv", "get", "x", "--connect", f"127.0.0.1:1={key}", "--timeout-ms", 800, code=4)
        self.assertTrue(answer.stderr.startswith("kelek: "))


class WithoutCluster(unittest.TestCase):
    def refused(self, *arguments, says):
        answer = kelek(*arguments)
        self.assertEqual(answer.returncode, 2, answer.stderr)
        self.assertIn(says, answer.stderr)
        self.assertEqual(len(answer.stderr.splitlines()), 1)

    def test_bad_use_is_named(self):
        self.refused("nonsense", says="nonsense")
        self.refused("kv", "put", "a", "b", "--frob", says="--frob")
        self.refused("kv", "get", "a", says="which cluster?")
        self.refused("kv", "get", "a", "--cluster", "/nonexistent", says="/nonexistent")
        self.refused("kv", "get", "a", "--connect", "nowhere", says="nowhere")
        self.refused("serve", "--node", "1", says="where is its data?")

    def test_key_files(self):
        with tempfile.TemporaryDirectory() as folder:
            path = pathlib.Path(folder) / "a.key"
            self.assertEqual(kelek("keys", "new", path).returncode, 0)
            self.assertEqual(path.stat().st_mode & 0o777, 0o600)
            self.assertNotEqual(kelek("keys", "new", path).returncode, 0)
            public = kelek("keys", "public", path).stdout.strip()
            self.assertEqual(len(public), 40)
            path.chmod(0o644)
            self.refused("keys", "show", path, says="chmod 600")

    def test_every_command_has_help_with_examples(self):
        script = kelek("completion", "bash").stdout
        self.assertEqual(subprocess.run(["bash", "-n"], input=script, text=True, check=False).returncode, 0)
        paths = [line.split("'")[1] for line in script.splitlines() if line.startswith("    '") and "words=" in line]
        self.assertIn("ballot vote", paths)
        for path in filter(None, paths):
            answer = kelek(*path.split(), "--help")
            self.assertEqual(answer.returncode, 0)
            is_group = any(other.startswith(path + " ") for other in paths)
            self.assertTrue(is_group or "Examples:" in answer.stdout, path)

    def test_a_malformed_review_is_named_before_anything_starts(self):
        header = '{"question": "q", "rule": "majority", "deadline_seconds": 5}'
        answer = kelek("demo", "--review", "-", stdin=header + "\n{}\n")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("standard input:2: 'voter' is missing", answer.stderr)

    def test_a_demo_that_is_stopped_leaves_nothing(self):
        for stop in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            with tempfile.TemporaryDirectory() as folder:
                demo = subprocess.Popen([KELEK, "demo", "--json"], env=clean_environment(TMPDIR=folder), text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
                processes = [json.loads(demo.stdout.readline())["pid"] for _ in range(5)]
                demo.send_signal(stop)
                _, said = demo.communicate(timeout=30)
                self.assertEqual((demo.returncode, said), (1, "kelek: interrupted\n"))
                self.assertEqual(os.listdir(folder), [])
                self.assertEqual([pid for pid in processes if os.path.exists(f"/proc/{pid}")], [])

    def test_a_demo_whose_reader_goes_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            demo = subprocess.Popen([KELEK, "demo", "--json"], env=clean_environment(TMPDIR=folder), text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.PIPE)  # fmt: skip
            processes = [json.loads(demo.stdout.readline())["pid"]]
            demo.stdout.close()
            self.assertEqual(demo.wait(timeout=30), -signal.SIGPIPE)
            self.assertEqual(demo.stderr.read(), "")
            demo.stderr.close()
            self.assertEqual(os.listdir(folder), [])
            self.assertEqual([pid for pid in processes if os.path.exists(f"/proc/{pid}")], [])

    def test_output_that_cannot_be_written_is_an_error(self):
        with open("/dev/full", "w", encoding="ascii") as full:
            answer = subprocess.run([KELEK, "demo", "--print-review"], stdout=full, stderr=subprocess.PIPE, text=True,
                                    env=clean_environment(), timeout=60, check=False)  # fmt: skip
        self.assertEqual(answer.returncode, 1)
        self.assertIn("No space left", answer.stderr)

    def test_a_closed_standard_output_takes_no_file_of_ours(self):
        """The number of a closed descriptor goes to the next file: a coordinator's log would get our lines."""
        with tempfile.TemporaryDirectory() as folder:
            kept = pathlib.Path(folder) / "kept"
            self.assertEqual(kelek("demo", "--keep", kept).returncode, 0)
            options = ["--node", "1", "--cluster", kept / "cluster.conf", "--key", kept / "node1.key",
                       "--data-directory", kept / "node1", "--clients", kept / "clients.conf"]  # fmt: skip
            serve = subprocess.Popen(["sh", "-c", 'exec "$0" serve --json "$@" >&-', KELEK, *map(str, options)],
                                     env=clean_environment())  # fmt: skip
            end = time.monotonic() + 30
            while '"answered":true' not in kelek("status", "--json", "--cluster", kept / "cluster.conf").stdout:
                self.assertIsNone(serve.poll())
                self.assertLess(time.monotonic(), end)
            serve.send_signal(signal.SIGTERM)
            self.assertEqual(serve.wait(timeout=30), 0)
            for path in kept.rglob("*"):
                self.assertTrue(path.is_dir() or b'{"event":' not in path.read_bytes(), path)

    def test_bash_completes_commands_flags_and_files(self):
        ask = """source <("$KELEK" completion bash)
            COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=(); _kelek; echo "${COMPREPLY[*]}" """
        def complete(*words):
            answer = subprocess.run(["bash", "-c", ask, "bash", "kelek", *words], env={**os.environ, "KELEK": KELEK},
                                    capture_output=True, text=True, check=True)  # fmt: skip
            return answer.stdout.split()
        self.assertEqual(complete("ba"), ["ballot"])
        self.assertEqual(complete("ballot", "op"), ["open"])
        self.assertEqual(complete("kv", "put", "a", "b", "--if-a"), ["--if-absent"])
        self.assertNotIn("--announce", complete("ballot", "vote", "--"))  # what only the demo uses
        self.assertEqual(complete("serve", "--data-directory", ""), [])  # bash itself offers files then
        self.assertEqual(complete("kv", "get", "--timeout-ms", "k"), [])

    def test_help_is_called_as_it_was_called(self):
        self.assertIn("Usage: kelek keys authorise ", kelek("keys", "authorise", "--help").stdout)
        self.assertIn("Usage: kelek demo ", kelek("demo", "--help").stdout)

    def test_the_demo_checks_itself_and_leaves_nothing(self):
        with tempfile.TemporaryDirectory() as folder:
            answer = kelek("demo", "--json", environment=clean_environment(TMPDIR=folder))
            self.assertEqual(answer.returncode, 0, answer.stdout + answer.stderr)
            self.assertEqual(os.listdir(folder), [])
        events = [json.loads(line) for line in answer.stdout.splitlines()]
        self.assertEqual(sum(e["event"] == "vote_counted" for e in events), 5)
        self.assertTrue(all(e["ok"] for e in events if e["event"] == "check"))
        self.assertEqual(len({e["state_hash"] for e in events if e["event"] == "coordinator"}), 1)


if __name__ == "__main__":
    unittest.main(verbosity=2)
