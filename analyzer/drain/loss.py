"""What a removal of the proxy now would lose: a distribution by seeded draws over clients, stays and visits."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.fates import Fates
from analyzer.drain.fleets import GUESSED_BY
from analyzer.drain.leaving import LEAST_SHARE
from analyzer.drain.verdict import Estimate
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.rates import Rates
    from analyzer.drain.stays import Stays
    from analyzer.drain.surprise import Surprises

DRAWS = 4_000  # 5 % of them lie above the 95 % bound: 200 draws, its rank is known to about 7 %
MOST_STAYS = 120_000  # [clients x draws] of a sum of many clients the bound is known as well by fewer draws,
LEAST_ABOVE = 50  # as long as so many of them lie above it
MOST_DRAWN = 400  # [clients] drawn one by one; those who matter less are summed as one Poisson stream
LEAST_EXPECTED = 1e-4  # [requests] of who is drawn one by one: of 400 others a twentieth
LEAST_CHANCE = 1e-3  # [1] to be there, of those whose fate in common may matter
NO_KIN = -(1 << 40)  # no number of a kin
ALL = 0.99  # [1] of its visits: who comes to both servers in turn keeps no time at the old one
LEAST_REQUEST = 0.5  # [requests] less is none
SEED = 20_260_302  # the same evidence gives the same figures


@dataclass(frozen=True, slots=True)
class Loss:
    """The figures of a removal at one moment."""

    requests: Estimate
    clients: Estimate


def loss(
    stay: Stays,
    rate: Rates,
    faces: Surprises,
    *,
    horizon_s: float,
    confidence: float,
    draws: int = DRAWS,
    seed: int = SEED,
    most: int = MOST_DRAWN,
) -> Loss:
    """Return expected and upper lost requests and clients within the horizon.

    The known clients' part of the expected requests is the sum of theirs, so that no part is more than the whole.
    The upper bound is the quantile at `confidence` of the predictive distribution: a Bayesian bound does not depend
    on when or how often one looks.
    """
    rng = np.random.default_rng(seed)
    order = np.argsort(-stay.expected_requests, kind="stable")
    most = min(most, int(np.count_nonzero(stay.expected_requests > LEAST_EXPECTED)))
    top, rest = order[:most], order[most:]
    draws = _enough(draws, float(stay.chance[top].sum()), confidence)
    face_mean = faces.draw(rng, draws, horizon_s)
    face_clients = rng.poisson(np.minimum(face_mean, 1e9)).astype(float)
    requests = _requests(rng, face_clients, np.full(1, faces.requests_per_face))
    hidden = faces.draw_hidden(rng, draws, horizon_s)
    requests += hidden
    expected = float(requests.mean()) + float(stay.expected_requests.sum())
    clients = face_clients + (hidden > 0)
    drawn = _draw(rng, stay.take(top), rate.take(top), horizon_s=horizon_s, draws=draws)
    requests += drawn[0] + rng.poisson(float(stay.expected_requests[rest].sum()), draws)
    few = np.minimum(stay.expected_requests[rest] / stay.per_visit[rest], 1.0)
    clients += drawn[1] + rng.poisson(float(few.sum()), draws)
    return Loss(_estimate(requests, confidence, expected), _estimate(clients, confidence, float(clients.mean())))


def _enough(draws: int, clients: float, confidence: float) -> int:
    """Return how many draws are enough for so many clients that are there: half of them, and half again."""
    while draws * clients > MOST_STAYS and draws // 2 * (1.0 - confidence) >= LEAST_ABOVE:
        draws //= 2
    return draws


def _draw(
    rng: np.random.Generator, stay: Stays, rate: Rates, *, horizon_s: float, draws: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return requests and clients within the horizon, shape (draws,): alive or not, a stay, a rate, a count."""
    fates = Fates(rng, np.where(stay.chance > LEAST_CHANCE, stay.kin, NO_KIN - np.arange(len(stay.kin))), draws)
    there = np.flatnonzero(_there(rng, stay, fates.of_all()))
    draw, who = np.divmod(there, max(len(stay.chance), 1))
    never = _never_drawn(rng, stay, draw, who, draws) if stay.never.any() else None
    off = np.exp(stay.doubt[who] * rng.standard_normal(draws)[draw])  # how fast a kind leaves is the same for all of it
    lives_s = stay.lives_s(who, fates.of(draw, who), never, stay.exponent[who] * off)
    days = np.minimum(lives_s, horizon_s) / DAY_S
    mean = rate.per_day[who] * days * stay.share[who]
    bursts = np.where(stay.share < ALL, np.maximum(rate.bursts, 1.0), rate.bursts)
    visits = _visits(rng, mean, rate.shape[who], bursts[who])
    # A program does nearly the same in each run; what people do in a visit varies.
    requests = visits * stay.per_visit[who]
    wide = np.flatnonzero(~stay.steady[who] & (visits > 0))
    requests[wide] = _requests(rng, visits[wide], stay.per_visit[who[wide]], rate.shape[who[wide]])
    some = np.flatnonzero((stay.varied[who] > 0) & (visits > 0))
    requests[some] = _runs(rng, visits[some], requests[some], stay.varied[who[some]], rate.shape[who[some]])
    came = np.bincount(draw, (visits > 0).astype(np.float64), draws)
    return np.bincount(draw, requests, draws).astype(np.float64), came.astype(np.float64)


