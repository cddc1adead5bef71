"""Tidy's rules about lengths: a file of at most 450 lines, a function of at most 70."""

import ast
import re

from source_text import functions

FILE_LINES = 450
FUNCTION_LINES = 70

SHELL_FUNCTION = re.compile(r"^(?:function\s+)?([A-Za-z_][\w-]*)\s*\(\)\s*\{")


def shell_functions(text):
    """Functions whose opening line and closing brace start at the line's first column."""
    start = name = None
    for number, line in enumerate(text.splitlines(), 1):
        match = SHELL_FUNCTION.match(line)
        if match and not line.rstrip().endswith("}"):
            start, name = number, match[1]
        elif line.startswith("}") and start:
            yield start, number, name
            start = None


def python_functions(text):
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            yield node.lineno, node.end_lineno, node.name


def cpp_functions(text):
    for start, end, statement in functions(text):
        names = re.findall(r"[~\w:]+(?=\s*\()", statement)
        yield start, end, names[0] if names else "function"


def functions_of(path, text, is_shell):
    if path.endswith((".h", ".cpp")):
        return cpp_functions(text)
    if path.endswith(".py"):
        return python_functions(text)
    return shell_functions(text) if is_shell else ()


def check(path, text):
    is_shell = path.endswith(".sh") or text.startswith("#!/usr/bin/env bash")
    if not (is_shell or path.endswith((".h", ".cpp", ".py"))):
        return
    lines = len(text.splitlines())
    if lines > FILE_LINES:
        yield FILE_LINES + 1, f"the file has {lines} lines; {FILE_LINES} is the limit"
    try:
        for start, end, name in functions_of(path, text, is_shell):
            if end - start + 1 > FUNCTION_LINES:
                yield start, f"{name} has {end - start + 1} lines; {FUNCTION_LINES} is the limit"
    except SyntaxError as error:
        yield error.lineno or 1, f"not Python: {error.msg}"
