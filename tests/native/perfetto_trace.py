"""Checks JSON for the Perfetto and Chrome trace viewers: each event has what its phase needs, slices nest, tracks never
go back, and arrows begin before they end."""

import collections
import json


def check(text):
    """Raises AssertionError; gives how many processes and finished flows there are."""
    events = json.loads(text)["traceEvents"]
    open_slices = collections.defaultdict(list)
    last = collections.defaultdict(int)
    begun, finished, processes = {}, 0, set()
    for event in events:
        phase = event["ph"]
        assert phase in "MBEXsfiC", event
        if phase == "M":
            assert event["name"] in ("process_name", "thread_name") and event["args"]["name"], event
            processes.add(event["pid"])
            continue
        assert event["pid"] in processes, event
        track = (event["pid"], event.get("tid"))
        assert event["ts"] >= last[track], event
        last[track] = event["ts"]
        if phase == "B":
            open_slices[track].append(event["name"])
            assert len(open_slices[track]) <= 2, event
        elif phase == "E":
            assert open_slices[track], event
            open_slices[track].pop()
        elif phase == "X":
            assert event["dur"] >= 1 and event["name"], event
        elif phase == "s":
            assert event["id"] not in begun, event
            begun[event["id"]] = event["pid"]
        elif phase == "f":
            assert event["bp"] == "e" and begun.pop(event["id"]) != event["pid"], event
            finished += 1
        elif phase == "C":
            assert isinstance(event["args"]["commit"], int), event
    assert not any(open_slices.values()), open_slices
    return {"processes": len(processes), "flows": finished}
