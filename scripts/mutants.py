#!/usr/bin/env python3
"""Deliberate faults, each of which some test must find: makes them, runs the suites, and tells which ones survive.

    mutants.py --check              each fault has its place, or nearly each
    mutants.py --new                those of which no test is known
    mutants.py [--jobs N] [WORD]... those whose file or description has one of the words; all, if there is none
    mutants.py --record             the same, and notes which test finds each: Tests/Mutants/found.txt

The faults are in Tests/Mutants/*.txt; CONTRIBUTING.md says how they are written. All of them are built into one copy of the tree,
and a number in the environment says which one is on: so there is one build, and a fault costs as long as the test that finds it.
"""
import argparse
import os
import re
import signal
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "Tests" / "Mutants"
FOUND = TABLES / "found.txt"
COPY = ROOT / ".build-mutants" / "tree"
VARIABLE = "TENON_FAULT"

# What tells whether a fault is on, for Swift and for C and C++: added to the copy.
FAULT_C = """
#ifndef TENON_FAULT
#include <stdlib.h>
static inline int tenon__fault(int number) {
  static int known = -1;
  if (known < 0) {
    const char *text = getenv("TENON_FAULT");
    known = text ? atoi(text) : 0;
  }
  return known == number;
}
#define TENON_FAULT(number) tenon__fault(number)
#endif
"""
FAULT_HEADER = "\nint tenon__fault_of_process(void);\nextern int tenon__fault_known;\n" \
    "static inline int tenon__is_fault(int number) { return tenon__fault_known == number; }\n"
FAULT_SOURCE = """
#include <stdlib.h>
int tenon__fault_known;
__attribute__((constructor)) static void tenon__know_fault(void) {
  const char *text = getenv("TENON_FAULT");
  tenon__fault_known = text ? atoi(text) : 0;
}
"""
FAULT_SWIFT = "import CThread\n\n@inline(__always) func isFault(_ number: Int32) -> Bool { tenon__is_fault(number) != 0 }\n"


class Fault:
    def __init__(self, path, name):
        self.path, self.name, self.number = path, name, 0
        self.removed, self.added, self.expression, self.instead, self.excuse = [], [], None, None, None
        self.begin = self.end = None

    def place(self, text):
        """Finds what it replaces; says what is wrong, if something is."""
        if self.expression is not None:
            anchor = self.expression
            before, inside, after = "", anchor, ""
            if "[[" in anchor:
                before, rest = anchor.split("[[", 1)
                inside, after = rest.rsplit("]]", 1)
            pattern = f"{squeezed(before)}({squeezed(inside)}){squeezed(after)}"
        else:
            pattern = "(" + r"\s*\n\s*".join(re.escape(line) for line in self.removed) + ")"
        matches = list(re.finditer(pattern, text))
        if len(matches) != 1:
            return f"is there {len(matches)} times"
        self.begin, self.end = matches[0].span(1)
        return None

    def render(self, old):
        if self.path.endswith(".swift"):
            if self.instead is not None and self.instead != "()":
                return f"(isFault({self.number}) ? ({self.instead}) : ({old}))"
            return f"if isFault({self.number}) {{ {'; '.join(self.added)} }} else {{ {old}\n}}"
        if self.instead is not None:
            return f"(TENON_FAULT({self.number}) ? ({self.instead}) : ({old}))"
        return f"if (TENON_FAULT({self.number})) {{ {' '.join(self.added)} }} else {{ {old}\n}}"


def squeezed(text):
    return r"\s+".join(re.escape(word) for word in re.split(r"\s+", text))


def read_tables():
    faults = []
    for table in sorted(TABLES.glob("*.txt")):
        if table.name == FOUND.name:
            continue
        path, fault = None, None
        for number, line in enumerate(table.read_text().splitlines(), 1):
            where = f"{table.name}:{number}"
            if not line.strip():
                fault = None
            elif line.startswith("# "):
                path = line[2:].strip()
            elif line[:2] in ("- ", "+ ", "? ", "! ", "= ") and fault:
                text = line[2:].strip()
                if line[0] == "-":
                    fault.removed.append(text)
                elif line[0] == "+":
                    fault.added.append(text)
                elif line[0] == "?":
                    fault.expression = text
                elif line[0] == "!":
                    fault.instead = text
                else:
                    fault.excuse = text
            elif fault is None and path:
                fault = Fault(path, line.strip())
                faults.append(fault)
            else:
                sys.exit(f"mutants: {where}: what is this?")
    names = [fault.name for fault in faults]
    for name in names:
        if names.count(name) > 1:
            sys.exit(f"mutants: two faults are called: {name}")
    for number, fault in enumerate(faults, 1):
        fault.number = number
    return faults


def place_all(faults):
    """Where each fault is, which may be inside another one; how many have no place any more."""
    wrong = 0
    for path in sorted({fault.path for fault in faults}):
        text = (ROOT / path).read_text() if (ROOT / path).exists() else ""
        for fault in (f for f in faults if f.path == path):
            problem = fault.place(text)
            if problem is None and fault.expression is None and not fault.removed:
                problem = "replaces nothing"
            if problem:
                print(f"mutants: {path}: {fault.name}: {problem}", file=sys.stderr)
                fault.begin = None
                wrong += 1
    return wrong


