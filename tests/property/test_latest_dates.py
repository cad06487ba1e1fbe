"""A latest date is one that somebody can wait for: within a year, or none; the likely date may lie further off."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from analyzer.drain import outlook
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

AT_S = 1_772_488_800.0


def dates(monkeypatch: pytest.MonkeyPatch, median_days: float, latest_days: float) -> tuple[float | None, ...]:
    """Return after how many days it is safe, and at the latest, where the bound keeps the budget after these."""

    def wait(_now: Any, _life_s: NDArray[np.float64], chance: float) -> Any:
        days = median_days if chance == outlook.LIKELY else latest_days
        return SimpleNamespace(within=lambda ahead_s, _budget: ahead_s >= days * DAY_S)

    stay = SimpleNamespace(
        chance=np.zeros(1), expected_requests=np.zeros(1), never=np.zeros(1), exceeded_s=lambda _: np.zeros(1)
    )
    law = SimpleNamespace(pending=False, never_moves=lambda _kind, _at_s: np.zeros(1))
    now: Any = SimpleNamespace(at_s=AT_S, law=law, stay=stay, clients=SimpleNamespace(kind=np.zeros(1, np.int8)))
    monkeypatch.setattr(outlook, "_Wait", wait)
    monkeypatch.setattr(outlook, "_left", lambda one: one)
    monkeypatch.setattr(outlook, "replace", lambda one, **_: one)
    found = outlook.safe_at(now, 10.0)
    return tuple(None if one is None else (one.timestamp() - AT_S) / DAY_S for one in (found.median, found.upper))


def test_a_latest_date_is_never_before_the_likely_one_nor_beyond_a_year(monkeypatch: pytest.MonkeyPatch) -> None:
    """Found to a twelfth of the wait; beyond five years there is none at all."""
    assert dates(monkeypatch, 3, 40) == pytest.approx((3, 40), rel=0.09)
    assert dates(monkeypatch, 40, 3) == pytest.approx((40, 40), rel=0.09)
    assert dates(monkeypatch, 3, 380) == (pytest.approx(3, rel=0.09), None)
    assert dates(monkeypatch, 500, 600) == (pytest.approx(500, rel=0.09), None)
    assert dates(monkeypatch, 4_000, 4_000) == (None, None)
