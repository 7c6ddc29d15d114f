"""A layer in Python: asks again. As a program it puts itself around "limited", in a process that has others' layers, too."""

import asyncio

import tenon
from middleware import Chain, Request, Response, ServiceError, find, publish, until_withdrawn


class Retry:
    def __init__(self, next: Chain, times: int) -> None:
        self.next, self.times = next, times

    async def call(self, request: Request) -> Response:
        for attempt in range(1, self.times + 1):
            span = tenon.call_context.start_span()
            request.trace.add("python: retry", span=span["traceparent"])
            try:
                with tenon.call_context(span):
                    return await self.next.call(request)
            except ServiceError.Unavailable:
                if attempt == self.times:
                    raise
            except asyncio.CancelledError:
                request.trace.add("python: retry is cancelled")
                raise
        raise AssertionError


async def main() -> None:
    limited = find("limited")
    assert limited
    publish(Chain(Retry(limited, 3)), "retried")
    await until_withdrawn("retried")


if __name__ == "__main__":
    asyncio.run(main())
