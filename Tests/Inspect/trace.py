#!/usr/bin/env python3
"""Checks a trace as whoever shows it reads it: what begins ends, on one thread, in the order of time.

    trace.py FILE jobs|calls    which there have to be
"""
import json
import sys

with open(sys.argv[1]) as file:
    trace = json.load(file)
assert trace["otherData"]["schema"] == "tenon-trace" and trace["otherData"]["lost"] >= 0
jobs, calls, last, spans = {}, {}, {}, {"jobs": 0, "calls": 0}
names = set()
for event in trace["traceEvents"]:
    phase, thread = event["ph"], event["tid"]
    if phase == "M":
        assert event["name"] == "thread_name" and event["args"]["name"], event
        continue
    assert event["ts"] >= last.get(thread, 0), event
    last[thread] = event["ts"]
    if phase == "B":
        jobs.setdefault(thread, []).append(event)
        names.add(event["name"])
    elif phase == "E":
        jobs[thread].pop()
        spans["jobs"] += 1
    elif phase == "b":
        calls[event["id"]] = event
        names.add(event["name"])
    elif phase == "e":
        begin = calls.pop(event["id"], None)
        assert begin is None or begin["name"] == event["name"], (begin, event)
        spans["calls"] += begin is not None
    else:
        sys.exit(f"what is {event}?")
if not spans[sys.argv[2]]:
    print(f"# {sys.argv[1]}: no {sys.argv[2]}")
    sys.exit(1)
wanted = {"jobs": "count_down", "calls": "tick"}[sys.argv[2]]
assert wanted in names, names
print(f"# {sys.argv[1]}: {spans['jobs']} jobs, {spans['calls']} calls, {trace['otherData']['lost']} lost")
