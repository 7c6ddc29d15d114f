"""The same call by ctypes: what somebody writes who has the C headers and no generator."""

import asyncio
import ctypes
from ctypes import CFUNCTYPE, POINTER, byref, c_bool, c_int, c_int32, c_int64, c_uint8, c_uint32, c_void_p


class Value(ctypes.Structure):
    _fields_ = [("kind", c_uint8), ("flags", c_uint8), ("inline_size", c_uint8), ("reserved", c_uint8),
                ("drop_executor", c_uint32), ("i64", c_int64), ("more", c_int64), ("drop", c_void_p)]  # fmt: skip


COMPLETION = CFUNCTYPE(None, c_void_p, c_int32, c_void_p)


class ByHand:
    """One executor in a loop, by its descriptor."""

    def __init__(self, path: str, loop: asyncio.AbstractEventLoop) -> None:
        self.library = ctypes.CDLL(path)
        for name, types in {
            "tenon_executor_create": (c_void_p, POINTER(c_void_p)),
            "tenon_executor_fd": (c_void_p, POINTER(c_int)),
            "tenon_executor_poll": (c_void_p, c_void_p, c_void_p),
            "tenon_future_on_complete": (c_void_p, c_void_p, COMPLETION, c_void_p, c_void_p),
            "tenon_future_take": (c_void_p, POINTER(Value)),
            "tenon_future_release": (c_void_p,),
            "work_echo": (c_void_p, c_int64, POINTER(c_void_p)),
        }.items():
            getattr(self.library, name).argtypes = types
        self.executor = c_void_p()
        fd = c_int()
        self.library.tenon_executor_create(None, byref(self.executor))
        self.library.tenon_executor_fd(self.executor, byref(fd))
        self.loop = loop
        self.waiting: dict[int, asyncio.Future[int]] = {}
        self.told = COMPLETION(self.on_told)
        loop.add_reader(fd.value, self.poll)
        self.fd = fd.value

    def poll(self) -> None:
        self.library.tenon_executor_poll(self.executor, None, None)

    def on_told(self, context: int, status: int, future: int) -> None:
        value = Value()
        self.library.tenon_future_take(future, byref(value))
        waiter = self.waiting.pop(context)
        if not waiter.done():
            waiter.set_result(value.i64)

    async def echo(self, number: int) -> int:
        future = c_void_p()
        self.library.work_echo(self.executor, number, byref(future))
        waiter = self.loop.create_future()
        self.waiting[id(waiter)] = waiter
        self.library.tenon_future_on_complete(future, self.executor, self.told, id(waiter), None)
        self.library.tenon_future_release(future)
        return await waiter

    def close(self) -> None:
        self.loop.remove_reader(self.fd)
