"""The drain curve as numbers: hour by hour what was measured, and what is expected from now on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.clients import counted_codes
from analyzer.drain.visits import microseconds
from analyzer.logs.kinds import kinds
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.evidence import Evidence
    from analyzer.drain.forecast import Forecast
    from analyzer.migration import Policy

DRAWS = 400
MOST_CLIENTS = 200
POINTS = 120
AHEAD_S = 10 * DAY_S  # [s] of forecast shown, at most the horizon
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


def curve(evidence: Evidence, now: Forecast | None) -> Curve:
    """Return the curve at the evidence's moment; without a forecast it has only what was measured."""
    policy = evidence.migration.policy
    return Curve(_measured(evidence, now), _no_band() if now is None else _band(now), budget_per_hour(policy))


def budget_per_hour(policy: Policy) -> float:
    """Return the budget spread over the horizon [requests/hour]."""
    return policy.max_lost_requests / (policy.horizon_s / HOUR_S)


def _measured(evidence: Evidence, now: Forecast | None) -> pd.DataFrame:
    counted = counted_codes(evidence.old, evidence.kinds, evidence.migration)
    cells = evidence.old.cells
    cells = cells[np.isin(cells["client"].to_numpy(), counted)]
    edges = _hours(evidence)
    hours = edges[:-1]
    width = np.minimum(edges[1:], evidence.at.timestamp()) - hours
    slots = microseconds(cells["slot"]) / 1e6
    old = np.histogram(slots, edges, weights=cells["requests"].to_numpy(dtype=float))[0]
    return pd.DataFrame(
        {
            "start": _moments(hours),
            "width_s": width,
            "old": old / np.maximum(width, 1.0) * HOUR_S,
            "direct_new": _direct(evidence, now, edges),
            "normal": np.full(len(hours), np.nan) if now is None else now.normal.requests_per_hour(hours),
        }
    )


def _hours(evidence: Evidence) -> NDArray[np.float64]:
    """Return the edges of the hours from the first request up to now [s since the epoch], two at least."""
    minutes = microseconds(evidence.old.minutes["minute"]) / 1e6
    at_s = evidence.at.timestamp()
    start = np.floor((minutes.min() if len(minutes) else at_s - HOUR_S) / HOUR_S) * HOUR_S
    count = max(int(np.ceil((at_s - start) / HOUR_S)), 1)
    return np.asarray(start + HOUR_S * np.arange(count + 1), np.float64)


def _direct(evidence: Evidence, now: Forecast | None, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return direct requests an hour at the new server, of the kinds that count; NaN where that is not known."""
    hours = edges[:-1]
    if now is None or now.direct is None or evidence.new is None:
        return np.full(len(hours), np.nan)
    counted = counted_codes(evidence.new, kinds(evidence.new), evidence.migration)
    cells = now.direct.cells.where(np.isin(now.direct.new_client, counted))
    count = np.histogram(cells.slot / 1e6, edges, weights=cells.requests.astype(float))[0]
    return np.where(hours + HOUR_S <= now.change_s, np.nan, count)


def _band(now: Forecast) -> pd.DataFrame:
    """Return expected requests an hour from now on, with the 5 % and 95 % quantiles over draws of who stays."""
    ahead = np.linspace(0.0, min(AHEAD_S, now.horizon_s), POINTS)
    rng = np.random.default_rng(SEED)
    top = np.argsort(-now.stay.expected_requests, kind="stable")[:MOST_CLIENTS]
    top = top[now.stay.chance[top] > 0]
    shape = (DRAWS, len(top))
    alive = rng.random(shape) < now.stay.chance[top]
    life = now.stay.lives_s(top, rng.random(shape))
    rate = now.rate.per_day[top] * now.stay.share[top] * now.stay.per_visit[top] / 24 * alive
    faces = now.faces.draw_per_hour(rng, DRAWS, ahead, now.horizon_s) * now.faces.requests_per_face
    there = np.stack([(rate * (life > a)).sum(axis=1) for a in ahead], axis=1) + faces
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


def _no_band() -> pd.DataFrame:
    nothing = np.zeros(0)
    return pd.DataFrame({"at": _moments(nothing), "expected": nothing, "lower": nothing, "upper": nothing})


def _moments(at_s: NDArray[np.float64]) -> pd.Series:
    return pd.Series((at_s * 1e6).astype(np.int64).astype("datetime64[us]")).dt.tz_localize("UTC")
