"""Objects inside of values, and Foundation's types."""

import gc
import unittest
from datetime import datetime, timedelta, timezone
from uuid import UUID, uuid4

import tenon
import values
from values import Event, Folder, Kind, Place, PlaceError


class HoldingTests(unittest.IsolatedAsyncioTestCase):
    async def test_objects_stand_in_values(self) -> None:
        gc.collect()
        before = Folder.count()
        folder = Folder(name="a")
        place = folder.place(next=Folder(name="b").place())
        self.assertTrue(place.folder.is_same(as_=folder))
        self.assertEqual([other.name for other in place.others], ["b"])
        place = values.echo(Place(folder, None, [folder, folder], {"x": folder}, Kind.Pair(folder, None)))
        self.assertTrue(place.by_name["x"].is_same(as_=folder))
        self.assertIsNone(place.kind.right)
        kind = values.echo_kind(Kind.Places([place]))
        self.assertTrue(kind.value[0].others[1].is_same(as_=folder))
        self.assertEqual([one.name for one in values.folders(["p", "q"])], ["p", "q"])
        self.assertEqual(sorted(await values.fetch_folders(["p", "q"])), ["p", "q"])
        self.assertEqual(values.join([folder], [None, folder]), "a/-/a")
        self.assertEqual([p.folder.name async for p in values.places(3)], ["0", "1", "2"])
        with self.assertRaises(PlaceError.Taken) as caught:
            values.take(folder)
        self.assertTrue(caught.exception.by.is_same(as_=folder))
        self.assertEqual(caught.exception.since, datetime(1970, 1, 1, 0, 0, 1, 500000, timezone.utc))
        seen = []
        values.each([folder, None], lambda *arguments: seen.append(arguments))
        self.assertTrue(seen[0][1].folder.is_same(as_=folder))
        self.assertEqual(seen[1], (None, None))
        self.assertEqual(values.choose(place, lambda p: p.folder).name, "a")
        del folder, place, kind, caught, seen
        gc.collect()
        self.assertEqual(Folder.count(), before)

    async def test_foundations_types(self) -> None:
        when = datetime(2026, 11, 29, 1, 2, 3, 500000, timezone.utc)  # exact as a Double, which dates are in Foundation
        event = Event(uuid4(), when, "https://example.org/a?b=c", b"\0\1", uuid4(), when, "file:///x", b"", [uuid4()],
                      [when], ["a:b"], {uuid4(): when}, True)  # fmt: skip
        found = await values.echo_event(event)
        self.assertEqual(found, event)
        self.assertEqual(values.nil_uuid(), UUID(int=0))
        self.assertEqual(values.later(when, by=timedelta(seconds=3), id=uuid4()) - when, timedelta(seconds=3))
        one = uuid4()
        self.assertEqual((await values.fetch_id(one), await values.fetch_id(None)), (one, None))
        self.assertIsNone(await values.fetch_date(None))
        self.assertEqual(await values.child("file:///a", "b"), "file:///a/b")
        self.assertEqual(bytes(values.reversed(b"ab")), b"ba")
        self.assertEqual((values.host("https://example.org/"), values.host(None)), ("example.org", None))
        self.assertEqual(values.stamps([one], lambda id, date, link: when if (id, date) == (one, None) else None), [when])
        with self.assertRaisesRegex(TypeError, "with a time zone"):
            await values.fetch_date(datetime(2026, 1, 1))
        with self.assertRaisesRegex(TypeError, "must be UUID"):
            await values.fetch_id("x")

    def test_without_a_loop(self) -> None:
        self.assertEqual(sorted(tenon.run(values.fetch_folders(["p"]))), ["p"])


if __name__ == "__main__":
    unittest.main()
