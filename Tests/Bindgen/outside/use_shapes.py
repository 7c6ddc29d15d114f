"""Uses what ctypes_printer.py has printed for the library of Tests/Bindgen/shapes."""
import sys

sys.path.insert(0, sys.argv[1])
import shapes_printed as shapes

assert (shapes.LIMIT, shapes.VENDOR, shapes.ISFAST) == (100, 'Ada "the" first', True)
assert shapes.add(2, 40) == 42
assert shapes.upper("grün") == "GRÜN"
assert shapes.divide(7, 2) == 3
try:
    shapes.divide(1, 0)
    raise SystemExit("nothing was raised")
except shapes.Failure as failure:
    assert failure.code == 1, failure.code

assert shapes.Point(3, 4).length() == 5
assert shapes.Point.unit().x == 1 and not shapes.Point.unit().is_origin()

counter = shapes.Counter.zero()
assert counter.get_value() == 0
counter.set_value(41)
assert counter.add_number(1) == 42 and not counter.is_zero()
counter.add(shapes.Counter.create(8))
assert counter.get_value() == 50

counter._handle = shapes.c_void_p(12345)
try:
    counter.get_value()
    raise SystemExit("a mere number was taken for an object")
except shapes.Failure:
    pass
print("ok")
