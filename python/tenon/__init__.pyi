from collections.abc import AsyncIterator, Coroutine, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any, Generic, TypeVar

from ._core import Object as Object

_Item = TypeVar("_Item")
_Result = TypeVar("_Result")

__all__ = ["CallContext", "Cancelled", "Closed", "Error", "Forked", "Object", "Stream", "call_context", "run"]
__version__: str

class Error(Exception):
    """What Swift threw. `__cause__` is what led to it."""

    domain: str
    code: int
    message: str
    def __init__(self, domain: str = "tenon", code: int = 0, message: str = "") -> None: ...

class Cancelled(Error):
    """Swift ended as cancelled, and nobody here had asked for it."""

class Closed(Error):
    """The loop ended before the work did."""

class Forked(Error):
    """This process is a fork of one that used Swift: only exec() helps."""

class Stream(AsyncIterator[_Item], Generic[_Item]):
    """Items of Swift's: `async for`, or outside of any loop `for`.

    Leaving the loop early lets go of it; `async with`, or `aclose()`, waits until Swift has ended, too.
    """

    async def aclose(self) -> None:
        """Asks Swift to end, and waits until it has."""

    def __anext__(self) -> Coroutine[Any, Any, _Item]: ...
    async def __aenter__(self) -> Stream[_Item]: ...
    async def __aexit__(self, *_: object) -> None: ...
    def __iter__(self) -> Iterator[_Item]: ...
    def __next__(self) -> _Item: ...

class CallContext:
    """What calls of Swift's carry: named texts, such as a trace's."""

    @property
    def current(self) -> Mapping[str, str] | None:
        """The texts of the call, or of the `with`, that this is in."""

    def __call__(
        self, texts: Mapping[str, str | None] | None = None, /, **more: str | None
    ) -> AbstractContextManager[None]:
        """Calls carry these texts, beside those outside; None takes one away."""

    def start_span(self) -> dict[str, str]:
        """A span of W3C's Trace Context below the one that this is in, or a trace of its own: for `with`."""

call_context: CallContext

def run(coroutine: Coroutine[Any, Any, _Result]) -> _Result:
    """Waits for Swift in a thread without a loop. Ctrl-C asks Swift to end, and raises when it has."""
