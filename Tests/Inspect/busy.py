#!/usr/bin/env python3
"""Checks what `tenon` says about Tests/Programs/busy, which works.

    busy.py counters TENON PROGRAM    `dump` has what the program itself counts
    busy.py top TENON PROGRAM         `top` has the differences, and works in a terminal
"""
import json
import os
import subprocess
import sys

what, tenon, program = sys.argv[1:4]


class Busy:
    """The program, which runs until the end of the block."""

    def __init__(self, *arguments):
        self.process = subprocess.Popen([program, *arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        word, self.pid = self.process.stdout.readline().split()
        assert word == "ready"
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def pause(self):
        """Stops it; returns what its executors have counted."""
        self.go_on()
        return json.loads(self.process.stdout.readline())

    def go_on(self):
        self.process.stdin.write("\n")
        self.process.stdin.flush()


def look(*arguments):
    return subprocess.run([tenon, *arguments], check=True, stdout=subprocess.PIPE, text=True).stdout


def executors(document):
    (copy,) = document["copies"]
    return {node["name"]: node for node in copy["nodes"] if node["kind"] == "executor"}


def counters():
    with Busy("pool") as busy:
        for _ in range(3):
            truth = busy.pause()
            found = executors(json.loads(look("dump", "--json", busy.pid)))
            assert {name: node["counters"] for name, node in found.items()} == truth, (found, truth)
            assert truth["main loop"]["jobs"] > 0 and truth["main loop"]["timers"] == 1, truth
            assert found["workers"]["state"] == "running", found
            busy.go_on()
    print("# counters: as the program has them")


ACTIVITY = {"id": str, "image": str, "name": str, "title": str, "state": str, "threads": list, "calls": int, "busy": float, "cpu": float,
            "delay": float, "jobs_per_second": float, "calls_per_second": float, "polls_per_second": float,
            "wakes_per_second": float, "counters": dict}
CALL = {"id": str, "name": str, "title": str, "executor": str, "age_ns": int, "function": str, "waits_for": str}


def fits(value, shape, optional=()):
    assert set(value) <= set(shape) and set(shape) - set(optional) <= set(value), value
    for key, item in value.items():
        assert isinstance(item, shape[key]), (key, item)


def top():
    with Busy("pool") as busy:
        document = json.loads(look("top", "--json", "--seconds", "0.5", busy.pid))
        assert document["command"] == "top" and document["target"] == {"kind": "process", "pid": int(busy.pid)}
        assert document["interval_ns"] >= 500_000_000, document
        for activity in document["executors"]:
            # What the system says of threads depends on how it was built.
            fits(activity, ACTIVITY, optional=("cpu", "delay"))
        for call in document["calls"]:
            fits(call, CALL, optional=("name", "executor", "function"))
        loop, workers = document["executors"]
        assert loop["name"] == "main loop" and loop["threads"] == [int(busy.pid)] and loop["busy"] > 0, loop
        assert loop["jobs_per_second"] > 0 and loop["calls_per_second"] > 0, loop
        assert workers["name"] == "workers" and len(workers["threads"]) == 1 and workers["jobs_per_second"] == 0, workers
        names = [call.get("name") for call in document["calls"]]
        assert {"waiter", "heavy", "light", "sleeper", "batch"} <= set(names), names
        waiter = document["calls"][names.index("waiter")]
        assert "waitForReply" in waiter["function"] and waiter["waits_for"] == "future 0", waiter
        ages = [call["age_ns"] for call in document["calls"]]
        assert ages == sorted(ages, reverse=True) and waiter["age_ns"] == document["interval_ns"], document
        # Without a terminal it is said once.
        text = look("top", "--seconds", "0.1", busy.pid)
        assert text.startswith("tenon top") and "call waiter (future 1)" in text and "\x1b" not in text, text
        terminal = os.path.join(os.path.dirname(__file__), "terminal.py")
        subprocess.run([terminal, os.path.abspath(tenon), busy.pid, "main loop"], check=True)
        # The differences are those that the program counts: none while it is stopped.
        busy.pause()
        loop = json.loads(look("top", "--json", "--seconds", "0.1", busy.pid))["executors"][0]
        assert loop["jobs_per_second"] == loop["calls_per_second"] == loop["polls_per_second"] == loop["busy"] == 0, loop
        assert loop["state"] == "idle", loop


{"counters": counters, "top": top}[what]()
