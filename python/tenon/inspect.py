"""What there is in this process, and why something is not done: `tenon ps` and `tenon why` from inside.

It stands on libtenon_inspect.so, which `make install` puts beside libtenon.so: found by the system's loader, or named by
TENON_INSPECT_LIBRARY. Nothing is recorded for it, no loop takes part, and any thread may look.
"""

from __future__ import annotations

import asyncio
import ctypes
import functools
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from . import _core

__all__ = ["Explanation", "Snapshot", "explain", "snapshot", "trace", "untrace"]

_TREE, _WHY, _JSON = 1, 2, 3


class _ExplanationInC(ctypes.Structure):
    _fields_ = [
        ("struct_size", ctypes.c_size_t),
        ("chain", ctypes.POINTER(ctypes.c_uint64)),
        ("count", ctypes.c_size_t),
        ("is_deadlock", ctypes.c_bool),
        ("cycle_start", ctypes.c_size_t),
        ("text", ctypes.c_char_p),
    ]


@functools.cache
def _library() -> ctypes.CDLL:
    named = os.environ.get("TENON_INSPECT_LIBRARY")
    for name in [named] if named else ["libtenon_inspect.so.0", "libtenon_inspect.so"]:
        try:
            library = ctypes.CDLL(name)
        except OSError as error:
            failure: OSError | None = error
            continue
        library.tenon_snapshot_explain.argtypes = [ctypes.c_void_p, ctypes.c_void_p, ctypes.POINTER(_ExplanationInC)]
        library.tenon_snapshot_release.argtypes = [ctypes.c_void_p]
        library.tenon_snapshot_get_text.argtypes = [
            ctypes.c_void_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_char_p), ctypes.POINTER(ctypes.c_size_t),
        ]  # fmt: skip
        return library
    raise ImportError(f"tenon.inspect needs libtenon_inspect.so: {failure}")


@dataclass(frozen=True)
class Explanation:
    """Why something is not done: ids, from what was asked about to the cause."""

    text: str
    chain: list[str]
    cycle_start: int | None

    @property
    def is_deadlock(self) -> bool:
        return self.cycle_start is not None


class Snapshot:
    """What there was: `nodes`, `edges`, `cycles` and `causes` as docs/inspect-schema.md has them. Nothing in it changes."""

    def __init__(self) -> None:
        handle = ctypes.c_void_p()
        status = _library().tenon_snapshot_take(None, ctypes.byref(handle))
        if status != 0:
            raise OSError(f"this process cannot be looked at: status {status}")
        self._handle: ctypes.c_void_p | None = handle

    def __del__(self) -> None:
        if getattr(self, "_handle", None) is not None:
            _library().tenon_snapshot_release(self._handle)
            self._handle = None

    def _text(self, form: int) -> str:
        text, size = ctypes.c_char_p(), ctypes.c_size_t()
        status = _library().tenon_snapshot_get_text(self._handle, form, ctypes.byref(text), ctypes.byref(size))
        if status != 0 or text.value is None:
            raise OSError(f"no text: status {status}")
        return text.value.decode()

    @property
    def tree(self) -> str:
        """As `tenon ps` prints it."""
        return self._text(_TREE)

    @property
    def why(self) -> str:
        """As `tenon why` prints it: deadlocks first."""
        return self._text(_WHY)

    @functools.cached_property
    def copies(self) -> list[dict[str, Any]]:
        """Of each copy of Tenon in the process, as packages bring their own."""
        copies: list[dict[str, Any]] = json.loads(self._text(_JSON))["copies"]
        return copies

    def _all(self, key: str) -> list[Any]:
        return [item for copy in self.copies for item in copy[key]]

    @property
    def nodes(self) -> list[dict[str, Any]]:
        return self._all("nodes")

    @property
    def edges(self) -> list[dict[str, str]]:
        return self._all("edges")

    @property
    def cycles(self) -> list[list[dict[str, str]]]:
        return self._all("cycles")

    @property
    def causes(self) -> list[dict[str, Any]]:
        return self._all("causes")

    def explain(self, what: Any) -> Explanation | None:
        """Why a call, or the node with an id, is not done; None: it was."""
        handle = what.handle if isinstance(what, _core.Call) else int(what, 16) if isinstance(what, str) else int(what)
        why = _ExplanationInC(struct_size=ctypes.sizeof(_ExplanationInC))
        if not handle or _library().tenon_snapshot_explain(self._handle, handle, ctypes.byref(why)) != 0:
            return None
        chain = [hex(why.chain[place]) for place in range(why.count)]
        return Explanation(why.text.decode(), chain, why.cycle_start if why.is_deadlock else None)


def snapshot() -> Snapshot:
    """Looks at what there is, from any thread."""
    return Snapshot()


def explain(what: Any) -> Explanation | None:
    """Why a call is not done; None: it is."""
    return snapshot().explain(what)


_places: dict[tuple[str, str], tuple[bytes, bytes]] = {}
"""Who looks into the process reads these whenever he likes: they stay."""


def _place(name: str) -> tuple[bytes, bytes, bytes, int]:
    frame = sys._getframe(1)
    # What tenon-bindgen has made is not where anybody calls from.
    while frame.f_back is not None and "_binding" in frame.f_globals:
        frame = frame.f_back
    code = frame.f_code
    key = code.co_filename, code.co_qualname
    texts = _places.get(key)
    if texts is None:
        texts = _places[key] = (key[0].encode(errors="replace"), key[1].encode(errors="replace"))
    loop = asyncio._get_running_loop()
    task = asyncio.current_task(loop) if loop is not None else None
    text = f"{name} of {task.get_name()}" if task is not None else name
    return text.replace("\0", "?").encode(errors="replace"), *texts, frame.f_lineno


def trace() -> None:
    """From now on calls have the place that they were made from, and the name of the asyncio task that made them."""
    _core.trace(_place)


def untrace() -> None:
    _core.trace(None)


if os.environ.get("TENON_TRACE"):
    trace()
