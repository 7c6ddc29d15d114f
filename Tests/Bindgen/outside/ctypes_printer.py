#!/usr/bin/env python3
"""A printer outside of the tree: reads an interface as JSON, and prints a Python module that calls the library by ctypes.

It knows what docs/guide/interface.md says and nothing else. It prints what answers in the call: functions of numbers, text,
enumerations, structs of these and objects; an error is an exception with its code. The rest it leaves out.
"""
import json
import sys

NUMBERS = {
    "bool": "c_bool", "int8": "c_int8", "int16": "c_int16", "int32": "c_int32", "int64": "c_int64", "int": "c_int64",
    "uint8": "c_uint8", "uint16": "c_uint16", "uint32": "c_uint32", "uint64": "c_uint64", "uint": "c_uint64",
    "float": "c_float", "double": "c_double", "enumeration": "c_int32", "duration": "c_int64",
}
PRELUDE = '''"""{summary} Printed from the interface of {module}."""
import enum
from ctypes import *

class _Text(Structure):
    _fields_ = [("data", POINTER(c_char)), ("size", c_size_t)]

class _Value(Structure):
    _fields_ = [("head", c_uint64), ("words", c_uint64 * 3)]

class Failure(Exception):
    def __init__(self, code):
        super().__init__(code)
        self.code = code

_lib = CDLL({path!r})

def _take_text(value):
    data, size = c_void_p(), c_size_t()
    _lib.tenon_value_get_data(byref(value), byref(data), byref(size))
    text = string_at(data, size.value).decode()
    _lib.tenon_value_drop(byref(value))
    return text

def _take_record(block, kind, free):
    try:
        return kind.from_buffer_copy(block.contents)
    finally:
        free(block)

def _check(status, error):
    if status == 0:
        return
    code = c_int64(status)
    if error:
        _lib.tenon_error_get_code(error, byref(code))
        _lib.tenon_error_release(error)
    raise Failure(code.value)

if _lib.{library}_check_abi(c_uint32({abi})) != 0:
    raise ImportError("another {library}")
'''


class Printer:
    def __init__(self, interface):
        self.interface = interface
        self.records = {t["symbol"]: t for t in interface["types"] if t["kind"] == "record"}

    def field(self, reference):
        """How a type stands in a struct; None: this printer cannot."""
        if reference["kind"] == "string":
            return "_Text"
        return NUMBERS.get(reference["kind"])

    def is_known(self, reference):
        kind = reference["kind"]
        if kind == "record":
            return all(self.field(field["type"]) for field in self.records[reference["symbol"]]["fields"])
        return kind in NUMBERS or kind in {"string", "object", "void"}

    def can_print(self, function):
        types = [parameter["type"] for parameter in function["parameters"]] + [function["result"]]
        return (not function["isAsync"] and all(self.is_known(one) for one in types)
                and not any(parameter["isOption"] for parameter in function["parameters"]))

    def record(self, record):
        if not self.is_known({"kind": "record", "symbol": record["symbol"]}):
            return
        print(f"\nclass {record['name']}(Structure):")
        print(f"    {record['documentation']['summary']!r}")
        print('    _fields_ = [("struct_size", c_size_t), '
              + ", ".join(f"({f['symbol']!r}, {self.field(f['type'])})" for f in record["fields"]) + "]")
        print(f"    def __init__(self, *fields):\n        super().__init__({record['size']}, *fields)")
        for function in record["functions"]:
            if self.can_print(function):
                self.function(function, record)
        print(f"assert sizeof({record['name']}) == {record['size']}")
        for field in record["fields"]:
            asserted = f"{record['name']}.{field['symbol']}.offset == {field['offset']}"
            print(f"assert {asserted}")

    def enumeration(self, one):
        print(f"\nclass {one['name'].replace('.', '_')}(enum.IntEnum):")
        for case in one["cases"]:
            print(f"    {case['symbol'].upper()} = {case['number']}")

    def function(self, function, owner=None):
        """A Python function of the same parameters."""
        symbol = function["symbol"]
        name = symbol.removeprefix((owner["symbol"] if owner else self.interface["library"]) + "_")
        is_method = owner is not None and not function["isStatic"]
        names = [parameter["symbol"] for parameter in function["parameters"]]
        indent = "    " if owner else ""
        if owner and not is_method:
            print("    @staticmethod")
        print(f"{indent}def {name}({', '.join((['self'] if is_method else []) + names)}):")
        print(f"{indent}    {function['documentation']['summary']!r}")
        passed = [] if not is_method else ["self._handle" if owner["kind"] == "object" else "byref(self)"]
        for parameter in function["parameters"]:
            kind, value = parameter["type"]["kind"], parameter["symbol"]
            passed.append(
                f"{value}.encode()" if kind == "string" else f"{value}._handle" if kind == "object"
                else f"byref({value})" if kind == "record" else f"{NUMBERS[kind]}({value})")
        result = function["result"]
        body = {"void": None, "string": "_Value()", "object": "c_void_p()",
                "record": f"POINTER({result.get('name')})()"}.get(
                    result["kind"], f"{NUMBERS.get(result['kind'])}()")
        if body:
            print(f"{indent}    out = {body}")
            passed.append("byref(out)")
        print(f"{indent}    error = c_void_p()")
        if function["isThrowing"]:
            passed.append("byref(error)")
        print(f"{indent}    _check(_lib.{symbol}({', '.join(passed)}), error)")
        print(f"{indent}    " + {
            "void": "return None", "string": "return _take_text(out)",
            "object": f"return {result.get('name')}(out)", "record": f"return _take_record(out, {result.get('name')}, _lib.{result.get('symbol')}_free)",
            "enumeration": f"return {(result.get('name') or '').replace('.', '_')}(out.value)",
        }.get(result["kind"], "return out.value"))

    def object(self, one):
        print(f"\nclass {one['name']}:")
        print(f"    {one['documentation']['summary']!r}")
        print("    def __init__(self, handle):\n        self._handle = handle")
        print(f"    def __del__(self):\n        _lib.{one['symbol']}_release(self._handle)")
        for function in one["functions"]:
            if self.can_print(function):
                self.function(function, one)

    def module(self, path):
        interface = self.interface
        assert interface["format"] == 1
        print(PRELUDE.format(summary=interface["documentation"]["summary"], path=path, **interface))
        for constant in interface["constants"]:
            value = constant["value"]
            print(f"{constant['name'].upper()} = "
                  + {"string": repr(value), "bool": value.capitalize()}.get(constant["type"]["kind"], value))
        for one in interface["types"]:
            printer = {"record": self.record, "enumeration": self.enumeration, "object": self.object}.get(one["kind"])
            if printer:
                printer(one)
        for function in interface["functions"]:
            if self.can_print(function):
                print()
                self.function(function)


Printer(json.load(open(sys.argv[1], encoding="utf-8"))).module(sys.argv[2])
