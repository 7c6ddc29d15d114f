"""How loops, threads and processes begin and end: each in a process of its own."""

import os
import signal
import subprocess
import sys
import textwrap
import unittest


def run(source: str, *flags: str) -> subprocess.CompletedProcess:
    """Runs a program; it has to end by itself."""
    head = "import asyncio, gc, os, signal, sys, threading, time\nimport tenon, work\nfrom datetime import timedelta\n"
    return subprocess.run(
        [sys.executable, "-W", "error::RuntimeWarning", *flags, "-c", head + textwrap.dedent(source)],
        capture_output=True, text=True, timeout=60,
    )  # fmt: skip


class LifeTests(unittest.TestCase):
    def check(self, source: str, output: str = "ok\n", error: str = "") -> None:
        ended = run(source, *(["-W", "always::ResourceWarning"] if error else []))
        self.assertEqual((ended.stdout, ended.returncode), (output, 0), ended.stderr)
        if error:
            self.assertIn(error, ended.stderr)
        else:
            self.assertEqual(ended.stderr, "")

    def test_asyncio_run_twice(self) -> None:
        self.check("""
            for _ in range(3):
                assert asyncio.run(work.echo(1)) == 1
            assert not tenon._loops._executors
            print("ok")
        """)

    def test_two_loops_in_two_threads(self) -> None:
        self.check("""
            async def main():
                assert await asyncio.gather(*map(work.echo, range(2000))) == list(range(2000))
            threads = [threading.Thread(target=lambda: asyncio.run(main())) for _ in range(3)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            print("ok")
        """)

    def test_a_loop_that_ends_cancels_what_is_left(self) -> None:
        self.check("""
            async def main():
                task = asyncio.create_task(work.pause(timedelta(hours=1)))
                stream = work.ticks()
                await anext(stream)
                return task, stream
            task, stream = asyncio.run(main())
            assert task.cancelled()
            for _ in range(2000):
                if work.running() == 0: break
                time.sleep(0.001)
            assert work.running() == 0
            print("ok")
        """)

    def test_a_loop_that_ends_waits_for_a_while_only(self) -> None:
        self.check("""
            import tenon._loops
            tenon._loops.CLOSE_SECONDS = 0.02
            async def main():
                coroutine = work.stubborn()
                coroutine.send(None)
                while not work.running(): await asyncio.sleep(0.001)
                return coroutine
            coroutine = asyncio.run(main())
            work.open(1)
            print("ok")
        """, error="ResourceWarning: Swift goes on after the loop's end")

    def test_a_loop_that_is_closed_with_work_pending(self) -> None:
        self.check("""
            loop = asyncio.new_event_loop()
            async def main():
                coroutine = work.pause(timedelta(hours=1))
                coroutine.send(None)
                return coroutine
            coroutine = loop.run_until_complete(main())
            loop.close()
            assert asyncio.run(work.echo(2)) == 2   # finds the old one, and ends it
            coroutine.close()
            print("ok")
        """)

    def test_a_loop_that_is_dropped_with_work_pending(self) -> None:
        for close in ("loop.close()", "pass"):
            self.check(f"""
                import weakref
                def drop():
                    loop = asyncio.new_event_loop()
                    async def main():
                        coroutine = work.pause(timedelta(hours=1))
                        coroutine.send(None)
                        coroutines.append(coroutine)
                    loop.run_until_complete(main())
                    {close}
                    return weakref.ref(loop)
                coroutines = []
                gone = drop()
                coroutines.clear()
                gc.collect()
                assert gone() is None
                print("ok")
            """)

    def test_the_interpreter_ends_with_work_pending(self) -> None:
        for end in ("", "sys.exit(0)", "raise SystemExit", "os._exit(0)"):
            self.check(f"""
                loop = asyncio.new_event_loop()
                async def main():
                    global coroutine, stream, keep
                    coroutine = work.pause(timedelta(hours=1)); coroutine.send(None)
                    stream = work.ticks(); await anext(stream)
                    keep = work.tell(3, print)
                    keep.send(None)
                loop.run_until_complete(main())
                print("ok", flush=True)
                {end}
            """)

    def test_the_interpreter_ends_while_threads_call_back(self) -> None:
        self.check("""
            async def body():
                coroutines.extend(work.elsewhere(lambda n: time.sleep(0.0005) or n) for _ in range(50))
                for coroutine in coroutines: coroutine.send(None)
            coroutines = []
            loop = asyncio.new_event_loop()
            loop.run_until_complete(body())
            print("ok")
        """)

    def test_control_c_ends_a_blocking_wait(self) -> None:
        self.check("""
            def send():
                while not work.running(): time.sleep(0.001)
                os.kill(os.getpid(), signal.SIGINT)
            for _ in range(20):
                threading.Thread(target=send).start()
                try:
                    tenon.run(work.pause(timedelta(hours=1)))
                except KeyboardInterrupt:
                    assert work.running() == 0
            print("ok")
        """)

    def test_a_second_control_c_waits_for_nothing(self) -> None:
        self.check("""
            for seconds in (0.05, 0.3):
                threading.Timer(seconds, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                tenon.run(work.stubborn())
            except KeyboardInterrupt:
                work.open(1)
                print("ok")
        """)

    def test_other_signals_run_their_handlers_and_the_wait_goes_on(self) -> None:
        self.check("""
            seen = []
            def handler(number, frame):
                seen.append(number)
                os.write(1, b"here\\n")
                work.open(7)
            signal.signal(signal.SIGUSR1, handler)
            def send():
                while not work.running(): time.sleep(0.001)
                os.kill(os.getpid(), signal.SIGUSR1)
            threading.Thread(target=send).start()
            assert tenon.run(work.stubborn()) == 7 and seen == [signal.SIGUSR1]
            # Afterwards they are Python's alone, as before.
            assert signal.getsignal(signal.SIGUSR1) is handler
            os.kill(os.getpid(), signal.SIGUSR1)
            assert len(seen) == 2
            assert tenon.run(work.echo(3)) == 3
            print("ok")
        """, "here\nhere\nok\n")

    def test_a_handler_set_while_it_waits_stays(self) -> None:
        self.check("""
            def other(number, frame): seen.append(number)
            seen = []
            def back(number):
                time.sleep(0.005)
                signal.signal(signal.SIGUSR1, other)
                signal.signal(signal.SIGINT, other)
            tenon.run(work.tell(1, back))
            for number in (signal.SIGUSR1, signal.SIGINT): os.kill(os.getpid(), number)
            assert seen == [signal.SIGUSR1, signal.SIGINT]
            print("ok")
        """)

    def test_a_blocking_wait_sleeps(self) -> None:
        self.check("""
            import resource
            def sleeps(): return resource.getrusage(resource.RUSAGE_THREAD).ru_nvcsw
            tenon.run(work.pause(timedelta(milliseconds=10)))
            before = sleeps()
            tenon.run(work.pause(timedelta(milliseconds=500)))
            assert sleeps() - before < 8, sleeps() - before
            assert threading.active_count() == 1
            print("ok")
        """)

    def test_control_c_is_for_the_first_thread(self) -> None:
        self.check("""
            ended = []
            def other(): ended.append(tenon.run(work.stubborn()))
            thread = threading.Thread(target=other)
            thread.start()
            while not work.running(): time.sleep(0.001)
            def send():
                while work.running() < 2: time.sleep(0.001)
                os.kill(os.getpid(), signal.SIGINT)
            threading.Thread(target=send).start()
            try:
                tenon.run(work.pause(timedelta(hours=1)))
            except KeyboardInterrupt:
                assert work.running() == 1 and not ended
                work.open(5)
                thread.join()
                assert ended == [5]
                print("ok")
        """)

    def test_control_c_ends_asyncio_run(self) -> None:
        self.check("""
            threading.Timer(0.05, os.kill, (os.getpid(), signal.SIGINT)).start()
            try:
                asyncio.run(work.pause(timedelta(hours=1)))
            except KeyboardInterrupt:
                assert work.running() == 0
                print("ok")
        """)

    def test_a_fork_is_told(self) -> None:
        self.check("""
            assert asyncio.run(work.echo(1)) == 1
            child = os.fork()
            if child == 0:
                try:
                    asyncio.run(work.echo(1))
                except tenon.Forked:
                    os._exit(0)
                os._exit(1)
            _, status = os.waitpid(child, 0)
            assert status == 0, status
            assert asyncio.run(work.echo(2)) == 2
            print("ok")
        """)

    def test_a_fork_before_the_first_call_works(self) -> None:
        self.check("""
            child = os.fork()
            if child == 0:
                os._exit(asyncio.run(work.echo(0)))
            _, status = os.waitpid(child, 0)
            assert status == 0, status
            print("ok")
        """)

    def test_multiprocessing(self) -> None:
        for method in ("spawn", "forkserver"):
            self.check(f"""
                import multiprocessing
                if __name__ == "__main__":
                    assert asyncio.run(work.echo(1)) == 1
                    context = multiprocessing.get_context("{method}")
                    with context.Pool(1) as pool:
                        assert pool.apply(work.running) == 0
                    print("ok")
            """)

    def test_subinterpreters_are_refused(self) -> None:
        module = "_xxsubinterpreters" if sys.version_info < (3, 13) else "_interpreters"
        self.check(f"""
            import {module} as interpreters
            other = interpreters.create()
            code = '''
            try:
                import work
            except ImportError:
                import os; os.write(1, b"ok\\\\n")
            '''
            interpreters.run_string(other, __import__("textwrap").dedent(code))
            interpreters.destroy(other)
        """)

    def test_two_packages_in_one_process(self) -> None:
        self.check("""
            import docdb, shapes
            async def main():
                connection = await docdb.open("x")
                return await asyncio.gather(work.echo(1), connection.count(), shapes.compute(2))
            assert asyncio.run(main()) == [1, 0, 4]
            print("ok")
        """)

    def test_a_library_of_another_version_is_refused(self) -> None:
        self.check("""
            from tenon import binding
            try:
                binding.library(work.__file__, "work", 12345)
            except ImportError as error:
                assert "another version" in str(error)
                print("ok")
        """)

    def test_the_collector_finds_cycles(self) -> None:
        self.check("""
            async def main():
                class Node: ...
                for _ in range(100):
                    node = Node()
                    node.call = work._f_pause(timedelta(hours=1))
                    node.task = asyncio.ensure_future(node.call)
                    await asyncio.sleep(0)
                    node.task.cancel()
                    try: await node.task
                    except asyncio.CancelledError: pass
                    node.self = node
                gc.collect()
                await asyncio.sleep(0.01)
                gc.collect()
            asyncio.run(main())
            gc.collect()
            assert not [o for o in gc.get_objects() if type(o).__name__ in ("Call", "Executor")]
            print("ok")
        """)


