"""What Python packages stand on whose work Swift does: `await` a Swift function in asyncio, uvloop or trio.

A package that tenon-bindgen makes has functions and classes of its own. This one has what they share: errors, streams,
and `run()` for programs without a loop.
"""

import atexit
import sys
import types
from collections.abc import Coroutine
from typing import Any

from . import _core
from ._core import Object as Object

__all__ = ["CallContext", "Cancelled", "Closed", "Error", "Forked", "Object", "Stream", "call_context", "run"]
__version__ = "0.2.0"


class Error(Exception):
    """What Swift threw. `__cause__` is what led to it."""

    def __init__(self, domain: str = "tenon", code: int = 0, message: str = "") -> None:
        self.domain = domain
        self.code = code
        self.message = message

    def __str__(self) -> str:
        return self.message or f"{self.domain} {self.code}"


class Cancelled(Error):
    """Swift ended as cancelled, and nobody here had asked for it."""


class Closed(Error):
    """The loop ended before the work did."""


class Forked(Error):
    """This process is a fork of one that used Swift: only exec() helps."""


class Stream(_core.Stream):
    """Items of Swift's: `async for`, or outside of any loop `for`.

    Leaving the loop early lets go of it; `async with`, or `aclose()`, waits until Swift has ended, too. An exception that
    leaves `async with` is, for Swift, the reason of the cancel.
    """

    __slots__ = ()
    def __class_getitem__(cls, item: Any) -> types.GenericAlias:
        return types.GenericAlias(cls, item)

    async def aclose(self) -> None:
        """Asks Swift to end, and waits until it has."""
        await self._close(None)

    async def _close(self, because: BaseException | None) -> None:
        self._cancel(because)
        try:
            await self._end()
        except Error:
            pass  # how it ended is of no interest any more

    async def __aenter__(self) -> "Stream":
        return self

    async def __aexit__(self, _: object, error: BaseException | None, traceback: object) -> None:
        await self._close(error)

    def __iter__(self) -> "Stream":
        return self

    def __next__(self) -> Any:
        try:
            return run(self.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None


def __getattr__(name: str) -> Any:
    if name not in ("CallContext", "call_context"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from . import _context  # with the first who uses it

    return getattr(_context, name)


def run(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Waits for Swift in a thread without a loop. Ctrl-C asks Swift to end, and raises when it has."""
    from . import _loops

    if _loops.is_in_loop():
        coroutine.close()
        raise RuntimeError("tenon.run() would block the running loop: use await")
    try:
        coroutine.send(None)
    except StopIteration as stop:
        return stop.value
    coroutine.close()
    raise RuntimeError("this awaits something that needs a loop: use asyncio.run()")


def _executor_for(loop: Any, library: _core.Library) -> _core.Executor:
    """The first call: what loops take is loaded with it, and asked from then on."""
    from . import _loops

    _core.hooks(Error, Cancelled, Closed, Forked, _loops.executor_for, Stream)
    return _loops.executor_for(loop, library)


def _end() -> None:
    loops = sys.modules.get("tenon._loops")
    if loops is None:
        _core.end()
    else:
        loops.end()


_core.hooks(Error, Cancelled, Closed, Forked, _executor_for, Stream)
atexit.register(_end)
