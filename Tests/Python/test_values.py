"""What crosses: every kind of value, both ways."""

import array
import unittest
from datetime import timedelta
from typing import Any

import shapes
import tenon
import work
from shapes import Account, Color, Counter, CounterMode, CounterOptions, Dog, Everything, Point, Shape


def everything() -> Everything:
    return Everything(
        flag=True, small=-128, middle=65535, word=-(2**31), long=2**63 - 1, unsigned=2**64 - 1, single=1.5, double=-2.25,
        text="grüße \0 ende", bytes=b"\x00\x01", wait=timedelta(seconds=1, microseconds=5), color=Color.DARK_BLUE,
        maybe_flag=False, maybe_small=3, maybe_long=None, maybe_color=Color.RED, maybe_text="", maybe_bytes=b"",
        maybe_wait=timedelta(days=-1), origin=Point(1, 2), maybe_point=Point(3), numbers=[1, -2], flags=[True, False],
        texts=["a", ""], points=[Point(0), Point(1, 1)], colors=[Color.GREEN], maybe_numbers=[], sparse=[1, None, 3],
        grid=[[1.0], [], [2.0, 3.0]], ages={"a": 1, "b": 2}, by_number={7: Point(7)}, names={"x", "y"},
        lists={"p": ["q"]}, shape=Shape.Circle(Point(1), 2.0),
        shapes=[Shape.None_(), Shape.Polygon([Point(5)]), Shape.Named("n", None), Shape.Named("n", Color.RED),
                Shape.Default(4)],
        maybe_shape=None, register=True,
    )  # fmt: skip


class ValueTests(unittest.TestCase):
    def test_every_field_comes_back(self) -> None:
        given = everything()
        self.assertEqual(shapes.echo(given), given)
        self.assertEqual(tenon.run(shapes.echo_later(given)), given)

    def test_variants(self) -> None:
        for shape in everything().shapes:
            self.assertEqual(shapes.echo_shape(shape), shape)
        self.assertIsNone(shapes.echo_shape(None))
        with self.assertRaisesRegex(TypeError, "shape must be Shape, not Point"):
            shapes.echo_shape(Point(1))
        with self.assertRaisesRegex(TypeError, "shape must be Shape, not Shape"):
            shapes.echo_shape(Shape())

    def test_functions_that_answer_at_once(self) -> None:
        self.assertEqual(shapes.add(1, 2), 3)
        self.assertIsNone(shapes.nothing())
        self.assertEqual(shapes.divide(7, by=2), 3)
        self.assertEqual((shapes.maybe_upper(None), shapes.maybe_upper("a")), (None, "A"))
        self.assertEqual(bytes(shapes.reversed(b"abc")), b"cba")
        self.assertEqual((shapes.sum([1, 2.5]), shapes.sum(array.array("d", [1, 2]))), (3.5, 3))
        self.assertEqual(shapes.doubled(array.array("q", [1, 2])), [2, 4])
        self.assertEqual((shapes.count(None), shapes.count([]), shapes.count(array.array("l"))), (-1, 0, 0))
        self.assertEqual((shapes.next(Color.RED), shapes.next(Color.GREEN)), (Color.GREEN, None))
        self.assertEqual((shapes.half(8), shapes.half(None)), (4, None))
        self.assertEqual(shapes.lengths({"a", "bcd"}), {"a": 1, "bcd": 3})
        self.assertEqual(shapes.merged({"a": 1, "b": 1}, {"b": 2}), {"a": 1, "b": 2})
        self.assertEqual(shapes.renamed(), 1)

    def test_results_that_come_later(self) -> None:
        run = tenon.run
        self.assertEqual(run(shapes.wait(timedelta(microseconds=1500))), timedelta(microseconds=1500))
        self.assertIs(run(shapes.fetch_color()), Color.DARK_BLUE)
        self.assertEqual((run(shapes.fetch_text(True)), run(shapes.fetch_text(False))), ("there", None))
        self.assertEqual(run(shapes.fetch_numbers(3)), [0, 1, 2])
        self.assertEqual(run(shapes.fetch_names()), {"a", "b"})
        self.assertEqual(run(shapes.fetch_map()), {1: Point(1), 2: Point(2)})
        self.assertEqual(run(shapes.compute(7)), 49)
        self.assertEqual(list(shapes.countdown(from_=3)), [3, 2, 1])

    def test_a_stream_fails_after_its_items(self) -> None:
        seen = []
        with self.assertRaises(shapes.MathError.DivisionByZero):
            for point in shapes.points_until_failure(2):
                seen.append(point)
        self.assertEqual(seen, [Point(0), Point(1)])

    def test_errors(self) -> None:
        with self.assertRaises(shapes.MathError.DivisionByZero):
            shapes.divide(1, by=0)
        with self.assertRaises(shapes.MathError.Negative) as caught:
            shapes.divide(-1, by=2)
        self.assertEqual((caught.exception.value0, caught.exception.reason), (-1, "less than nothing"))
        with self.assertRaises(shapes.OtherError.Odd):
            tenon.run(shapes.fetch_numbers(-1))

    def test_values_that_are_called_as_what_exceptions_have(self) -> None:
        with self.assertRaises(shapes.TakenError.Sqlite) as caught:
            shapes.fail_taken(False)
        error: Any = caught.exception
        self.assertEqual((error.domain, error.code, error.message), ("shapes.TakenError", 1, "locked"))
        self.assertEqual((error.sqlite_code, error.name, str(error)), (5, "main", "locked"))
        with self.assertRaises(shapes.TakenError.Other) as caught:
            shapes.fail_taken(True)
        error = caught.exception
        self.assertEqual((error.other_code, error.other_message, error.other_args), ("c", 7, ["a"]))
        self.assertEqual((error.cause, error.stack, error.other_domain), (True, 1, "d"))
        self.assertEqual((error.domain, error.code), ("shapes.TakenError", 2))

        def fail() -> None:
            raise shapes.TakenError.Sqlite(6, "mine", "x")

        with self.assertRaises(shapes.TakenError.Sqlite) as caught:
            shapes.fail_as(fail)
        self.assertEqual((caught.exception.sqlite_code, caught.exception.message), (6, "mine"))
        taken = shapes.Taken.One(kind=3, code=4)
        self.assertEqual(shapes.echo_taken(taken), taken)

    def test_fields_have_swifts_defaults(self) -> None:
        given = work.Patience()
        self.assertEqual((given.short, given.long), (timedelta(seconds=1.5), timedelta(seconds=30)))
        self.assertEqual((given.none, given.names), (timedelta(), {}))
        with self.assertRaisesRegex(TypeError, "exponent"):
            work.Power()  # another default than Swift's would be wrong
        self.assertEqual(work.patience(given, power=work.Power(2)), timedelta(seconds=33.5))

    def test_options_have_defaults(self) -> None:
        self.assertEqual(shapes.search("a"), "> a 10 green [] 1.0 false")
        found = shapes.search("a", limit=1, color=Color.RED, ignoring=["b"], near=Point(5), prefix="", exact=True)
        self.assertEqual(found, 'a 1 red ["b"] 5.0 true')

    def test_constants(self) -> None:
        self.assertEqual((shapes.MAXIMUM, shapes.LIMIT, shapes.RATIO, shapes.IS_FAST), (8, 100, 2.5, True))
        self.assertEqual(shapes.VENDOR, 'Ada "the" first')

    def test_misuse(self) -> None:
        for call, error in [
            (lambda: shapes.add(1.5, 2), TypeError),
            (lambda: shapes.add(2**63, 2), OverflowError),
            (lambda: shapes.add(1), TypeError),
            (lambda: shapes.sum(["a"]), TypeError),
            (lambda: shapes.sum(3), TypeError),
            (lambda: shapes.lengths(["a"]), TypeError),
            (lambda: shapes.lengths({1}), TypeError),
            (lambda: shapes.merged({"a": "b"}, {}), TypeError),
            (lambda: shapes.merged([1], {}), TypeError),
            (lambda: shapes.next(1), TypeError),
            (lambda: shapes.doubled(array.array("d", [1.0])), TypeError),
            (lambda: tenon.run(shapes.wait(timedelta.max)), OverflowError),
            (lambda: tenon.run(shapes.wait(3)), TypeError),
        ]:
            with self.assertRaises(error):
                call()

    def test_what_changes_while_it_is_read_does_no_harm(self) -> None:
        numbers: list[object] = []

        class Shrinks:
            def __float__(self) -> float:
                numbers.clear()
                return 1.0

        numbers += [Shrinks(), *range(1000)]
        self.assertEqual(shapes.sum(numbers), 1 + sum(range(1000)))


