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
import sys
from concurrent.futures import ThreadPoolExecutor

from mutant_faults import FOUND, make_copy, place_all, read_tables
from mutant_suites import BUILDERS, may_find


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


class Suites:
    """Each is built when it is asked for, and must find nothing where there is no fault."""

    def __init__(self, wanted):
        self.wanted, self.built = wanted, {}

    def those(self, is_needed):
        for name, names, builder in BUILDERS:
            if name not in self.wanted or not any(map(is_needed, names)):
                continue
            if name not in self.built:
                self.built[name] = builder()
                for suite in self.built[name]:
                    wrong = suite.find(0)
                    if wrong:
                        sys.exit(f"mutants: {suite.name} fails without any fault: {wrong}")
            yield from (suite for suite in self.built[name] if is_needed(suite.name))


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
    suites = Suites(options.suites.split(","))

    def look_for(some, suite, look):
        """What `look` says of each: the test that finds it, or None."""
        with ThreadPoolExecutor(options.jobs) as pool:
            for fault, test in zip(some, pool.map(look, some)):
                if test:
                    results[fault.name] = (suite.name, test)
                    print(f"found      {fault.name}  [{suite.name}: {test}]", flush=True)
                else:
                    print(f"not yet    {fault.name}  [{suite.name}]", flush=True)
                if options.record:
                    record(faults, found, results)

    # First of all the one test that is known: it takes a moment, where a whole suite takes minutes.
    for suite in suites.those(lambda name: any(found.get(f.name, ("",))[0] == name for f in left)):
        known = [f for f in left if found.get(f.name, ("",))[0] == suite.name]
        look_for(known, suite, lambda fault: suite.find(fault.number, found[fault.name][1]) and found[fault.name][1])
    left = [f for f in left if f.name not in results]
    for suite in suites.those(lambda name: any(may_find(name, f) for f in left)):
        look_for([f for f in left if may_find(suite.name, f)], suite, lambda fault: suite.find(fault.number))
        left = [f for f in left if f.name not in results]
    survivors = [fault for fault in left if not fault.excuse]
    for fault in left:
        print(f"SURVIVES   {fault.path}: {fault.name}" + (f" [{fault.excuse}]" if fault.excuse else ""))
    print(f"mutants: {len(results)} of {len(wanted)} are found, {len(left) - len(survivors)} cannot be, "
          f"{len(survivors)} survive")
    if len(survivors) * 10 > len(wanted):
        sys.exit(1)


if __name__ == "__main__":
    main()
