"""The deliberate faults of scripts/mutants.py: their tables, their places, and the copy of the tree that has all of them."""
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TABLES = ROOT / "Tests" / "Mutants"
FOUND = TABLES / "found.txt"
COPY = ROOT / ".build-mutants" / "tree"

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
            # A condition may be a pointer.
            old = f"!!({old})" if self.instead in ("true", "false") else f"({old})"
            return f"(TENON_FAULT({self.number}) ? ({self.instead}) : {old})"
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


def write(path, data):
    """Only what has changed, so that builds are incremental."""
    if not path.exists() or path.read_bytes() != data:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def make_copy(faults):
    files = subprocess.run(["git", "ls-files", "-co", "--exclude-standard"], cwd=ROOT, check=True, capture_output=True,
                           text=True).stdout.split("\n")
    by_path = {}
    for fault in faults:
        by_path.setdefault(fault.path, []).append(fault)
    own = {
        "Sources/CThread/include/CThread.h": lambda text: insert_before_end(text, FAULT_HEADER),
        "Sources/CThread/thread.c": lambda text: text + FAULT_SOURCE,
        "include/tenon/base.h": lambda text: insert_before_end(text, FAULT_C),
    }
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
            data = own.get(name, str)(text).encode()
        write(target, data)
        target.chmod(source.stat().st_mode)
    write(COPY / "Sources/Tenon/Core/Threads/Faults.swift", FAULT_SWIFT.encode())
    kept.add("Sources/Tenon/Core/Threads/Faults.swift")
    for top in ("Sources", "Tests", "include", "packaging"):
        for old in (COPY / top).rglob("*"):
            if old.is_file() and str(old.relative_to(COPY)) not in kept:
                old.unlink()


def insert_before_end(text, what):
    """Into a header, before its include guard's end."""
    at = text.rindex("#endif")
    return text[:at] + what + text[at:]
