#!/usr/bin/env python3
"""Which lines and regions of the sources the tests reach: the suites in C, in C++ and in Swift.

    coverage.py             runs them, prints lines and regions for each folder, and compares with the list
    coverage.py --list      compares the last run with Tests/Coverage/unreached.txt: what nothing in the core reaches, and why
    coverage.py --places    looks whether each line of the list is still in the source
    coverage.py FOLDER...   prints the regions that none of them has reached, of the last run

The counters of a process are in a file that it maps. So what is told of are also processes that end by _exit or a signal, and
children of forks, which count on in their parents' file.
"""
import json
import os
import shutil
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRATCH = ROOT / ".build-coverage"
PROFILES = SCRATCH / "profiles"
MERGED = SCRATCH / "tests.profdata"
LIST = ROOT / "Tests/Coverage/unreached.txt"
CORE = "Sources/Tenon/Core/"
TOOLS = Path(shutil.which("swift")).resolve().parent
RUNTIME = TOOLS.parent / "lib/swift/linux"
DEBUG = SCRATCH / "debug"
# What is decided once for each process: as in scripts/test-core.sh.
PROGRAMS = [DEBUG / name for name in ("owned-mode", "owned-pool", "sole-loop", "library-mode", "cpp-and-swift")]
# As in scripts/test-sanitizers.sh: of a debug build they say nothing.
LEFT_OUT = {"a_fork_while_other_threads_are_busy_does_not_hang", "a_fork_while_other_threads_are_in_every_call_hangs_nowhere"}
COUNTERS = ["-fprofile-instr-generate", "-fcoverage-mapping", "-mllvm", "-runtime-counter-relocation"]


def run(command, **options):
    print("coverage: " + " ".join(str(word) for word in command)[:100], file=sys.stderr, flush=True)
    return subprocess.run([str(word) for word in command], cwd=ROOT, **{"check": True, **options})


def build():
    options = ["--scratch-path", SCRATCH, "-Xswiftc", "-profile-generate", "-Xswiftc", "-profile-coverage-mapping",
               "-Xswiftc", "-Xllvm", "-Xswiftc", "-runtime-counter-relocation"]
    for word in COUNTERS:
        options += ["-Xcc", word]
    run(["swift", "build", "--product", "tenon", *options])
    run(["swift", "build", "--build-tests", *options])


def link_options():
    return [f"-L{DEBUG}", "-ltenon", f"-Wl,-rpath,{DEBUG}", f"-L{RUNTIME}", f"-Wl,-rpath,{RUNTIME}", "-pthread"]


def compile_c(name, sources, options):
    run([TOOLS / "clang", "-std=gnu11", "-O1", "-g", "-Iinclude", *options, "-o", SCRATCH / name, *sources,
         *link_options()])


def compile_cpp():
    sources = [s for s in sorted(ROOT.glob("Tests/CPP/*.cpp")) if s.name not in ("without_exceptions.cpp", "asio_test.cpp")]
    folder = SCRATCH / "cpp"
    folder.mkdir(exist_ok=True)
    headers = [*(ROOT / "include").rglob("*.h*"), *(ROOT / "Tests/CPP").rglob("*.h*")]
    for source in sources:
        target = folder / (source.name + ".o")
        if not target.exists() or target.stat().st_mtime < max(f.stat().st_mtime for f in [source, *headers]):
            run([TOOLS / "clang++", "-std=c++20", "-O0", "-w", "-Iinclude", *COUNTERS, "-c", source, "-o", target])
    run([TOOLS / "clang++", "-fprofile-instr-generate", *folder.glob("*.o"), "-o", SCRATCH / "cpp-suite", *link_options()])


def uv_flags():
    return subprocess.run(["pkg-config", "--cflags", "--libs", "libuv"], check=True, capture_output=True,
                          text=True).stdout.split()


def run_tests():
    shutil.rmtree(PROFILES, ignore_errors=True)
    environment = dict(os.environ, LLVM_PROFILE_FILE=f"{PROFILES}/%c%m.profraw", TENON_TEST_LIGHT="1")
    conformance = SCRATCH / "conformance"
    cases = subprocess.run([conformance, "--list"], check=True, capture_output=True, text=True).stdout.split()
    commands = [
        [conformance, *(case for case in cases if case not in LEFT_OUT)],
        [SCRATCH / "uv"],
        [SCRATCH / "cpp-suite"],
        ["swift", "test", "--skip-build", "--disable-xctest", "--scratch-path", SCRATCH],
        *([program] for program in PROGRAMS),
    ]
    for command in commands:
        # Whether they pass is for `make test` to say: these are slow, and some tests are about time.
        if run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode != 0:
            print(f"coverage: {command[0]} has failed", file=sys.stderr)


def objects():
    found = [DEBUG / "libtenon.so", SCRATCH / "uv", SCRATCH / "cpp-suite", *DEBUG.glob("*.xctest"), *PROGRAMS]
    return [path for path in found if path.is_file()]


def export(*options):
    first, *others = objects()
    command = [TOOLS / "llvm-cov", "export", first, f"-instr-profile={MERGED}", *options]
    for path in others:
        command += ["-object", path]
    return json.loads(run(command, capture_output=True, text=True).stdout)["data"][0]["files"]


def is_ours(path):
    return path.is_relative_to(ROOT / "Sources") or path.is_relative_to(ROOT / "include")


def print_summary():
    folders = defaultdict(lambda: [0, 0, 0, 0])
    for file in export("-summary-only"):
        path = Path(file["filename"])
        if not is_ours(path):
            continue
        lines, regions = file["summary"]["lines"], file["summary"]["regions"]
        for folder in (path.parent.relative_to(ROOT), *path.parent.relative_to(ROOT).parents[:-1]):
            sums = folders[folder]
            for index, number in enumerate((lines["covered"], lines["count"], regions["covered"], regions["count"])):
                sums[index] += number
    print(f"{'lines':>16} {'regions':>16}")
    for folder, (lines, all_lines, regions, all_regions) in sorted(folders.items()):
        print(f"{percent(lines, all_lines):>16} {percent(regions, all_regions):>16}  {folder}")


def percent(some, all_of_them):
    return f"{100 * some / max(all_of_them, 1):5.1f} of {all_of_them:5}"


def unreached(folders):
    """The regions that nothing has reached, each with its place."""
    for file in export():
        path = Path(file["filename"])
        if not is_ours(path) or not any(str(path.relative_to(ROOT)).startswith(folder) for folder in folders):
            continue
        text = path.read_text().splitlines()
        for line, column, count, has_count, is_entry, is_gap in file["segments"]:
            if has_count and is_entry and not is_gap and count == 0:
                yield str(path.relative_to(ROOT)), text[line - 1].strip(), f"{line}:{column}"


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
    # Nothing is stopped at each place: of that a debug build has too many.
    compile_c("conformance", [*ROOT.glob("Tests/Conformance/*.c"), "Tests/Conformance/runner/main.c"],
              ["-DIS_SANITIZED=1", "-ITests/Conformance", "-ITests/Conformance/include"])
    compile_c("uv", ["Sources/TenonUVLoop/uv.c", *ROOT.glob("Tests/UV/*.c"), "Tests/UV/runner/main.c"],
              ["-ITests/UV", "-ITests/UV/include", *COUNTERS, *uv_flags()])
    compile_cpp()
    run_tests()
    run([TOOLS / "llvm-profdata", "merge", "-sparse", "-o", MERGED, *PROFILES.glob("*.profraw")])
    print_summary()
    compare()


if __name__ == "__main__":
    main()
