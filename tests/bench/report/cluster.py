"""The durable cluster's table: commits, CPU time and failover, as ratios to the floor measured in the same run."""

import pathlib
import statistics
import tempfile

from report.rows import Rows, say
from report.table import figure, lay_out, machine

FLOOR, KELEK = "floor", "kelek"
OUTSTANDING = (64, 256, 1024)
ELECTION_NS = 100e6
# Five times what hashicorp/raft with boltdb reached with 256 outstanding.
CLIENT_MUST = 80_000
FIGURES = ("cpu_ns_per_op", "wall_ns_per_op", "p50_ns", "p99_ns", "worst_ns", "failed", "bytes_per_op")


def medians(runs):
    """One row for each bench of several runs: the median of each figure."""
    together = Rows()
    groups = {}
    for row in runs.all:
        key = tuple(row.get(name) for name in ("bench", "nodes", "payload", "batch"))
        groups.setdefault(key, []).append(row)
    for rows in groups.values():
        merged = dict(rows[0])
        for name in FIGURES:
            if name in merged:
                merged[name] = statistics.median(row[name] for row in rows)
        together.all.append(merged)
    return together


def ratio(value, base, must, at_least=False):
    """Ratio as text, and whether it is what it must be."""
    if not value or not base:
        return ["", "", ""]
    share = value / base
    good = share >= must if at_least else share <= must
    return [f"{share:.2f}×", f"{'≥' if at_least else '≤'} {must:g}×", "pass" if good else "miss"]


class Table:
    """Lines of the table for one way of talking: "curve" or "plain", with "/thread" for a log thread."""

    def __init__(self, rows, way):
        self.rows, self.way = rows, way
        self.lines = []

    def get(self, who, bench, batch, key):
        way = self.way.split("/")[0] if who == FLOOR else self.way
        row = self.rows.find(who, f"{bench}/{way}", 3, 256, batch)
        return row.get(key) if row else None

    def add(self, title, kelek, floor, verdict):
        if kelek is not None:
            self.lines.append([f"{self.way}: {title}", figure(kelek), figure(floor), *verdict])

    def build(self):
        floor = self.get(FLOOR, "floor", 1, "p50_ns")
        for bench, title in (("commit", "serial commit p50, µs"), ("client", "the same through a client")):
            p50 = self.get(KELEK, bench, 1, "p50_ns")
            verdict = ratio(p50, floor, 1.5) if bench == "commit" else ["", "", ""]
            self.add(title, p50 and p50 / 1e3, floor and floor / 1e3, verdict)
        for outstanding in OUTSTANDING:
            self.throughput(outstanding)
        cpu, floor = (self.get(who, bench, 256, "cpu_ns_per_op") for who, bench in ((KELEK, "commit"), (FLOOR, "floor")))
        self.add("CPU µs an entry, all nodes, 256 outstanding", cpu and cpu / 1e3, floor and floor / 1e3, ratio(cpu, floor, 2))
        for row in self.rows.all:
            if row["bench"] == f"{KELEK}: failover/{self.way}":
                median, worst = row["wall_ns_per_op"], row["worst_ns"]
                self.add(f"kill -9 to next commit, median of {row['batch']}, ms", median / 1e6, None, ["", "", ""])
                self.add(f"the same, worst of {row['batch']}, ms", worst / 1e6, ELECTION_NS / 1e6, ratio(worst, ELECTION_NS, 2))
            if row["bench"] == f"{KELEK}: idle/{self.way}":
                self.add("resident at the start, MiB", row["bytes_per_op"] / 2**20, 25, ratio(row["bytes_per_op"], 25 * 2**20, 1))
        return self.lines

    def throughput(self, outstanding):
        floor = self.get(FLOOR, "floor", outstanding, "wall_ns_per_op")
        for bench, title in (("commit", f"entries/s, {outstanding:,} outstanding"), ("client", "the same through a client")):
            wall = self.get(KELEK, bench, outstanding, "wall_ns_per_op")
            verdict = ["", "", ""]
            if bench == "commit":
                verdict = ratio(floor, wall, 0.4, at_least=True)
            elif outstanding == 256 and wall:
                verdict = ["", f"≥ {CLIENT_MUST:,}", "pass" if 1e9 / wall >= CLIENT_MUST else "miss"]
            self.add(title, wall and 1e9 / wall, floor and 1e9 / floor, verdict)


