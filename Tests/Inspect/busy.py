#!/usr/bin/env python3
"""Checks what `tenon` says about Tests/Programs/busy, which works.

    busy.py counters TENON PROGRAM    `dump` has what the program itself counts
    busy.py top TENON PROGRAM         `top` has the differences, and works in a terminal
    busy.py flame TENON PROGRAM       `flame` says which call computes how much, and loses no signal
    busy.py page TENON PROGRAM        a browser shows the page that it makes
"""
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

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


def weights(folded):
    """Milliseconds by stacks, which are lists of names."""
    found = {}
    for line in folded.splitlines():
        stack, weight = line.rsplit(" ", 1)
        found[tuple(stack.split(";"))] = int(weight)
    return found


def speedscope(text):
    document = json.loads(text)
    assert set(document) == {"$schema", "name", "exporter", "shared", "profiles"}, document
    assert document["$schema"] == "https://www.speedscope.app/file-format-schema.json"
    frames = document["shared"]["frames"]
    assert all(set(frame) == {"name"} for frame in frames) and len({f["name"] for f in frames}) == len(frames)
    for profile in document["profiles"]:
        assert (profile["type"], profile["unit"], profile["startValue"]) == ("sampled", "nanoseconds", 0), profile
        assert len(profile["samples"]) == len(profile["weights"]) > 0
        assert sum(profile["weights"]) == profile["endValue"]
        assert all(0 <= place < len(frames) for sample in profile["samples"] for place in sample)
    return sum(len(profile["samples"]) for profile in document["profiles"]), {frame["name"] for frame in frames}


def ordered(stack, *parts):
    """Whether functions are in a stack, each inside the one before."""
    rest = iter(stack)
    return all(any(part in name for name in rest) for part in parts)


def flame():
    with Busy("pool") as busy:
        count, seconds = 0, 0.5
        while count < 200:
            count, names = speedscope(look("flame", "--json", "--seconds", str(seconds), busy.pid))
            seconds *= 2
        assert {"call heavy", "call light", "call batch"} <= names, names
        stacks = weights(look("flame", "--folded", "--seconds", str(seconds), busy.pid))
        time = {}
        for stack, weight in stacks.items():
            time[stack[0]] = time.get(stack[0], 0) + weight
        # Much more, which is three times as much, over all suspensions, in a child of its task.
        assert time["call heavy"] > 1.3 * time["call light"] > 0 and time["call batch"] > 0, time
        assert sum(w for s, w in stacks.items() if s[0].startswith("call ")) > 0.7 * sum(time.values()), time
        assert any(ordered(s, "call heavy", "serveMuch", "handleMuch", "burn") for s in stacks), stacks
        assert any(ordered(s, "call light", "serveLittle", "handleLittle", "burn") for s in stacks), stacks
        # One name, one call.
        heavy = weights(look("flame", "--folded", "--seconds", str(seconds), "--name", "heavy", busy.pid))
        assert {stack[0] for stack in heavy} == {"call heavy"}, heavy
        (copy,) = json.loads(look("ps", "--json", busy.pid))["copies"]
        light = next(node for node in copy["nodes"] if node.get("name") == "light")
        for call in [light["id"], str(int(light["id"], 16) & 0xFFFFFFFF)]:
            stacks = weights(look("flame", "--folded", "--seconds", str(seconds), "--call", call, busy.pid))
            assert {stack[0] for stack in stacks} == {"call light"}, stacks
        none = subprocess.run(
            [tenon, "flame", "--name", "waiter", "--seconds", "0.2", busy.pid], stderr=subprocess.PIPE, text=True)
        assert none.returncode == 1 and "call waiter did not run" in none.stderr and none.stderr.count("\n") == 1, none
        page = look("flame", "--seconds", "0.2", busy.pid)
        assert page.startswith("<!doctype html>") and "://" not in page and "call heavy" in page, page
        # It goes on as before, and got all its signals.
        sampler = subprocess.Popen([tenon, "flame", "--folded", "--seconds", "2", busy.pid], stdout=subprocess.DEVNULL)
        signals = 0
        while sampler.poll() is None:
            os.kill(int(busy.pid), signal.SIGUSR1)
            assert busy.process.stdout.readline() == "signal\n"
            signals += 1
        assert sampler.returncode == 0 and signals > 0
        with open(f"/proc/{busy.pid}/status") as file:
            assert "TracerPid:\t0\n" in file.read()
        assert busy.pause()["main loop"]["jobs"] > 0
    print(f"# flame: {count} samples, {signals} signals")


def page():
    with Busy("pool") as busy, tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "flame.html")
        with open(path, "w") as file:
            file.write(look("flame", "--seconds", "2", busy.pid))
        dom = subprocess.run(
            ["chromium", "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/browser",
             "--virtual-time-budget=5000", "--dump-dom", f"file://{path}"],
            check=True, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, timeout=180).stdout
    boxes = re.findall(r'<div class="frame" title="([^"]*)" style="([^"]*)">([^<]*)</div>', dom)
    names = {name for _, _, name in boxes}
    assert {"call heavy", "call light", "call batch"} <= names, dom
    assert any("burn" in name for name in names) and all("width:" in style and " ms, " in title for title, style, _ in boxes), dom
    rows = re.findall(r"<tr><td>(call \w+)</td><td>[\d.]+ ms</td><td>([\d.]+) %</td></tr>", dom)
    share = {name: float(percent) for name, percent in rows}
    assert share["call heavy"] > share["call light"], rows
    assert re.search(r"<h1>process \d+", dom), dom
    print(f"# page: {len(boxes)} boxes")


{"counters": counters, "top": top, "flame": flame, "page": page}[what]()
