#!/usr/bin/env python3
"""Checks what `tenon` says about Tests/Programs/busy, which works.

    busy.py counters TENON PROGRAM    `dump` has what the program itself counts
"""
import json
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


{"counters": counters}[what]()