def log_lines(rows):
    lines = []
    for batch in (1, 64, 256):
        bare, log, lmdb = (rows.find("log", f"append/{kind}", None, 256, batch) for kind in ("bare", "log", "lmdb"))
        if not bare or not log:
            continue
        own = log["wall_ns_per_op"]
        title = f"log: append of {batch} and sync, p50, µs"
        lines.append([title, figure(own / 1e3), figure(bare["wall_ns_per_op"] / 1e3), *ratio(own, bare["wall_ns_per_op"], 1.15)])
        if lmdb:
            verdict = ratio(lmdb["wall_ns_per_op"], own, 2, at_least=True)
            lines.append(["     beside LMDB (times as many batches)", "", figure(lmdb["wall_ns_per_op"] / 1e3), *verdict])
    return lines


def measure(options, rows, folder):
    programs = options.build / "tests" / "bench"
    prefix = [programs / "shortslice"] if options.shortslice else []
    mode = ["--quick"] if options.quick else []
    ways = [(["--plain"], []), ([], ["--curve"])]
    if options.log_thread:
        ways += [(["--plain", "--log-thread"], []), (["--log-thread"], ["--curve"])]
    repeats = 1 if options.quick else 5
    kills = 5 if options.quick else 20
    for number in range(repeats):
        for cluster_arguments, floor_arguments in ways:
            say(f"run {number + 1} of {repeats}: floor {' '.join(floor_arguments)}, cluster {' '.join(cluster_arguments)}")
            rows.run(FLOOR, [*prefix, programs / "floor", "--folder", folder, *floor_arguments, *mode])
            killing = ["--kills", kills] if number == repeats - 1 else []
            command = [*prefix, programs / "cluster_bench", "--folder", folder, *cluster_arguments, *mode, *killing]
            if not rows.run(KELEK, command):
                say("the cluster bench failed; its rows until then are kept")
        say(f"run {number + 1} of {repeats}: log")
        rows.run("log", [*prefix, programs / "append_bench", "--folder", tempfile.mkdtemp(dir=folder), *mode])
    return [*("plain", "curve"), *(("plain/thread", "curve/thread") if options.log_thread else ())]


def grow(options, rows, folder):
    """More members, and a long history: resident memory of a member, and how long it takes to come back."""
    programs = options.build / "tests" / "bench"
    prefix = [programs / "shortslice"] if options.shortslice else []
    history = 100_000 if options.quick else 10_000_000
    for arguments in (["--nodes", 5], ["--nodes", 7], ["--nodes", 9], ["--history", history]):
        say(f"as the work grows: {arguments[0][2:]} {arguments[1]:,}")
        command = [programs / "cluster_bench", "--folder", folder, "--no-client", "--outstanding", 256, "--quick", *arguments]
        rows.run("growing", [*prefix, *command])


def growth_table(rows):
    lines = []
    for row in rows.all:
        if row["bench"].startswith("growing: commit/"):
            title = f"{row['nodes']} members, entries/s, 256 outstanding"
            lines.append([title, figure(1e9 / row["wall_ns_per_op"]), f"CPU µs an entry {figure(row['cpu_ns_per_op'] / 1e3)}"])
        elif row["bench"].startswith("growing: history/"):
            title = f"restart after {row['batch']:,} entries, s"
            lines.append([title, figure(row["wall_ns_per_op"] / 1e9), f"resident before, MiB {figure(row['bytes_per_op'] / 2**20)}"])
    return lay_out(["as the work grows (CURVE)", "Kelek", ""], lines)


def run(options, _bench_folder):
    rows = Rows()
    place = machine()
    parent = options.folder or options.build
    with tempfile.TemporaryDirectory(prefix="bench-data-", dir=pathlib.Path(parent)) as folder:
        if options.growth:
            grow(options, rows, folder)
        else:
            ways = measure(options, rows, folder)
    if options.growth:
        print(f"{place}\n\n" + growth_table(rows))
        return rows
    rows = medians(rows)
    lines = [line for way in ways for line in Table(rows, way).build()] + log_lines(rows)
    print(f"A durable cluster of three processes, 256 B entries, every commit synced ({place})\n")
    print(lay_out(["", "Kelek", "floor", "ratio", "must", ""], lines))
    return rows
