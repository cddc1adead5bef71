#!/usr/bin/env python3
"""The same seeds give the same runs as WebAssembly and natively, and with every compiler and optimization.

Usage: digests_test.py TOP_FOLDER WORK_FOLDER [--seeds FIRST..LAST] [--with NAME,NAME...] [--native PROGRAM]

NAMEs: g++, g++-O0, clang++, webassembly (all by default). Each is built from the same sources, once, and again after
they changed; the digests of all seeds must be those of PROGRAM, or else of the first.
"""

import argparse
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

COMMON = ["-std=c++20", "-DNDEBUG", "-DMSGPACK_NO_BOOST", "-DMSGPACK_DEFAULT_API_VERSION=3"]
WAYS = {
    "g++": ["g++", "-O2"],
    "g++-O0": ["g++", "-O0"],
    "clang++": ["clang++-14", "-O3"],
    "webassembly": ["em++", "-O2"],
}
# One file: Node 18 and later would fetch the other as if it were in a browser.
LINK_WEBASSEMBLY = ["-sALLOW_MEMORY_GROWTH=1", "-sSINGLE_FILE=1", "-sENVIRONMENT=node", "-sEXIT_RUNTIME=1"]
# What a seed needs of each library, in units that are compiled as one, which takes a quarter of the time. A file belongs
# to the first that names it; those that use a name twice are kept apart.
PARTS = {
    "raft": [["*"]],
    "machine": [["validate_state"], ["*"]],
    "wire": [["command_codec", "reader", "snapshot_codec", "snapshot_decoder", "writer"]],
    "sim": [["act", "clients", "disk", "ghost_log", "swarm", "shapes", "memory_disk", "reference_model"],
            ["ledger", "ledger_*"], ["world", "world_*"], ["linearizability", "event_list", "visited"], ["*_model"],
            ["operation_text"], ["explanation"], ["stale_reads"]],
}


def say(text):
    print(text, file=sys.stderr, flush=True)


def sources_of(core, library, names):
    folder = core / library / "source"
    return sorted({path for name in names for path in folder.glob(f"{name}.cpp")})


def newest(core, top):
    files = [path for path in core.rglob("*") if path.suffix in (".h", ".cpp")]
    files += [top / "tests/sim/digests.cpp", Path(__file__)]
    return max(path.stat().st_mtime for path in files)


def run(command):
    answer = subprocess.run([str(each) for each in command], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"{' '.join(str(each) for each in command[:3])} ... failed:\n{answer.stderr}")


def build(way, top, work):
    """The command that runs the program."""
    core, folder = top / "core", work / way
    folder.mkdir(parents=True, exist_ok=True)
    is_webassembly = way == "webassembly"
    program = folder / ("digests.js" if is_webassembly else "digests")
    command = ["node", program] if is_webassembly else [program]
    if program.exists() and program.stat().st_mtime > newest(core, top):
        return command
    headers = folder / "headers"
    headers.mkdir(exist_ok=True)
    for name in ("msgpack", "msgpack.hpp"):  # alone: em++ must not see the machine's other headers
        if not (headers / name).exists():
            (headers / name).symlink_to(Path("/usr/include") / name)
    units = [top / "tests/sim/digests.cpp"]
    for library, groups in PARTS.items():
        taken = set()
        for number, names in enumerate(groups):
            unit = folder / f"{library}_{number}.cpp"
            sources = [path for path in sources_of(core, library, names) if path not in taken]
            taken.update(sources)
            unit.write_text("".join(f'#include "{path}"\n' for path in sources))
            units.append(unit)
    includes = [f"-I{path}" for path in sorted(core.glob("*/include")) + sorted(core.glob("*/source"))]

    def compile_unit(unit):
        target = folder / f"{unit.stem}.o"
        run([*WAYS[way], *COMMON, *includes, "-isystem", headers, "-c", unit, "-o", target])
        return target

    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        objects = list(pool.map(compile_unit, units))
    run([*WAYS[way], *objects, *(LINK_WEBASSEMBLY if is_webassembly else []), "-o", program])
    return command


def digests(command, first, last):
    answer = subprocess.run([*command, str(first), str(last)], capture_output=True, text=True, check=False)
    if answer.returncode != 0:
        sys.exit(f"{command[-1]}: exit code {answer.returncode}\n{answer.stderr[-2000:]}")
    return answer.stdout.splitlines()


def compare(ways, top, work, first, last, native):
    wrong, expected = 0, None
    for way in (["native"] if native else []) + ways:
        begun = time.monotonic()
        command = [native] if way == "native" else build(way, top, work)
        built = time.monotonic()
        found = digests(command, first, last)
        ended = time.monotonic()
        expected = expected or found
        deliveries = sum(int(line.split()[2]) for line in found)
        differ = [ours for ours, theirs in zip(expected, found) if ours != theirs]
        print(f"{way:12} {len(found)} seeds, {deliveries} deliveries, {len(differ)} differ; "
              f"built in {built - begun:.1f} s, run in {ended - built:.1f} s", flush=True)
        for line in differ[:3]:
            print(f"             first of them: seed {line.split()[0]}")
        wrong += len(differ) + abs(len(expected) - len(found))
        if len(found) != last - first + 1:
            sys.exit(f"{way} gave {len(found)} of {last - first + 1} digests")
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("top", type=Path)
    parser.add_argument("work", type=Path)
    parser.add_argument("--seeds", default="1..10000")
    parser.add_argument("--native", type=Path, help="a program that is built already")
    parser.add_argument("--with", dest="ways", default=",".join(WAYS))
    options = parser.parse_args()
    os.environ["NODE_PATH"] = "/usr/share/nodejs"  # where Debian keeps the modules that Emscripten wants
    first, last = (int(each) for each in options.seeds.split(".."))
    ways = options.ways.split(",")
    for way in ways:
        if way not in WAYS:
            parser.error(f"there is no {way}; there are {', '.join(WAYS)}")
    sys.exit(1 if compare(ways, options.top.resolve(), options.work.resolve(), first, last, options.native) else 0)


if __name__ == "__main__":
    main()
