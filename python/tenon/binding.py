"""What the code that tenon-bindgen writes calls. Nothing here is for people."""

import os
from collections.abc import Callable
from typing import TypeVar

from ._core import Function as Function
from ._core import Library
from ._core import Type as Type

_Class = TypeVar("_Class", bound=type)


_libraries: dict[str, Library] = {}


def library(module: str, name: str, abi: int, file: str | None = None) -> Library:
    """Loads the library beside a module, and checks that the two go together. Modules of one package share it."""
    path = os.path.join(os.path.dirname(os.path.abspath(module)), f"lib{file or name}.so")
    found = _libraries.get(path)
    if found is None:
        found = _libraries[path] = Library(path)
    found.check(name, abi)
    return found


def case(base: type, name: str) -> Callable[[_Class], _Class]:
    """Makes a class a member of its base: what `class Base: class Case(Base)` would, if Python had it."""

    def place(cls: _Class) -> _Class:
        cls.__name__ = name
        cls.__qualname__ = f"{base.__qualname__}.{name}"
        setattr(base, name, cls)
        return cls

    return place
