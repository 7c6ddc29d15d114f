"""The suites that look for the faults of scripts/mutants.py: how each is built, run with one fault on, and read."""
import os
import re
import signal
import subprocess
import threading
from pathlib import Path

from mutant_faults import COPY

VARIABLE = "TENON_FAULT"


def run(command, **options):
    print("mutants: " + (command if isinstance(command, str) else " ".join(command)), flush=True)
    subprocess.run(command, cwd=COPY, check=True, shell=isinstance(command, str), **options)


def family(pid):
    """A process and all that it has started. `swift test` has its tests in a session of their own."""
    members = {}
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent, _, session = map(int, path.read_text(errors="replace").rpartition(")")[2].split()[1:4])
        except (FileNotFoundError, ProcessLookupError):
            continue
        for leader in (parent, session):
            members.setdefault(leader, []).append(int(path.parent.name))
    found = [pid]
    for leader in found:
        found += [member for member in dict.fromkeys(members.get(leader, [])) if member not in found]
    return found


class Suite:
    """How to run one: its command, how long it may say nothing, and what it prints of a test that fails, by its name or of the one
    that has begun."""

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
            for pid in family(process.pid):
                try:
                    os.kill(pid, signal.SIGKILL)
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
                found = match.group(1) if match.groups() else self.after(last)
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


def build_c():
    run("swift build -c release --product tenon > build.log || { grep -A 3 error: build.log; exit 1; }")
    build = "mkdir -p .build-c && library=$(swift build -c release --show-bin-path) && "
    gcc = "gcc -std=gnu11 -O1 -g -Iinclude -w"
    link = '-L"$library" -ltenon -Wl,-rpath,"$library" -lpthread'
    run(build + f"{gcc} -o .build-c/conformance -ITests/Conformance -ITests/Conformance/include Tests/Conformance/*.c"
        f" Tests/Conformance/runner/main.c {link}")
    run(build + f"{gcc} -o .build-c/uv -ITests/UV -ITests/UV/include Sources/TenonUVLoop/uv.c Tests/UV/*.c"
        f" Tests/UV/runner/main.c $(pkg-config --cflags --libs libuv) {link}")
    return [ConformanceSuite("c", ".build-c/conformance"), ConformanceSuite("uv", ".build-c/uv")]


def build_cpp():
    run("mkdir -p .build-cpp && library=$(swift build -c release --show-bin-path) && "
        "ls Tests/CPP/*.cpp | grep -vE 'without_exceptions|asio' | "
        "xargs -P 2 -I {} sh -c 'object=.build-cpp/$(basename {} .cpp).o; "
        "[ -z \"$(find include Tests/CPP -newer $object -type f 2>&1)\" ] || "
        "g++ -std=c++20 -O0 -w -Iinclude -c {} -o $object' && "
        'g++ .build-cpp/*.o -o .build-cpp/suite -L"$library" -ltenon -Wl,-rpath,"$library" -pthread')
    # A comma would end its name.
    return [Suite("cpp", [".build-cpp/suite", "--abort-after=1", "--duration=true"],
                  lambda test: ["--test-case=" + test.replace(",", "?")], r" ERROR: ", 120, r"^TEST CASE:\s+(.*)")]


# Each tests in a process of its own what is decided once for each.
PROGRAMS = ("owned-mode", "owned-pool", "sole-loop", "library-mode", "isolation")


def build_swift():
    run("swift build --build-tests")
    # A program runs all of its own, whatever is asked for.
    programs = [Suite(name, [f".build/debug/{name}"], lambda test: [], r"^not ok (.*)", 60, r"^ok (.*)") for name in PROGRAMS]
    # What fails on a thread of a test's own is known by its file, which has the name of its suite.
    failed = r"✘ Test (?:«unknown» recorded an issue at |\"?)(?!run with|case passing)(\w+)"
    return programs + [Suite("swift", ["swift", "test", "--skip-build", "--disable-xctest"], lambda test: ["--filter", test],
                             failed, 240, r"Test \"?(\w+).* started")]


# What each builds.
BUILDERS = [("c", ("c", "uv"), build_c), ("cpp", ("cpp",), build_cpp), ("swift", PROGRAMS + ("swift",), build_swift)]


def may_find(suite, fault):
    """Whether a suite runs the code that the fault is in."""
    if fault.path.endswith(".hpp"):
        return suite == "cpp"
    return suite == "uv" if fault.path.startswith("Sources/TenonUVLoop/") else True
