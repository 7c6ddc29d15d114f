"""Calls in asyncio: results, cancellation, timeouts, groups, streams, and what goes wrong."""

import asyncio
import contextvars
import gc
import threading
import unittest
import warnings
from datetime import timedelta

import tenon
import tenon._loops
import work

LONG = timedelta(hours=1)


async def until(condition, seconds: float = 20) -> None:
    """Waits until something is so."""
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.001)


class CallTests(unittest.IsolatedAsyncioTestCase):
    async def test_results(self) -> None:
        self.assertEqual(await work.echo(-(2**63)), -(2**63))
        self.assertEqual(await asyncio.gather(*map(work.echo, range(1000))), list(range(1000)))
        self.assertEqual(await work.square(12), 144)

    async def test_a_batch_takes_one_wake(self) -> None:
        await work.echo(0)
        executor = work._library and tenon._loops.executor_for(asyncio.get_running_loop(), work._library)
        before = executor.statistics()
        await asyncio.gather(*map(work.echo, range(1024)))
        after = executor.statistics()
        self.assertLessEqual(after["wakes"] - before["wakes"], 4)
        self.assertLessEqual(after["polls"] - before["polls"], 8)

    async def test_everything_runs_on_the_loops_thread(self) -> None:
        await work.echo(1)
        before = threading.active_count()
        seen: set[int] = set()
        await work.tell(3, lambda _: seen.add(threading.get_ident()))
        self.assertEqual(seen, {threading.get_ident()})
        self.assertEqual(threading.active_count(), before)

    async def test_sleeps_wake_the_loop(self) -> None:
        await asyncio.gather(*(work.pause(timedelta(milliseconds=n)) for n in (1, 20, 5)))
        await work.pause(timedelta())

    async def test_errors_keep_their_class_and_message(self) -> None:
        with self.assertRaises(work.WorkError.Broken) as caught:
            await work.fail("why")
        self.assertEqual(caught.exception.reason, "why")
        self.assertIn("why", str(caught.exception))

    async def test_a_cancel_that_nobody_asked_for_is_an_error(self) -> None:
        with self.assertRaises(tenon.Cancelled):
            await work.end_as_cancelled()
        with self.assertRaises(ExceptionGroup):
            async with asyncio.TaskGroup() as group:
                group.create_task(work.end_as_cancelled())

    async def test_no_call_can_be_awaited_twice(self) -> None:
        call = work._f_echo(3)
        self.assertEqual(await call, 3)
        with self.assertRaisesRegex(RuntimeError, "awaited before"):
            await call
        call = work._f_pause(LONG)
        first = asyncio.ensure_future(call)
        await asyncio.sleep(0)
        with self.assertRaisesRegex(RuntimeError, "another task"):
            await call
        first.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await first

    async def test_other_threads_are_refused(self) -> None:
        call = work._f_echo(3)
        caught: list[BaseException] = []

        def elsewhere() -> None:
            try:
                call.send(None)
            except RuntimeError as error:
                caught.append(error)

        await asyncio.to_thread(elsewhere)
        self.assertRegex(str(caught[0]), "another thread")
        self.assertEqual(await call, 3)

    async def test_run_refuses_to_block_a_loop(self) -> None:
        with self.assertRaisesRegex(RuntimeError, "would block"):
            tenon.run(work.echo(1))


