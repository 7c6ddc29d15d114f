#!/usr/bin/env python3
"""Checks what `tenon` says about Tests/Programs/inspected: its text, and its documents against docs/inspect-schema.md.

    check.py PREFIX KIND PID    the outputs' common path; process or core
"""
import json
import re
import sys

prefix, kind, pid = sys.argv[1:]
STRIPPED = prefix.endswith("stripped")

NODE = {"id": str, "kind": str, "title": str, "name": str, "state": str, "detail": str, "cause": str, "frames": list,
        "call": bool, "source": str, "age_ns": int, "counters": dict}
COUNTERS = {"polls", "jobs", "wakes", "wakes_late", "calls", "drivers", "timers", "jobs_abandoned", "pending", "threads", "threads_idle"}
EVENT = {"event": str, "time_ns": int, "thread": int, "id": str, "name": str, "outcome": str, "other": str, "count": int}
EVENTS = {
    "call-begins", "call-ends", "job-begins", "job-ends", "task-begins", "call-suspends", "call-resumes", "future-settles",
    "callback-begins", "callback-ends", "task-resumes", "stream-sends", "stream-receives", "reader-waits", "reader-wakes",
    "writer-waits", "writer-wakes", "stream-closes", "stream-cancels",
}
TABLE = {"kind": str, "in_use": int, "taken": int}
THREAD = {"id": int, "name": str, "state": str, "frames": list}
FRAME = {"address": str, "function": str, "place": str}
EDGE = {"from": str, "relation": str, "to": str}
CAUSE = {"node": str, "waiting": int, "chain": list}
KINDS = {"executor", "scope", "future", "task", "coroutine", "promise", "stream", "sink", "callback", "timer", "thread"}
RELATIONS = {
    "awaits", "made-by", "combines", "maps", "member", "child", "reads", "writes", "runs-on", "peer", "used-by",
}


def fits(value, shape, optional=()):
    """Whether an object has the keys of its kind, and no others."""
    assert set(value) <= set(shape), value
    assert set(shape) - set(optional) <= set(value), value
    for key, item in value.items():
        assert isinstance(item, shape[key]), (key, item)


threads = {}


def read(command):
    with open(f"{prefix}.{command}.json") as file:
        document = json.load(file)
    assert document["schema"] == "tenon-inspect" and document["version"] == 1, document
    assert document["command"] == command
    assert document["target"] == {"kind": kind, "pid": int(pid)}, document["target"]
    (copy,) = document["copies"]
    threads[command] = document.get("threads")
    ids = set()
    for node in copy["nodes"]:
        fits(node, NODE, optional=("name", "detail", "cause", "call", "source", "age_ns", "counters"))
        assert ("counters" in node) == (node["kind"] == "executor") and set(node.get("counters", COUNTERS)) == COUNTERS, node
        assert node["kind"] in KINDS, node
        ids.add(node["id"])
        for frame in node["frames"]:
            fits(frame, FRAME)
    assert len(ids) == len(copy["nodes"])
    for edge in copy["edges"]:
        fits(edge, EDGE)
        assert edge["relation"] in RELATIONS and {edge["from"], edge["to"]} <= ids, edge
    return copy


def one(copy, **wanted):
    found = [n for n in copy["nodes"] if all(n.get(k) == v for k, v in wanted.items())]
    assert len(found) == 1, (wanted, found)
    return found[0]


def functions(node):
    return " ".join(frame["function"] for frame in node["frames"])


ps = read("ps")
edges = {(e["from"], e["relation"], e["to"]) for e in ps["edges"]}
loop = one(ps, kind="executor", name="main loop")
assert loop["state"] == "polling", loop
scope = one(ps, kind="scope", name="request 7")
fetch, load, warm, leak, stuck = (one(ps, kind="future", name=n) for n in ("fetch", "load", "warm", "leak", "stuck"))
task_of = {a: b for a, relation, b in edges if relation == "made-by"}
tasks = {n["id"]: n for n in ps["nodes"] if n["kind"] == "task"}
reader = one(ps, kind="task", name="reader")
assert (scope["id"], "member", fetch["id"]) in edges and (scope["id"], "member", leak["id"]) in edges
assert (task_of[fetch["id"]], "child", reader["id"]) in edges
assert (task_of[fetch["id"]], "awaits", reader["id"]) in edges
assert (task_of[warm["id"]], "awaits", load["id"]) in edges
assert tasks[task_of[stuck["id"]]]["state"] == "running"
named = one(ps, kind="future", name="query")
assert "call" not in named and named["source"].startswith("inspected/main.swift:"), named
assert ("age_ns" in named) == (kind == "process") and fetch["call"] is True
assert any(relation == "reads" for _, relation, _ in edges)
if not STRIPPED:
    assert "readQuery" in functions(reader), reader
    assert "waitForReply" in functions(tasks[task_of[load["id"]]])
    assert "spinForEver" in functions(loop), loop

