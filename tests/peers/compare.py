"""Two judges of the same histories: Kelek's checker and Porcupine. Any verdict in which they differ is a failure.

    compare.py [--build FOLDER] [--record]

Builds porcupine/ with Go, then judges: fresh histories of a real cluster (those that the test native.histories left,
or with --record, or where there are none, three new ones); the histories that Porcupine's own tests have of etcd, whose
verdicts its tests know; the good and the forty broken ones of tests/histories; and 150 with small changes of which
nobody knows beforehand whether they can be told.
"""

import argparse
import glob
import json
import os
import shutil
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../histories"))
import break_histories  # noqa: E402

MODULE = "github.com/anishathalye/porcupine"
NEEDED_GO = (1, 23)


def say(text):
    print(text, file=sys.stderr, flush=True)


def run(*command, **options):
    return subprocess.run([str(each) for each in command], text=True, check=True, stdout=subprocess.PIPE,
                          **options).stdout


def build_porcupine(target):
    """Gives the program and the folder of the module that Go has fetched."""
    if shutil.which("go") is None:
        sys.exit("Go is not installed: apt-get install golang-go, or see go.dev")
    version = run("go", "env", "GOVERSION").strip().removeprefix("go").split(".")
    if (int(version[0]), int(version[1])) < NEEDED_GO:
        sys.exit(f"Go {'.'.join(version)} is here; {'.'.join(map(str, NEEDED_GO))} or newer is needed")
    folder = os.path.join(HERE, "porcupine")
    program = os.path.join(target, "porcupine")
    run("go", "build", "-mod=readonly", "-o", program, ".", cwd=folder)
    return program, run("go", "list", "-mod=readonly", "-m", "-f", "{{.Dir}}", MODULE, cwd=folder).strip()


def fresh_histories(build, target, anew):
    left = sorted(glob.glob(os.path.join(build, "tests/native/histories/*.jsonl")))
    if left and not anew:
        return left
    say("      recording histories of a real cluster")
    folder = os.path.join(target, "fresh")
    shutil.rmtree(folder, ignore_errors=True)
    environment = {**os.environ, "KELEK": os.path.join(build, "kelek"), "KELEK_HISTORIES": folder,
                   "KELEK_RECORDER": os.path.join(build, "tests/native/kelek_recorder")}
    run(sys.executable, os.path.join(HERE, "../native/histories_test.py"), env=environment)
    return sorted(glob.glob(os.path.join(folder, "*.jsonl")))


def of_porcupine(paths, program):
    """{path: judgement}"""
    return {each["file"]: each["judgement"]
            for each in map(json.loads, run(program, "judge", *paths).splitlines())}


def of_kelek(paths, kelek):
    done = subprocess.run([kelek, "history", "check", "--json", *paths], text=True, stdout=subprocess.PIPE, check=False)
    return {each["file"]: each["judgement"] for each in map(json.loads, done.stdout.splitlines())}


def compare(name, paths, known, kelek, program):
    """A row of the table; gives how many verdicts are not as they should be."""
    begin = time.monotonic()
    ours = of_kelek(paths, kelek)
    middle = time.monotonic()
    theirs = of_porcupine(paths, program)
    end = time.monotonic()
    wrong = undecided = 0
    for path in paths:
        if theirs[path] == "unknown" and path not in known:
            undecided += 1  # its minute was over: that is no other verdict than ours
            continue
        verdicts = {ours[path], theirs[path], known.get(path, ours[path])}
        if len(verdicts) > 1 or "malformed" in verdicts:
            wrong += 1
            say(f"{path}: Kelek says {ours[path]}, Porcupine {theirs[path]}"
                + (f", known is {known[path]}" if path in known else ""))
    good = sum(verdict == "linearizable" for verdict in ours.values())
    print(f"{name:34} {len(paths):5} {good:8} {len(paths) - good:8} {wrong:8} {undecided:9} {middle - begin:8.1f} {end - middle:8.1f}",
          flush=True)
    return wrong


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--build", default=os.path.join(HERE, "../../build/release"))
    parser.add_argument("--record", action="store_true", help="record fresh histories in any case")
    options = parser.parse_args()
    target = os.path.join(options.build, "tests/peers")
    os.makedirs(target, exist_ok=True)
    program, module = build_porcupine(target)
    kelek = os.path.join(options.build, "kelek")

    fresh = fresh_histories(options.build, target, options.record)
    etcd = os.path.join(target, "etcd")
    os.makedirs(etcd, exist_ok=True)
    run(program, "convert", module, etcd)
    with open(os.path.join(etcd, "expected.json"), encoding="utf-8") as file:
        expected = {os.path.join(etcd, name): "linearizable" if good else "not_linearizable"
                    for name, good in json.load(file).items()}
    good = sorted(glob.glob(os.path.join(break_histories.GOOD, "*.jsonl")))
    broken = break_histories.write_all(os.path.join(target, "broken"))
    known = {**dict.fromkeys(good, "linearizable"), **dict.fromkeys(broken, "not_linearizable")}

    print(f"{'histories':34} {'files':>5} {'yes':>8} {'no':>8} {'wrong':>8} {'undecided':>9} {'Kelek/s':>8} {'Porc./s':>8}")
    wrong = compare("of a real cluster, just recorded", fresh, {}, kelek, program)
    wrong += compare("of etcd, from Porcupine's tests", sorted(expected), expected, kelek, program)
    wrong += compare("good and broken, of the project", good + broken, known, kelek, program)
    wrong += compare("with small changes", break_histories.doubtful(os.path.join(target, "doubtful")), {}, kelek,
                     program)
    if wrong:
        sys.exit(f"{wrong} verdicts differ")
    say("      the judges agree on all of them")


if __name__ == "__main__":
    main()
