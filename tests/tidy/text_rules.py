"""Tidy's rules about names and text: file names, the comment at a file's start, left-overs, paths of one machine."""

import re

SNAKE_CASE = re.compile(r"^[a-z][a-z0-9_]*$")
# Spelled in halves so that this file does not find itself.
LEFT_OVER = re.compile(r"\b(" + "|".join(["TO" + "DO", "FIX" + "ME", "X" + "XX"]) + r")\b")
MACHINE_PATH = re.compile(r"(?<![\w.)}\-/])/(?:home/\w|root/|work/|Users/\w)")
CODE_ENDINGS = (".h", ".cpp", ".py", ".sh")


def check_name(path):
    *folders, name = path.split("/")
    if not name.endswith(CODE_ENDINGS):
        return
    stem = name.rsplit(".", 1)[0]
    if stem != "__init__" and not SNAKE_CASE.match(stem):
        yield 1, f"'{name}' is not snake_case"
    for folder in folders:
        if folder not in ("web-demo", ".dev", ".ci", ".cmake") and not SNAKE_CASE.match(folder):
            yield 1, f"the folder '{folder}' is not snake_case"


def opening_comment(path, text):
    """Whether the file starts with a comment that says what it is for."""
    lines = text.splitlines() or [""]
    if lines[0].startswith("#!"):
        lines = lines[1:] or [""]
    first = lines[0].strip()
    if path.endswith((".h", ".cpp")):
        return first.startswith(("//", "/*")) and len(first) > 3
    if path.endswith(".py"):
        return first.startswith(('"""', "# "))
    return first.startswith("# ")


def check_opening(path, text):
    is_code = path.endswith(CODE_ENDINGS + (".cmake", "CMakeLists.txt")) or text.startswith("#!")
    if is_code and not opening_comment(path, text):
        yield 1, "the file does not start with a comment that says what it is for"
    if path.endswith(".h") and not re.search(r"(?m)^#pragma once$", text):
        yield 1, "the header has no #pragma once"


def check_lines(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        left_over = LEFT_OVER.search(line)
        if left_over:
            yield number, f"'{left_over[0]}' left behind"
        if line != line.rstrip():
            yield number, "white space at the end of the line"
        if "\t" in line and path.endswith((".h", ".cpp", ".py")):
            yield number, "a tab"
        machine_path = MACHINE_PATH.search(line)
        if machine_path:
            yield number, f"a path of one machine: '{machine_path[0]}'"
    if text and not text.endswith("\n"):
        yield len(text.splitlines()), "no newline at the end of the file"


def check(path, text):
    yield from check_name(path)
    yield from check_opening(path, text)
    yield from check_lines(path, text)
