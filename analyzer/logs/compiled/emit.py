"""LLVM's code for the functions of `bits`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeAlias

from llvmlite import ir

from analyzer.logs.compiled import bits

if TYPE_CHECKING:
    from collections.abc import Callable

Code: TypeAlias = Any  # llvmlite has no types
NUMBER = ir.IntType(64)
_PLACES = 128
_PREFETCH = "llvm.prefetch.p0"


def _typed(builder: Code, at: Code, type_: Code) -> Code:
    """Return an address as a pointer."""
    return builder.inttoptr(at, type_.as_pointer())


def _load(width: int, *, signed: bool = False) -> Callable[..., Code]:
    """Return what emits the loading of so many bits, which may lie anywhere."""

    def emit(builder: Code, at: Code) -> Code:
        loaded = builder.load(_typed(builder, at, ir.IntType(width)), align=1)
        if width == NUMBER.width:
            return loaded
        return builder.sext(loaded, NUMBER) if signed else builder.zext(loaded, NUMBER)

    return emit


def _store(width: int) -> Callable[..., Code]:
    """Return what emits the storing of so many bits."""

    def emit(builder: Code, at: Code, value: Code) -> Code:
        cut = value if width == NUMBER.width else builder.trunc(value, ir.IntType(width))
        builder.store(cut, _typed(builder, at, ir.IntType(width)), align=1)
        return value

    return emit


def _vector(builder: Code, at: Code, width: int) -> Code:
    """Return so many bytes, side by side."""
    return builder.load(_typed(builder, at, ir.VectorType(ir.IntType(8), width)), align=1)


def _all(value: int, width: int) -> Code:
    """Return a byte so many times."""
    return ir.Constant(ir.VectorType(ir.IntType(8), width), [value] * width)


def _mask(builder: Code, found: Code, width: int) -> Code:
    """Return truths side by side as the bits of a number."""
    together = builder.bitcast(found, ir.IntType(width))
    return together if width == NUMBER.width else builder.zext(together, NUMBER)


def _equal(builder: Code, at: Code, what: Code) -> Code:
    """Emit `equal`."""
    found = builder.icmp_unsigned("==", _vector(builder, at, bits.WIDER), _all(what.constant, bits.WIDER))
    return _mask(builder, found, bits.WIDER)


def _among(builder: Code, at: Code, ranges: str) -> Code:
    """Emit `among`: a byte is in a range if it is at most so much more than the range's least, without a sign."""
    some, found = _vector(builder, at, bits.WIDE), None
    for least, most in zip(ranges[::2].encode(), ranges[1::2].encode(), strict=True):
        above = builder.sub(some, _all(least, bits.WIDE))
        one = builder.icmp_unsigned("<=", above, _all(most - least, bits.WIDE))
        found = one if found is None else builder.or_(found, one)
    return _mask(builder, found, bits.WIDE)


def _differing(builder: Code, one: Code, other: Code) -> Code:
    """Emit `differing`."""
    both = (_vector(builder, at, bits.WIDER) for at in (one, other))
    return _mask(builder, builder.icmp_unsigned("!=", *both), bits.WIDER)


def _trailing(builder: Code, value: Code) -> Code:
    """Emit `trailing`."""
    return builder.cttz(value, ir.Constant(ir.IntType(1), 0))


def _folded(builder: Code, one: Code, other: Code) -> Code:
    """Emit `folded`."""
    wide = ir.IntType(_PLACES)
    product = builder.mul(builder.zext(one, wide), builder.zext(other, wide))
    high = builder.lshr(product, ir.Constant(wide, NUMBER.width))
    return builder.xor(builder.trunc(product, NUMBER), builder.trunc(high, NUMBER))


def _copy(builder: Code, to: Code, at: Code, length: Code) -> Code:
    """Emit `copy`."""
    pointer = ir.IntType(8).as_pointer()
    memcpy = builder.module.declare_intrinsic("llvm.memcpy", [pointer, pointer, NUMBER])
    places = [_typed(builder, one, ir.IntType(8)) for one in (to, at)]
    builder.call(memcpy, [*places, length, ir.Constant(ir.IntType(1), 0)])
    return length


def _fetch(builder: Code, at: Code) -> Code:
    """Emit `fetch`: to be read, and kept in all caches."""
    function = builder.module.globals.get(_PREFETCH)
    if function is None:
        pointer, half = ir.IntType(8).as_pointer(), ir.IntType(32)
        function = ir.Function(builder.module, ir.FunctionType(ir.VoidType(), [pointer, half, half, half]), _PREFETCH)
    read, near, data = (ir.Constant(ir.IntType(32), value) for value in (0, 3, 1))
    builder.call(function, [_typed(builder, at, ir.IntType(8)), read, near, data])
    return at


EMITTED: dict[Callable[..., int], Callable[..., Code]] = {
    bits.byte: _load(8),
    bits.short: _load(16),
    bits.half: _load(32, signed=True),
    bits.word: _load(64),
    bits.put_byte: _store(8),
    bits.put_short: _store(16),
    bits.put_half: _store(32),
    bits.put_word: _store(64),
    bits.equal: _equal,
    bits.among: _among,
    bits.differing: _differing,
    bits.trailing: _trailing,
    bits.folded: _folded,
    bits.copy: _copy,
    bits.fetch: _fetch,
}
