"""placeholder"""
def run(options, bench_folder):
    raise SystemExit("not yet")
