#!/usr/bin/env python3
"""Checks that `tenon why` names who is to blame in Tests/Programs/culprits.

    culprits.py SCENARIO PREFIX    the outputs' common path
"""
import json
import sys

scenario, prefix = sys.argv[1:]
with open(f"{prefix}.why.json") as file:
    (copy,) = json.load(file)["copies"]
with open(f"{prefix}.why") as file:
    text = file.read()
nodes = {node["id"]: node for node in copy["nodes"]}
causes = {cause["node"]: cause for cause in copy["causes"]}


def cause_of(call):
    """Why a call is not done, by the chain that leads from it."""
    (start,) = (n["id"] for n in copy["nodes"] if n["kind"] == "future" and n.get("name") == call and n.get("call"))
    found = [c for c in copy["causes"] if any(edge["from"] == start for edge in c["chain"])]
    assert len(found) == 1, (call, found)
    return nodes[found[0]["node"]]


def functions(node):
    return " ".join(frame["function"] for frame in node["frames"])


if scenario == "continuation":
    for call in ("greet", "ignore"):
        culprit = cause_of(call)
        assert culprit["cause"] == "waits for a continuation that nobody has resumed", culprit
        assert "askUser" in functions(culprit) and "askUser" in text, text
    (cancelled,) = (n for n in copy["nodes"] if n.get("name") == "ignore")
    assert cancelled["state"] == "cancelling", cancelled
elif scenario == "promise":
    lost, kept = cause_of("load"), cause_of("store")
    assert lost["name"] == "lost reply" and "nobody holds its promise" in lost["cause"], lost
    assert kept["name"] == "kept reply" and "nobody holds" not in kept["cause"], kept
    assert lost["source"].startswith("culprits/main.swift:"), lost
    assert 'future "lost reply"' in text and "nobody holds its promise" in text, text
elif scenario == "stream":
    (cycle,) = copy["cycles"]
    names = {nodes[edge["from"]].get("name") for edge in cycle}
    assert {"client", "server", "requests", "replies"} <= names and len(cycle) == 6, cycle
    assert {edge["relation"] for edge in cycle} == {"made-by", "writes", "used-by"}, cycle
    assert "deadlock: 6 wait for each other" in text and 'waits for room in sink "requests"' in text, text
elif scenario == "semaphore":
    culprit = cause_of("configure")
    assert culprit["cause"].startswith("blocks its executor: thread "), culprit
    assert "waitOnSemaphore" in functions(culprit) and "waitOnSemaphore" in text, (culprit, text)
elif scenario == "crowd":
    (pool,) = (n for n in copy["nodes"] if n.get("name") == "pool")
    assert causes[pool["id"]]["waiting"] == 200_000, causes
    visits = [n for n in copy["nodes"] if n.get("name") == "visit"]
    tasks = [n for n in copy["nodes"] if n["kind"] == "task"]
    assert len(visits) == len(tasks) == 100_000, (len(visits), len(tasks))
    assert text.count("wait for") == 1 and '200000 wait for future "pool"' in text, text
else:
    sys.exit(2)
print(f"# {scenario}: named")
