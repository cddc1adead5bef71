#!/usr/bin/env python3
"""Plays each scenario once for each of its expectations, with that one turned into its contrary: it must fail there.

Usage: contraries_test.py KELEK SCENARIO...
"""

import re
import subprocess
import sys
import tempfile
from pathlib import Path

EXPECT = re.compile(r"^(\s*expect\s+)(not\s+)?")


def contraries(text):
    """(line number, text) of each contrary."""
    lines = text.splitlines()
    for number, line in enumerate(lines, 1):
        match = EXPECT.match(line)
        if match:
            contrary = match[1] + ("" if match[2] else "not ") + line[match.end() :]
            yield number, "\n".join([*lines[: number - 1], contrary, *lines[number:]]) + "\n"


def main(kelek, *scenarios):
    missed = count = 0
    with tempfile.TemporaryDirectory() as folder:
        for scenario in scenarios:
            files = {}
            for number, text in contraries(Path(scenario).read_text(encoding="utf-8")):
                path = Path(folder) / f"{Path(scenario).stem}-{number}.scn"
                path.write_text(text, encoding="utf-8")
                files[f"{path}:{number}: expected "] = path
            if not files:
                print(f"{scenario}: it expects nothing")
                missed += 1
                continue
            answer = subprocess.run(
                [kelek, "scenario", "run", *files.values()], capture_output=True, text=True, check=False
            )
            said = answer.stderr.splitlines()
            for beginning in files:
                count += 1
                if not any(line.startswith(beginning) for line in said):
                    print(f"{scenario}: no failure where there should be one: {beginning}")
                    missed += 1
    print(f"{count} contraries, {missed} missed")
    return 1 if missed or count == 0 else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