class ObjectTests(unittest.TestCase):
    def test_constructors_methods_properties(self) -> None:
        counter = Counter(3)
        counter.value += 2
        self.assertEqual((counter.value, counter.is_zero), (5, False))
        counter.add(Counter(1))
        self.assertEqual(counter.add_number(number=4), 10)
        counter.add_or_nil(optional=None)
        self.assertEqual((Counter.zero().value, Counter.MAXIMUM, Counter.origin()), (0, 1000, 7))
        self.assertIsNone(counter.twin(False))
        self.assertEqual(counter.twin(True).value, 10)
        self.assertEqual(tenon.run(counter.later()).value, 10)
        self.assertEqual(counter.step(CounterOptions(2, []), mode=CounterMode.DOWN), 8)
        self.assertIsNone(Counter.create_with_positive(positive=-1))
        self.assertEqual(Counter.create_with_parsing(parsing="12").value, 12)
        with self.assertRaises(shapes.MathError.Negative):
            Counter.create_with_parsing(parsing="x")
        with self.assertRaisesRegex(TypeError, "other must be Counter"):
            counter.add(3)

    def test_classes_inherit(self) -> None:
        dog = Dog()
        self.assertIsInstance(dog, shapes.Animal)
        self.assertEqual((dog.bark(), dog.name(), shapes.name_of(dog)), ("woof", "dog", "dog"))

    def test_actors(self) -> None:
        account = Account(owner="Ada")
        tenon.run(account.deposit(5))
        self.assertEqual((tenon.run(account.balance()), account.owner), (5, "Ada"))
        self.assertEqual(account.describe(), "account of Ada")

    def test_records_have_methods(self) -> None:
        self.assertEqual((Point(3, 4).length(), Point.unit(), Point(0).is_origin), (5, Point(1, 0), True))


if __name__ == "__main__":
    unittest.main()
