"""Threads that take turns at items: what is made of them comes in order, and nothing is left running."""

from __future__ import annotations

import sys
import time
from functools import partial
from itertools import count
from threading import Event, Thread, current_thread
from typing import TYPE_CHECKING

import pytest

from analyzer.logs.compiled.crew import Crew

if TYPE_CHECKING:
    from collections.abc import Iterator

ENOUGH_S = 20  # for what is done at once


def slow_for_some(item: int) -> int:
    """Return a number, after a while for one in seven."""
    time.sleep(0.002 * (item % 7 == 0))
    return item


@pytest.mark.parametrize("threads", [1, 2, 5])
def test_what_is_made_comes_in_order(threads: int) -> None:
    """Whoever is slow, each item is made once, and comes where it stood."""
    crew = Crew(iter(range(1, 200)), [slow_for_some] * threads)
    assert list(crew.made()) == list(range(1, 200))


def test_items_are_asked_for_by_those_who_work_on_them_and_never_by_two_at_once() -> None:
    """A generator would raise an error where two ask at once."""

    def items() -> Iterator[Thread]:
        for _ in range(300):
            yield current_thread()

    def same(asked_by: Thread) -> bool:
        return asked_by is current_thread()

    assert list(map(str, Crew(items(), [same] * 4).made())) == ["True"] * 300


def test_an_error_comes_after_what_was_made_before_it() -> None:
    """Of the asking and of the work; what was made before it is not lost."""

    def items() -> Iterator[int]:
        yield from range(1, 20)
        raise ValueError("broken off")

    def fails_at_5(item: int) -> int:
        if item == 5:
            raise KeyboardInterrupt
        return item

    for work, error, last in ((slow_for_some, ValueError, 19), (fails_at_5, KeyboardInterrupt, 4)):
        found: list[int] = []
        with pytest.raises(error):
            found.extend(Crew(items(), [work] * 3).made())
        assert found == list(range(1, last + 1))


def test_only_so_many_items_are_made_ahead() -> None:
    """What nobody fetches does not fill the memory."""
    asked: list[int] = []
    made = Crew((asked.append(n) or n for n in count(1)), [slow_for_some] * 2).made()  # type: ignore[func-returns-value]
    assert next(made) == 1
    time.sleep(0.2)
    assert len(asked) < 12
    made.close()  # type: ignore[attr-defined]
    before = len(asked)
    time.sleep(0.05)
    assert len(asked) <= before + 2


def test_each_work_is_done_by_a_thread_of_its_own() -> None:
    """So what it has of its own needs no lock."""
    threads: dict[int, set[Thread]] = {n: set() for n in range(4)}

    def work(n: int, item: int) -> int:
        threads[n].add(current_thread())
        time.sleep(0.0005)
        return item

    crew = Crew(iter(range(1, 100)), [partial(work, n) for n in threads])
    assert list(crew.made()) == list(range(1, 100))
    assert [len(some) for some in threads.values()] == [1] * 4
    assert len(set.union(*threads.values())) == 4


def test_a_silent_source_does_not_hold_up_who_has_enough() -> None:
    """An item that never comes is waited for by a thread that ends with the process."""
    silent = Event()

    def items() -> Iterator[int]:
        yield 1
        silent.wait(ENOUGH_S)

    made = Crew(items(), [slow_for_some] * 2).made()
    begun = time.monotonic()
    assert next(made) == 1
    made.close()  # type: ignore[attr-defined]
    assert time.monotonic() - begun < ENOUGH_S / 4
    silent.set()


def test_turns_are_as_long_as_before_when_all_is_made() -> None:
    """Two crews at once, whichever ends first, and one that is given up."""
    before = sys.getswitchinterval()
    one, other = (Crew(iter(range(1, 50)), [slow_for_some] * 2).made() for _ in range(2))
    next(one)
    next(other)
    assert sys.getswitchinterval() < before
    list(one)
    other.close()
    assert sys.getswitchinterval() == pytest.approx(before)
