"""A run in which a seed finds a mutation becomes a short scenario, which passes where nothing is broken.

Usage: shrunk_test.py MUTANTS KELEK
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

# What each needs the language to say: a group that makes no progress, a disk that lost what it had acknowledged, and
# neither.
MUTATIONS = {"M05": "recover", "M21": "", "M10": ""}
MOST_ACTS = 60


def shrunk(mutants, mutation, first_seed):
    answer = subprocess.run(
        [mutants, "--only", mutation, "--with", "seed", "--first-seed", str(first_seed), "--seeds", "400",
         "--seed-seconds", "60", "--shrink", "60", "--json"],
        capture_output=True, text=True, check=False)  # fmt: skip
    catches = json.loads(answer.stdout.splitlines()[0])["findings"][0]["catches"]
    assert len(catches) == 1, (mutation, answer.stdout, answer.stderr)
    assert "shortened" in catches[0], f"{mutation}: seed {catches[0]['name']} is not said as a scenario"
    return catches[0]["shortened"]


def main(mutants, kelek):
    for mutation, word in MUTATIONS.items():
        found = shrunk(mutants, mutation, 5)
        assert found["acts"] <= MOST_ACTS, (mutation, found)
        assert word in found["scenario"], (mutation, found)
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / f"{mutation}.scn"
            file.write_text(found["scenario"], encoding="utf-8")
            sound = subprocess.run([kelek, "scenario", "run", file], capture_output=True, text=True, check=False)
        assert sound.returncode == 0, (mutation, found["scenario"], sound.stderr)
        print(f"{mutation}: {found['acts']} of {found['of']} acts")


main(*sys.argv[1:])
