"""The mutations are in no library and no program that is released: no symbol and no text of them is there.

Usage: absent_test.py NM MUTABLE_OBJECT RELEASED_FILE...
"""

import subprocess
import sys
from pathlib import Path

# What the mutations define in the build that has them; the first is in every part that has any.
NAMES = (
    "mutation_in_force", "mutated(", "leave_at_once", "reset_below", "without_sessions", "close_in_front",
    "write_apart", "read_apart",
)  # fmt: skip
TEXTS = (b"KELEK_MUTATION", b"mutation_in_force", b"hard-state")


def symbols(nm, path):
    answer = subprocess.run([nm, "--demangle", path], capture_output=True, text=True, check=True)
    return [line.split(maxsplit=2)[-1] for line in answer.stdout.splitlines() if line.strip()]


def traces(nm, path):
    """Symbols and texts of mutations in this file."""
    found = [symbol for symbol in symbols(nm, path) if any(name in symbol for name in NAMES)]
    return found + [text.decode() for text in TEXTS if text in Path(path).read_bytes()]


def main(nm, mutable, *released):
    failures = []
    if not traces(nm, mutable):
        failures.append(f"{mutable} shows no mutation: this test would not see any")
    for path in released:
        failures += [f"{path} has {trace}" for trace in traces(nm, path)]
    print("\n".join(failures) or f"{len(released)} released files without a trace of a mutation")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
