"""Tables of clients made by hand: everybody alike, but for what is given."""

from __future__ import annotations

from typing import Any

import numpy as np

from analyzer.drain.clients import Clients
from analyzer.drain.demand import Demand
from analyzer.logs.kinds import KINDS

HOUR_S, DAY_S = 3_600.0, 86_400.0
CHANGE_S = 1_772_488_800.0  # 2026-03-02T22:00:00Z
FLAT = Demand(np.ones(168), None, None, 14 * DAY_S)
BEFORE_S = 14 * DAY_S  # [s] of log before the change


def table(size: int = 1, kind: str = "program", **columns: Any) -> Clients:
    """Return clients that came once a day before the change and never since; columns are changed by name."""
    values: dict[str, Any] = {
        "code": np.arange(size),
        "before": 14.0,
        "after": 0.0,
        "direct": 0.0,
        "weekend": np.nan,
        "requests_after": 0.0,
        "requests": 14.0,
        "varied": 0.0,
        "first_s": CHANGE_S - BEFORE_S,
        "last_s": CHANGE_S - HOUR_S,
        "first_after_s": np.nan,
        "last_after_s": np.nan,
        "last_before_s": CHANGE_S - HOUR_S,
        "week_before": 0.0,
        "first_direct_s": np.nan,
        "last_direct_s": np.nan,
        "direct_since": 0.0,
        "absent": 0.0,
        "intervals": 0.0,
        "interval_s": DAY_S,
        "longest_s": np.nan,
        "spread": np.nan,
        "regular": False,
        "genuine": 1.0,
        "churn": 0.0,
        "alike": 1.0,
        "kin": np.arange(size),
        "six": False,
        "told": True,
        "written": np.nan,
    } | columns
    full = {name: np.broadcast_to(np.asarray(value), size).copy() for name, value in values.items()}
    return Clients(kind=np.full(size, KINDS.index(kind), np.int8), **full)