def rendered(text, faults, begin, end):
    """The text from `begin` to `end` with these faults in it."""
    out, position = [], begin
    # The outer ones first: those inside are rendered with them.
    faults = sorted(faults, key=lambda f: (f.begin, -f.end))
    index = 0
    while index < len(faults):
        outer = faults[index]
        inner = [f for f in faults[index + 1:] if f.begin < outer.end]
        for fault in inner:
            if fault.end > outer.end:
                sys.exit(f"mutants: overlap: {outer.name} / {fault.name}")
        out.append(text[position:outer.begin])
        old = rendered(text, inner, outer.begin, outer.end) if inner else text[outer.begin:outer.end]
        out.append(outer.render(old))
        position = outer.end
        index += 1 + len(inner)
    out.append(text[position:end])
    return "".join(out)


def write(path, text):
    """Only what has changed, so that builds are incremental."""
    if not path.exists() or path.read_text() != text:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


def make_copy(faults):
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    by_path = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault)
    own = {"Sources/CThread/include/CThread.h": None, "Sources/CThread/thread.c": None, "include/tenon/base.h": None}
    kept = set()
    for name in files:
        source = ROOT / name
        if not name or not source.is_file():
            continue
        kept.add(name)
        data = source.read_bytes()
        target = COPY / name
        if name in by_path or name in own:
            text = data.decode()
            text = rendered(text, by_path.get(name, []), 0, len(text))
            if name == "Sources/CThread/include/CThread.h":
                text = insert_before_end(text, FAULT_HEADER)
            elif name == "Sources/CThread/thread.c":
                text += FAULT_SOURCE
            elif name == "include/tenon/base.h":
                text = insert_before_end(text, FAULT_C)
            data = text.encode()
        if not target.exists() or target.read_bytes() != data:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
            target.chmod(source.stat().st_mode)
    write(COPY / "Sources/Tenon/Core/Threads/Faults.swift", FAULT_SWIFT)
    kept.add("Sources/Tenon/Core/Threads/Faults.swift")
    for top in ("Sources", "Tests", "include", "packaging"):
        for old in (COPY / top).rglob("*"):
            if old.is_file() and str(old.relative_to(COPY)) not in kept:
                old.unlink()


def insert_before_end(text, what):
    """Into a header, before its include guard's end."""
    at = text.rindex("#endif")
    return text[:at] + what + text[at:]


def run(command, **options):
    print("mutants: " + (command if isinstance(command, str) else " ".join(command)), flush=True)
    subprocess.run(command, cwd=COPY, check=True, shell=isinstance(command, str), **options)


# MARK: Suites


