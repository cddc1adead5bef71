#!/usr/bin/env python3
"""kelek scenario: exit statuses, what is said where, JSON, schedules, and the trace.

Usage: command_test.py KELEK
"""

import json
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

KELEK = str(Path(sys.argv.pop()).resolve()) if len(sys.argv) > 1 else "kelek"

GOOD = 'title "T"\nabout "A."\ncluster voters=1,2,3\ncampaign 1\nsettle\nexpect leader 1 term=1\n'
FAILS = GOOD + "expect commit 1 2\n"
BAD = GOOD + "jump 1\n"
IMPOSSIBLE = GOOD + "crash 2\npropose 2 a\n"


def kelek(*arguments, cwd):
    return subprocess.run([KELEK, "scenario", *arguments], cwd=cwd, capture_output=True, text=True, check=False)


class ScenarioTest(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory()
        self.addCleanup(self.folder.cleanup)
        for name, text in {"good": GOOD, "fails": FAILS, "bad": BAD, "impossible": IMPOSSIBLE}.items():
            (Path(self.folder.name) / f"{name}.scn").write_text(text, encoding="utf-8")

    def run_files(self, *arguments):
        return kelek("run", *arguments, cwd=self.folder.name)

    def test_all_lines_pass(self):
        answer = self.run_files("good.scn")
        self.assertEqual((answer.returncode, answer.stderr), (0, ""))
        self.assertIn("good.scn  T", answer.stdout)

    def test_a_failed_expectation_is_told_with_its_line(self):
        answer = self.run_files("fails.scn")
        self.assertEqual(answer.returncode, 1)
        self.assertEqual(answer.stderr, "fails.scn:7: expected commit 1 2, but node 1 has commit 1\n")

    def test_what_cannot_be_understood_or_done_is_told_with_its_column(self):
        answer = self.run_files("bad.scn")
        self.assertEqual((answer.returncode, answer.stderr), (2, "bad.scn:7:1: there is no command 'jump'\n"))
        answer = self.run_files("impossible.scn")
        self.assertEqual((answer.returncode, answer.stderr), (2, "impossible.scn:8:9: node 2 is down\n"))

    def test_all_files_are_played_and_the_highest_status_counts(self):
        self.assertEqual(self.run_files("good.scn", "fails.scn").returncode, 1)
        answer = self.run_files("bad.scn", "fails.scn", "nowhere.scn", "good.scn")
        self.assertEqual(answer.returncode, 2)
        self.assertEqual(len(answer.stderr.splitlines()), 3)
        self.assertIn("good.scn", answer.stdout)

    def test_json(self):
        answer = self.run_files("--json", "--schedule", "id,7", "good.scn", "fails.scn")
        told = [json.loads(line) for line in answer.stdout.splitlines()]
        self.assertEqual([(one["file"], one["schedule"], one["exit_status"]) for one in told],
                         [("good.scn", "id", 0), ("good.scn", "7", 0), ("fails.scn", "id", 1), ("fails.scn", "7", 1)])  # fmt: skip
        self.assertTrue(told[2]["text"].startswith("fails.scn:7: expected commit 1 2, but"))

    def test_a_schedule_that_is_none(self):
        answer = self.run_files("--schedule", "backwards", "good.scn")
        self.assertEqual(answer.returncode, 2)
        self.assertIn("--schedule is id, reverse, sent or a seed, not 'backwards'", answer.stderr)

    def test_the_same_schedule_gives_the_same_run(self):
        traces = {kelek("trace", "--schedule", "5", "good.scn", cwd=self.folder.name).stdout for _ in range(3)}
        self.assertEqual(len(traces), 1)

    def test_the_trace_tells_lines_and_sentences(self):
        answer = kelek("trace", "good.scn", cwd=self.folder.name)
        self.assertEqual(answer.returncode, 0)
        self.assertIn("\n4: campaign 1\n  Node 1 is asked to, and stands for election in term 1 (Raft §5.2).\n",
                      answer.stdout)  # fmt: skip
        self.assertEqual(kelek("trace", "fails.scn", cwd=self.folder.name).returncode, 1)
        answer = kelek("trace", "--json", "good.scn", cwd=self.folder.name)
        told = [json.loads(line) for line in answer.stdout.splitlines()]
        self.assertEqual(told[0], {"title": "T", "about": ["A."]})
        self.assertIn({"line": 4, "command": "campaign 1"}, told)


if __name__ == "__main__":
    unittest.main()
