"""Where Swift runs: a place in each loop, which ends with it."""

from __future__ import annotations

import asyncio
import inspect
import sys
import threading
import warnings
import weakref
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextvars import Context
from typing import Any

from . import _core

CLOSE_SECONDS = 2.0
"""How long a loop that ends waits for Swift that it has cancelled."""

CANCEL_SECONDS = 5.0
"""After how long a task that is cancelled, and waits for Swift to end, says so."""

_executors: dict[tuple[int, int], weakref.ref[_core.Executor]] = {}
_threads = threading.local()


def executor_for(loop: asyncio.AbstractEventLoop | None, library: _core.Library) -> _core.Executor:
    """The executor of a loop, or of this thread if it runs none."""
    if loop is None:
        if _in_trio():
            from . import _trio

            return _trio.executor_for(library)
        return _blocking(library)
    key = id(loop), library.api
    known = _executors.get(key, lambda: None)()
    if known is not None and known.loop is loop and not known.closed:
        return known
    _forget_closed()
    executor = _core.Executor(library, loop, loop.call_soon, loop.create_future)
    executor.host = AsyncioHost(executor, loop)
    loop.add_reader(executor.fd, executor.readable)
    _executors[key] = weakref.ref(executor)
    # loop.shutdown_asyncgens(), which asyncio.run() calls before it closes the loop, ends this generator.
    executor.life = _life(executor, loop, key)
    try:
        executor.life.asend(None).send(None)
    except StopIteration:
        pass
    return executor


async def _life(
    executor: _core.Executor, loop: asyncio.AbstractEventLoop, key: tuple[int, int]
) -> AsyncGenerator[None, None]:
    try:
        yield
    finally:
        executor.begin_close(CLOSE_SECONDS)
        while not executor.closed:
            await executor.host.end
        unfinished = executor.unfinished().split("\n")[0]
        if unfinished:
            warnings.warn(f"Swift goes on after the loop's end: {unfinished}", ResourceWarning, stacklevel=1)
        loop.remove_reader(executor.fd)
        executor.close()
        _executors.pop(key, None)


def _forget_closed() -> None:
    """Ends the executors of loops that were closed without a shutdown."""
    for key, reference in list(_executors.items()):
        executor = reference()
        if executor is None or executor.closed or executor.loop.is_closed():
            _executors.pop(key, None)
            if executor is not None:
                executor.close()


def _blocking(library: _core.Library) -> _core.Executor:
    known: dict[int, _core.Executor] = _threads.__dict__.setdefault("executors", {})
    executor = known.get(library.api)
    if executor is None or executor.closed:
        executor = known[library.api] = _core.Executor(library, None, None, None)
        executor.host = BlockingHost()
    return executor


def _in_trio() -> bool:
    trio = sys.modules.get("trio")
    if trio is None:
        return False
    try:
        trio.lowlevel.current_trio_token()
    except (AttributeError, RuntimeError):
        return False
    return True


def is_in_loop() -> bool:
    return asyncio._get_running_loop() is not None or _in_trio()


def end() -> None:
    """Before the interpreter ends: what is left is told, and no thread of Swift's comes in any more."""
    for reference in list(_executors.values()):
        executor = reference()
        if executor is not None:
            executor.close()
    _executors.clear()
    _core.end()


class BlockingHost:
    """A thread without a loop: it waits in Tenon, and an async callback must not."""

    def arm(self, delay: float | None) -> None: ...
    def closed(self) -> None: ...

    def run(self, arguments: tuple[Any, ...], context: Context, promise: _core.Promise) -> None:
        coroutine = answer(arguments, promise)
        try:
            context.run(coroutine.send, None)
        except StopIteration:
            return
        promise.reject(RuntimeError("this callback waits for something that needs a loop: use asyncio.run()"))
        coroutine.close()


class AsyncioHost:
    """What Tenon asks of an asyncio loop."""

    def __init__(self, executor: _core.Executor, loop: asyncio.AbstractEventLoop) -> None:
        self.executor = executor
        self.loop = loop
        self.timer: asyncio.TimerHandle | None = None
        self.tasks: set[asyncio.Task[None]] = set()
        self.end = loop.create_future()

    def arm(self, delay: float | None) -> None:
        """Has the loop poll after so many seconds; None: not for a timer."""
        if self.timer is not None:
            self.timer.cancel()
            self.timer = None
        if delay is not None and not self.loop.is_closed():
            self.timer = self.loop.call_later(delay, self.executor.fire)

    def closed(self) -> None:
        if not self.end.done():
            self.end.set_result(None)

    def cancelling(self, call: _core.Call) -> None:
        """A task was cancelled that waits for this call: it goes on waiting until Swift has ended."""
        call.on_done(self.loop.call_later(CANCEL_SECONDS, _warn, weakref.ref(call)).cancel)

    def run(self, arguments: tuple[Any, ...], context: Context, promise: _core.Promise) -> None:
        """Runs an async callback: (function, argument, ...)."""
        task = self.loop.create_task(answer(arguments, promise), context=context)
        self._keep(task)
        promise.on_cancel(self.executor, task.cancel)

    def pump(self, items: AsyncIterator[Any], sink: _core.Sink) -> None:
        """Writes an async iterator's items where Swift reads them."""
        task = self.loop.create_task(write(items, sink))
        self._keep(task)
        sink.on_cancel(task.cancel)

    def _keep(self, task: asyncio.Task[None]) -> None:
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)


def _warn(reference: Callable[[], _core.Call | None]) -> None:
    call = reference()
    if call is not None and not call.done:
        warnings.warn(
            f"{call.__name__}() was cancelled {CANCEL_SECONDS:g} s ago, and Swift has not ended it",
            RuntimeWarning,
            stacklevel=1,
        )


async def answer(
    arguments: tuple[Any, ...], promise: _core.Promise, cancelled: type[BaseException] = asyncio.CancelledError
) -> None:
    """Calls a callback, and tells Swift what comes of it."""
    try:
        result = arguments[0](*arguments[1:])
        if inspect.isawaitable(result):
            result = await result
        promise.resolve(result)
    except Exception as error:
        promise.reject(error)
    except BaseException as error:
        promise.reject(asyncio.CancelledError() if isinstance(error, cancelled) else error)
        raise


async def write(
    items: AsyncIterator[Any], sink: _core.Sink, cancelled: type[BaseException] = asyncio.CancelledError
) -> None:
    """Sends items until there are no more, or nobody wants more."""
    iterator = aiter(items)
    failure: BaseException | None = None
    try:
        async for item in iterator:
            while (sent := sink.send(item)) is not True:
                if sent is False:
                    return
                await sent
    except Exception as error:
        failure = error
    except BaseException as error:
        failure = asyncio.CancelledError() if isinstance(error, cancelled) else error
        raise
    finally:
        sink.end(failure)
        close = getattr(iterator, "aclose", None)
        if close is not None:
            await close()
