#!/usr/bin/env python3
"""Measures Tenon beside its peers: prints a table and writes results.json.

    run.py [WORKLOAD...]                      measures (QUICK=1 in the environment: less)
    run.py --instructions [--check|--update]  counts the instructions of Tenon's own subjects

Each subject is a process of its own, run once per round, all subjects of a workload in turn. The
figure is the median of the rounds.
"""

import concurrent.futures
import json
import os
import re
import statistics
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Optional

from workloads import BYTES, LIMIT, MEGABYTES, NS, OURS, PEER, WORKLOADS

BENCH = Path(__file__).resolve().parent
BUILD = Path(os.environ.get("BUILD", BENCH.parent / ".build-bench"))
PREFIX = Path(os.environ.get("TENON_PREFIX", BUILD / "prefix"))
COMMITTED = BENCH / "instructions.json"
QUICK = bool(os.environ.get("QUICK"))
ROUNDS = 5 if QUICK else 11
SLACK = 1.10
TIMEOUT_S = 60
LIBRARY_MEGABYTES_MAX = 8


@dataclass
class Result:
    workload: str
    subject: str
    role: str
    unit: str
    value: float
    instructions: Optional[float] = None
    ratio: Optional[float] = None

    def as_json(self):
        return {
            "workload": self.workload,
            "subject": self.subject,
            "ns_per_op": self.value if self.unit == NS else None,
            "instr_per_op": self.instructions,
            "ratio": self.ratio,
            "value": self.value,
            "unit": self.unit,
            "role": self.role,
        }


failures = []


def fail(text):
    print(f"bench: {text}", file=sys.stderr)
    failures.append(text)


def is_built(subject):
    return (BUILD / subject.command.split()[0]).exists()


def command(workload, subject, iterations):
    program, *arguments = subject.command.split()
    words = [str(BUILD / program), *arguments, str(iterations)]
    if workload.name == "start":
        words.append(str(BUILD / f"c/first-call-{arguments[0]}"))
    elif workload.variant is not None:
        words.append(workload.variant)
    return words


# MARK: Time


def processors(count):
    return ",".join(str(cpu) for cpu in sorted(os.sched_getaffinity(0))[:count])


