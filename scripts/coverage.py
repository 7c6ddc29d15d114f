#!/usr/bin/env python3
"""Which lines and regions of the sources the tests reach: the suites in C, in C++ and in Swift.

    coverage.py             runs them, prints lines and regions for each folder, and compares with the list
    coverage.py --list      compares the last run with Tests/Coverage/unreached.txt: what nothing in the core reaches, and why
    coverage.py --places    looks whether each line of the list is still in the source
    coverage.py FOLDER...   prints the regions that none of them has reached, of the last run

C and C++ use a library as it is installed, with the reserve for the runtime: there all of the suites run, those that refuse memory and
those that stop threads, too. Swift's tests look inside, and so are a build for that. What either of them reaches counts.

The counters of a process are in a file that it maps. So what is told of are also processes that end by _exit or a signal, and
children of forks, which count on in their parents' file.
"""
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".build-coverage"
INSTALLED = SCRATCH / "installed"
WATCH = SCRATCH / "watch.so"
LIST = ROOT / "Tests/Coverage/unreached.txt"
CORE = "Sources/Tenon/Core/"
TOOLS = Path(shutil.which("swift")).resolve().parent
DEBUG = SCRATCH / "debug"
# What is decided once for each process: as in scripts/test-core.sh.
PROGRAMS = [DEBUG / name for name in ("owned-mode", "owned-runtime", "owned-pool", "sole-loop", "library-mode", "isolation", "cpp-and-swift")]
# In C; and in Swift, with the same.
COUNTERS = ["-fprofile-instr-generate", "-fcoverage-mapping", "-mllvm", "-runtime-counter-relocation"]
SWIFT_COUNTERS = ["-Xswiftc", "-profile-generate", "-Xswiftc", "-profile-coverage-mapping", "-Xswiftc", "-Xllvm", "-Xswiftc",
                  "-runtime-counter-relocation", *(word for flag in COUNTERS for word in ("-Xcc", flag))]
# With the installed library, and with a build for Swift's tests: the same names are not the same functions there.
SIDES = ("installed", "swift")
BUILD_INSTALLED = """
. packaging/common.sh
compile_flags=("${reserve_compile_flags[@]}")
build_library . tenon "$1" "$PWD/packaging/tenon.map" libtenon.so "$1/libtenon.so" release kept "${reserve_link_flags[@]}"
"""


def run(command, **options):
    words = " ".join(str(word) for word in command if "\n" not in str(word))
    print("coverage: " + words[:100], file=sys.stderr, flush=True)
    return subprocess.run([str(word) for word in command], cwd=ROOT, **{"check": True, **options})


def build():
    run(["bash", "-euo", "pipefail", "-c", BUILD_INSTALLED, "library", INSTALLED],
        env=dict(os.environ, SWIFTFLAGS=" ".join(SWIFT_COUNTERS)))
    compile_c("conformance", sources("Tests/Conformance"), ["-ITests/Conformance", "-ITests/Conformance/include"])
    compile_c("exhaustion", sources("Tests/Exhaustion"), [])
    compile_c("crowds", sources("Tests/Exhaustion/crowds"), [])
    compile_c("tables", sources("Tests/Exhaustion/tables"), [])
    compile_c("uv", ["Sources/TenonUVLoop/uv.c", *sources("Tests/UV")], ["-ITests/UV", "-ITests/UV/include", *COUNTERS, *uv_flags()])
    compile_cpp()
    run([TOOLS / "clang", "-std=gnu11", "-O1", "-shared", "-fPIC", "-ISources/CTenonRoot", "-o", WATCH, "Tests/Coverage/watch.c"])
    run(["swift", "build", "--build-tests", "--scratch-path", SCRATCH, *SWIFT_COUNTERS])


def sources(folder):
    return [*(ROOT / folder).glob("*.c"), *(ROOT / folder / "runner").glob("*.c")]


def link_options():
    return [f"-L{INSTALLED}", "-ltenon", f"-Wl,-rpath,{INSTALLED}", "-pthread"]


def compile_c(name, files, options):
    run([TOOLS / "clang", "-std=gnu11", "-O1", "-g", "-Iinclude", *options, "-o", SCRATCH / name, *files, *link_options()])


