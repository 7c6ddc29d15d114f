"""Functions and protocols that Python implements, and errors that go through."""

import asyncio
import gc
import sys
import threading
import unittest
import weakref
from datetime import timedelta

import callbacks
import tenon
import work
from callbacks import Item, Keeper, StoreError


class ClosureTests(unittest.IsolatedAsyncioTestCase):
    async def test_at_once(self) -> None:
        seen = []
        callbacks.each(2, lambda index, item: seen.append((index, item)))
        self.assertEqual(seen, [(0, Item("item 0")), (1, Item("item 1"))])
        self.assertEqual(callbacks.mapped([1, 2], lambda n: n * 10), [10, 20])
        self.assertEqual(callbacks.filtered(["a", "b"], lambda name: name != "a"), ["b"])
        self.assertEqual(callbacks.named(3, str), "3")
        callbacks.maybe(1, None)
        callbacks.maybe(4, seen.append)
        self.assertEqual(seen[-1], 4)

    async def test_an_exception_comes_back_as_it_was(self) -> None:
        problem = KeyError("mine")

        def fails(_: object) -> bool:
            raise problem

        with self.assertRaises(KeyError) as caught:
            callbacks.filtered(["a"], fails)
        self.assertIs(caught.exception, problem)

        async def later() -> int:
            await asyncio.sleep(0)
            raise problem

        with self.assertRaises(KeyError) as caught:
            await work.through(later)
        self.assertIs(caught.exception, problem)

    async def test_an_error_of_swifts_comes_back_as_it_was(self) -> None:
        async def fails() -> int:
            await work.fail("deep")
            return 1

        self.assertEqual(await work.seen(fails), 'broken(reason: "deep")')
        with self.assertRaises(work.WorkError.Broken) as caught:
            await work.through(fails)
        self.assertEqual(caught.exception.reason, "deep")

    async def test_swift_catches_what_python_makes(self) -> None:
        async def fails() -> int:
            raise work.WorkError.Odd(3)

        self.assertEqual(await work.seen(fails), "odd(3)")
        with self.assertRaises(work.WorkError.Odd):
            await work.through(fails)

    async def test_causes_go_along(self) -> None:
        async def fails() -> int:
            try:
                raise LookupError("inner")
            except LookupError as error:
                raise ValueError("outer") from error

        with self.assertRaises(ValueError) as caught:
            await work.through(fails)
        self.assertIsInstance(caught.exception.__cause__, LookupError)
        self.assertIn("outer", await work.seen(fails))

    async def test_wrong_results_are_told(self) -> None:
        with self.assertRaisesRegex(TypeError, r"result must be str, not int"):
            callbacks.named(3, lambda n: n)

        async def wrong() -> int:
            return "x"

        with self.assertRaisesRegex(TypeError, r"result must be int, not str"):
            await work.through(wrong)
        unraised = []
        hook, sys.unraisablehook = sys.unraisablehook, lambda args: unraised.append(args.exc_value)
        try:
            self.assertEqual(callbacks.mapped([1], lambda n: "x"), [0])
        finally:
            sys.unraisablehook = hook
        self.assertIsInstance(unraised[0], TypeError)

    async def test_async_closures(self) -> None:
        async def visitor(name: str, size: int | None) -> Item:
            await asyncio.sleep(0)
            return Item(name, size)

        self.assertEqual(await callbacks.visit(["a", "bb", "ccc"], visitor), 5)

    async def test_a_cancel_reaches_a_callback_and_waits_for_it(self) -> None:
        steps = []
        started = asyncio.Event()

        async def body() -> int:
            try:
                started.set()
                await asyncio.sleep(3600)
            except asyncio.CancelledError:
                await asyncio.sleep(0.005)
                steps.append("cleaned")
                raise
            return 1

        task = asyncio.create_task(work.through(body))
        await started.wait()
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(steps, ["cleaned"])

    async def test_the_reason_of_a_cancel_is_its_message(self) -> None:
        async def cancelled_with(*message: object) -> list[tuple[object, ...]]:
            seen = []
            started = asyncio.Event()

            async def body() -> int:
                started.set()
                try:
                    await asyncio.sleep(3600)
                except asyncio.CancelledError as error:
                    seen.append(error.args)
                    raise
                return 1

            task = asyncio.create_task(work.through(body))
            await started.wait()
            task.cancel(*message)
            with self.assertRaises(asyncio.CancelledError) as caught:
                await task
            return [*seen, caught.exception.args]

        for message in ("enough", LookupError("mine"), ("any", "object")):
            for (seen,) in await cancelled_with(message):
                self.assertIs(seen, message)
        self.assertEqual(await cancelled_with(), [(), ()])
        # An error of Swift's is that in Swift, and made again here.
        inner, _ = await cancelled_with(work.WorkError.Odd(3))
        self.assertIsInstance(inner[0], work.WorkError.Odd)

    async def test_the_reason_of_a_cancel_reaches_what_swift_reads(self) -> None:
        for message in ("enough", LookupError("mine")):
            seen = []
            started = asyncio.Event()

            async def items(seen=seen, started=started):
                started.set()
                try:
                    await asyncio.sleep(3600)
                    yield 1
                except asyncio.CancelledError as error:
                    seen.append(error.args)
                    raise

            task = asyncio.create_task(work.first_of(items()))
            await started.wait()
            task.cancel(message)
            with self.assertRaises(asyncio.CancelledError):
                await task
            async with asyncio.timeout(20):
                while not seen:
                    await asyncio.sleep(0)
            self.assertEqual(len(seen), 1)
            self.assertIs(seen[0][0], message)

    async def test_swift_finds_the_reason_of_a_cancel(self) -> None:
        async def waiting() -> None:
            while callbacks.last_reason() != "waiting":
                await asyncio.sleep(0)

        for message in ("enough", LookupError("enough")):
            task = asyncio.create_task(callbacks.until_cancelled())
            await waiting()
            task.cancel(message)
            with self.assertRaises(asyncio.CancelledError):
                await task
            self.assertEqual(callbacks.last_reason(), "enough")

        with self.assertRaisesRegex(LookupError, "left"):
            async with callbacks.items_until_cancelled() as items:
                self.assertEqual(await anext(items), 1)
                await waiting()
                raise LookupError("left")
        self.assertEqual(callbacks.last_reason(), "left")

        class Left(asyncio.CancelledError):
            @property
            def args(self):  # which nobody else holds
                return (LookupError("".join(["of its", " own"])),)

        with self.assertRaises(Left):
            async with callbacks.items_until_cancelled() as items:
                self.assertEqual(await anext(items), 1)
                await waiting()
                raise Left
        self.assertEqual(callbacks.last_reason(), "of its own")

        items = callbacks.items_until_cancelled()
        self.assertEqual(await anext(items), 1)
        await waiting()
        await items.aclose()
        self.assertEqual(callbacks.last_reason(), "none")

        async def read() -> None:
            async with callbacks.items_until_cancelled() as items:
                async for _ in items:
                    pass

        task = asyncio.create_task(read())
        await asyncio.sleep(0)
        await waiting()
        task.cancel("of a reader")
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(callbacks.last_reason(), "of a reader")

    async def test_what_a_loop_calls_goes_to_its_handler(self) -> None:
        problems = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: problems.append(context["exception"]))
        await work.tell(1, lambda number: number / 0)
        self.assertIsInstance(problems[0], ZeroDivisionError)

    async def test_other_threads_call_into_the_loop(self) -> None:
        seen = []
        await callbacks.notify(lambda *arguments: seen.append((arguments, threading.get_ident())))
        own = threading.get_ident()
        self.assertEqual(seen, [((Item("late", 1.5), [1, 2], b"\7", True), own), ((None, [], b"", False), own)])

    async def test_a_result_that_another_thread_wants(self) -> None:
        self.assertEqual(await work.elsewhere(lambda n: n * 2), 41)
        with self.assertRaises(ZeroDivisionError):
            await work.elsewhere(lambda n: n // 0)

    async def test_callbacks_can_call_swift(self) -> None:
        async def body() -> int:
            return await work.echo(await work.square(3))

        self.assertEqual(await work.through(body), 9)

    async def test_they_end_when_swift_lets_go(self) -> None:
        class Listener:
            def __call__(self, text: str) -> None:
                heard.append(text)

        heard: list[str] = []
        listener = Listener()
        gone = weakref.ref(listener)
        keeper = Keeper(listener, failing=False)
        del listener
        keeper.tell("hello")
        self.assertIsNotNone(gone())
        del keeper
        gc.collect()
        self.assertEqual(heard, ["hello", "bye"])
        self.assertIsNone(gone())

    async def test_a_call_that_fails_takes_nothing(self) -> None:
        class Listener:
            def __call__(self, text: str) -> None: ...

        listener = Listener()
        gone = weakref.ref(listener)
        with self.assertRaises(StoreError.Broken):
            Keeper(listener, failing=True)
        with self.assertRaises(TypeError):
            Keeper(listener, failing="x")
        del listener
        gc.collect()
        self.assertIsNone(gone())


class MemoryStore:
    def __init__(self, **items: Item) -> None:
        self.items = dict(items)
        self.logged: list[tuple[str, int]] = []

    async def load(self, key: str) -> Item | None:
        await asyncio.sleep(0)
        if key == "x":
            raise StoreError.Missing("x")
        return self.items.get(key)

    async def save(self, item: Item, key: str) -> None:
        self.items[key] = item

    def count(self) -> int:
        return len(self.items)

    def log(self, text: str, level: int) -> None:
        self.logged.append((text, level))

    def is_open(self) -> bool:
        return True


class Shelf:
    def __init__(self) -> None:
        self.level = 0
        self.is_open = True
        self.first: Item | None = None

    @property
    def title(self) -> str:
        return "books"

    async def weight(self) -> float:
        await asyncio.sleep(0)
        return self.level / 2

    def close(self) -> None:
        self.is_open = False


class ProtocolTests(unittest.IsolatedAsyncioTestCase):
    async def test_python_implements_protocols(self) -> None:
        source, target = MemoryStore(a=Item("a", 1), b=Item("b")), MemoryStore()
        self.assertEqual(await callbacks.copy(["a", "c", "b"], from_=source, to=target), 2)
        self.assertEqual(target.items, source.items)
        self.assertEqual(target.logged, [("copying", 3)])
        self.assertEqual(callbacks.sizes(source), 2)
        self.assertEqual(await callbacks.missing(in_=source), "missing x")

    async def test_what_lacks_a_method_is_refused(self) -> None:
        with self.assertRaisesRegex(TypeError, r"store must be an object with a method load\(\)"):
            callbacks.sizes(object())

    async def test_properties_are_properties_or_methods_if_they_are_async(self) -> None:
        shelf = Shelf()
        self.assertEqual(await callbacks.fill(shelf, to=40), "books, nothing: 0 to 40, 20.0, true")
        shelf.first = Item("atlas")
        self.assertEqual(await callbacks.fill(shelf, to=100), "books, atlas: 40 to 100, 50.0, false")
        self.assertEqual((shelf.level, shelf.is_open), (100, False))

        class Broken(Shelf):
            @property
            def title(self) -> str:
                raise KeyError("no title")

        with self.assertRaisesRegex(KeyError, "no title"):
            callbacks.title(of=Broken())
        with self.assertRaisesRegex(TypeError, r"of must be an object with a property first"):
            callbacks.title(of=type("Bare", (), {"title": "books"})())  # type: ignore[arg-type]

    async def test_async_callbacks_need_a_loop(self) -> None:
        def outside() -> None:
            class Store(MemoryStore):
                async def load(self, key: str) -> Item | None:
                    return Item(key)

            target = MemoryStore()
            self.assertEqual(tenon.run(callbacks.copy(["a"], from_=Store(), to=target)), 1)
            with self.assertRaisesRegex(RuntimeError, "needs a loop"):
                tenon.run(callbacks.copy(["a"], from_=MemoryStore(), to=target))

        await asyncio.to_thread(outside)


class ContextTests(unittest.IsolatedAsyncioTestCase):
    """What calls carry."""

    PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"

    async def test_into_swift(self) -> None:
        self.assertIsNone(await callbacks.context_value("traceparent"))
        with tenon.call_context(traceparent=self.PARENT, tracestate="a=1", user="ä"):
            inside = asyncio.ensure_future(callbacks.context_value("traceparent"))
            elsewhere = await callbacks.context_elsewhere("user")
            item = await anext(aiter(callbacks.context_items("tracestate")))
        self.assertEqual((await inside, elsewhere, item), (self.PARENT, "ä", "a=1"))
        self.assertIsNone(await callbacks.context_value("traceparent"))

    async def test_an_inner_one_adds_to_the_outer_one(self) -> None:
        self.assertIsNone(tenon.call_context.current)
        with tenon.call_context({"traceparent": self.PARENT, "tracestate": "a=1"}, user="ada"):
            with tenon.call_context(traceparent=self.PARENT.replace("-01", "-00"), user=None, more="1"):
                self.assertEqual(
                    dict(tenon.call_context.current or {}),
                    {"traceparent": self.PARENT.replace("-01", "-00"), "more": "1"},
                )
                self.assertIsNone(await callbacks.context_value("user"))
            self.assertEqual(await callbacks.context_value("user"), "ada")
        for wrong in (1, b"x"):
            with self.assertRaises(TypeError), tenon.call_context(name=wrong):  # type: ignore[arg-type]
                self.fail("it has begun")
        with self.assertRaises(ValueError), tenon.call_context(name="a\0b"):
            self.fail("it has begun")

    async def test_into_python(self) -> None:
        """Swift calls with a context of its own, and what that calls has it."""

        async def inner() -> str:
            current = tenon.call_context.current or {}
            await asyncio.sleep(0)
            self.assertNotIn("gone", current)
            self.assertEqual(await callbacks.context_value("traceparent"), "of swift")
            return current["traceparent"]

        with tenon.call_context(gone="here"):
            self.assertEqual(await callbacks.context_inside(inner), "of swift")
        self.assertEqual(await callbacks.context_inside(inner), "of swift")
        self.assertIsNone(tenon.call_context.current)
        self.assertIsNone(await callbacks.context_value("traceparent"))

    async def test_spans(self) -> None:
        own = tenon.call_context.start_span()
        self.assertRegex(own["traceparent"], "^00-[0-9a-f]{32}-[0-9a-f]{16}-01$")
        with tenon.call_context(traceparent=self.PARENT, tracestate="a=1, b=2"):
            span = tenon.call_context.start_span()
        self.assertEqual(span["tracestate"], "a=1,b=2")
        self.assertEqual(span["traceparent"].split("-")[1], self.PARENT.split("-")[1])
        self.assertNotEqual(span["traceparent"].split("-")[2], self.PARENT.split("-")[2])
        with tenon.call_context(traceparent="wrong"):
            self.assertNotIn("wrong", tenon.call_context.start_span()["traceparent"])



if __name__ == "__main__":
    unittest.main()
