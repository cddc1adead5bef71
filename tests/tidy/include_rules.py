"""Tidy's rules about includes: which part may see which, and what the core may not see at all."""

import posixpath
import re

from source_text import blank

# What each part may include, as the design draws it; what those give, it may use too.
ARROWS = {
    "raft": [],
    "machine": [],
    "wire": ["raft", "machine"],
    "sim": ["raft", "machine", "wire"],
    "storage": ["raft", "wire"],
    "transport": ["wire"],
    "runtime": ["storage", "transport", "machine"],
    "client": ["wire", "transport"],
    "gateway": ["wire", "client"],
    "cli": ["runtime", "client", "gateway", "sim"],
    "c": ["sim", "client"],
    "wasm": ["c"],
    "web-demo": ["wasm"],
}

FOLDERS = {
    **{f"core/{part}": part for part in ("raft", "machine", "wire", "sim")},
    **{f"native/{part}": part for part in ("storage", "transport", "runtime", "client", "gateway", "cli")},
    "bindings/c": "c",
    "wasm": "wasm",
    "web-demo": "web-demo",
}

BANNED_IN_CORE = {
    "iostream", "istream", "ostream", "sstream", "fstream", "iomanip", "cstdio", "print", "syncstream",
    "thread", "mutex", "shared_mutex", "condition_variable", "future", "semaphore", "latch", "barrier", "stop_token",
    "chrono", "ctime", "filesystem", "random", "unordered_map", "unordered_set", "locale", "regex",
    "format", "expected", "ranges", "source_location", "csignal", "csetjmp",
}  # fmt: skip
ALLOWED_SYSTEM_HEADERS = {"sys/single_threaded.h"}

INCLUDE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*(?P<open>[<"])(?P<name>[^>"\n]+)[>"]')
FLOATING = re.compile(r"\b(?:float|double)\b")
DISTRIBUTION = re.compile(r"\bstd::\w*_distribution\b")


def part_of(path):
    for folder, part in FOLDERS.items():
        if path.startswith(folder + "/"):
            return part
    return None


def reachable(part):
    seen, waiting = {part}, [part]
    while waiting:
        for other in ARROWS[waiting.pop()]:
            if other not in seen:
                seen.add(other)
                waiting.append(other)
    return seen


def includes(text):
    """(line number, '<' or '"', name) of each include that is not in a comment."""
    bare = blank(text).splitlines()
    for number, line in enumerate(text.splitlines(), 1):
        match = INCLUDE.match(line)
        if match and "#" in bare[number - 1]:
            yield number, match["open"], match["name"]


def other_part(path, opening, name):
    """The part that an include reaches, or None for a header of the same folder or of a library."""
    match = re.match(r"kelek/([a-z-]+)/", name)
    if match:
        return match[1]
    if opening == '"':
        return part_of(posixpath.normpath(posixpath.join(posixpath.dirname(path), name)))
    return None


def check_directions(path, text):
    part = part_of(path)
    if part is None:
        return
    allowed = reachable(part)
    for number, opening, name in includes(text):
        reached = other_part(path, opening, name)
        if reached is not None and reached not in allowed:
            may = ", ".join(sorted(allowed - {part})) or "nothing"
            yield number, f"{part} includes {name}, but it may include {may} only"


def check_core_headers(path, text):
    if not path.startswith("core/"):
        return
    for number, opening, name in includes(text):
        if opening == '"' or name.startswith("kelek/") or name in ALLOWED_SYSTEM_HEADERS:
            continue
        if name in BANNED_IN_CORE:
            yield number, f"<{name}> is banned in core: no I/O, clock, threads or unordered iteration there"
        elif name.startswith("msgpack") and path.startswith("core/wire/"):
            continue
        elif "." in name or "/" in name:
            yield number, f"<{name}> is not of the standard library, and core uses nothing else"


def check_core_arithmetic(path, text):
    if not path.startswith(("core/raft/", "core/machine/")):
        return
    for number, line in enumerate(blank(text).splitlines(), 1):
        found = FLOATING.search(line) or DISTRIBUTION.search(line)
        if found:
            yield number, f"'{found[0]}' in code that must give the same result everywhere"


def check(path, text):
    if path.endswith((".h", ".cpp")):
        yield from check_directions(path, text)
        yield from check_core_headers(path, text)
        yield from check_core_arithmetic(path, text)
