#!/usr/bin/env python3
"""Checks the source tree's own rules and prints FILE:LINE: MESSAGE for each breach; exit code 1 when there is one.

Usage: tidy.py [TOP_FOLDER]
"""

import subprocess
import sys
from pathlib import Path

import include_rules
import length_rules
import text_rules

SKIPPED_FOLDERS = {".git", "build", "node_modules", "__pycache__", ".cache"}
# Text that is no source of ours: the licence, and recorded data that must stay as it came.
SKIPPED_FILES = ("LICENSE",)
DATA_FOLDERS = ("corpus",)
TOP_LEVEL = {
    "CMakeLists.txt", "CMakePresets.json", "CHANGELOG.md", "LICENSE", "README.md", "dev",
    "core", "native", "wasm", "web-demo", "bindings", "tests",
}  # fmt: skip


def listed_by_git(top):
    """What git tracks or would track, or None where the tree is no repository of its own."""
    command = ["git", "-C", str(top), "ls-files", "-z", "-co", "--exclude-standard"]
    if not (top / ".git").exists():
        return None
    answer = subprocess.run(command, capture_output=True, check=False)
    return sorted(set(answer.stdout.decode().split("\0")) - {""}) if answer.returncode == 0 else None


def walked(top):
    for path in sorted(top.rglob("*")):
        relative = path.relative_to(top)
        if path.is_file() and not SKIPPED_FOLDERS.intersection(relative.parts):
            yield relative.as_posix()


def read_text(path):
    """The file's text, or None for what is no text."""
    try:
        return path.read_text(encoding="utf-8")
    except (UnicodeDecodeError, FileNotFoundError):
        return None


def check_readmes(paths):
    """Every part has a page: each folder of the top, and each library in core, native and bindings."""
    folders = set()
    for path in paths:
        parts = path.split("/")
        if len(parts) > 1 and not parts[0].startswith("."):
            folders.add(parts[0])
        if len(parts) > 2 and parts[0] in ("core", "native", "bindings"):
            folders.add("/".join(parts[:2]))
    for folder in sorted(folders):
        if f"{folder}/README.md" not in paths:
            yield f"{folder}/README.md", 1, "the folder has no README.md"


def check_top_level(paths):
    for name in sorted({path.split("/")[0] for path in paths}):
        if name not in TOP_LEVEL and not name.startswith("."):
            yield name, 1, "does not belong at the top level"


def breaches(top):
    listed = listed_by_git(top)
    paths = [path for path in (walked(top) if listed is None else listed) if (top / path).is_file()]
    yield from check_readmes(set(paths))
    yield from check_top_level(paths)
    for path in paths:
        if path in SKIPPED_FILES or set(DATA_FOLDERS).intersection(path.split("/")):
            continue
        text = read_text(top / path)
        if text is None:
            continue
        for rules in (include_rules, length_rules, text_rules):
            for line, message in rules.check(path, text):
                yield path, line, message


def main(arguments):
    top = Path(arguments[0] if arguments else ".").resolve()
    count = 0
    for path, line, message in breaches(top):
        print(f"{path}:{line}: {message}")
        count += 1
    if count:
        print(f"{count} breaches of the rules in tests/README.md")
    return 1 if count else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
