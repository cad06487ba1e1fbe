"""The language of compiled code means what Python means; the code is kept, and made anew where it was damaged."""

from __future__ import annotations

import ctypes
import os
from typing import TYPE_CHECKING

import numpy as np
import pytest
from llvmlite import binding

from analyzer.logs.compiled import language, machine, making, translate
from analyzer.logs.compiled.bits import among, byte, copy, differing, equal, folded, put_word, short, trailing, word
from analyzer.logs.compiled.expressions import NotInTheLanguage
from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.state import address
from analyzer.logs.engine import fold_for_bytes
from analyzer.logs.fold import Fold
from analyzer.logs.formats import log_format

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_ROUNDS = ((1, 10), (2, 20), (3, 30))
_LARGE = 1 << 62


def run(function: Callable[..., int], *arguments: int) -> int:
    """Return what a function gives when it is compiled."""
    before = dict(language.COMPILED)
    language.COMPILED.clear()
    language.COMPILED.update({_twice: language.CALLED, function: language.ENTRY})
    try:
        text = translate.module_text({})
    finally:
        language.COMPILED.clear()
        language.COMPILED.update(before)
    target = making.target()
    engine = binding.create_mcjit_compiler(binding.parse_assembly(text), target, use_lmm=True)
    engine.finalize_object()
    made = ctypes.CFUNCTYPE(ctypes.c_int64, *[ctypes.c_int64] * len(arguments))
    return int(made(engine.get_function_address(function.__name__))(*arguments))


def _twice(value: int) -> int:
    return 2 * value


