#!/usr/bin/env python3
"""Looks for nodes in what `tenon ps --json` writes.

    find.py IMAGE [KIND KEY=VALUE...] [- KIND KEY=VALUE...]...    IMAGE: the end of the name of the file that Tenon is in

Each group between dashes is a node that has to be there, followed by a wait for the next group's: of what it awaits, combines, maps or is made by.
"""
import json
import sys

WAITS = {"awaits", "combines", "maps", "made-by"}
document = json.load(sys.stdin)
(copy,) = [copy for copy in document["copies"] if copy["image"].endswith(sys.argv[1])]
nodes = {node["id"]: node for node in copy["nodes"]}
groups, group = [], []
for word in [*sys.argv[2:], "-"]:
    if word == "-":
        groups.append(group)
        group = []
    else:
        group.append(word)


def fits(node, kind, *pairs):
    return node["kind"] == kind and all(str(node.get(key)) == value for key, value in (pair.split("=") for pair in pairs))


reached = set(nodes)
for group in groups:
    found = {id for id in reached if fits(nodes[id], *group)}
    assert found, (group, copy)
    reached = {edge["to"] for edge in copy["edges"] if edge["from"] in found and edge["relation"] in WAITS}
