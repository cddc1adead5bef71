"""Builds and runs the drivers of other libraries (peers/), each with the versions that its lock file pins."""

import re
import shutil
import subprocess

from report.rows import say


def version_of(command, pattern):
    """(1, 23) of what `command` prints, or None where the program is missing."""
    if shutil.which(command[0]) is None:
        return None
    found = re.search(pattern, subprocess.run(command, capture_output=True, text=True, check=False).stdout)
    return (int(found[1]), int(found[2])) if found else None


def go_peer(name, folder, target, needs):
    has = version_of(["go", "version"], r"go(\d+)\.(\d+)")
    if has is None or has < needs:
        return f"needs Go {needs[0]}.{needs[1]} or newer; here is {'none' if has is None else f'{has[0]}.{has[1]}'}"
    return subprocess.run(["go", "build", "-mod=readonly", "-o", target / name, "."], cwd=folder, check=False).returncode


def cargo_peer(folder, target, needs):
    has = version_of(["cargo", "--version"], r"cargo (\d+)\.(\d+)")
    if has is None or has < needs:
        return f"needs Rust {needs[0]}.{needs[1]} or newer; here is {'none' if has is None else f'{has[0]}.{has[1]}'}"
    command = ["cargo", "build", "--release", "--quiet", "--target-dir", target / "cargo"]
    return subprocess.run(command, cwd=folder, check=False).returncode


def run(rows, options, bench_folder):
    """Adds the peers' rows; gives the names of those that ran. One that cannot be built is told, and left out."""
    target = options.build / "tests" / "bench" / "peers"
    target.mkdir(parents=True, exist_ok=True)
    folder = bench_folder / "peers"
    all_peers = [
        ("etcd/raft", target / "etcd", lambda: go_peer("etcd", folder / "etcd", target, (1, 23))),
        ("raft-rs", target / "cargo/release/kelek-bench-raft-rs", lambda: cargo_peer(folder / "raft-rs", target, (1, 78))),
        ("hashicorp/raft", target / "hashicorp", lambda: go_peer("hashicorp", folder / "hashicorp", target, (1, 20))),
    ]
    ran = []
    for name, program, build in all_peers:
        say(f"building and measuring {name}")
        failure = build()
        if failure:
            say(f"left out: {name}" + (f" {failure}" if isinstance(failure, str) else " could not be built"))
        elif rows.run(name, [program, *(["-quick"] if options.quick else [])]):
            ran.append(name)
        else:
            say(f"left out: {name}'s driver failed")
    return ran
