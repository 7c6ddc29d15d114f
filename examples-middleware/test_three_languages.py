"""One process: layers in Python and Swift, one in C++, and Swift behind."""

import asyncio
import ctypes
import os
import unittest
from datetime import timedelta

import tenon
from middleware import Chain, Request, Response, ServiceError, Trace, find, publish, withdraw
from retry import Retry

LAYERS = ["python: log", "swift: timeout", "python: retry", "c++: limit", "swift: backend"]


class Log:
    def __init__(self, next: Chain) -> None:
        self.next = next
        self.lines: list[str] = []

    async def call(self, request: Request) -> Response:
        span = tenon.call_context.start_span()
        request.trace.add("python: log", span=span["traceparent"])
        try:
            with tenon.call_context(span):
                response = await self.next.call(request)
        except Exception as error:
            self.lines.append(f"{request.path}: {error}")
            raise
        self.lines.append(f"{request.path}: {response.text}")
        return response


class MiddlewareTests(unittest.IsolatedAsyncioTestCase):
    def setUp(self) -> None:
        publish(Chain.backend(), "backend")
        self.limit(b"backend", b"limited")

    def tearDown(self) -> None:
        for name in ("limited", "backend", "thrower", "limited thrower"):
            withdraw(name)

    def limit(self, next: bytes, name: bytes) -> None:
        ctypes.CDLL(os.environ["MIDDLEWARE_LIMIT"]).middleware_limit(next, name, 2)

    def around(self, name: str = "limited", seconds: float = 60) -> Chain:
        chain = find(name)
        assert chain
        inner = Chain(Retry(chain, 3)).with_timeout(timedelta(seconds=seconds))
        self.log = Log(inner)
        return Chain(self.log)

    async def test_a_request_goes_through_all_of_them(self) -> None:
        request = Request("/flaky", Trace())
        self.assertEqual((await self.around().call(request)).text, "this is /flaky")
        self.assertEqual(request.trace.hops, LAYERS + LAYERS[2:] * 2)
        self.assertEqual(self.log.lines, ["/flaky: this is /flaky"])

    async def test_one_trace_goes_through_all_languages(self) -> None:
        """Each span is below the one that called it, of several requests at the same time."""
        chain = self.around()

        async def ask(root: dict[str, str] | None) -> None:
            request = Request("/", Trace())
            with tenon.call_context(root):
                await chain.call(request)
            parent = root["traceparent"] if root else None
            spans = request.trace.spans
            self.assertEqual([span.name for span in spans], LAYERS)
            for span in spans:
                self.assertEqual(span.parent, parent, span.name)
                self.assertEqual(span.traceparent.split("-")[1], spans[0].traceparent.split("-")[1])
                parent = span.traceparent

        await asyncio.gather(ask(tenon.call_context.start_span()), ask(tenon.call_context.start_span()))
        await ask(None)

    async def test_an_error_is_the_same_in_the_end(self) -> None:
        with self.assertRaises(ServiceError.Unavailable) as caught:
            await self.around().call(Request("/gone", Trace()))
        self.assertEqual(caught.exception.path, "/gone")
        problem = LookupError("of Python")

        class Thrower:
            async def call(self, request: Request) -> Response:
                raise problem

        publish(Chain(Thrower()), "thrower")
        self.limit(b"thrower", b"limited thrower")
        with self.assertRaises(LookupError) as found:
            await self.around("limited thrower").call(Request("/", Trace()))
        self.assertIs(found.exception, problem)

    async def test_a_cancel_reaches_the_innermost_and_is_acknowledged(self) -> None:
        request = Request("/slow", Trace())
        task = asyncio.ensure_future(self.around().call(request))
        while len(request.trace.hops) < len(LAYERS):
            await asyncio.sleep(0.001)
        task.cancel()
        with self.assertRaises(asyncio.CancelledError):
            await task
        self.assertEqual(request.trace.hops[5:], ["swift: backend is cancelled", "python: retry is cancelled"])

    async def test_a_timeout_is_an_error(self) -> None:
        request = Request("/slow", Trace())
        with self.assertRaises(ServiceError.TimedOut):
            await self.around(seconds=0.02).call(request)
        for layer in ("swift: backend", "python: retry"):
            self.assertEqual(layer in request.trace.hops, f"{layer} is cancelled" in request.trace.hops)


if __name__ == "__main__":
    unittest.main()
