#!/usr/bin/env python3
"""Compiles the sources and headers of core/ for their syntax only, with one compiler and no warnings.

Usage: check_syntax.py TOP_FOLDER COMPILER [JOBS]

What one of the three compilers (g++ 12, clang 14, Emscripten 3.1.6) does not know fails here, and so does a header that
only compiles after another one. g++ gets each header alone: the build itself gives it all sources, with the same
warnings. The others get each source, and the headers of each library together: standing alone is not a matter of the
compiler, and this way takes half the time.
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


def files_in(folder, suffix):
    return sorted(path for path in folder.rglob("*") if path.suffix == suffix)


def units_of(core, compiler):
    """(name, library, files) of all that is compiled: a source as it is, headers by what includes them, twice."""
    libraries = sorted(path for path in core.iterdir() if (path / "include").is_dir())
    units = []
    for library in libraries:
        headers = files_in(library, ".h")
        if Path(compiler).name.startswith("g++"):
            units += [(str(path.relative_to(core.parent)), library, [path]) for path in headers]
            continue
        units += [(str(path.relative_to(core.parent)), library, [path]) for path in files_in(library, ".cpp")]
        units.append((f"what includes all headers of {library.relative_to(core.parent)}", library, headers))
    return units


def command_for(unit, compiler, core, headers):
    _, library, files = unit
    includes = [f"-I{folder}" for folder in sorted(core.glob("*/include"))]
    # A header is checked as what a file includes: as a main file its #pragma once would be warned about.
    source = "-" if files[0].suffix == ".h" else str(files[0])
    return [compiler, *FLAGS, *includes, f"-I{library / 'source'}", "-isystem", str(headers), source]


def check(unit, compiler, core, headers):
    """What the compiler says about this unit, or nothing."""
    files = unit[2]
    text = "".join(f'#include "{path}"\n' for path in files * 2) if files[0].suffix == ".h" else None
    answer = subprocess.run(
        command_for(unit, compiler, core, headers), input=text, capture_output=True, text=True, check=False
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
    units = units_of(core, compiler)
    with tempfile.TemporaryDirectory() as folder, ThreadPoolExecutor(jobs) as pool:
        link_msgpack(Path(folder))
        complaints = list(pool.map(lambda unit: check(unit, compiler, core, Path(folder)), units))
    failed = [(unit, text) for unit, text in zip(units, complaints) if text is not None]
    for (name, _, _), text in failed:
        print(f"{name} does not compile with {compiler}:\n{text}")
    print(f"{len(units) - len(failed)} of {len(units)} units of core/ compile with {compiler}")
    return 1 if failed or not units else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
