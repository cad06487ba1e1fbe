"""What counts as now: nothing that was logged or asked before a command began lies behind it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from analyzer.cli.console import moment_option, now, this_second
from analyzer.watch import loop

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize("clock", [now, loop.now, lambda: moment_option(None, "--at")], ids=["cli", "watch", "--at"])
def test_a_line_of_this_very_second_is_not_later_than_now(clock: Callable[[], datetime]) -> None:
    """A log may write milliseconds; twenty tries, for one may fall on a whole second."""
    for _ in range(20):
        logged = datetime.now(UTC)
        assert clock() >= logged


def test_a_line_of_whole_seconds_is_not_earlier_than_the_canary_it_tells_of() -> None:
    """`%t` cuts the fraction off, and so does the mark that it is held against."""
    sent = this_second()
    line = datetime.now(UTC).replace(microsecond=0)
    assert sent <= line <= sent + timedelta(seconds=60)