class CancelTests(unittest.IsolatedAsyncioTestCase):
    async def test_a_cancel_ends_when_swift_has(self) -> None:
        task = asyncio.create_task(work.pause(LONG))
        await until(lambda: work.running() == 1)
        task.cancel("reason")
        with self.assertRaises(asyncio.CancelledError) as caught:
            await task
        self.assertEqual(caught.exception.args, ("reason",))
        self.assertEqual(work.running(), 0)

    async def test_a_cancel_waits_for_what_ignores_it(self) -> None:
        task = asyncio.create_task(work.stubborn())
        await until(lambda: work.running() == 1)
        for _ in range(3):
            task.cancel()
            await asyncio.sleep(0)
        await asyncio.sleep(0.01)
        self.assertFalse(task.done())
        work.open(5)
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(work.running(), 0)

    async def test_what_ignores_a_cancel_is_named(self) -> None:
        seconds, tenon._loops.CANCEL_SECONDS = tenon._loops.CANCEL_SECONDS, 0.01
        try:
            with warnings.catch_warnings(record=True) as seen:
                warnings.simplefilter("always")
                task = asyncio.create_task(work.stubborn())
                await until(lambda: work.running() == 1)
                task.cancel()
                await until(lambda: seen)
                self.assertRegex(str(seen[0].message), r"stubborn\(\) was cancelled")
                work.open(0)
                with self.assertRaises(asyncio.CancelledError):
                    await task
        finally:
            tenon._loops.CANCEL_SECONDS = seconds

    async def test_what_has_ended_is_not_looked_after_any_more(self) -> None:
        loop = asyncio.get_running_loop()
        call_later, timers = loop.call_later, []

        def noted(delay, *arguments, **options):
            timer = call_later(delay, *arguments, **options)
            if delay == tenon._loops.CANCEL_SECONDS:
                timers.append(timer)
            return timer

        loop.call_later = noted
        task = asyncio.create_task(work.stubborn())
        await until(lambda: work.running() == 1)
        task.cancel()
        await until(lambda: timers)
        self.assertEqual([timer.cancelled() for timer in timers], [False])
        work.open(0)
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual([timer.cancelled() for timer in timers], [True])

    async def test_timeouts(self) -> None:
        with self.assertRaises(TimeoutError):
            async with asyncio.timeout(0.01):
                await work.pause(LONG)
        with self.assertRaises(TimeoutError):
            await asyncio.wait_for(work.pause(LONG), 0.01)
        self.assertEqual(work.running(), 0)

    async def test_a_group_cancels_its_others(self) -> None:
        with self.assertRaises(ExceptionGroup) as caught:
            async with asyncio.TaskGroup() as group:
                group.create_task(work.pause(LONG))
                group.create_task(work.fail("first"))
        self.assertIsInstance(caught.exception.exceptions[0], work.WorkError.Broken)
        self.assertEqual(work.running(), 0)

    async def test_a_coroutine_that_is_dropped_cancels(self) -> None:
        coroutine = work.pause(LONG)
        coroutine.send(None)
        await until(lambda: work.running() == 1)
        coroutine.close()
        await until(lambda: work.running() == 0)
        coroutine = work.pause(LONG)
        coroutine.send(None)
        await until(lambda: work.running() == 1)
        del coroutine
        gc.collect()
        await until(lambda: work.running() == 0)


class StreamTests(unittest.IsolatedAsyncioTestCase):
    async def test_all_items_come_in_order(self) -> None:
        self.assertEqual([n async for n in work.numbers(1000)], list(range(1000)))

    async def test_the_loop_has_its_turn(self) -> None:
        turns = 0

        async def other() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        task = asyncio.create_task(other())
        async for _ in work.numbers(20000):
            pass
        task.cancel()
        self.assertGreater(turns, 10)

    async def test_leaving_ends_the_work(self) -> None:
        async for number in work.ticks():
            if number == 3:
                break
        await until(lambda: work.running() == 0)

    async def test_aclose_ends_the_stream(self) -> None:
        stream = work.ticks()
        self.assertEqual(await anext(stream), 0)
        await stream.aclose()
        # The task that writes is the author's own.
        await until(lambda: work.running() == 0)
        with self.assertRaises(StopAsyncIteration):
            await anext(stream)
        await stream.aclose()

    async def test_a_wait_can_be_cancelled_and_tried_again(self) -> None:
        async with work.ticks() as stream:
            first = await anext(stream)
            with self.assertRaises(TimeoutError):
                async with asyncio.timeout(0):
                    while True:
                        await anext(stream)
            self.assertGreater(await anext(stream), first)

    async def test_two_tasks_cannot_wait_at_once(self) -> None:
        async with work.ticks() as stream:
            await anext(stream)

            async def drain() -> None:
                while True:
                    await anext(stream)

            tasks = [asyncio.create_task(drain()) for _ in range(2)]
            done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            self.assertRegex(str(done.pop().exception()), "another task waits")
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)

    async def test_python_writes_streams(self) -> None:
        closed = []

        async def numbers():
            try:
                for number in range(10**9):
                    yield number
            finally:
                closed.append(True)

        self.assertEqual(await work.first_of(numbers()), 0)
        await until(lambda: closed)

        async def fails():
            raise LookupError("no number")
            yield 1

        with self.assertRaisesRegex(LookupError, "no number"):
            await work.first_of(fails())
        with self.assertRaisesRegex(TypeError, "async iterable"):
            await work.first_of([1, 2])

    async def test_a_stream_from_outside_is_refused(self) -> None:
        stream = await asyncio.to_thread(work.numbers, 3)
        with self.assertRaises(RuntimeError):
            await anext(stream)


