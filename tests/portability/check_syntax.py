#!/usr/bin/env python3
"""Compiles every source and every header of core/ alone, for its syntax only, with one compiler and no warnings.

Usage: check_syntax.py TOP_FOLDER COMPILER [JOBS]

A header that only compiles after another one fails here, and so does whatever one of the three compilers (g++ 12,
clang 14, Emscripten 3.1.6) does not know.
"""

import os
import subprocess
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

FLAGS = [
    "-std=c++20", "-fsyntax-only", "-x", "c++", "-Werror", "-Wall", "-Wextra", "-Wpedantic", "-Wshadow",
    "-Wconversion", "-Wsign-conversion", "-DMSGPACK_NO_BOOST", "-DMSGPACK_DEFAULT_API_VERSION=3",
]  # fmt: skip
MSGPACK_HEADERS = Path("/usr/include")


def link_msgpack(folder):
    """A folder with msgpack's headers alone: Emscripten must not see the machine's other system headers."""
    for name in ("msgpack", "msgpack.hpp"):
        if (MSGPACK_HEADERS / name).exists():
            (folder / name).symlink_to(MSGPACK_HEADERS / name)


def files_of(core):
    return sorted(path for path in core.rglob("*") if path.suffix in (".h", ".cpp"))


def command_for(path, compiler, core, headers):
    library = core / path.relative_to(core).parts[0]
    includes = [f"-I{folder}" for folder in sorted(core.glob("*/include"))]
    # A header is checked as what a file includes: as a main file its #pragma once would be warned about.
    source = "-" if path.suffix == ".h" else str(path)
    return [compiler, *FLAGS, *includes, f"-I{library / 'source'}", "-isystem", str(headers), source]


def check(path, compiler, core, headers):
    """What the compiler says about this file, or nothing."""
    text = f'#include "{path}"\n#include "{path}"\n' if path.suffix == ".h" else None
    answer = subprocess.run(
        command_for(path, compiler, core, headers), input=text, capture_output=True, text=True, check=False
    )
    if answer.returncode == 0:
        return None
    # Emscripten repeats its whole command line after the compiler's message.
    return "\n".join(line for line in answer.stderr.splitlines() if not line.startswith("em++: error: '"))


def main(arguments):
    if len(arguments) not in (2, 3):
        print(__doc__)
        return 2
    core, compiler = Path(arguments[0]).resolve() / "core", arguments[1]
    jobs = int(arguments[2]) if len(arguments) == 3 else len(os.sched_getaffinity(0))
    os.environ["NODE_PATH"] = "/usr/share/nodejs"  # where Debian keeps the modules that Emscripten wants
    files = files_of(core)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        link_msgpack(Path(folder))
        complaints = list(pool.map(lambda path: check(path, compiler, core, Path(folder)), files))
    failed = [(path, text) for path, text in zip(files, complaints) if text is not None]
    for path, text in failed:
        print(f"{path.relative_to(core.parent)} does not compile with {compiler}:\n{text}")
    print(f"{len(files) - len(failed)} of {len(files)} files of core/ compile with {compiler}")
    return 1 if failed or not files else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
