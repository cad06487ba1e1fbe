"""The drain curve as numbers: hour by hour what was measured, and what is expected from now on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.clients import counted_codes
from analyzer.drain.visits import microseconds
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.evidence import Evidence
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.visits import Visits

DRAWS = 400
MOST_CLIENTS = 200
POINTS = 120
AHEAD_S = 7 * DAY_S  # [s] of forecast shown, at most the horizon
SEED = 20_260_302


@dataclass(frozen=True, slots=True)
class Curve:
    """Requests per hour of the kinds that count.

    Attributes
    ----------
    measured
        DataFrame: start (datetime64[us, UTC]), width_s, old, direct_new, normal [requests/hour]; the last two NaN
        where they are not known.
    band
        DataFrame: at (datetime64[us, UTC]), expected, lower, upper [requests/hour], from now on.
    budget_per_hour
        [requests/hour] The budget spread over the horizon.
    """

    measured: pd.DataFrame
    band: pd.DataFrame
    budget_per_hour: float


def curve(evidence: Evidence, now: Forecast) -> Curve:
    """Return the curve at the evidence's moment."""
    policy = evidence.migration.policy
    return Curve(_measured(evidence, now), _band(now), policy.max_lost_requests / (policy.horizon_s / HOUR_S))


def _measured(evidence: Evidence, now: Forecast) -> pd.DataFrame:
    counted = counted_codes(evidence.old, evidence.kinds, evidence.migration)
    cells = evidence.old.cells
    cells = cells[np.isin(cells["client"].to_numpy(), counted)]
    slots = microseconds(cells["slot"]) / 1e6
    minutes = microseconds(evidence.old.minutes["minute"]) / 1e6
    start = np.floor((minutes.min() if len(minutes) else now.at_s) / HOUR_S) * HOUR_S
    edges = np.arange(start, now.at_s + HOUR_S, HOUR_S)
    if len(edges) < 2:  # noqa: PLR2004 -- one hour has two edges
        edges = np.array([start, start + HOUR_S])
    hours = edges[:-1]
    old = np.histogram(slots, edges, weights=cells["requests"].to_numpy(dtype=float))[0]
    width = np.minimum(edges[1:], now.at_s) - hours
    level = (now.normal.visits_per_day or np.nan) * (now.normal.requests_per_visit or np.nan) / (DAY_S / HOUR_S)
    return pd.DataFrame(
        {
            "start": _moments(hours),
            "width_s": width,
            "old": old / np.maximum(width, 1.0) * HOUR_S,
            "direct_new": _direct(now.direct, edges, hours, now.change_s),
            "normal": now.normal.at_hours(hours) * level,
        }
    )


def _direct(
    direct: Visits | None, edges: NDArray[np.float64], hours: NDArray[np.float64], change_s: float
) -> NDArray[np.float64]:
    """Return direct requests an hour at the new server, each visit's at its start; NaN where that is not known."""
    if direct is None:
        return np.full(len(hours), np.nan)
    count = np.histogram(direct.start, edges, weights=direct.requests.astype(float))[0]
    return np.where(hours + HOUR_S <= change_s, np.nan, count)


def _band(now: Forecast) -> pd.DataFrame:
    """Return expected requests an hour from now on, with the 5 % and 95 % quantiles over draws of who stays."""
    ahead = np.linspace(0.0, min(AHEAD_S, now.horizon_s), POINTS)
    rng = np.random.default_rng(SEED)
    top = np.argsort(-now.stay.expected_requests, kind="stable")[:MOST_CLIENTS]
    top = top[now.stay.chance[top] > 0]
    shape = (DRAWS, len(top))
    alive = rng.random(shape) < now.stay.chance[top]
    life = now.stay.age_s[top] * (np.maximum(rng.random(shape), 1e-12) ** (-1 / now.stay.exponent[top]) - 1)
    rate = now.rate.per_day[top] * now.stay.per_visit[top] / 24 * alive
    faces = now.faces.draw(rng, DRAWS, now.horizon_s) * now.faces.requests_per_face / (now.horizon_s / HOUR_S)
    there = np.stack([(rate * (life > a)).sum(axis=1) + faces for a in ahead], axis=1)
    people = now.clients.kind[top] == "person"
    share = float(rate[:, people].sum() / max(rate.sum(), 1e-12)) if len(top) else 1.0
    wave = (1 - share) + share * now.normal.at_hours(now.at_s + ahead - HOUR_S / 2)
    return pd.DataFrame(
        {
            "at": _moments(now.at_s + ahead),
            "expected": there.mean(axis=0) * wave,
            "lower": np.quantile(there, 0.05, axis=0) * wave,
            "upper": np.quantile(there, 0.95, axis=0) * wave,
        }
    )


def _moments(at_s: NDArray[np.float64]) -> pd.Series:
    return pd.Series((at_s * 1e6).astype(np.int64).astype("datetime64[us]")).dt.tz_localize("UTC")
