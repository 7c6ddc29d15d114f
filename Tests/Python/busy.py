"""Computes for ever, in a loop that has a place for Swift; says so first."""

import asyncio
import math
import os

import callbacks


async def visit(name: str, size: int | None) -> callbacks.Item:
    asyncio.get_running_loop().call_soon(lambda: print("busy", os.getpid(), flush=True))
    while True:
        again()
        await asyncio.sleep(0)


def again() -> None:
    burn_in_script()


def burn_in_script() -> float:
    return sum(math.sqrt(number) for number in range(100_000))


asyncio.run(callbacks.visit(["x"], visit))
