#!/usr/bin/env python3
"""Checks what `tenon why --json` says about Tests/Inspect/coroutines.cpp, from stdin.

    coroutines.py full        with all names
    coroutines.py stripped    with those that are in the program itself
"""
import json
import sys

STRIPPED = sys.argv[1] == "stripped"
(copy,) = json.load(sys.stdin)["copies"]
nodes = {node["id"]: node for node in copy["nodes"]}
edges = {(e["from"], e["relation"], e["to"]) for e in copy["edges"]}
coroutines = [node for node in nodes.values() if node["kind"] == "coroutine"]
assert len(coroutines) == 12, coroutines


def named(name):
    found = [node for node in coroutines if node.get("name") == name]
    assert found, (name, coroutines)
    return found


def waits(node):
    return [nodes[to] for start, relation, to in edges if start == node["id"] and relation == "awaits"]


def line(node):
    file, number = node["source"].rsplit(":", 1)
    assert file.endswith("coroutines.cpp"), node
    return int(number)


# A task that awaits a task that awaits a future, by whoever awaits the first one.
queries = named("app::query")
assert len(queries) == 2 and len({line(query) for query in queries}) == 1
for query in queries:
    (outer,) = [nodes[start] for start, relation, to in edges if to == query["id"] and relation == "awaits"]
    assert outer["kind"] == "coroutine" and line(outer) == line(query) + 3, (outer, query)
    (maker,) = [nodes[start] for start, relation, to in edges if to == outer["id"] and relation in ("made-by", "awaits")]
    assert maker["kind"] in ("future", "coroutine"), maker
assert any(future.get("name") == "reply" for query in queries for future in waits(query))
# A stream, from a task whose result is aligned beyond what the frame's beginning is; a descriptor.
(reader,) = named("app::read_wide")
(item,) = waits(reader)
assert any(start == item["id"] and relation == "reads" for start, relation, _ in edges), item
(server,) = named("app::serve")
assert [future["kind"] for future in waits(server)] == ["future"], server
# What is not Tenon's, and what has not begun.
assert {node.get("cause") for node in coroutines} - {None} == {
    "runs, or awaits what is not Tenon's", "has not begun: its executor has not come to it"}, coroutines
if not STRIPPED:
    assert {node["state"] for node in named("app::lose")} == {"started", "queued"}
    (more,) = named("app::lose_more")
    assert [inner["name"] for inner in waits(more)] == ["app::lose"] and line(more) > 0, more
    assert len(named("app::fetch")) == 2 and len(named("app::wonder")) == 1
# A deadlock through then() and what set_wait() says.
(cycle,) = copy["cycles"]
assert [edge["relation"] for edge in cycle].count("made-by") == 2 and len(cycle) == 6, cycle
assert {"maps", "awaits"} <= {edge["relation"] for edge in cycle}, cycle
assert named("app::first")[0]["id"] in {edge["from"] for edge in cycle}, cycle