class Suite:
    """How to run one: its command, how long it may say nothing, and the names of the tests that fail."""

    def __init__(self, name, command, only, failed, silence, begun=None):
        self.name, self.command, self.only, self.silence = name, command, only, silence
        self.failed, self.begun = re.compile(failed), re.compile(begun) if begun else None

    def find(self, number, test=None):
        """The test that finds the fault; None: none does."""
        command = self.command + (self.only(test) if test else [])
        environment = dict(os.environ, TENON_TEST_LIGHT="1", **{VARIABLE: str(number)})
        process = subprocess.Popen(command, cwd=COPY, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                   text=True, errors="replace", start_new_session=True)
        last, found, hangs = None, None, threading.Event()

        def stop():
            try:
                os.killpg(process.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass

        def hang():
            hangs.set()
            stop()

        timer = threading.Timer(self.silence, hang)
        timer.start()
        for line in process.stdout:
            timer.cancel()
            timer = threading.Timer(self.silence, hang)
            timer.start()
            match = self.failed.search(line)
            if match:
                found = match.group(1)
                break
            begun = self.begun and self.begun.search(line)
            if begun:
                last = begun.group(1)
        timer.cancel()
        stop()
        process.stdout.close()
        code = process.wait()
        if found:
            return found
        if hangs.is_set():
            return f"{self.after(last)} (hangs)"
        return None if code == 0 else f"{self.after(last)} (crashes)"

    def after(self, last):
        return last or "?"


class ConformanceSuite(Suite):
    """Says which case has ended: the next one is the one that runs."""

    def __init__(self, name, program):
        super().__init__(name, [program], lambda test: [test], r"^FAIL:? (\w+)", 45, r"^ok (\w+)")
        self.cases = subprocess.run([program, "--list"], cwd=COPY, check=True, capture_output=True,
                                    text=True).stdout.split()

    def after(self, last):
        if last is None:
            return self.cases[0]
        place = self.cases.index(last) + 1
        return self.cases[place] if place < len(self.cases) else last


def build_c(faults):
    run("swift build -c release --product tenon > build.log")
    build = "mkdir -p .build-c && library=$(swift build -c release --show-bin-path) && "
    gcc = "gcc -std=gnu11 -O1 -g -Iinclude -w"
    link = '-L"$library" -ltenon -Wl,-rpath,"$library" -lpthread'
    run(build + f"{gcc} -o .build-c/conformance -ITests/Conformance -ITests/Conformance/include Tests/Conformance/*.c"
        f" Tests/Conformance/runner/main.c {link}")
    run(build + f"{gcc} -o .build-c/uv -ITests/UV -ITests/UV/include Sources/TenonUVLoop/uv.c Tests/UV/*.c"
        f" Tests/UV/runner/main.c $(pkg-config --cflags --libs libuv) {link}")
    return [ConformanceSuite("c", ".build-c/conformance"), ConformanceSuite("uv", ".build-c/uv")]


def build_cpp(faults):
    run("mkdir -p .build-cpp && library=$(swift build -c release --show-bin-path) && "
        "ls Tests/CPP/*.cpp | grep -vE 'without_exceptions|asio' | "
        "xargs -P 2 -I {} sh -c 'object=.build-cpp/$(basename {} .cpp).o; "
        "[ -z \"$(find include Tests/CPP -newer $object -type f 2>&1)\" ] || "
        "g++ -std=c++20 -O0 -w -Iinclude -c {} -o $object' && "
        'g++ .build-cpp/*.o -o .build-cpp/suite -L"$library" -ltenon -Wl,-rpath,"$library" -pthread')
    return [Suite("cpp", [".build-cpp/suite", "--abort-after=1", "--duration=true"],
                  lambda test: [f"--test-case={test}"], r"^TEST CASE:\s+(.*)", 120)]


def build_swift(faults):
    run("swift build --build-tests")
    return [Suite("swift", ["swift", "test", "--skip-build", "--disable-xctest"], lambda test: ["--filter", test],
                  r"✘ Test \"?(\w+)", 240, r"Test \"?(\w+).* started")]


BUILDERS = [("c", build_c), ("cpp", build_cpp), ("swift", build_swift)]


def may_find(suite, fault):
    """Whether a suite runs the code that the fault is in."""
    if fault.path.endswith(".hpp"):
        return suite == "cpp"
    return suite == "uv" if fault.path.startswith("Sources/TenonUVLoop/") else True


def read_found():
    found = {}
    if FOUND.exists():
        for line in FOUND.read_text().splitlines():
            if line and not line.startswith("#"):
                suite, test, name = line.split("\t")
                found[name] = (suite, test)
    return found


def record(faults, found, results):
    """After each fault, so that a run may be broken off."""
    lines = ["# Which test finds each fault: written by `scripts/mutants.py --record`, and tried first the next time.\n"]
    for fault in faults:
        one = results.get(fault.name) or found.get(fault.name)
        if one:
            lines.append(f"{one[0]}\t{one[1].split(' (')[0]}\t{fault.name}\n")
    FOUND.write_text("".join(lines))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("--record", action="store_true")
    parser.add_argument("--new", action="store_true", help="those of which no test is known that finds them")
    parser.add_argument("--jobs", type=int, default=os.cpu_count())
    parser.add_argument("--suites", default="c,cpp,swift")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    faults = read_tables()
    lost = place_all(faults)
    faults = [fault for fault in faults if fault.begin is not None]
    if options.check:
        print(f"mutants: {len(faults)} faults have their places" + (f", {lost} have lost theirs" if lost else ""))
        # Some are lost with each change; whoever runs them writes them anew.
        sys.exit(lost * 10 > len(faults))
    make_copy(faults)
    found = read_found()
    wanted = [f for f in faults if not options.words or any(w in f.path + " " + f.name for w in options.words)]
    if options.new:
        wanted = [f for f in wanted if f.name not in found]
    left, results = list(wanted), {}
    for name, builder in BUILDERS:
        if name not in options.suites.split(",") or not left:
            continue
        for suite in builder(faults):
            healthy = suite.find(0)
            if healthy:
                sys.exit(f"mutants: {suite.name} fails without any fault: {healthy}")

            def look(fault):
                if not may_find(suite.name, fault):
                    return fault, None
                known = found.get(fault.name)
                if known and known[0] == suite.name:
                    test = suite.find(fault.number, known[1])
                    if test:
                        return fault, known[1]
                return fault, suite.find(fault.number)

            with ThreadPoolExecutor(options.jobs) as pool:
                for fault, test in pool.map(look, list(left)):
                    if test:
                        results[fault.name] = (suite.name, test)
                        print(f"found      {fault.name}  [{suite.name}: {test}]", flush=True)
                    elif may_find(suite.name, fault):
                        print(f"not yet    {fault.name}  [{suite.name}]", flush=True)
                    if options.record:
                        record(faults, found, results)
            left = [fault for fault in left if fault.name not in results]
    survivors = [fault for fault in left if not fault.excuse]
    for fault in left:
        print(f"SURVIVES   {fault.path}: {fault.name}" + (f" [{fault.excuse}]" if fault.excuse else ""))
    print(f"mutants: {len(results)} of {len(wanted)} are found, {len(left) - len(survivors)} cannot be, "
          f"{len(survivors)} survive")
    if len(survivors) * 10 > len(wanted):
        sys.exit(1)


if __name__ == "__main__":
    main()