why = read("why")
(cycle,) = why["cycles"]
for edge in cycle:
    fits(edge, EDGE)
assert {load["id"], warm["id"]} <= {e["from"] for e in cycle} and len(cycle) == 5, cycle
assert [e["to"] for e in cycle] == [e["from"] for e in cycle[1:] + cycle[:1]]
for cause in why["causes"]:
    fits(cause, CAUSE)
causes = {c["node"]: c for c in why["causes"]}
assert causes[task_of[leak["id"]]]["waiting"] >= 2, causes
query = next(b for a, relation, b in edges if a == reader["id"] and relation == "awaits")
assert causes[query]["waiting"] >= 3 and causes[query]["chain"][-1]["to"] == query

dump = read("dump")
assert len(dump["cycles"]) == 1 and {c["node"] for c in dump["causes"]} == set(causes), dump
counters = one(dump, kind="executor", name="main loop")["counters"]
assert counters["calls"] == 5 and counters["pending"] >= 5, counters
for table in dump["tables"]:
    fits(table, TABLE)
    assert table["in_use"] <= table["taken"], table
in_use = {table["kind"]: table["in_use"] for table in dump["tables"]}
assert in_use["scope"] == in_use["sink"] == in_use["stream"] == 1, in_use
assert in_use["future"] >= len([n for n in dump["nodes"] if n["kind"] == "future"]), in_use
recording = dump["recording"]
fits(recording, {"lost": int, "events": list})
for event in recording["events"]:
    fits(event, EVENT, optional=("id", "name", "outcome", "other", "count"))
    assert event["event"] in EVENTS, event
assert recording["lost"] == 0 and recording["events"] == sorted(recording["events"], key=lambda event: event["time_ns"]), recording
happened = {(event["event"], event.get("id"), event.get("other")) for event in recording["events"]}
assert {event["name"] for event in recording["events"] if event["event"] == "call-begins"} >= {"fetch", "load", "warm", "leak", "stuck"}
assert ("call-suspends", warm["id"], load["id"]) in happened and ("reader-waits" in {kind for kind, _, _ in happened}), happened
for thread in threads["dump"]:
    fits(thread, THREAD, optional=("name", "state"))
assert STRIPPED or any("spinForEver" in functions(thread) for thread in threads["dump"]), threads
with open(f"{prefix}.dump") as file:
    text = file.read()
sections = ["what there is", "what it waits for", "counters", "tables", "what happened last", "stacks", "edges", "threads"]
assert [line for line in text.splitlines() if line in sections] == sections, text
with open(f"{prefix}.dot") as file:
    dot = file.read().splitlines()
ATTRIBUTE = r'\w+=(?:\w+|"(?:[^"\\]|\\.)*")'
NODE_LINE = re.compile(rf'  ("[\w.]+") \[({ATTRIBUTE}(?:, {ATTRIBUTE})*)\]')
EDGE_LINE = re.compile(rf'  ("[\w.]+") -> ("[\w.]+") \[({ATTRIBUTE}(?:, {ATTRIBUTE})*)\]')
assert dot[0] == "digraph tenon {" and dot[-1] == "}", dot
drawn = [match for match in map(NODE_LINE.fullmatch, dot) if match]
lines = [match for match in map(EDGE_LINE.fullmatch, dot) if match]
assert len(drawn) == len(dump["nodes"]) and len(lines) == len(dump["edges"]), dot
assert len(drawn) + len(lines) + 6 == len(dot), dot
assert {end for line in lines for end in line.group(1, 2)} <= {node[1] for node in drawn}
assert sum("color=red" in line[3] for line in lines) == 5, dot

with open(f"{prefix}.why") as file:
    text = file.read()
assert "deadlock: 5 wait for each other" in text and "call load" in text, text
assert "waits for a continuation that nobody has resumed" in text, text
with open(f"{prefix}.ps") as file:
    text = file.read()
assert 'scope "request 7"' in text and "├─ call fetch" in text and '└─ task "reader"' in text, text
print(f"# {prefix.split('/')[-1]}: {len(ps['nodes'])} nodes, {len(ps['edges'])} edges")
