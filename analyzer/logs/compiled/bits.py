"""What compiled code does with memory and bits beyond arithmetic: one machine instruction each, or a few."""

from __future__ import annotations

from analyzer.logs.compiled.language import primitive

WIDE, WIDER = 32, 64  # [bytes] that `among`, and the others of its kind, look at


@primitive
def byte(at: int) -> int:
    """Return the byte at an address."""
    raise NotImplementedError(at)


@primitive
def short(at: int) -> int:
    """Return the two bytes from an address on, without a sign."""
    raise NotImplementedError(at)


@primitive
def half(at: int) -> int:
    """Return the four bytes from an address on, with a sign."""
    raise NotImplementedError(at)


@primitive
def word(at: int) -> int:
    """Return the eight bytes from an address on."""
    raise NotImplementedError(at)


@primitive
def put_byte(at: int, value: int) -> int:
    """Write the lowest byte of a value."""
    raise NotImplementedError(at, value)


@primitive
def put_short(at: int, value: int) -> int:
    """Write the two lowest bytes of a value."""
    raise NotImplementedError(at, value)


@primitive
def put_half(at: int, value: int) -> int:
    """Write the four lowest bytes of a value."""
    raise NotImplementedError(at, value)


@primitive
def put_word(at: int, value: int) -> int:
    """Write the eight bytes of a value."""
    raise NotImplementedError(at, value)


@primitive
def equal(at: int, what: int) -> int:
    """Return which of the `WIDER` bytes from an address on are a constant one: a bit each, the first one lowest."""
    raise NotImplementedError(at, what)


@primitive
def among(at: int, ranges: str) -> int:
    """Return which of the `WIDE` bytes from an address on lie in constant ranges like `azAZ--`: a bit each."""
    raise NotImplementedError(at, ranges)


@primitive
def differing(one: int, other: int) -> int:
    """Return which of the `WIDER` bytes from both addresses on are not the same: a bit each."""
    raise NotImplementedError(one, other)


@primitive
def trailing(value: int) -> int:
    """Return how many low bits of a number are 0: 64 of 0."""
    raise NotImplementedError(value)


@primitive
def folded(one: int, other: int) -> int:
    """Return both halves of a product of 128 bits, combined by exclusive or."""
    raise NotImplementedError(one, other)


@primitive
def fetch(at: int) -> int:
    """Have what is at an address come nearer, where there is something; nothing waits for it."""
    raise NotImplementedError(at)


@primitive
def copy(to: int, at: int, length: int) -> int:
    """Copy so many bytes to an address; the two places do not overlap."""
    raise NotImplementedError(to, at, length)