def _arithmetic(one: int, other: int) -> int:
    return (one // other) * 1_000 + (one % other) * 100 + (one if one != other else 17) - min(one, other) + max(one, 3)


def _loops(count: int, stop: int) -> int:
    total, n = 0, 0
    for n in range(2, count):
        if n == stop:
            break
        if n % 2 == 0 and n != 4:
            continue
        total += n
    while True:
        total -= 1
        if total < 0 or (total & 7) == 3:
            return total * 10 + n


def _rounds(one: int) -> int:
    total = 0
    for factor, offset in _ROUNDS:
        if factor == one:
            return total + offset
        total += factor * offset
    return total


def _conditions(one: int, other: int) -> int:
    both, either, chain = one > 0 and other > 0, one > 0 or other > 0, 0 <= one < other
    swapped, back = other, one
    swapped, back = back, swapped
    return both + 10 * either + 100 * chain + 1_000 * (not both) + 10_000 * (swapped == one) + _twice(~back)


@pytest.mark.parametrize("one", [-7, -1, 0, 1, 3, 8, 1_000_003])
@pytest.mark.parametrize("other", [1, 2, 5])
def test_compiled_functions_give_what_python_gives(one: int, other: int) -> None:
    """Rounding, loops, choices, rounds that are written out, and conditions that are not looked at."""
    for function in (_arithmetic, _conditions):
        assert run(function, one, other) == function(one, other)
    assert run(_rounds, other) == _rounds(other)


@pytest.mark.parametrize(("count", "stop"), [(0, 0), (9, 99), (12, 7), (3, 3)])
def test_loops_end_where_pythons_do(count: int, stop: int) -> None:
    """`break`, `continue`, and a loop that is never entered."""
    assert run(_loops, count, stop) == _loops(count, stop)


def _wrapped(one: int) -> int:
    return (one * one + (one >> 1)) ^ (one << 3)


def test_numbers_have_64_bits() -> None:
    """They wrap around, and a shift to the right fills with zeros."""
    value = _LARGE + 12_345
    expected = ((value * value + (value >> 1)) ^ (value << 3)) & (2**64 - 1)
    assert run(_wrapped, value) & (2**64 - 1) == expected


def _seen(at: int) -> int:
    return equal(at, ord("x"))


def _hosts(at: int) -> int:
    return among(at, "azAZ09--")


def _unlike(one: int, other: int) -> int:
    return trailing(differing(one, other))


def _product(one: int, other: int) -> int:
    return folded(one, other)


def _moved(to: int, at: int) -> int:
    copy(to, at, 5)
    put_word(to + 8, short(at) + byte(at + 1))
    return word(to + 8)


def test_bytes_are_looked_at_many_at_a_time() -> None:
    """A bit a byte, the first one lowest; 32 or 64 of them."""
    data = np.frombuffer(bytes(range(64)) + b"x-X.0" + bytes(59) + b"x" * 32, np.uint8).copy()
    at = address(data)
    assert run(_seen, at + 64) & (2**64 - 1) == sum(1 << n for n in range(64) if data[64 + n] == ord("x"))
    expected = sum(1 << n for n in range(32) if chr(data[40 + n]).isalnum() or data[40 + n] == ord("-"))
    assert run(_hosts, at + 40) == expected
    other = data.copy()
    other[7] ^= 1
    assert run(_unlike, at, address(other)) == 7
    assert run(_unlike, at, at) == 64


def test_memory_is_written_and_products_are_folded() -> None:
    """Five bytes are copied, no more; a product of 128 bits gives both its halves."""
    source, to = np.arange(1, 17, dtype=np.uint8), np.zeros(16, np.uint8)
    assert run(_moved, address(to), address(source)) == 0x0201 + 2
    assert to[:8].tolist() == [1, 2, 3, 4, 5, 0, 0, 0]
    one, other = _LARGE + 99, _LARGE // 3
    product = one * other
    assert run(_product, one, other) & (2**64 - 1) == (product ^ (product >> 64)) & (2**64 - 1)


def _foreign(value: int) -> int:
    return abs(value)


def test_what_is_not_in_the_language_is_refused_when_it_is_compiled() -> None:
    """Not silently taken for something else."""
    with pytest.raises(NotInTheLanguage, match="abs"):
        run(_foreign, 1)


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a user's empty cache."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cutover"


def steps() -> machine.Steps:
    """Return the steps of a format."""
    found = plan(log_format("common"))
    assert found is not None
    return found


def test_code_is_made_once_and_made_anew_where_it_is_damaged(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A file that was cut, or that somebody has changed, is not run."""
    made = machine._object(steps())
    (kept,) = cache.iterdir()
    with monkeypatch.context() as patch:
        patch.setattr(machine, "_made", lambda _steps: pytest.fail("made again"))
        assert machine._object(steps()) == made
    for damaged in (kept.read_bytes()[:-1], b"", kept.read_bytes()[:40] + b"?" + kept.read_bytes()[41:]):
        kept.write_bytes(damaged)
        assert machine._object(steps()) == made
        assert list(cache.iterdir()) == [kept]
        assert kept.read_bytes()[32:] == made


def test_what_has_not_been_of_use_for_longest_is_removed(cache: Path) -> None:
    """Code of other versions and what a broken off process left, but nothing that is not ours."""
    made = machine._object(steps())
    (kept,) = cache.iterdir()
    for n in range(50):
        (cache / f"lines-{n}").touch()
        os.utime(cache / f"lines-{n}", (1_000 + n, 1_000 + n))
    os.utime(kept, (1_001, 1_001))
    (cache / "notes").touch()
    assert machine._object(steps()) == made
    other = plan(log_format("combined"))
    assert other is not None
    machine._object(other)
    left = {one.name for one in cache.iterdir()}
    assert {kept.name, "notes"} | {f"lines-{n}" for n in range(20, 50)} == left - {machine._path(other).name}  # type: ignore[union-attr]


def test_another_processor_has_code_of_its_own(cache: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A home on a network is shared by machines that differ."""
    here = machine._path(steps())
    monkeypatch.setattr(machine, "_features", lambda: "-avx2")
    there = machine._path(steps())
    assert None not in (here, there)
    assert here != there
    assert {one.parent for one in (here, there) if one} == {cache}


def test_a_cache_that_others_may_write_to_is_not_used(cache: Path) -> None:
    """What stands there could be anybody's code; then the code is made for this process, if there is much to read."""
    cache.mkdir()
    cache.chmod(0o777)
    assert not machine.can_keep()
    assert fold_for_bytes(log_format("common"), 1_000) is Fold
    assert machine._object(steps())
    assert list(cache.iterdir()) == []
    cache.chmod(0o700)
    assert fold_for_bytes(log_format("common"), 1_000) is not Fold
