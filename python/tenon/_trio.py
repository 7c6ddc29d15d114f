"""The same in trio."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextvars import Context
from typing import Any

import trio

from . import _core
from ._loops import CLOSE_SECONDS, answer, write

_hosts: dict[tuple[int, int], TrioHost] = {}


def executor_for(library: _core.Library) -> _core.Executor:
    """The executor of the running trio."""
    token = trio.lowlevel.current_trio_token()
    known = _hosts.get((id(token), library.api))
    if known is not None and known.token is token and not known.executor.closed:
        return known.executor
    host = TrioHost(token, library)
    _hosts[id(token), library.api] = host
    trio.lowlevel.spawn_system_task(host.watch)
    return host.executor


class TrioHost:
    """What Tenon asks of trio."""

    def __init__(self, token: trio.lowlevel.TrioToken, library: _core.Library) -> None:
        self.token = token
        self.key = id(token), library.api
        self.scope = trio.CancelScope()
        self.deadline = float("inf")
        self.ended = trio.Event()
        self.executor = _core.Executor(library, token, token.run_sync_soon, None)
        self.executor.host = self

    def arm(self, delay: float | None) -> None:
        self.deadline = float("inf") if delay is None else trio.current_time() + delay
        self.scope.deadline = self.deadline

    def closed(self) -> None:
        self.ended.set()

    async def watch(self) -> None:
        """Polls when other threads, or timers, ask for it; ends with the run."""
        try:
            await self._watch()
        finally:
            self.executor.begin_close(CLOSE_SECONDS)
            with trio.CancelScope(shield=True):
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(self._watch)
                    await self.ended.wait()
                    nursery.cancel_scope.cancel()
            self.executor.close()
            _hosts.pop(self.key, None)

    async def _watch(self) -> None:
        while not self.executor.closed:
            with trio.CancelScope(deadline=self.deadline) as self.scope:
                await trio.lowlevel.wait_readable(self.executor.fd)
                self.executor.readable()
                continue
            self.executor.fire()

    async def wait(self, call: _core.Call) -> None:
        """Waits until Swift has ended, also if the task is cancelled meanwhile."""
        task = trio.lowlevel.current_task()
        is_cancelled = False

        def abort(_: Callable[[], None]) -> trio.lowlevel.Abort:
            nonlocal is_cancelled
            is_cancelled = True
            call.cancel()
            return trio.lowlevel.Abort.FAILED

        if not call.done:
            call.on_done(lambda: trio.lowlevel.reschedule(task))
            await trio.lowlevel.wait_task_rescheduled(abort)
        if is_cancelled:
            await trio.lowlevel.checkpoint_if_cancelled()

    def run(self, arguments: tuple[Any, ...], context: Context, promise: _core.Promise) -> None:
        async def settle() -> None:
            with trio.CancelScope() as scope:
                promise.on_cancel(self.executor, lambda *_: scope.cancel())
                await answer(arguments, promise, trio.Cancelled)

        trio.lowlevel.spawn_system_task(settle, context=context)

    def pump(self, items: AsyncIterator[Any], sink: _core.Sink) -> None:
        async def send() -> None:
            with trio.CancelScope() as scope:
                sink.on_cancel(lambda *_: scope.cancel())
                await write(items, sink, trio.Cancelled)

        trio.lowlevel.spawn_system_task(send)
