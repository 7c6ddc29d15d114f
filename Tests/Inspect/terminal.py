#!/usr/bin/env python3
"""Drives `tenon top` in a real terminal: tmux's.

    terminal.py TENON PID NAME    NAME: of an executor that works all the time
"""
import os
import re
import signal
import subprocess
import sys
import tempfile
import time

tenon, pid, name = sys.argv[1:]
folder = tempfile.TemporaryDirectory()
SOCKET = ["tmux", "-S", folder.name + "/tmux", "-f", "/dev/null"]
KEYS = "q quit"


def tmux(*arguments):
    return subprocess.run([*SOCKET, *arguments], check=True, stdout=subprocess.PIPE, text=True, encoding="utf-8").stdout


def screen():
    return tmux("capture-pane", "-p", "-t", "it").splitlines()


def until(holds, what):
    """Waits for something to be seen; returns what that gives."""
    end = time.monotonic() + 60
    while True:
        lines = screen()
        if found := holds(lines):
            return found
        assert time.monotonic() < end, (what, lines)
        time.sleep(0.05)


def press(*keys):
    tmux("send-keys", "-t", "it", *keys)


def shell(command):
    """Has the shell in the terminal run something; returns what it prints."""
    marker = f"done{time.monotonic_ns()}"
    press("-l", f"clear; {command}; echo {marker[:4]}''{marker[4:]}")
    press("Enter")
    return until(lambda lines: marker in lines and lines[: lines.index(marker)], command)


def is_up(lines):
    return any(KEYS in line for line in lines) and any("EXECUTOR" in line for line in lines)


def start(seconds="0.2"):
    press("-l", f"clear; {tenon} top --seconds {seconds} {pid}")
    press("Enter")
    until(is_up, "the first screen")
    assert tmux("display", "-p", "-t", "it", "#{alternate_on} #{cursor_flag}").split() == ["1", "0"]


def ended():
    """It is gone, and the terminal is as it was."""
    until(lambda lines: not is_up(lines) and any("ready%" in line for line in lines), "the shell again")
    assert tmux("display", "-p", "-t", "it", "#{alternate_on} #{cursor_flag} #{wrap_flag}").split() == ["0", "1", "1"]
    assert shell("stty -a") == before, "another mode"


def child():
    """The program that the shell waits for."""
    shell_pid = tmux("display", "-p", "-t", "it", "#{pane_pid}").strip()
    with open(f"/proc/{shell_pid}/task/{shell_pid}/children") as file:
        return int(file.read().split()[-1])


def row(lines, what):
    return next((line for line in lines if what in line), None)


def marked():
    """The column that is sorted by: its title is bold."""
    text = tmux("capture-pane", "-p", "-e", "-t", "it")
    found = re.search(r"\x1b\[(?:\d+;)*1(?:;\d+)*m(?:\x1b\[7m)? *([A-Z]{2,})", text)
    return found and found[1]


def wait_for_mark(title):
    until(lambda _: marked() == title, f"sorted by {title}")


environment = {**os.environ, "PS1": "ready% ", "LC_ALL": "C.UTF-8", "TERM": "screen"}
subprocess.run(
    [*SOCKET, "new-session", "-d", "-s", "it", "-x", "130", "-y", "30", "sh"], check=True, env=environment)
try:
    tmux("set-option", "-g", "status", "off")
    press("-l", "PS1='ready% '")
    press("Enter")
    before = shell("stty -a")

    start()
    # Work is seen, from the difference between two readings.
    until(lambda lines: (line := row(lines, name)) and re.search(r" [1-9]\d* ", line), "jobs")
    assert row(screen(), "call waiter"), screen()
    assert screen()[0].startswith(f"tenon top  process {pid}"), screen()
    # Sorting, in both tables.
    wait_for_mark("BUSY")
    press("Right")
    wait_for_mark("CPU")
    press("Left")
    press("Left")
    wait_for_mark("STATE")
    press("Tab")
    wait_for_mark("AGE")
    press(">")
    wait_for_mark("CALL")

    def calls(lines):
        return re.findall(r"\bcall (\w+) \(", "\n".join(lines))

    until(lambda lines: calls(lines) == sorted(calls(lines)) and len(calls(lines)) >= 4, "calls by name")
    press("r")
    until(lambda lines: calls(lines) == sorted(calls(lines), reverse=True), "calls by name, from the last one")
    press("Space")
    until(lambda lines: "paused" in lines[0], "a pause")
    press("Space")
    until(lambda lines: "paused" not in lines[0], "no pause")
    # Smaller, and larger again: as many lines as there are, and none longer.
    for columns, rows in [(60, 10), (20, 4), (130, 30)]:
        tmux("resize-window", "-t", "it", "-x", str(columns), "-y", str(rows))
        until(
            lambda lines: len(lines) <= rows and lines and lines[0].startswith("tenon top") and lines[-1].startswith(KEYS)
            and (rows < 8 or is_up(lines)), (columns, rows))
    press("q")
    ended()

    # Whatever ends it.
    for name_of_signal in ["INT", "TERM", "HUP", "SEGV"]:
        start()
        os.kill(child(), getattr(signal, f"SIG{name_of_signal}"))
        ended()
    start()
    press("C-z")
    until(lambda lines: not is_up(lines), "stopped")
    assert tmux("display", "-p", "-t", "it", "#{alternate_on}").strip() == "0"
    press("-l", "fg")
    press("Enter")
    until(is_up, "again")
    press("C-c")
    ended()
finally:
    subprocess.run([*SOCKET, "kill-server"])
print("# terminal: taken, and given back")
