"""What the rules look at, made by hand: a case in which all is well, to be spoiled."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import numpy as np
import pandas as pd
import report_examples as examples

from analyzer.drain.demand import Demand
from analyzer.drain.rules import Case
from analyzer.drain.verdict import Estimate
from analyzer.logs.activity import Activity, FileReading
from analyzer.logs.by_member import NO_REQUEST

HOUR_S, DAY_S = 3_600.0, 86_400.0
CHANGED = datetime(2026, 3, 2, 22, 0, tzinfo=UTC)
CHANGE_S = CHANGED.timestamp()
FLAT = Demand(np.ones(168), 10.0, 3.0, 7 * DAY_S)
BOUND_S = 2 * HOUR_S


def activity(
    requests: int = 100, foreign: int = 0, lines: int = 100, quarantined: int = 0, directives: int = 0
) -> Activity:
    """Return what was read, as sums; `directives` of the quarantined lines are the log's own."""
    cells = pd.DataFrame(
        {"slot": [pd.Timestamp(CHANGE_S, unit="s", tz="UTC")], "requests": [requests], "foreign": [foreign]}
    )
    minutes = pd.DataFrame({"minute": [pd.Timestamp(CHANGE_S, unit="s", tz="UTC")], "requests": [requests + foreign]})
    file = FileReading("old.log", lines, lines - quarantined, quarantined, None, None)
    reasons = {NO_REQUEST: directives} if directives else {}
    clients = pd.DataFrame({"address": [], "agent": []})
    return Activity(clients, cells, minutes, (file,), (), reasons, has_host=True)


def forecast(upper: float | None = 5.0, expected: float | None = 2.0, **changed: Any) -> Any:
    """Return the parts of a forecast that rules read."""
    values = {
        "loss": SimpleNamespace(requests=Estimate(expected, upper)),
        "change_s": CHANGE_S,
        "begun_s": CHANGE_S - 14 * DAY_S,
        "horizon_s": 30 * DAY_S,
        "law": SimpleNamespace(bound_s=BOUND_S, change_s=CHANGE_S),
        "normal": FLAT,
        "six": np.zeros(0, np.bool_),
        "untold": "",
    }
    return SimpleNamespace(**(values | changed))


def case(age: timedelta = timedelta(days=3), **changed: Any) -> Case:
    """Return a case some time after the change, in which all is well."""
    at = CHANGED + age
    evidence = {
        "at": at,
        "migration": changed.pop("migration", examples.migration()),
        "old": changed.pop("old", activity()),
        "new": changed.pop("new", None),
        "propagation": changed.pop("propagation", None),
    }
    values: dict[str, Any] = {
        "evidence": SimpleNamespace(**evidence),
        "changed_at": CHANGED,
        "gaps": (),
        "trailing": None,
        "forecast": forecast(),
        "stragglers": (),
    } | changed
    if values["forecast"] is not None:
        values["forecast"].at_s = at.timestamp()
    return Case(**values)