def compile_cpp():
    files = [s for s in sorted(ROOT.glob("Tests/CPP/*.cpp")) if s.name not in ("without_exceptions.cpp", "asio_test.cpp")]
    folder = SCRATCH / "cpp"
    folder.mkdir(exist_ok=True)
    headers = [*(ROOT / "include").rglob("*.h*"), *(ROOT / "Tests/CPP").rglob("*.h*")]
    for source in files:
        target = folder / (source.name + ".o")
        if not target.exists() or target.stat().st_mtime < max(f.stat().st_mtime for f in [source, *headers]):
            run([TOOLS / "clang++", "-std=c++20", "-O0", "-w", "-Iinclude", *COUNTERS, "-c", source, "-o", target])
    run([TOOLS / "clang++", "-fprofile-instr-generate", *folder.glob("*.o"), "-o", SCRATCH / "cpp-suite", *link_options()])


def uv_flags():
    return subprocess.run(["pkg-config", "--cflags", "--libs", "libuv"], check=True, capture_output=True,
                          text=True).stdout.split()


def commands(side):
    """What runs, and what it runs with: some of it again as tools look on."""
    alone, watched = {}, {"LD_PRELOAD": str(WATCH)}
    if side == "installed":
        programs = ("conformance", "exhaustion", "crowds", "tables", "uv", "cpp-suite")
        return [*(([SCRATCH / name], alone) for name in programs), ([SCRATCH / "conformance"], watched)]
    tests, = DEBUG.glob("*.xctest")
    tests = [tests, "--testing-library", "swift-testing"]
    return [(tests, alone), ([*tests, "--filter", "Loop|AwaitFuture|SuspendedCall|Stream"], watched), *(([name], alone) for name in PROGRAMS)]


def objects(side):
    if side == "installed":
        return [INSTALLED / "libtenon.so", SCRATCH / "uv", SCRATCH / "cpp-suite"]
    return [*DEBUG.glob("*.xctest"), *PROGRAMS]


def counted(side):
    return SCRATCH / f"{side}.profdata"


def run_tests():
    for side in SIDES:
        profiles = SCRATCH / f"profiles-{side}"
        shutil.rmtree(profiles, ignore_errors=True)
        environment = dict(os.environ, LLVM_PROFILE_FILE=f"{profiles}/%c%m.profraw", TENON_TEST_LIGHT="1")
        for command, more in commands(side):
            # Whether they pass is for `make test` to say: these are slow, and some tests are about time.
            if run(command, check=False, env=environment | more, stdout=subprocess.DEVNULL).returncode != 0:
                print(f"coverage: {command[0]} has failed", file=sys.stderr)
        run([TOOLS / "llvm-profdata", "merge", "-sparse", "-o", counted(side), *profiles.glob("*.profraw")])


def export(side):
    first, *others = objects(side)
    command = [TOOLS / "llvm-cov", "export", first, f"-instr-profile={counted(side)}"]
    for path in others:
        command += ["-object", path]
    return json.loads(run(command, capture_output=True, text=True).stdout)["data"][0]


def is_ours(path):
    return path.is_relative_to(ROOT / "Sources") or path.is_relative_to(ROOT / "include")


def reached_lines(segments):
    """The lines that have code, each with whether some of it was reached: as llvm-cov counts them."""
    by_line = defaultdict(list)
    for segment in segments:
        by_line[segment[0]].append(segment)
    around = None
    for line in range(segments[0][0], segments[-1][0] + 1):
        here = by_line[line]
        counts = [count for _, _, count, has_count, is_entry, is_gap in here if has_count and is_entry and not is_gap]
        if around and around[3]:
            counts.append(around[2])
        if counts:
            yield line, max(counts) > 0
        around = here[-1] if here else around


@cache
def places():
    """For each of our files its lines, and its regions from where to where, with whether any test has reached them."""
    found = defaultdict(lambda: (defaultdict(bool), defaultdict(bool)))
    for side in SIDES:
        data = export(side)
        for file in data["files"]:
            if is_ours(path := Path(file["filename"])) and file["segments"]:
                for line, is_reached in reached_lines(file["segments"]):
                    found[path.relative_to(ROOT)][0][line] |= is_reached
        for function in data["functions"]:
            # What a property begins with is evaluated where its type is made, and counted nowhere.
            if function["name"].endswith("vpfi"):
                continue
            names = [Path(name) for name in function["filenames"]]
            for *place, count, file, _, kind in function["regions"]:
                if kind == 0 and is_ours(names[file]) and has_code(names[file], *place):
                    found[names[file].relative_to(ROOT)][1][tuple(place)] |= count > 0
    return found


