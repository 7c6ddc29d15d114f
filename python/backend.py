#!/usr/bin/env python3
"""Builds the package `tenon`, and wheels, with a C compiler and what Python brings.

It is what pip calls for `pip install ./python` (PEP 517), and a program:

    backend.py extension DIR                     the package tenon, ready for the path
    backend.py wheel DEST                        the wheel of tenon
    backend.py tag                               which Pythons that is for
    backend.py package DEST NAME VERSION FOLDER  the wheel of a package that tenon-bindgen made
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import os
import re
import shlex
import subprocess
import sys
import sysconfig
import tempfile
import zipfile
from pathlib import Path

HERE = Path(__file__).resolve().parent
NAME = "tenon"
VERSION = re.search(r'^__version__ = "(.*)"$', (HERE / "tenon/__init__.py").read_text(), re.M).group(1)
FREE_THREADED = bool(sysconfig.get_config_var("Py_GIL_DISABLED"))
EXTENSION = "_core" + (sysconfig.get_config_var("EXT_SUFFIX") if FREE_THREADED else ".abi3.so")


def build_extension(target: Path) -> None:
    """Compiles tenon._core into a folder, unless what is there is newer than its sources."""
    include = HERE.parent / "include"
    sources = sorted((HERE / "src").glob("*.c"))
    made = target / EXTENSION
    inputs = [*sources, *(HERE / "src").glob("*.h"), *(include / "tenon").glob("*.h"), Path(__file__)]
    if made.exists() and all(made.stat().st_mtime > one.stat().st_mtime for one in inputs):
        return
    command = [
        *shlex.split(os.environ.get("CC", "cc")), "-std=gnu11", "-O2", "-g0", "-fPIC", "-fvisibility=hidden", "-shared",
        "-Wall", "-Wextra", "-Werror", "-I", str(include), "-I", sysconfig.get_path("include"),
        *shlex.split(os.environ.get("CFLAGS", "")), *map(str, sources), "-o", str(made), "-Wl,-s", "-pthread", "-ldl", "-lm",
    ]  # fmt: skip
    subprocess.run(command, check=True)


def package_files() -> list[Path]:
    return sorted(p for p in (HERE / "tenon").iterdir() if p.suffix in (".py", ".pyi") or p.name == "py.typed")


# ---- Wheels


def platform_tag(libraries: list[Path]) -> str:
    """manylinux_2_N by the newest symbol of glibc's that the libraries ask for."""
    newest = (2, 17)
    for library in libraries:
        table = subprocess.run(["readelf", "-V", str(library)], check=True, capture_output=True, text=True).stdout
        for major, minor in re.findall(r"GLIBC_(\d+)\.(\d+)", table):
            newest = max(newest, (int(major), int(minor)))
    machine = os.uname().machine
    return f"manylinux_{newest[0]}_{newest[1]}_{machine}"


def python_tag() -> str:
    if FREE_THREADED:
        version = f"cp{sys.version_info.major}{sys.version_info.minor}"
        return f"{version}-{version}t"
    return "cp311-abi3"


def write_wheel(folder: Path, name: str, version: str, tag: str, files: dict[str, bytes], metadata: str) -> str:
    """A zip of the files, with what PEP 427 wants beside them; the same bytes for the same files."""
    info = f"{name}-{version}.dist-info"
    wheel = f"Wheel-Version: 1.0\nGenerator: tenon ({VERSION})\nRoot-Is-Purelib: false\nTag: {tag}\n"
    files = {**files, f"{info}/METADATA": metadata.encode(), f"{info}/WHEEL": wheel.encode()}
    record = io.StringIO()
    writer = csv.writer(record, lineterminator="\n")
    for path, content in files.items():
        digest = base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
        writer.writerow([path, f"sha256={digest}", len(content)])
    writer.writerow([f"{info}/RECORD", "", ""])
    files[f"{info}/RECORD"] = record.getvalue().encode()
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}-{version}-{tag}.whl"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file, content in files.items():
            entry = zipfile.ZipInfo(file, (2020, 1, 1, 0, 0, 0))
            entry.external_attr = (0o755 if file.endswith(".so") else 0o644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path.name


def tenon_metadata() -> str:
    return (
        f"Metadata-Version: 2.1\nName: {NAME}\nVersion: {VERSION}\n"
        "Summary: What Python packages stand on whose work Swift does\nRequires-Python: >=3.11\n"
    )


def tenon_wheel(folder: Path) -> str:
    with tempfile.TemporaryDirectory() as scratch:
        build_extension(Path(scratch))
        extension = Path(scratch) / EXTENSION
        files = {f"tenon/{path.name}": path.read_bytes() for path in package_files()}
        files[f"tenon/{EXTENSION}"] = extension.read_bytes()
        tag = f"{python_tag()}-{platform_tag([extension])}"
        return write_wheel(folder, NAME, VERSION, tag, files, tenon_metadata())


def package_wheel(folder: Path, name: str, version: str, source: Path) -> str:
    """Works with any Python: what is in it is Python code, and a library for C."""
    paths = sorted(p for p in source.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
    files = {f"{name}/{p.relative_to(source)}": p.read_bytes() for p in paths}
    libraries = [p for p in paths if p.suffix == ".so"]
    module = (source / "__init__.py").read_text()
    summary = module.split('"""', 2)[1].strip().split("\n")[0]
    major, minor = VERSION.split(".")[:2]
    metadata = (
        f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\nSummary: {summary}\nRequires-Python: >=3.11\n"
        f"Requires-Dist: tenon>={VERSION},<{int(major) + 1 if int(major) else f'0.{int(minor) + 1}'}\n"
    )
    return write_wheel(folder, name, version, f"py3-none-{platform_tag(libraries)}", files, metadata)


# ---- What pip calls


def get_requires_for_build_wheel(config_settings: object = None) -> list[str]:
    return []


def build_wheel(wheel_directory: str, config_settings: object = None, metadata_directory: object = None) -> str:
    return tenon_wheel(Path(wheel_directory))


def main(command: str, *arguments: str) -> None:
    if command == "extension":
        target = Path(arguments[0])
        target.mkdir(parents=True, exist_ok=True)
        for path in package_files():
            (target / path.name).write_bytes(path.read_bytes())
        build_extension(target)
    elif command == "wheel":
        print(tenon_wheel(Path(arguments[0])))
    elif command == "tag":
        print(python_tag())
    elif command == "package":
        folder, name, version, source = arguments
        print(package_wheel(Path(folder), name, version, Path(source)))
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(*(sys.argv[1:] or [""]))
