#!/usr/bin/env python3
"""Checks a trace as those who show it read it, against docs/inspect-schema.md: what begins ends, on one thread, in the order of time; an
end says what its beginning said, for speedscope; and an arrow begins and ends inside of slices, for Perfetto.

A future named "of NAME" is only waited for by calls NAME: so what a call waits for, and which task goes on when that settles, is told
of the right one.

    trace.py FILE NAME...    names of what there has to be: slices, lines, and "arrow"; "own wait" and "own arrow" of such futures
"""
import json
import re
import sys
from collections import Counter

COMMON = {"ph", "cat", "name", "pid", "tid", "ts"}
SHAPES = {"B": {"args"}, "E": {"args"}, "b": {"args", "id"}, "e": {"id"}, "s": {"id"}, "f": {"id", "bp"}}
SLICES = {"job": {"call"}, "callback": {"future"}, "future": {"future", "outcome"}, "stream": {"stream", "count"}}
LINES = {"call", "reader", "writer"}

with open(sys.argv[1]) as file:
    trace = json.load(file)
assert set(trace) == {"displayTimeUnit", "otherData", "traceEvents"}, set(trace)
other = trace["otherData"]
assert set(other) == {"schema", "version", "lost"} and other["schema"] == "tenon-trace" and other["version"] == 1, other
OWNED = re.compile(r'future "of (.+)"$')
slices, last, lines, arrows, found = {}, {}, {}, {}, Counter()
calls = {}
for event in trace["traceEvents"]:
    phase, thread = event["ph"], event["tid"]
    if phase == "M":
        assert event["name"] == "thread_name" and event["args"]["name"], event
        continue
    assert set(event) - SHAPES[phase] == COMMON, event
    assert event["ts"] >= last.get(thread, 0), event
    last[thread] = event["ts"]
    there = slices.setdefault(thread, [])
    if phase == "B":
        assert set(event.get("args", {})) <= SLICES[event["cat"]], event
        there.append(event)
        found[event["name"].split(" 0x")[0]] += 1
        found[event["name"].split(" ")[0]] += " " in event["name"]
    elif phase == "E":
        begin = there.pop()
        assert all(begin.get(key) == event.get(key) for key in ("name", "cat", "args")), (begin, event)
    elif phase == "b":
        assert event["cat"] in LINES, event
        stack = lines.setdefault((event["cat"], event["id"]), [])
        assert not stack or stack[-1]["name"] != event["name"], event
        if event["cat"] == "call" and event["name"] != "suspended":
            calls[event["id"]] = event["name"]
        if own := OWNED.match(event.get("args", {}).get("title", "")):
            assert calls.get(event["id"], own[1]) == own[1], (calls[event["id"]], event)
            found["own wait"] += event["id"] in calls
        stack.append(event)
        found[event["name"]] += 1
        found["waits"] += "waits_for" in event.get("args", {})
    elif phase == "e":
        stack = lines.get((event["cat"], event["id"]))
        # What it ends may have begun before all this.
        assert not stack or stack.pop()["name"] == event["name"], event
    elif phase == "s":
        assert there and event["id"] not in arrows, event
        arrows[event["id"]] = event, there[-1]
    else:
        begin, source = arrows.pop(event["id"])
        assert there and event["bp"] == "e" and begin["ts"] <= event["ts"], event
        call = calls.get(there[-1].get("args", {}).get("call"))
        if call and (own := OWNED.search(source["name"])):
            assert call == own[1], (call, source, event)
            found["own arrow"] += 1
        found["arrow"] += 1
# One whose end is not there is not drawn.
assert not arrows, arrows
missing = [name for name in sys.argv[2:] if not found[name]]
print(f"# {sys.argv[1]}: {dict(found.most_common(12))}, {other['lost']} lost")
if missing:
    print(f"# missing: {missing}")
    sys.exit(1)
