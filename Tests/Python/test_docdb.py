"""The database of the guide, as its users see it."""

import asyncio
import inspect
import pydoc
import unittest

import docdb
import tenon
from docdb import Connection, DatabaseError, Document, Durability, Query


class DatabaseTests(unittest.IsolatedAsyncioTestCase):
    async def asyncSetUp(self) -> None:
        self.connection = await docdb.open("/tmp/x")

    async def test_records_come_back(self) -> None:
        document = Document("a", scores=[1.5, 2.0], body=b"\x00\xff", tags=["x", "ä"], title="T")
        self.assertEqual(await self.connection.put(document), 1)
        found = await self.connection.get("a")
        self.assertEqual(found, Document("a", 1, [1.5, 2.0], b"\x00\xff", ["x", "ä"], None, "T"))
        self.assertIsNone(await self.connection.get("b"))
        self.assertEqual(await self.connection.count(), 1)

    async def test_errors_have_a_class_for_each_case(self) -> None:
        with self.assertRaises(DatabaseError.Conflict) as caught:
            await self.connection.put(Document("a", revision=7), durability=Durability.DISK)
        self.assertEqual((caught.exception.expected, caught.exception.found), (7, 0))
        self.assertIsInstance(caught.exception, DatabaseError)
        self.assertIsInstance(caught.exception, tenon.Error)
        self.assertEqual(caught.exception.domain, "docdb.DatabaseError")
        with self.assertRaises(DatabaseError.InvalidID) as invalid:
            await self.connection.put(Document(""))
        self.assertEqual(invalid.exception.value, "")
        await self.connection.close()
        with self.assertRaises(DatabaseError.Closed):
            await self.connection.get("a")

    async def test_streams_are_async_iterators(self) -> None:
        for name in "abcd":
            await self.connection.put(Document(name))
        self.assertEqual([d.id async for d in self.connection.query(Query.All())], list("abcd"))
        self.assertEqual([d.id async for d in self.connection.query(Query.Prefix("b"))], ["b"])
        found = [d.id async for d in self.connection.query(Query.Range("b", "c", 10))]
        self.assertEqual(found, ["b", "c"])
        async with self.connection.query(Query.All()) as documents:
            async for document in documents:
                self.assertEqual(document.id, "a")
                break

    async def test_callbacks_come_in_order_before_the_result(self) -> None:
        seen: list[float] = []
        await docdb.open(path="/tmp/x", progress=seen.append)
        self.assertEqual(seen, [0, 0.5, 1])

    async def test_a_connection_is_a_context_manager(self) -> None:
        async with await docdb.open("/tmp/x") as connection:
            self.assertEqual(await connection.count(), 0)
        with self.assertRaises(DatabaseError.Closed):
            await connection.get("a")

    async def test_misuse_names_the_argument(self) -> None:
        put = self.connection.put
        for document, message in [
            ("a", r"put\(\): document must be Document, not str"),
            (Document(1), r"document\.id must be str, not int"),
            (Document("a", scores=[1.0, "x"]), r"document\.scores\[1\] must be float, not str"),
            (Document("a", tags="abc"), r"document\.tags must be a sequence, not str"),
            (Document("a", body="abc"), r"document\.body must be bytes or another buffer, not str"),
            (None, r"document must be Document, not NoneType"),
        ]:
            with self.assertRaisesRegex(TypeError, message):
                await put(document)
        with self.assertRaisesRegex(OverflowError, r"document\.revision must be in -2\*\*63"):
            await put(Document("a", revision=2**63))
        with self.assertRaisesRegex(ValueError, "without NUL"):
            await self.connection.get("a\0b")
        with self.assertRaisesRegex(ValueError, "lone surrogates"):
            await self.connection.get("\ud800")
        with self.assertRaisesRegex(TypeError, "durability must be Durability, not int"):
            await put(Document("a"), durability=1)
        with self.assertRaisesRegex(TypeError, "progress must be callable"):
            await docdb.open("/tmp/x", progress=3)
        with self.assertRaisesRegex(TypeError, "self must be Connection"):
            await Connection.get(3, "a")
        with self.assertRaisesRegex(TypeError, "no constructor"):
            Connection()


class ShapeTests(unittest.TestCase):
    def test_it_looks_like_python(self) -> None:
        self.assertTrue(inspect.iscoroutinefunction(docdb.open))
        self.assertTrue(inspect.iscoroutinefunction(Connection.put))
        self.assertFalse(inspect.iscoroutinefunction(Connection.query))
        self.assertEqual(docdb.__version__, "1.2.0")
        self.assertEqual(DatabaseError.Conflict.__qualname__, "DatabaseError.Conflict")
        self.assertEqual(repr(Query.Prefix("a")), "Query.Prefix(value='a')")
        match Query.Range("a", "b", 3):
            case Query.Range(from_=a, limit=limit):
                self.assertEqual((a, limit), ("a", 3))
        help_text = pydoc.render_doc(docdb, renderer=pydoc.plaintext)
        for text in ("Stores a document.", "Its new revision.", "Told how far the opening is", "Which documents."):
            self.assertIn(text, help_text)

    def test_it_works_without_a_loop(self) -> None:
        connection = tenon.run(docdb.open("/tmp/x"))
        self.assertEqual(tenon.run(connection.put(Document("a"))), 1)
        self.assertEqual([d.id for d in connection.query(Query.All())], ["a"])
        with self.assertRaises(DatabaseError.Conflict):
            tenon.run(connection.put(Document("a")))
        tenon.run(connection.close())

        async def sleeps() -> None:
            await asyncio.sleep(0)

        with self.assertRaisesRegex(RuntimeError, "needs a loop"):
            tenon.run(sleeps())


if __name__ == "__main__":
    unittest.main()
