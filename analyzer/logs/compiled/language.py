"""The language of compiled code: Python functions of whole numbers, made machine code by LLVM.

A number has 64 bits: `+ - *` wrap around, `>>` fills with zeros, comparisons take the sign, `//` and `%` round down as
Python's do and divide by positive numbers only. There are `if`, `while`, `for … in range(…)`, `for … in CONSTANT`
(written out, a round each), `min`, `max` and calls of each other. Memory is read and written at addresses by the
functions of `bits`; callers hold the arrays that the addresses are of, and keep within them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

    Function = TypeVar("Function", bound=Callable[..., int])

COMPILED: dict[Callable[..., int], str] = {}  # how each function is made: one of these
INLINE, CALLED, APART, ENTRY = "inline", "called", "apart", "entry"
PRIMITIVES: set[Callable[..., int]] = set()


def inline(function: Function) -> Function:
    """Return a function that becomes part of each of its callers: what is constant there decides what is left of it."""
    COMPILED[function] = INLINE
    return function


def called(function: Function) -> Function:
    """Return a function that compiled code may call."""
    COMPILED[function] = CALLED
    return function


def apart(function: Function) -> Function:
    """Return a function that compiled code may call, and that becomes part of none: it has all registers to itself."""
    COMPILED[function] = APART
    return function


def entry(function: Function) -> Function:
    """Return a function that Python may call, too."""
    COMPILED[function] = ENTRY
    return function


def primitive(function: Function) -> Function:
    """Return a function whose machine code `emit` knows: its body is not looked at."""
    PRIMITIVES.add(function)
    return function