def measure_once(workload, subject, iterations):
    pinned = ["taskset", "-c", processors(subject.cpus or workload.cpus)]
    words = pinned + command(workload, subject, max(iterations // subject.slower, 1))
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S)
    if done.returncode != 0:
        raise RuntimeError(done.stderr.strip() or f"exit status {done.returncode}")
    return json.loads(done.stdout)["value"]


def measure(workload):
    """Runs all subjects in turn, round after round. Returns their results."""
    in_a_hurry = QUICK and workload.unit == NS and workload.name != "timer-fire"
    iterations = workload.iterations // (4 if in_a_hurry else 1)
    rounds = 1 if QUICK and workload.steady else min(ROUNDS, workload.rounds or ROUNDS)
    values = {subject.name: [] for subject in workload.subjects if is_built(subject)}
    for _ in range(rounds):
        for subject in workload.subjects:
            if subject.name not in values:
                continue
            try:
                values[subject.name].append(measure_once(workload, subject, iterations))
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                fail(f"{workload.name}, {subject.name}: {error}")
                del values[subject.name]
    return [
        Result(
            workload.name,
            subject.name,
            subject.role,
            workload.unit,
            statistics.median(values[subject.name]),
        )
        for subject in workload.subjects
        if subject.name in values
    ]


# MARK: Instructions


def collected(words, directory, name):
    """Runs a program under callgrind. Returns how many instructions it took."""
    out = Path(directory) / name
    words = ["valgrind", "--tool=callgrind", f"--callgrind-out-file={out}", *words]
    done = subprocess.run(words, capture_output=True, text=True, timeout=TIMEOUT_S)
    found = re.search(r"Collected : (\d+)", done.stderr)
    if done.returncode != 0 or not found:
        raise RuntimeError(done.stderr.strip()[-300:])
    return int(found.group(1))


def instructions(workload, subject):
    """Returns instructions per operation. Start-up cancels out between two counts."""
    with tempfile.TemporaryDirectory() as directory:
        once, twice = (
            collected(command(workload, subject, workload.counted * n), directory, f"{n}")
            for n in (1, 2)
        )
    return round((twice - once) / workload.counted, 1)


def can_be_counted(workload, subject):
    if QUICK and subject.role == PEER:
        return False
    return workload.counted and subject.counted and is_built(subject)


def count_all(pairs):
    """Counts each (workload, subject), as many at a time as there are processors."""
    counts = {}
    with concurrent.futures.ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        futures = {pool.submit(instructions, *pair): pair for pair in pairs}
        for future in concurrent.futures.as_completed(futures):
            workload, subject = futures[future]
            try:
                counts[workload.name, subject.name] = future.result()
            except (RuntimeError, subprocess.TimeoutExpired) as error:
                fail(f"{workload.name}, {subject.name}, under callgrind: {error}")
    return counts


def gate_name(workload, subject):
    """The workload's name, with the subject's if it has several of Tenon's."""
    ours = [subject for subject in workload.subjects if subject.role == OURS]
    return workload.name if len(ours) == 1 else f"{workload.name}/{subject.command.split()[1]}"


def gate(mode):
    """Prints what Tenon's own subjects take, and checks it or writes it down."""
    pairs = [
        (workload, subject)
        for workload in WORKLOADS
        for subject in workload.subjects
        if subject.role == OURS and workload.counted and subject.counted
    ]
    for workload, subject in pairs:
        if not is_built(subject):
            fail(f"{workload.name}: {subject.command.split()[0]} is not built")
    counts = count_all(pair for pair in pairs if is_built(pair[1]))
    now = {gate_name(w, s): counts[w.name, s.name] for w, s in pairs if (w.name, s.name) in counts}
    committed = json.loads(COMMITTED.read_text()) if COMMITTED.exists() else {}
    for name, count in now.items():
        print(f"{name} {count:g}")
        if mode == "--check" and count > SLACK * committed.get(name, 0):
            fail(f"{name} takes {count:g} instructions, committed are {committed.get(name)}")
    if mode == "--update" and not failures:
        COMMITTED.write_text(json.dumps(now, indent=2) + "\n")


# MARK: The report


def library_size():
    library = PREFIX / "lib" / "libtenon.so"
    if not library.exists():
        return []
    size = round(library.resolve().stat().st_size / 1e6, 2)
    return [Result("library", "Tenon", OURS, MEGABYTES, size)]


def set_ratios(results):
    best = min((result.value for result in results if result.role == PEER), default=0)
    for result in results:
        result.ratio = round(result.value / best, 3) if best > 0 else None


def verdicts(workload, mine, results, before):
    known = {(result.workload, result.subject): result for result in before}
    known |= {result.subject: result for result in results}
    for target in workload.targets:
        reached = target.reached(mine, known)
        if reached is not None:
            yield f"{target.text}: {'yes' if reached else 'NO'}"


def print_result(result, notes=()):
    ratio = f"{result.ratio:.2f}" if result.ratio is not None else "-"
    count = f"{result.instructions:.0f}" if result.instructions is not None else ""
    mark = {OURS: "*", LIMIT: "=", PEER: " "}[result.role]
    line = f"{ratio:>7} {result.value:>10.1f} {count:>8} {mark} {result.subject:<24}"
    print(f"{line} {'; '.join(notes)}".rstrip())


def print_workload(workload, results, before):
    cores = {1: "one core", 2: "two cores"}[workload.cpus]
    print(f"\n{workload.title} [{workload.name}; {cores}]")
    print(f"{'ratio':>7} {workload.unit:>10} {'instr':>8}")
    for result in results:
        notes = verdicts(workload, result, results, before) if result.role == OURS else ()
        print_result(result, notes)
    for subject in workload.subjects:
        if not is_built(subject):
            print(f"{'':28}{subject.name}: skipped, {subject.command.split()[0]} is not built")
    sys.stdout.flush()


def bench(names):
    chosen = [workload for workload in WORKLOADS if not names or workload.name in names]
    counts = count_all(
        (workload, subject)
        for workload in chosen
        for subject in workload.subjects
        if can_be_counted(workload, subject)
    )
    print("ratio: to the workload's best peer. *: Tenon. =: what the machine allows. Medians.")
    everything = []
    for workload in chosen:
        results = measure(workload)
        for result in results:
            result.instructions = counts.get((result.workload, result.subject))
        set_ratios(results)
        print_workload(workload, results, everything)
        everything += results
    if not names:
        for result in library_size():
            print(f"\n(g) the installed libtenon.so\n{'ratio':>7} {result.unit:>10}")
            small = "yes" if result.value <= LIBRARY_MEGABYTES_MAX else "NO"
            print_result(result, [f"<= {LIBRARY_MEGABYTES_MAX} MB: {small}"])
            everything.append(result)
        out = BENCH / "results.json"
        out.write_text(json.dumps([result.as_json() for result in everything], indent=1) + "\n")


def main(arguments):
    if arguments[:1] == ["--instructions"]:
        gate(arguments[1] if len(arguments) > 1 else None)
    else:
        bench(arguments)
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
