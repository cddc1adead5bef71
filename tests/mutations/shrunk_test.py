"""A run in which a seed finds a mutation becomes a short scenario, which passes where nothing is broken.

Usage: shrunk_test.py MUTANTS KELEK
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# A group that makes no progress, one that counts what is not durable, and a leader that lacks what was committed: told
# by different invariants.
MUTATIONS = ("M05", "M21", "M10")
FIRST_SEED = 5
MOST_ACTS = 60


def shrunk(mutants, mutation):
    answer = subprocess.run(
        [mutants, "--only", mutation, "--with", "seed", "--first-seed", str(FIRST_SEED), "--seeds", "400",
         "--seed-seconds", "60", "--shrink", "60", "--json"],
        capture_output=True, text=True, check=False)  # fmt: skip
    catches = json.loads(answer.stdout.splitlines()[0])["findings"][0]["catches"]
    assert len(catches) == 1, (mutation, answer.stdout, answer.stderr)
    assert "shortened" in catches[0], f"{mutation}: seed {catches[0]['name']} is not said as a scenario"
    return catches[0]["shortened"]


def main(mutants, kelek):
    for mutation in MUTATIONS:
        found = shrunk(mutants, mutation)
        assert found["acts"] <= MOST_ACTS, (mutation, found)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{mutation}.scn"
            file.write_text(found["scenario"], encoding="utf-8")
            sound = subprocess.run([kelek, "scenario", "run", file], capture_output=True, text=True, check=False)
        assert sound.returncode == 0, (mutation, found["scenario"], sound.stderr)
        print(f"{mutation}: {found['acts']} of {found['of']} acts")


main(*sys.argv[1:])