def _there(rng: np.random.Generator, stay: Stays, uniform: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Return who is there, given uniform draws, shape (draws, n).

    Whether programs that nobody has seen since the change have the address in their set-up is as much of a guess for
    one as for all: who wrote it there once did so again. Their prior's odds are drawn, of a beta distribution.
    """
    found = uniform < stay.chance.astype(np.float32)
    some = np.flatnonzero((stay.guessed > 0) & (stay.chance > LEAST_CHANCE))
    if len(some) > 1:
        prior = min(max(float(stay.guessed[some[0]]), LEAST_SHARE), 1.0 - LEAST_SHARE)  # nothing is quite certain
        share = rng.beta(GUESSED_BY * prior, GUESSED_BY * (1.0 - prior), len(uniform))
        share = share.clip(LEAST_SHARE, 1.0 - LEAST_SHARE)
        odds = (share / (1.0 - share) * (1.0 - prior) / prior).astype(np.float32)[:, None]
        mine, against = uniform[:, some], (1.0 / stay.chance[some] - 1.0).astype(np.float32)
        found[:, some] = mine * against < odds * (1 - mine)  # u < o c / (1 - c + o c)
    return found


def _visits(
    rng: np.random.Generator, mean: NDArray[np.float64], known: NDArray[np.float64], bursts: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Return draws of numbers of visits, given their means, the visits that each rate is known by, and the bursts.

    Of bursts both the rate is known less well, and the coming visits vary more: relative variances add. What keeps
    time comes as often as fits in, whatever the phase, give or take the spread of its intervals (Cox, Renewal theory,
    section 3.3).
    """
    wild = np.maximum(bursts, 1.0)
    shape = 1.0 / (wild / known + (wild - 1.0) / np.maximum(mean, LEAST_REQUEST))
    visits = rng.poisson(np.minimum(mean * rng.gamma(shape, 1.0 / shape), 1e9)).astype(np.float64)
    clock = np.flatnonzero(bursts < 1.0)
    variance = bursts[clock] * mean[clock] * (1.0 + mean[clock] / known[clock])  # of the count, and of the rate
    about = mean[clock] + np.sqrt(variance) * rng.standard_normal(len(clock))
    visits[clock] = np.floor(np.maximum(about, 0.0) + rng.random(len(clock)))
    return visits


def _never_drawn(
    rng: np.random.Generator, stay: Stays, draw: NDArray[np.int64], who: NDArray[np.int64], draws: int
) -> NDArray[np.float64]:
    """Return draws of the chances that some clients, each in one of so many draws, never move: a kind errs alike.

    A share known by m clients that never moved is about that of a gamma distribution of shape m. What each client has
    shown leaves the less room: one that is sure never to move is so in each draw.
    """
    known, kind = np.unique(stay.known_by, return_inverse=True)
    told = np.isfinite(known)
    shape = np.where(told, np.maximum(known, LEAST_SHARE), 1.0)
    times = np.where(told, rng.gamma(shape, 1.0 / shape, (draws, len(known))), 1.0)
    never = stay.never[who]
    return np.clip(never * (1.0 + (times[draw, kind[who]] - 1.0) * (1.0 - never)), 0.0, 1.0)


def _requests(
    rng: np.random.Generator,
    count: NDArray[np.float64],
    mean: NDArray[np.float64],
    known: NDArray[np.float64] | float = np.inf,
) -> NDArray[np.float64]:
    """Return the requests of so many visits (or clients), gamma distributed, never under one each.

    Their mean is that of so many known ones, and errs as they do.
    """
    wider = 1.0 + count / known
    extra = rng.gamma(np.maximum(count / wider, 1e-9), np.maximum(mean - 1, 0.0) * wider)
    return np.where(count > 0, count + extra, 0.0)


def _runs(
    rng: np.random.Generator,
    count: NDArray[np.float64],
    mean: NDArray[np.float64],
    varied: NDArray[np.float64],
    known: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the requests of so many runs of programs, gamma distributed, never under one each.

    Both what these bring varies, and the mean of those by which it is known.
    """
    shape = mean**2 / (varied * count * (1.0 + count / known))
    return np.maximum(rng.gamma(shape, mean / shape), count)


def _estimate(drawn: NDArray[np.float64], confidence: float, mean: float) -> Estimate:
    """Return mean and upper bound; where a few draws weigh so much that the mean lies above the quantile, the mean."""
    upper = max(mean, float(np.quantile(drawn, confidence, method="higher")))
    # Requests are whole: a bound below a half is a bound of none, and a budget of none can be kept.
    return Estimate(mean, upper) if upper >= LEAST_REQUEST else Estimate(0.0, 0.0)
