#!/usr/bin/env python3
"""Checks the table of README.md: all 76 bugs are there, and every scenario, test file and case that it names exists.

Usage: table_test.py, in the folder of the scenarios.
"""

import re
import sys
from pathlib import Path

BUGS = 76


def squeezed(text):
    """C++ text with adjacent string literals joined."""
    return re.sub(r'"\s*\n\s*"', "", text)


def faults(row):
    number, _, scenarios, cases = (cell.strip() for cell in row.strip("|").split(" | "))
    names = re.findall(r"`([^`]+)`", scenarios)
    for name in names:
        if not Path(name + ".scn").is_file():
            yield f"{number}: no scenario {name}"
    for case in cases.split("<br>"):
        match = re.match(r"`([^`]+)`: (.+)", case)
        path = match and Path("..") / (match[1] if match[1].startswith("native/") else "unit/" + match[1])
        if not match or not path.is_file():
            yield f"{number}: no test '{case}'"
            continue
        text = squeezed(path.read_text(encoding="utf-8"))
        for part in re.sub(r" \(.*\)$", "", match[2]).split("; "):
            if part not in text:
                yield f"{number}: {path} has no case '{part}'"


def main():
    rows = re.findall(r"^\| (?=B\d\d \|).*$", Path("README.md").read_text(encoding="utf-8"), re.M)
    found = [row[2:5] for row in rows]
    said = [fault for row in rows for fault in faults(row.replace("|  |", "| - |"))]
    said += [f"B{n:02} is missing" for n in range(1, BUGS + 1) if f"B{n:02}" not in found]
    for fault in said:
        print(fault)
    return 1 if said else 0


if __name__ == "__main__":
    sys.exit(main())
