"""Rounding never makes a verdict."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from analyzer.words import against, bounded, exact, visible

numbers = st.floats(0, 1e9, allow_nan=False)


def value(printed: str) -> float:
    """Return the number that a reader sees."""
    return float(printed.replace(",", ""))


@given(numbers, numbers, st.one_of(st.integers(0, 1000).map(float), numbers))
def test_the_printed_bound_is_within_the_budget_exactly_if_the_bound_is(a: float, b: float, budget: float) -> None:
    """Whatever the three numbers are, they print in their order, and the bound is never printed too low."""
    expected, upper = sorted((a, b))
    low, high = bounded(expected, upper, budget)
    assert (value(high) <= value(exact(budget))) == (upper <= float(f"{budget:.15g}"))
    assert value(low) <= value(high)
    assert value(high) >= upper


@given(numbers, st.integers(0, 10**6).map(float))
def test_a_value_is_below_its_threshold_in_print_exactly_if_it_is(seen: float, threshold: float) -> None:
    """Less prints as less, more as more, equal as equal."""
    left, right = (value(one) for one in against(seen, threshold))
    assert (left < right, left > right) == (seen < threshold, seen > threshold)


@given(st.text(st.characters(codec=None), max_size=300), st.integers(5, 100))
def test_visible_text_is_one_bounded_printable_line(text: str, length: int) -> None:
    """For every text: printable, at most so long, and unchanged if it was so already."""
    shown = visible(text, length)
    assert shown.isprintable()
    assert len(shown) <= length
    assert shown == text or not text.isprintable() or len(text) > length
