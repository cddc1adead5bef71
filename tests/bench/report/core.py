"""The core's table: every row of the performance target, beside what must be reached and what others reach."""

from dataclasses import dataclass

from report import peers
from report.rows import Rows, say
from report.table import figure, lay_out, machine

KELEK = "kelek"


@dataclass
class Line:
    """A row of the table: which measurement, and the figure that must be reached."""

    title: str
    bench: str
    nodes: int = None
    payload: int = None
    batch: int = None
    must: float = None
    key: str = "cpu_ns_per_op"
    # What the same is called at the peers, the first that is there.
    peer_benches: tuple = ()


def throughput(nodes, payload, batch, calls_must, as_one_must):
    where = f"{nodes} nodes, {payload} B"
    if batch == 1:
        names = ("throughput/calls", "throughput/window")
        return [Line(f"{where}, one at a time", names[0], nodes, payload, batch, calls_must, peer_benches=names)]
    calls = ("throughput/merged", "throughput/calls", "throughput/window")
    as_one = ("throughput/as_one",)
    return [
        Line(f"{where}, {batch:,} a round", "throughput/calls", nodes, payload, batch, calls_must, peer_benches=calls),
        Line(f"{where}, {batch:,} given as one", as_one[0], nodes, payload, batch, as_one_must, peer_benches=as_one),
    ]


def simple(title, bench, must, nodes=None, batch=None, key="cpu_ns_per_op"):
    return Line(title, bench, nodes, None, batch, must, key, (bench,))


LINES = [
    *throughput(3, 16, 1, 600, None),
    *throughput(3, 16, 64, 60, 60),
    *throughput(3, 16, 1024, 45, 45),
    *throughput(5, 16, 1, 1200, None),
    *throughput(5, 16, 64, None, None),
    *throughput(5, 16, 1024, 80, 80),
    *throughput(3, 256, 1, 600, None),
    *throughput(3, 256, 64, 60, 60),
    *throughput(3, 256, 1024, 45, 45),
    *throughput(5, 256, 1024, 80, 80),
    simple("election, 3 nodes", "election", 600, nodes=3),
    simple("election, 5 nodes", "election", None, nodes=5),
    simple("election, 101 nodes", "election", 35_000, nodes=101),
    simple("heartbeat round, 3 nodes", "heartbeat", 300, nodes=3),
    simple("quorum reads, 64 waiting", "quorum_read", 100, nodes=3, batch=64),
    simple("idle tick", "tick", 5),
    simple("build one of 101 nodes", "build", 10_000, nodes=101),
    simple("idle node of 3, bytes", "idle_memory", 1000, nodes=3, key="bytes_per_op"),
    simple("idle node of 101, bytes", "idle_memory", 1000, nodes=101, key="bytes_per_op"),
    simple("idle follower of 3, bytes", "idle_memory/follower", 1000, nodes=3, key="bytes_per_op"),
    simple("idle follower of 101, bytes", "idle_memory/follower", 1000, nodes=101, key="bytes_per_op"),
]


def cells(line, rows, others):
    row = rows.find(KELEK, line.bench, line.nodes, line.payload, line.batch) or {}
    value = row.get(line.key)
    verdict = "" if line.must is None or value is None else "pass" if value <= line.must else "miss"
    texts = [line.title, figure(value)]
    texts += [figure(row.get(key)) for key in ("cpu_ns_per_op_median", "allocations_per_op", "messages_per_op")]
    texts += [figure(line.must), verdict]
    for other in others:
        found = (rows.find(other, bench, line.nodes, line.payload, line.batch) for bench in line.peer_benches)
        texts.append(figure(next((row.get(line.key) for row in found if row), None)))
    return texts


def growth_table(rows):
    lines = []
    for row in rows.all:
        if not row["bench"].startswith("kelek, growing: "):
            continue
        keys = ("nodes", "payload", "batch", "cpu_ns_per_op", "allocations_per_op", "bytes_per_op")
        lines.append([row["bench"].split(": ", 1)[1], *(figure(row.get(key)) for key in keys)])
    header = ["as the work grows", "nodes", "payload", "batch", "CPU ns", "allocations", "bytes"]
    return lay_out(header, lines)


def run(options, bench_folder):
    rows = Rows()
    place = machine()
    mode = ["--quick"] if options.quick else []
    program = options.build / "tests" / "bench" / "core_bench"
    say("measuring the core of Kelek")
    if not rows.run(KELEK, [program, *mode]):
        raise SystemExit("error: core_bench failed")
    others = peers.run(rows, options, bench_folder) if options.peers else []
    header = ["CPU ns an operation", "Kelek", "median", "allocations", "messages", "must", "", *others]
    print(f"The core, in one process and one thread ({place})\n")
    print(lay_out(header, [cells(line, rows, others) for line in LINES]))
    if options.growth:
        say("measuring the core of Kelek as the work grows")
        if not rows.run("kelek, growing", [program, "--growth", *mode]):
            raise SystemExit("error: core_bench --growth failed")
        print("\n" + growth_table(rows))
    return rows