@cache
def lines_of(path):
    return path.read_text().splitlines()


def has_code(path, line, column, last, end):
    """Not what comes behind a loop that is only left by a return: a brace, perhaps, or nothing."""
    lines = lines_of(path)[line - 1:last]
    lines[-1] = lines[-1][:end - 1]
    lines[0] = lines[0][column - 1:]
    return any(re.search(r"\w", text.split("//")[0]) for text in lines)


def text_of(path, line):
    """A line; or, if that only opens something, what comes next."""
    texts = (text.strip() for text in lines_of(path)[line - 1:])
    return next(text for text in texts if text[0:1] not in ("", ")", "{", "}") or "else" in text)


def print_summary():
    folders = defaultdict(lambda: ([], []))
    for path, sums in places().items():
        for folder in (path.parent, *path.parent.parents[:-1]):
            for all_of_them, some in zip(folders[folder], sums):
                all_of_them.extend(some.values())
    print(f"{'lines':>16} {'regions':>16}")
    for folder, (lines, regions) in sorted(folders.items()):
        print(f"{percent(lines):>16} {percent(regions):>16}  {folder}")


def percent(reached):
    return f"{100 * sum(reached) / max(len(reached), 1):5.1f} of {len(reached):5}"


def unreached(folders):
    """The regions that nothing has reached, each with its place."""
    for path, (_, regions) in sorted(places().items()):
        if any(str(path).startswith(folder) for folder in folders):
            for (line, column, *_), is_reached in sorted(regions.items()):
                if not is_reached:
                    yield str(path), text_of(ROOT / path, line), f"{line}:{column}"


def print_unreached(folders):
    for path, text, place in unreached(folders):
        print(f"{path}:{place}: {text}")


def read_list():
    """After `# file` come lines of it, each group after `= ` and the reason why no test reaches them."""
    known, path, reason = {}, None, None
    for number, line in enumerate(LIST.read_text().splitlines(), 1):
        if line.startswith("# "):
            path, reason = line[2:].strip(), None
        elif line.startswith("= "):
            reason = line[2:].strip()
        elif line.startswith("- ") and path and reason:
            known[path, line[2:].strip()] = reason
        elif line.strip():
            sys.exit(f"coverage: {LIST.name}:{number}: what is this?")
    return known


def lost_places():
    """What the list has of the source, and is there no more."""
    lines = {path: {line.strip() for line in (ROOT / path).read_text().splitlines()} if (ROOT / path).exists() else set()
             for path, _ in read_list()}
    lost = [(path, text) for path, text in read_list() if text not in lines[path]]
    for path, text in lost:
        print(f"coverage: {path} has no such line: {text}", file=sys.stderr)
    return len(lost)


def compare():
    """Whether what is not reached is what the list says, line by line."""
    known, found, is_right, others = read_list(), set(), lost_places() == 0, 0
    for path, text, place in unreached([CORE]):
        found.add((path, text))
        if (path, text) not in known:
            others += 1
            is_right = False
    for path, text in known.keys() - found:
        print(f"coverage: by now something reaches {path}: {text}", file=sys.stderr)
        is_right = False
    print(f"coverage: of the core {len(known)} lines have a region that no test reaches and a reason for that; "
          f"{others} regions have none yet: `scripts/coverage.py {CORE}` prints them all")
    return is_right


def main():
    if sys.argv[1:] == ["--places"]:
        # As of the deliberate faults some are lost with each change; whoever runs this writes them anew.
        sys.exit(lost_places() * 10 > len(read_list()))
    if sys.argv[1:] == ["--list"]:
        sys.exit(not compare())
    if len(sys.argv) > 1:
        return print_unreached(sys.argv[1:])
    build()
    run_tests()
    print_summary()
    compare()


if __name__ == "__main__":
    main()
