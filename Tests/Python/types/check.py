"""Runs mypy and pyright, both strict, over the programs beside this file: what is marked as a
mistake is found, and nothing else.

    check.py          with an interpreter that has mypy, basedpyright and the packages
"""

import json
import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
BIN = Path(sys.executable).parent


def mypy(file: Path) -> dict[int, str]:
    command = [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "--no-incremental", file.name]
    output = subprocess.run(command, cwd=HERE, capture_output=True, text=True).stdout
    found = [line for line in output.splitlines() if ": error:" in line]
    others = [line for line in found if not line.startswith(file.name)]
    if others or (not found and "error" in output):
        sys.exit("\n".join(others) or output)
    return {int(line.split(":")[1]): line for line in found}


def pyright(file: Path) -> dict[int, str]:
    """By its engine, which PyPI has as basedpyright."""
    settings = HERE / "pyrightconfig.json"
    command = [str(BIN / "basedpyright"), "--outputjson", "--pythonpath", sys.executable, "-p", str(settings), file.name]
    output = subprocess.run(command, cwd=HERE, capture_output=True, text=True).stdout
    problems = json.loads(output)["generalDiagnostics"]
    return {
        problem["range"]["start"]["line"] + 1: f"{problem['message']} ({problem.get('rule')})"
        for problem in problems
        if problem["severity"] == "error" and Path(problem["file"]) == file
    }


failed = 0
for check in (mypy, pyright):
    for file in (HERE / "good.py", HERE / "mistakes.py", HERE / "modules.py"):
        lines = file.read_text().splitlines()
        wanted = {number for number, line in enumerate(lines, 1) if re.search("# mistake$", line)}
        found = check(file)
        for number in sorted(wanted - found.keys()):
            print(f"{check.__name__} does not see {file.name}:{number}: {lines[number - 1].strip()}")
            failed = 1
        for number in sorted(found.keys() - wanted):
            print(f"{check.__name__} at {file.name}:{number}: {found[number]}")
            failed = 1
        print(f"{check.__name__}: {file.name}, {len(found)} mistakes")
sys.exit(failed)
