"""Rows of measurements: running the programs that print them, finding one, writing all."""

import json
import subprocess
import sys


def say(text):
    print(text, file=sys.stderr, flush=True)


class Rows:
    """Rows of several programs; a row's `bench` is "<who>: <bench>"."""

    def __init__(self):
        self.all = []

    def add(self, who, row):
        self.all.append({**row, "bench": f"{who}: {row['bench']}"})

    def run(self, who, command, seconds=900, **popen):
        """Runs a program that prints one JSON row a line. False if it failed; what it printed until then counts."""
        with subprocess.Popen([str(part) for part in command], stdout=subprocess.PIPE, text=True, **popen) as program:
            try:
                for line in program.stdout:
                    self.add(who, json.loads(line))
                return program.wait(timeout=seconds) == 0
            except subprocess.TimeoutExpired:
                program.kill()
                return False

    def find(self, who, bench, nodes=None, payload=None, batch=None):
        """The row, or None."""
        wanted = {"bench": f"{who}: {bench}", "nodes": nodes, "payload": payload, "batch": batch}
        for row in self.all:
            if all(row.get(key) == value for key, value in wanted.items()):
                return row
        return None

    def write(self, path):
        path.write_text("[\n" + ",\n".join(json.dumps(row) for row in self.all) + "\n]\n")
        say(f"wrote {len(self.all)} rows to {path}")
