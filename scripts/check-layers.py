#!/usr/bin/env python3
"""Keeps the two laws of CONTRIBUTING.md, which the compiler cannot: core, ABI and API are one module.

1. Data flows downward: a folder names only what is declared in itself and in those below it.
2. A noun has one row: its files have its name in each column.

Reads top-level declarations and the words that use them. A name that is declared twice, or that is also some type's
member, is not followed.
"""
import re
import sys
from collections import defaultdict
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# Modules, and their folders from the bottom to the top. Folders of one line do not name each other.
CORE = [
    ["Core/Collections"],
    ["Core/Threads"],
    ["Core/Slots"],
    ["Core/Values"],
    ["Core/Errors", "Core/Objects"],
    ["Core/Registrations"],
    ["Core/TimerQueue", "Core/Calls"],
    ["Core/Executors"],
    ["Core/Futures"],
    ["Core/Timers"],
    ["Core/Loop"],
    ["Core/Pool"],
    ["Core/Process", "Core/Combinators", "Core/Streams", "Core/Scopes"],
    ["Core/Statistics"],
    ["ABI", "API"],
]
INSPECTOR = [
    ["Reading"],
    ["Facts"],
    ["Printing"],
    ["Commands"],
    ["Dumping", "Sampling", "Screen"],
    ["Observing"],
    ["Inside", "."],
]
MODULES = {"Tenon": CORE, "TenonInspector": INSPECTOR}

DECLARATION = re.compile(
    r"^(?P<modifiers>(?:@[\w()\", ]+ |[a-z]+(?:\(\w+\))? )*)"
    r"(?:func|struct|class|enum|protocol|actor|typealias|let|var) (?P<name>\w+)",
    re.M,
)


MEMBER = re.compile(r"^ +(?:@[\w()]+ |[a-z]+(?:\(\w+\))? )*(?:func|let|var|case|typealias|struct|enum|class) (\w+)", re.M)


TEXT = re.compile(r'(#*)("""|")')
PLAIN = re.compile(r'[^"#/()]+')


def without_texts(text, at=0, is_inside=False):
    """Swift without comments and texts, but with what is interpolated in them: as it is from a place on; inside of parentheses,
    up to their end. And where that is."""
    parts, depth = [], 0
    while at < len(text):
        if text.startswith("//", at):
            at = text.find("\n", at) % (len(text) + 1)
        elif found := TEXT.match(text, at):
            end, escape = found[2] + found[1], "\\" + found[1]
            parts.append('""')
            at = found.end()
            while at < len(text) and not text.startswith(end, at):
                if text.startswith(escape + "(", at):
                    inner, at = without_texts(text, at + len(escape) + 1, True)
                    parts.append(f" {inner} ")
                else:
                    at += len(escape) + 1 if text.startswith(escape, at) else 1
            at += len(end)
        elif found := PLAIN.match(text, at):
            parts.append(found[0])
            at = found.end()
        else:
            depth += {"(": 1, ")": -1}.get(text[at], 0)
            if is_inside and depth < 0:
                return "".join(parts), at + 1
            parts.append(text[at])
            at += 1
    return "".join(parts), at


def code(path):
    """A file without comments, texts, and what constrains another module's types."""
    text, _ = without_texts(path.read_text())
    return re.sub(r"\bwhere [\w.]+ == ", "where ", text)


def declared(text):
    """What a file declares at its top level for others."""
    for match in DECLARATION.finditer(text):
        if not re.search(r"\b(file)?private\b", match["modifiers"]):
            yield match["name"]


def used(text):
    """The words of a file that may be uses: no members, no labels, no declarations."""
    return set(re.findall(r"(?<![.\w`])(?<!func )(?<!var )(?<!let )(?<!case )(\w+)\b(?! *:(?!:))", text))


COLUMNS = {
    "C": ("include/tenon", "{}"),
    "C++": ("include/tenon", "{}"),
    "ABI": ("Sources/Tenon/ABI", "{}+ABI.swift"),
    "Swift": ("Sources/Tenon/API", "{}.swift"),
    "core": ("Sources/Tenon/Core", "{}"),
    "test": ("Tests/Conformance", "{}_test.c"),
    "page": ("docs/guide", "{}.md"),
}
# What belongs to no noun: glue of the headers, adapters, umbrellas; the floors of the core.
NO_NOUN = {
    "C": {
        "adapter.h", "adapter_check.h", "base.h", "dispatch.h", "epoll.h", "ev.h", "event.h", "glib.h", "inspect.h",
        "node.h", "sd-event.h", "tenon.h", "uring.h", "uv.h",
    },
    "core": {"Collections", "Slots", "Threads"},
}
# Columns in which each file is in some row. Tests and pages may be of several nouns; C++ has headers of its own use.
COMPLETE = {"C", "ABI", "Swift", "core"}


def rows():
    """The table of docs/architecture.md: for each noun the names in each column."""
    lines = (ROOT / "docs" / "architecture.md").read_text().splitlines()
    start = next(n for n, line in enumerate(lines) if line.startswith("| noun |"))
    columns = [cell.strip() for cell in lines[start].strip("|").split("|")]
    for line in lines[start + 2 :]:
        if not line.startswith("|"):
            return
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        yield cells[0], {c: re.findall(r"`([^`]+)`", cell) for c, cell in zip(columns[1:], cells[1:])}


def check_rows():
    """Whether each name in the table is a file, and each file a name in it."""
    failed = []
    named = defaultdict(set)
    for noun, row in rows():
        for column, names in row.items():
            folder, form = COLUMNS[column]
            for name in names:
                path = Path(folder) / form.format(name)
                named[column].add(path.name)
                if not (ROOT / path).exists():
                    failed.append(f"docs/architecture.md has {path} in the row of {noun}, and it is not there")
    for column in sorted(COMPLETE):
        folder, form = COLUMNS[column]
        suffix = ".h" if column == "C" else form.format("")
        for path in sorted((ROOT / folder).iterdir()):
            if not path.name.endswith(suffix) or path.name in NO_NOUN.get(column, ()):
                continue
            if path.name not in named[column]:
                failed.append(f"{folder}/{path.name} is in no row of docs/architecture.md")
    return failed


def check_layers(module, layers):
    """What a module's files name that is not below them; and how many files there are."""
    sources = ROOT / "Sources" / module
    layer = {folder: level for level, folders in enumerate(layers) for folder in folders}
    texts = {path.relative_to(sources): code(path) for path in sorted(sources.rglob("*.swift"))}
    homes = defaultdict(set)
    for path, text in texts.items():
        for name in declared(text):
            homes[name].add(path)
    members = {name for text in texts.values() for name in MEMBER.findall(text)}
    failed = []
    for path, text in texts.items():
        folder = str(path.parent)
        if folder not in layer:
            failed.append(f"{module}/{path}: its folder has no place among the layers")
            continue
        own = {match["name"] for match in DECLARATION.finditer(text)}
        for name in sorted(used(text) - own):
            if len(homes[name]) != 1 or name in members:
                continue
            home = next(iter(homes[name]))
            other = str(home.parent)
            if other != folder and layer.get(other, -1) >= layer[folder]:
                failed.append(f"{module}/{path} names {name} of {home}")
    return failed, len(texts)


def main():
    failed, files = check_rows(), 0
    for module, layers in MODULES.items():
        found, count = check_layers(module, layers)
        failed, files = failed + found, files + count
    for line in failed:
        print(f"check-layers: {line}", file=sys.stderr)
    if not failed:
        print(f"check-layers: {files} files name only what is below them, and each is in its noun's row")
    return 1 if failed else 0


sys.exit(main())
