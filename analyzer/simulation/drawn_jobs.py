"""Programs as families draw them: what they ask, how often, and how they hold on to an address."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.bindings import Busy, ByHand, Fresh, HardCoded, Pinned
from analyzer.simulation.ingredients import between, one_of, whole
from analyzer.simulation.programs import CALLS, Job
from analyzer.simulation.runs import Irregular, Monthly, OfficeHours
from analyzer.units import DAY_S, HOUR_S, MINUTE_S, WEEK_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.simulation.bindings import Binding
    from analyzer.simulation.runs import Runs


JAVA = ("Java/11.0.2", "Java/17.0.12", "Apache-HttpClient/4.5.14 (Java/1.8.0_292)", "okhttp/4.12.0")
SCRIPTS = ("python-requests/2.32.5", "curl/8.14.1", "GuzzleHttp/7", "Go-http-client/1.1", "Wget/1.25.0")
STEPS_S = (60.0, 5.0 * MINUTE_S, 15.0 * MINUTE_S, 1.0 * HOUR_S, 1.0 * HOUR_S, 6.0 * HOUR_S, 1.0 * DAY_S)
MESS = (0.5, 0.35, 0.25, 0.3, 0.25, 0.2)  # shares of sites with each kind of slow program
DEPLOYS_S = (1.0 * DAY_S, 7.0 * DAY_S, 14.0 * DAY_S)  # mean time between two restarts: nightly, weekly, sprint


def job(
    draw: np.random.Generator,
    number: int,
    binding: Binding,
    *,
    every_s: float | None = None,
    runs_of: int | None = None,
    runs: Runs | None = None,
) -> Job:
    """Return a program of drawn rhythm at the address 203.0.113.NUMBER.

    Parameters
    ----------
    runs_of : requests in one run; one of the usual calls, if absent
    """
    step_s = one_of(draw, STEPS_S) if every_s is None else every_s
    usual = one_of(draw, CALLS)
    paged = tuple(f"GET /api/v1/statements?page={page} HTTP/1.1" for page in range(1, (runs_of or 0) + 1))
    return Job(
        address=f"203.0.113.{number}",
        agent=one_of(draw, JAVA if isinstance(binding, Pinned) else JAVA + SCRIPTS),
        every_s=step_s,
        lines=paged or usual,
        binding=binding,
        phase_s=float(draw.uniform(0, step_s)),
        jitter_s=step_s * between(draw, 0.001, 0.1),
        runs=runs,
    )


def pinned(draw: np.random.Generator, number: int, *, last_s: float = 16.0 * DAY_S) -> Job:
    """Return a program that keeps its address until it restarts: at drawn moments, at the latest at `last_s`."""
    mean_s = one_of(draw, DEPLOYS_S)
    at_s, restarts = float(draw.uniform(0, mean_s)), []
    while at_s < last_s:
        restarts.append(at_s)
        at_s += between(draw, 0.3 * mean_s, 1.7 * mean_s)
    return job(draw, number, Pinned((*restarts, last_s)))


def weekly(draw: np.random.Generator, number: int, *, hard_coded: bool) -> Job:
    """Return a job of every week."""
    binding = HardCoded() if hard_coded else Fresh()
    return job(draw, number, binding, every_s=float(WEEK_S), runs_of=whole(draw, 4, 40))


def hard_coded(draw: np.random.Generator, number: int) -> Job:
    """Return a program that has the old address in its configuration and calls at least once a day."""
    return job(draw, number, HardCoded())


def monthly(draw: np.random.Generator, number: int, *, hard_coded: bool) -> Job:
    """Return a job of one day of each month."""
    binding = HardCoded() if hard_coded else Fresh()
    when = Monthly(whole(draw, 1, 28), float(draw.uniform(0, DAY_S)))
    return job(draw, number, binding, runs_of=whole(draw, 12, 60), runs=when)


def busy(draw: np.random.Generator, number: int, *, mean_break_s: float = 3.0 * DAY_S) -> Job:
    """Return a program whose pool is always in use: it moves when the network breaks its connections."""
    binding = Busy(between(draw, 60, 900), mean_break_s)
    return job(draw, number, binding, every_s=one_of(draw, (60.0, 120.0, 300.0)))


def told(draw: np.random.Generator, number: int, *, latest_days: float = 14.0) -> Job:
    """Return a program with the old address in its configuration, until its owner is told."""
    return job(draw, number, ByHand(float(draw.uniform(0.5, latest_days)) * DAY_S))


def irregular(draw: np.random.Generator, number: int, binding: Binding) -> Job:
    """Return a program that calls in bursts, when something happens elsewhere."""
    return job(draw, number, binding, runs=Irregular(between(draw, 0.5, 24) * HOUR_S))


def office(draw: np.random.Generator, number: int, binding: Binding) -> Job:
    """Return a program on somebody's desk, that runs while the office is open."""
    return job(draw, number, binding, runs=OfficeHours(one_of(draw, (600.0, 1800.0, 3600.0))))


def trickle(draw: np.random.Generator, number: int) -> Job:
    """Return something that has the old address for ever, and asks once in several days: most budgets bear it."""
    return job(draw, number, HardCoded(), runs_of=1, runs=Irregular(between(draw, 4, 15) * DAY_S, 0.6, 1.0))


def mess(draw: np.random.Generator) -> tuple[Job, ...]:
    """Return what ordinary sites have of slow programs; some have none."""
    has = (draw.random(len(MESS)) < np.array(MESS)).tolist()
    slow: tuple[Callable[[], Job], ...] = (
        lambda: pinned(draw, 91, last_s=12.0 * DAY_S),
        lambda: busy(draw, 92, mean_break_s=1.5 * DAY_S),
        lambda: weekly(draw, 93, hard_coded=False),
        lambda: irregular(draw, 94, Fresh()),
        lambda: told(draw, 95, latest_days=9.0),
        lambda: trickle(draw, 96),
    )
    return tuple(make() for make, wanted in zip(slow, has, strict=True) if wanted)
