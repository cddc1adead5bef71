"""kelek history check: good histories pass, each of the forty broken ones is found, and the exit codes are as told."""

import json
import os
import subprocess
import tempfile
import unittest

import break_histories

KELEK = os.environ.get("KELEK", os.path.join(os.path.dirname(os.path.abspath(__file__)), "../../build/release/kelek"))


def check(*arguments):
    return subprocess.run([KELEK, "history", "check", *arguments], text=True, capture_output=True, timeout=60)


class Check(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name

    def file(self, *lines):
        path = os.path.join(self.folder, "history.jsonl")
        with open(path, "w", encoding="utf-8") as file:
            file.writelines(json.dumps(line) + "\n" for line in lines)
        return path

    def test_the_good_ones_are_linearizable(self):
        paths = [os.path.join(break_histories.GOOD, name) for name in sorted(os.listdir(break_histories.GOOD))]
        result = check(*paths)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertEqual(len(result.stdout.splitlines()), 5)

    def test_each_of_the_forty_broken_ones_is_found(self):
        paths = break_histories.write_all(self.folder)
        self.assertEqual(len(paths), 40)
        result = check("--json", *paths)
        self.assertEqual(result.returncode, 1)
        for line in result.stdout.splitlines():
            verdict = json.loads(line)
            self.assertEqual(verdict["judgement"], "not_linearizable", verdict["file"])
            bad = [each for each in verdict["objects"] if each["judgement"] == "not_linearizable"]
            self.assertEqual(len(bad), 1, verdict["file"])
            self.assertIn("No order of its operations gets past this answer", bad[0]["text"])

    def test_people_are_told_the_line(self):
        result = check(self.file(
            {"process": 1, "op": "put", "key": "a", "in": {"value": "x"}, "out": {}, "call": 1, "return": 2},
            {"process": 1, "op": "get", "key": "a", "out": {"value": None}, "call": 3, "return": 4}))
        self.assertEqual(result.returncode, 1)
        self.assertIn("history.jsonl:2: register \"a\" is not linearizable.", result.stdout)

    def test_what_is_malformed_is_told_with_its_line_and_the_others_are_judged(self):
        good = os.path.join(break_histories.GOOD, "members.jsonl")
        result = check(self.file({"process": 1, "op": "fly", "key": "a"}), good)
        self.assertEqual(result.returncode, 2)
        self.assertIn("history.jsonl:1: \"fly\" is no operation", result.stderr)
        self.assertIn("members.jsonl  linearizable", result.stdout)
        self.assertEqual(check(os.path.join(self.folder, "nowhere")).returncode, 2)

    def test_a_stale_read_that_goes_back(self):
        stale = {"process": 1, "op": "get", "key": "a", "out": {"value": None}, "stale": True}
        result = check(self.file({**stale, "call": 1, "return": 2, "revision": 9},
                                 {**stale, "call": 3, "return": 4, "revision": 8}))
        self.assertEqual(result.returncode, 1)
        self.assertIn("tells of revision 8, and the process had been told of 9", result.stdout)

    def test_what_is_not_decided_has_a_status_of_its_own(self):
        lost = [{"process": i, "op": "put", "key": "a", "in": {"value": str(i)}, "out": None, "call": i, "return": None}
                for i in range(12)]
        read = {"process": 20, "op": "get", "key": "a", "out": {"value": "11"}, "call": 30, "return": 31}
        path = self.file(*lost, read, {**read, "call": 32, "return": 33, "out": {"value": "nobody's"}})
        self.assertEqual(check("--max-steps", "500", path).returncode, 5)
        self.assertEqual(check("--max-memory-mib", "1", path).returncode, 5)
        self.assertEqual(check(path).returncode, 1)


if __name__ == "__main__":
    unittest.main(argv=["check_test.py", "-v"])
