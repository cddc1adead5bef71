#!/usr/bin/env python3
"""Every scenario in etcd's form and in Perfetto's keeps the rules of that form. About three seconds.

Usage: trace_forms_test.py KELEK SCENARIO...
"""

import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "native"))
import etcd_trace  # noqa: E402
import perfetto_trace  # noqa: E402


def converted(kelek, form, scenario):
    answer = subprocess.run([kelek, "scenario", "trace", "--format", form, scenario], capture_output=True, text=True,
                            check=False)
    if answer.returncode != 0:
        raise AssertionError(f"exit code {answer.returncode}: {answer.stderr}")
    return answer.stdout


def main(arguments):
    if len(arguments) < 2:
        print(__doc__)
        return 2
    kelek, scenarios = arguments[0], arguments[1:]
    wrong = 0
    for scenario in scenarios:
        try:
            # Scenarios duplicate messages.
            etcd_trace.check(converted(kelek, "etcd", scenario), duplicates=True)
            perfetto_trace.check(converted(kelek, "perfetto", scenario))
        except (AssertionError, KeyError, ValueError) as problem:
            print(f"{scenario}: {problem}")
            wrong += 1
    print(f"{len(scenarios) - wrong} of {len(scenarios)} scenarios keep the rules of both forms")
    return 1 if wrong or not scenarios else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
