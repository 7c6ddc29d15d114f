"""Waits for ever, for a function that Swift calls and that never returns; says so first."""

import asyncio
import os

import callbacks


async def visit(name: str, size: int | None) -> callbacks.Item:
    asyncio.get_running_loop().call_soon(lambda: print("stuck", os.getpid(), flush=True))
    await asyncio.Event().wait()
    raise AssertionError(name, size)


asyncio.run(callbacks.visit(["x"], visit))