class BufferTests(unittest.IsolatedAsyncioTestCase):
    async def test_bytes_are_views_of_swifts(self) -> None:
        view = await work.bytes(1_000_000)
        self.assertIsInstance(view, memoryview)
        self.assertTrue(view.readonly)
        self.assertEqual((len(view), view[0], view[-1]), (1_000_000, 7, 7))
        self.assertEqual(bytes(await work.bytes(3)), b"\7\7\7")
        self.assertEqual(bytes(await work.bytes(0)), b"")

    async def test_any_buffer_can_be_given(self) -> None:
        for data in (b"\1\2", bytearray(b"\1\2"), memoryview(b"\0\1\2")[1:]):
            self.assertEqual(await work.checksum(data), 3)
        with self.assertRaisesRegex(TypeError, "contiguous"):
            await work.checksum(memoryview(b"\0\1\2")[::2])


class ContextTests(unittest.IsolatedAsyncioTestCase):
    async def test_callbacks_see_their_callers_context(self) -> None:
        variable = contextvars.ContextVar("variable", default=0)
        seen = []
        variable.set(1)
        await work.tell(1, lambda _: seen.append(variable.get()))

        async def body() -> int:
            return variable.get()

        self.assertEqual(await work.through(body), 1)
        self.assertEqual(seen, [1])


class MemoryTests(unittest.TestCase):
    # Not in the debug mode that IsolatedAsyncioTestCase has, which is for people who wait.

    def test_many_calls_leave_nothing(self) -> None:
        def resident() -> int:
            with open("/proc/self/statm") as statm:
                return int(statm.read().split()[1]) * 4096

        async def some(count: int) -> None:
            for _ in range(count // 1000):
                await asyncio.gather(*map(work.echo, range(1000)))

        async def main() -> None:
            await some(20_000)
            gc.collect()
            before, pending = resident(), work._library.statistics()["futures_pending"]
            await some(1_000_000)
            gc.collect()
            self.assertLess(resident() - before, 4 << 20)
            self.assertEqual(work._library.statistics()["futures_pending"], pending)

        asyncio.run(main(), debug=False)

    def test_cancelled_sleeps_leave_nothing_until_their_time(self) -> None:
        async def main() -> None:
            # One after the other, while the loop turns: Swift's runtime would keep each until the hour is over.
            for _ in range(1000):
                task = asyncio.create_task(work.pause(LONG))
                await asyncio.sleep(0)
                task.cancel()
                with self.assertRaises(asyncio.CancelledError):
                    await task
            self.assertLess(work._library.statistics()["registrations_pending"], 300)

        asyncio.run(main(), debug=False)

    def test_failures_and_cancels_leave_nothing(self) -> None:
        async def some(count: int) -> None:
            for _ in range(count):
                with self.assertRaises(work.WorkError.Broken):
                    await work.fail("x")
                task = asyncio.create_task(work.until_cancelled())
                await asyncio.sleep(0)
                task.cancel()
                await asyncio.wait([task])
                async for _ in work.numbers(3):
                    break

        async def main() -> None:
            await some(10)
            gc.collect()
            before = work._library.statistics()
            await some(1000)
            gc.collect()
            await asyncio.sleep(0.01)
            gc.collect()
            after = work._library.statistics()
            for name in ("futures_pending", "registrations_pending", "errors_alive", "streams_alive"):
                self.assertLessEqual(after[name], before[name] + 1, name)

        asyncio.run(main(), debug=False)


if __name__ == "__main__":
    unittest.main()
