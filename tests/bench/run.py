"""Runs the benches and lays their rows out as a table; run.sh builds what is run here."""

import argparse
import pathlib
import sys

from report import cluster, core

BENCH_FOLDER = pathlib.Path(__file__).resolve().parent


def parse(arguments):
    parser = argparse.ArgumentParser(prog="run.sh", description=__doc__)
    parser.add_argument("what", choices=["core", "cluster"])
    parser.add_argument("--build", type=pathlib.Path, required=True, help=argparse.SUPPRESS)
    parser.add_argument("--json", type=pathlib.Path, metavar="FILE", help="write all rows to FILE")
    parser.add_argument("--quick", action="store_true", help="fewer and shorter runs: for a look, not for a record")
    parser.add_argument("--peers", action="store_true", help="core: build and run other libraries too, by the same method")
    parser.add_argument("--growth", action="store_true", help="how the figures change as the work grows (core: beside the rest, cluster: instead)")
    parser.add_argument("--log-thread", action="store_true", help="cluster: also with sync on a thread of its own")
    parser.add_argument("--shortslice", action="store_true", help="cluster: run with a scheduler slice of 0.1 ms (root)")
    parser.add_argument("--folder", type=pathlib.Path, help="cluster: where the data goes; a real disk")
    return parser.parse_args(arguments)


def main(arguments):
    options = parse(arguments)
    options.build = options.build.resolve()
    if options.json is not None and not options.json.resolve().parent.is_dir():
        sys.exit(f"error: {options.json}: no such folder")
    run = core.run if options.what == "core" else cluster.run
    rows = run(options, BENCH_FOLDER)
    if options.json is not None:
        rows.write(options.json)


if __name__ == "__main__":
    main(sys.argv[1:])