class OtherLoopTests(unittest.TestCase):
    def check(self, module: str, source: str) -> None:
        try:
            __import__(module)
        except ImportError:
            self.skipTest(f"{module} is not installed")
        ended = run(source)
        self.assertEqual((ended.stdout, ended.returncode, ended.stderr), ("ok\n", 0, ""))

    def test_uvloop(self) -> None:
        self.check("uvloop", """
            import uvloop
            async def main():
                assert await asyncio.gather(*map(work.echo, range(1000))) == list(range(1000))
                await work.pause(timedelta(milliseconds=5))
                assert [n async for n in work.numbers(100)] == list(range(100))
                try:
                    async with asyncio.timeout(0.01): await work.pause(timedelta(hours=1))
                except TimeoutError: pass
                assert await work.square(3) == 9 and work.running() == 0
            for _ in range(2):
                with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner: runner.run(main())
            print("ok")
        """)

    def test_trio(self) -> None:
        self.check("trio", """
            import trio
            async def main():
                assert await work.echo(3) == 3
                async def one(n): assert await work.square(n) == n * n
                async with trio.open_nursery() as nursery:
                    for n in range(100): nursery.start_soon(one, n)
                await work.pause(timedelta(milliseconds=5))
                with trio.move_on_after(0.01) as scope: await work.pause(timedelta(hours=1))
                assert scope.cancelled_caught and work.running() == 0
                assert [n async for n in work.numbers(500)] == list(range(500))
                async with work.ticks() as stream:
                    async for _ in stream: break
                while work.running(): await trio.sleep(0.001)
                try: await work.fail("x")
                except work.WorkError.Broken as error: assert error.reason == "x"
                async def body():
                    await trio.sleep(0.001)
                    return 5
                assert await work.through(body) == 5
                seen = []
                await work.tell(3, seen.append)
                assert seen == [0, 1, 2]
                async def numbers():
                    for n in range(1000): yield n
                assert await work.first_of(numbers()) == 0
                started = trio.Event()
                async def never():
                    started.set()
                    try: await trio.sleep_forever()
                    finally: seen.append("ended")
                async def through(): await work.through(never)
                async with trio.open_nursery() as nursery:
                    nursery.start_soon(through)
                    await started.wait()
                    nursery.cancel_scope.cancel()
                assert seen[-1] == "ended"
            trio.run(main)
            trio.run(main)
            print("ok")
        """)

    def test_anyio(self) -> None:
        self.check("anyio", """
            import anyio
            async def main():
                with anyio.move_on_after(0.01) as scope: await work.pause(timedelta(hours=1))
                assert scope.cancelled_caught and work.running() == 0
                async with anyio.create_task_group() as group:
                    group.start_soon(work.pause, timedelta(hours=1))
                    await anyio.sleep(0.001)
                    group.cancel_scope.cancel()
                assert work.running() == 0
            anyio.run(main)
            print("ok")
        """)


if __name__ == "__main__":
    unittest.main()
