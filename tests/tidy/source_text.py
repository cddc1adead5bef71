"""Reading C++ sources for tidy: blanks comments and literals out, and finds functions by their braces."""

import re

TOKEN = re.compile(
    r"""
    (?P<line_comment>//[^\n]*)
  | (?P<block_comment>/\*.*?\*/)
  | (?P<raw_string>R"(?P<delimiter>[^()\\\s]{0,16})\(.*?\)(?P=delimiter)")
  | (?P<string>"(?:\\.|[^"\\\n])*")
  | (?P<character>(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+')
    """,
    re.VERBOSE | re.DOTALL,
)

SCOPE = re.compile(r"^(?:export\s+)?(?:inline\s+)?(?:namespace|class|struct|union|enum)\b|^extern\s*$")


def blank(text):
    """The same text with comments and literals replaced by spaces; line numbers stay."""

    def spaces(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return TOKEN.sub(spaces, text)


def without_directives(text):
    """Preprocessor lines (with their continuations) replaced by spaces."""
    return re.sub(r"(?m)^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)), text)


def without_template_heads(statement):
    """`template <class T = int> void f()` without its head, whose `=` would look like an initialiser."""
    while True:
        match = re.match(r"\s*template\s*<", statement)
        if not match:
            return statement.strip()
        depth, at = 1, match.end()
        while at < len(statement) and depth:
            depth += {"<": 1, ">": -1}.get(statement[at], 0)
            at += 1
        statement = statement[at:]


def kind_of_block(statement):
    """What a `{` after this statement opens at namespace or class level: scope, function or other."""
    statement = re.sub(r"\[\[.*?\]\]", "", statement, flags=re.DOTALL)
    statement = without_template_heads(statement)
    if SCOPE.match(statement) and not re.search(r"\)\s*(?:const|noexcept|override|final|\s)*$", statement):
        return "scope"
    if "](" in statement:
        return "function"  # a lambda kept in a constant
    outside, depth = [], 0
    for character in statement:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0:
            outside.append(character)
    if "operator" not in statement and "=" in "".join(outside):
        return "other"
    return "function" if ")" in statement else "other"


class FunctionFinder:
    """One pass over blanked text with a stack of open blocks."""

    def __init__(self, text):
        self.text = without_directives(blank(text))
        self.stack = []
        self.statement = ""
        self.statement_line = 0
        self.line = 1
        self.found = []

    def in_scope(self):
        return all(kind == "scope" for kind, _, _ in self.stack)

    def reset(self):
        self.statement = ""
        self.statement_line = 0

    def open_block(self):
        kind = kind_of_block(self.statement) if self.in_scope() else "inner"
        self.stack.append((kind, self.statement_line or self.line, self.statement))
        if kind == "scope":
            self.reset()

    def close_block(self, at):
        if not self.stack:
            return
        kind, start, statement = self.stack.pop()
        if kind == "inner":
            return
        following = self.text[at + 1 :].lstrip()[:1]
        if kind != "scope" and following in (",", "{"):
            # An initialiser such as `: a_{1}, b_{2} {`: the function's body is still to come.
            self.statement = statement + " "
            self.statement_line = start
            return
        if kind == "function":
            self.found.append((start, self.line, statement))
        self.reset()

    def run(self):
        for at, character in enumerate(self.text):
            if character == "\n":
                self.line += 1
            if character == "{":
                self.open_block()
            elif character == "}":
                self.close_block(at)
            elif character == ";" and self.in_scope():
                self.reset()
            elif character == ":" and self.statement.strip() in ("public", "private", "protected"):
                self.reset()
            elif self.in_scope():
                if not self.statement.strip() and not character.isspace():
                    self.statement_line = self.line
                self.statement += character
        return self.found


def functions(text):
    """A list of (first line, last line, what stands before the body) for each function of a C++ file."""
    return FunctionFinder(text).run()
