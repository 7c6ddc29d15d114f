#!/usr/bin/env python3
"""Python beside what asyncio does alone, and ctypes by hand: bench/python/run.sh. Medians; ratios of one run."""

import asyncio
import compileall
import os
import statistics
import subprocess
import sys
import time

import docdb
import work
from by_hand import ByHand

ROUNDS = 5 if os.environ.get("QUICK") else 11
LIBRARY = os.path.join(os.path.dirname(work.__file__), "libwork.so")
PACKAGES = os.environ.get("INSTALLED") or os.path.dirname(os.path.dirname(work.__file__))
"""What is imported to measure that: a package with its own Swift runtime inside, if there is one."""


async def plain(loop: asyncio.AbstractEventLoop, value: int) -> int:
    future = loop.create_future()
    loop.call_soon(future.set_result, value)
    return await future


async def crowd(call, count: int, width: int) -> float:
    """Nanoseconds of one call, `width` of them at a time: each in a task of its own that goes on calling."""

    async def one() -> None:
        for _ in range(count // width):
            await call(1)

    start = time.perf_counter_ns()
    if width == 1:
        await one()
    else:
        await asyncio.gather(*(one() for _ in range(width)))
    return (time.perf_counter_ns() - start) / count


async def drain(stream, count: int) -> float:
    start = time.perf_counter_ns()
    async for _ in stream:
        pass
    return (time.perf_counter_ns() - start) / count


async def generator(count: int):
    for number in range(count):
        yield number


async def queue(count: int) -> float:
    items: asyncio.Queue[int] = asyncio.Queue(64)

    async def fill() -> None:
        for number in range(count):
            await items.put(number)

    start = time.perf_counter_ns()
    task = asyncio.create_task(fill())
    for _ in range(count):
        await items.get()
    await task
    return (time.perf_counter_ns() - start) / count


async def megabyte(read) -> float:
    start = time.perf_counter_ns()
    for _ in range(20):
        read(await work.bytes(1 << 20))
    return (time.perf_counter_ns() - start) / 20


async def measure() -> dict[str, list[float]]:
    loop = asyncio.get_running_loop()
    hand = ByHand(LIBRARY, loop)
    connection = await docdb.open("")
    for number in range(1000):
        await connection.put(docdb.Document(f"document {number}", scores=[1.0] * 8))
    await work.echo(1)
    found: dict[str, list[float]] = {}

    async def note(name: str, figure) -> None:
        found.setdefault(name, []).append(await figure)

    for _ in range(ROUNDS):
        for width, count in ((1, 5000), (1024, 20480)):
            await note(f"call-{width}: a plain future", crowd(lambda value: plain(loop, value), count, width))
            await note(f"call-{width}: tenon", crowd(work.echo, count, width))
            await note(f"call-{width}: ctypes by hand", crowd(hand.echo, count, width))
        await note("item: async generator", drain(generator(20000), 20000))
        await note("item: asyncio.Queue", queue(5000))
        await note("item: tenon", drain(work.plain_numbers(20000), 20000))
        await note("item: tenon, of an AsyncStream", drain(work.numbers(20000), 20000))
        await note("item: tenon, a record", drain(connection.query(docdb.Query.All()), 1000))
        await note("1 MB: memoryview", megabyte(len))
        await note("1 MB: copied to bytes", megabyte(bytes))
    hand.close()
    return found


def import_ms(module: str) -> float:
    """What it adds to a program that has asyncio already. Bytecode is there, as where pip has installed it."""
    compileall.compile_dir(PACKAGES, maxlevels=1, quiet=1)
    code = f"import asyncio, uuid, dataclasses, datetime, time\na = time.perf_counter()\nimport {module}\nprint(1e3 * (time.perf_counter() - a))"
    environment = {**os.environ, "PYTHONPATH": PACKAGES}
    runs = [
        float(subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, env=environment).stdout)
        for _ in range(ROUNDS)
    ]
    return statistics.median(runs)


def report(title: str, found: dict[str, list[float]]) -> None:
    medians = {name: statistics.median(figures) for name, figures in found.items()}
    print(f"\n{title}\n     ratio         ns")
    for name, figure in medians.items():
        base = next(other for other in medians if other.split(":")[0] == name.split(":")[0])
        print(f"{figure / medians[base]:10.2f} {figure:10.0f}   {name}")


report("asyncio", asyncio.run(measure()))
try:
    import uvloop
except ImportError:
    print("\nno uvloop here")
else:
    report("uvloop", uvloop.run(measure()))
print(f"\nimport tenon {import_ms('tenon'):.2f} ms, import docdb {import_ms('docdb'):.2f} ms")
