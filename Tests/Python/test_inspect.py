"""tenon.inspect: what there is in this process, with names and places."""

import asyncio
import os
import unittest
from pathlib import Path

import callbacks

try:
    import tenon.inspect as inspect

    inspect.snapshot()
    LIBRARY = True
except ImportError:
    LIBRARY = False


@unittest.skipUnless(LIBRARY, "there is no libtenon_inspect.so")
class InspectTests(unittest.TestCase):
    def setUp(self) -> None:
        inspect.trace()
        self.addCleanup(inspect.untrace)

    def test_a_call_that_waits_for_python_is_explained(self) -> None:
        async def main() -> None:
            waits, end = asyncio.Event(), asyncio.Event()

            async def visit(name: str, size: int | None) -> callbacks.Item:
                waits.set()
                await end.wait()
                raise ValueError("enough")

            call = callbacks.visit(["x"], visit)
            task = asyncio.create_task(wait_for(call), name="reader of x")
            await waits.wait()
            snapshot = inspect.snapshot()
            future = next(node for node in snapshot.nodes if node.get("call"))
            self.assertEqual(future["name"], "visit of reader of x")
            self.assertIn(f"{Path(__file__).name}:", future["source"])
            self.assertIn("wait_for", future["source"])
            promises = [node for node in snapshot.nodes if node["kind"] == "promise"]
            self.assertEqual([node["detail"] for node in promises], ["Python", "Python"])
            why = snapshot.explain(future["id"])
            assert why is not None
            self.assertFalse(why.is_deadlock)
            self.assertIn("is pending in Python, which has not settled it", why.text)
            self.assertEqual(why.chain[0], future["id"])
            self.assertIn("Python's promise", snapshot.why)
            self.assertIn("call visit of", snapshot.tree)
            end.set()
            with self.assertRaises(Exception):
                await task
            self.assertIsNone(inspect.explain(future["id"]))

        async def wait_for(call: object) -> None:
            await call  # type: ignore[misc]

        asyncio.run(main())

    def test_what_is_not_there_is_none(self) -> None:
        self.assertIsNone(inspect.explain(0))
        self.assertIsNone(inspect.explain(os.getpid()))


if __name__ == "__main__":
    unittest.main()
