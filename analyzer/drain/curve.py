"""The drain curve as numbers: hour by hour what was measured, and what is expected from now on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.cells import half_hours
from analyzer.drain.clients import PERSON, counted_codes
from analyzer.drain.given import counted_clients
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
BAND = (0.05, 0.95)  # [1] quantiles of what will be counted
ON_TIME = 0.25  # [1] variance over mean of the visits of a client that keeps time like a clock


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
    logged = half_hours(evidence.old, counted_clients(evidence))
    edges = _hours(evidence)
    hours = edges[:-1]
    width = np.minimum(edges[1:], evidence.at.timestamp()) - hours
    old = np.histogram(logged.start_s, edges, weights=logged.requests)[0]
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
    minutes = evidence.old.sums("minutes").columns["start"]
    at_s = evidence.at.timestamp()
    start = np.floor((minutes.min() if len(minutes) else at_s - HOUR_S) / HOUR_S) * HOUR_S
    count = max(int(np.ceil((at_s - start) / HOUR_S)), 1)
    return np.asarray(start + HOUR_S * np.arange(count + 1), np.float64)


def _direct(evidence: Evidence, now: Forecast | None, edges: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return direct requests an hour at the new server, of the kinds that count; NaN where that is not known."""
    hours = edges[:-1]
    if now is None or now.direct is None or evidence.new is None or evidence.kinds_new is None:
        return np.full(len(hours), np.nan)
    counted = counted_codes(evidence.new, evidence.kinds_new, evidence.migration)
    cells = now.direct.cells.where(np.isin(now.direct.new_client, counted))
    count = np.histogram(cells.slot / 1e6, edges, weights=cells.requests.astype(float))[0]
    return np.where(hours + HOUR_S <= now.change_s, np.nan, count)


def _band(now: Forecast) -> pd.DataFrame:
    """Return expected requests in the hours from now on, with the 5 % and 95 % quantiles of what will be counted."""
    ahead = np.linspace(0.0, min(AHEAD_S, now.horizon_s), POINTS)
    mean, counted = requests_ahead(now, np.column_stack([ahead, ahead + HOUR_S]))
    low, high = np.quantile(counted, BAND, axis=0)
    return pd.DataFrame({"at": _moments(now.at_s + ahead), "expected": mean, "lower": low, "upper": high})


def requests_ahead(
    now: Forecast, edges_s: NDArray[np.float64], draws: int = DRAWS, seed: int = SEED
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean of the requests in stretches that lie ahead, and draws of them, shape (n,) and (draws, n).

    Parameters
    ----------
    edges_s
        float64, shape (n, 2) [s from now]: from, to.
    """
    rng = np.random.default_rng(seed)
    parts = [_of_clients(now, rng, edges_s, draws), _of_faces(now, rng, edges_s, draws)]
    mean, variance = (sum(part) for part in zip(*parts, strict=True))
    shape = np.maximum(mean, 1e-12) ** 2 / np.maximum(variance, 1e-12)
    counted = np.where(variance > 0, rng.gamma(shape, np.maximum(mean, 1e-12) / shape), mean)
    return mean.mean(axis=0), counted


def _of_clients(
    now: Forecast, rng: np.random.Generator, edges_s: NDArray[np.float64], draws: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return draws of the mean and the variance of what known clients send in stretches, shape (draws, stretches)."""
    stay, some = now.stay, now.clients
    people = some.kind == PERSON
    worth = stay.expected_requests * ~(people & (now.led is not None))  # all people are in that flow, together
    top = np.argsort(-worth, kind="stable")[:MOST_CLIENTS]
    top = top[worth[top] > 0]
    size = (draws, len(top))
    alive, life = rng.random(size) < stay.chance[top], stay.lives_s(top, rng.random(size))
    rate = rng.gamma(now.rate.shape[top], 1 / now.rate.exposure_days[top], size) * stay.share[top] * alive / DAY_S
    spread = np.maximum(now.rate.bursts[top], 1.0) * (1.0 + people[top]) * np.where(some.regular[top], ON_TIME, 1.0)
    wave = now.normal.normal_days(now.at_s + edges_s[:, 0], now.at_s + edges_s[:, 1]) * DAY_S / np.ptp(edges_s, axis=1)
    mean, variance = np.empty((2, draws, len(edges_s)))
    for i, (start, end) in enumerate(edges_s):
        visits = rate * (np.clip(life, start, end) - start) * np.where(people[top], wave[i], 1.0)
        mean[:, i] = visits @ stay.per_visit[top]
        variance[:, i] = visits @ (spread * stay.per_visit[top] ** 2 + stay.varied[top])
    return mean, variance


def _of_faces(
    now: Forecast, rng: np.random.Generator, edges_s: NDArray[np.float64], draws: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the same of people not known one by one: whom caches lead there, or faces, when these have expired."""
    if now.led is None:
        each = now.faces.requests_per_face
        hours = np.ptp(edges_s, axis=1) / HOUR_S
        visits = now.faces.draw_per_hour(rng, draws, edges_s.mean(axis=1), now.horizon_s) * hours
    else:
        each = now.led.requests_per_visit
        visits = now.led.draw(rng, draws, edges_s)
    return visits * each, visits * 2 * each**2


def _no_band() -> pd.DataFrame:
    nothing = np.zeros(0)
    return pd.DataFrame({"at": _moments(nothing), "expected": nothing, "lower": nothing, "upper": nothing})


def _moments(at_s: NDArray[np.float64]) -> pd.Series:
    return pd.Series((at_s * 1e6).astype(np.int64).astype("datetime64[us]")).dt.tz_localize("UTC")
