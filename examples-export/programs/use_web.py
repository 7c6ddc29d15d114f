"""web.c in Python."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import timedelta

import web
from web import Method, Request, WebError


def show(error: WebError) -> None:
    match error:
        case WebError.BadURL():
            print("a bad URL")
        case WebError.Unreachable():
            print("unreachable")
        case WebError.TimedOut():
            print("timed out")
        case WebError.AlreadyRead():
            print("already read")


async def words() -> AsyncIterator[bytes]:
    for word in b"one ", b"two ", b"three":
        yield word


async def main(server: str) -> None:
    response = await web.fetch(Request(f"{server}/greeting", headers={"X-Name": "Ada", "Accept-Language": "en"}))
    print(f"{response.status}: {response.headers['x-greeting']}")

    response = await web.fetch(Request(f"{server}/million"))
    print(sum([len(piece) async for piece in response.body()]), "bytes")
    try:
        await anext(response.body())
    except WebError as error:
        show(error)

    response = await web.upload(Request(f"{server}/echo", Method.POST), words())
    print(b"".join([piece async for piece in response.body()]).decode())

    response = await web.fetch(Request(f"{server}/endless"))
    async with aclosing(response.body()) as body:
        await anext(body)  # nobody wants the rest
    await web.fetch(Request(f"{server}/gone"))
    print("the endless body has ended")

    silent = Request(f"{server}/silent", timeout=timedelta(milliseconds=100))
    for request in Request("nowhere"), Request(f"{server}/hangs-up"), silent:
        try:
            await web.fetch(request)
        except WebError as error:
            show(error)

    waiting = asyncio.create_task(web.fetch(Request(f"{server}/never")))
    await web.fetch(Request(f"{server}/arrived"))
    waiting.cancel()
    try:
        await waiting
    except asyncio.CancelledError:
        print("the request is cancelled")
    await web.fetch(Request(f"{server}/gone"))
    print("and its connection is closed")


asyncio.run(main(f"http://127.0.0.1:{sys.argv[1]}"))
