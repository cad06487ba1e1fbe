"""Where the log is silent though it would have shown something: silence is evidence only if it could speak.

Every kind of request counts here, scanners and monitors too: they prove that the log lives. Events are ten-minute
stretches with any request at all, so that a burst weighs as much as a single one. Who has moved to the new server
since is not expected any more: the last program that polled takes the log's heartbeat with it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.heard import STRETCH_S, request_minutes, stretches
from analyzer.drain.verdict import Gap
from analyzer.units import DAY_S, MINUTE_S

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from analyzer.drain.demand import Demand
    from analyzer.drain.ebb import Drained
    from analyzer.logs.activity import Activity

INTERIOR_CHANCE = 1e-7  # [1] a silence in the log less likely than this is a gap: thousands of silences are looked at
EBB_CHANCE = 1e-4  # [1] the same where clients may have left: few silences are so rare that they are looked at again
TRAILING_CHANCE = 1e-3  # [1] the same for the one silence at the end,
MOST_STOPPED = 0.2  # [1] or, after a change, a chance that the log has stopped in it
LOOK_AGAIN = 0.6  # [1] a silence that is likelier needs no second look
ORDINARY = 0.3  # [1] chance that a living log is silent for so long: `safe` rests on no silence that is rarer
FALLS = 0.5  # [1] if a living log is silent for all of it so much seldomer than for half of it, the next line is near
MOST_TRAILING_S = 3 * DAY_S  # [s] a log that shows nothing of anybody for so long is not taken for alive
BEAT_S = 30 * MINUTE_S  # [s] a log that shows something in each of them keeps a beat
LEAST_WINDOW_S = DAY_S  # [s] of neighbourhood that the expected rate is taken from, on each side


@dataclass(frozen=True, slots=True)
class Silence:
    """A stretch without any request [s since the epoch].

    Attributes
    ----------
    chance
        [1] How likely it is if the log lives.
    stopped
        [1] How likely the log has stopped in it; None where no change tells who may have left.
    falls
        Whether `chance` still falls with a longer silence, so that waiting tells something.
    missed
        Requests are known to have come in it.
    """

    start_s: float
    end_s: float
    chance: float
    stopped: float | None = None
    falls: bool = True
    missed: bool = False

    def gap(self) -> Gap:
        """Return it as moments."""
        return Gap(datetime.fromtimestamp(self.start_s, UTC), datetime.fromtimestamp(self.end_s, UTC))


def interior_gaps(
    activity: Activity,
    shape: Demand,
    change_s: float | None,
    gone: NDArray[np.bool_] | None = None,
    *,
    missed_s: NDArray[np.float64] | None = None,
    drained: Callable[[], Drained] | None = None,
    events: NDArray[np.float64] | None = None,
) -> tuple[Silence, ...]:
    """Return the silences between requests that a living log would hardly have had.

    Parameters
    ----------
    shape
        The rhythm of a normal week: a quiet night is expected.
    change_s
        [s since the epoch] The change: rates before it say nothing about those after it.
    gone
        bool, one a client: it has moved; None where nobody can tell.
    missed_s
        float64, ascending [s since the epoch]: requests that the log is known to miss: their silences are gaps.
    drained
        What else explains a silence after the change.
    events
        As `stretches` returns them for `gone`; found, if absent.
    """
    minutes = request_minutes(activity)
    events = stretches(activity, gone) if events is None else events
    if len(minutes) < 2 or not len(events):  # noqa: PLR2004 -- between two
        return ()
    candidates = np.flatnonzero(np.diff(minutes) > STRETCH_S)
    start, end = minutes[candidates] + MINUTE_S, minutes[candidates + 1]
    chance = _chance(events, shape, start, end, change_s)
    if gone is None:  # those who came before it may have moved: who came after it tells what to expect
        later = _chance(events, shape, start, end, change_s, sides=(False, True))
        known = events[-1] - end >= end - start
        chance = np.where(known & (later >= TRAILING_CHANCE), np.maximum(chance, later), chance)
    sure = np.minimum(_beat(events, start, end, change_s), np.where(_holds(missed_s, start, end), 0.0, 1.0))
    found = (
        Silence(float(start[i]), float(end[i]), float(chance[i])) for i in np.flatnonzero(chance < INTERIOR_CHANCE)
    )
    kept = {one.start_s: one for one in found if not _explained(one, change_s, drained)}
    for i in np.flatnonzero(sure < INTERIOR_CHANCE):
        kept[float(start[i])] = Silence(float(start[i]), float(end[i]), float(sure[i]), missed=bool(sure[i] == 0))
    return tuple(kept[since_s] for since_s in sorted(kept))


def _explained(one: Silence, change_s: float | None, drained: Callable[[], Drained] | None) -> bool:
    """Return whether a silence is explained by the drain."""
    if drained is None or change_s is None or one.end_s <= change_s:
        return False
    known = drained()
    return known.vouched(one.start_s, one.end_s) or known.ebb.explains(one.start_s, one.end_s).chance >= EBB_CHANCE


def trailing_silence(
    activity: Activity, shape: Demand, at_s: float, change_s: float | None, gone: NDArray[np.bool_] | None = None
) -> Silence | None:
    """Return the silence between the last request and `at` if a living log would hardly have had it."""
    silence = silence_now(activity, shape, at_s, change_s, gone)
    return silence if silence is not None and too_long(silence) else None


def too_long(silence: Silence) -> bool:
    """Return whether a living log would hardly end in such a silence."""
    if silence.missed:
        return True
    if silence.stopped is not None:
        return silence.stopped > MOST_STOPPED or (silence.chance < TRAILING_CHANCE and silence.falls)
    return silence.chance < TRAILING_CHANCE or silence.end_s - silence.start_s > MOST_TRAILING_S


def silence_now(
    activity: Activity,
    shape: Demand,
    at_s: float,
    change_s: float | None,
    gone: NDArray[np.bool_] | None = None,
    *,
    missed_s: NDArray[np.float64] | None = None,
    drained: Callable[[], Drained] | None = None,
    events: NDArray[np.float64] | None = None,
) -> Silence | None:
    """Return the silence between the last request and `at`, with its chance if the log lives; None if it is short."""
    minutes = request_minutes(activity)
    if not len(minutes):
        return Silence(at_s, at_s, 0.0)
    start_s = float(minutes[-1]) + MINUTE_S
    if at_s - start_s < STRETCH_S:
        return None
    span = np.array([start_s]), np.array([at_s])
    if _holds(missed_s, *span)[0]:
        return Silence(start_s, at_s, 0.0, missed=True)
    events = stretches(activity, gone) if events is None else events
    chance = float(_chance(events, shape, *span, change_s, sides=(True, False))[0])
    plain = Silence(start_s, at_s, chance)
    if drained is None or (chance >= LOOK_AGAIN and not too_long(plain)):
        return plain
    known = drained()
    vouched = known.vouched(start_s, at_s)
    if vouched and at_s - start_s > MOST_TRAILING_S and not known.ebb.streams(start_s):
        return Silence(start_s, at_s, 1.0, 0.0, falls=False)
    found = known.ebb.explains(start_s, at_s, scanners_only=vouched)
    stopped = 0.0 if vouched else found.stopped  # nobody is hidden, but the log may be silent for another reason
    return Silence(start_s, at_s, found.chance, stopped, falls=found.chance < FALLS * found.half)


def _holds(
    missed_s: NDArray[np.float64] | None, start_s: NDArray[np.float64], end_s: NDArray[np.float64]
) -> NDArray[np.bool_]:
    """Return which silences hold a request that the log is known to miss."""
    if missed_s is None:
        return np.zeros(len(start_s), bool)
    return np.asarray(np.searchsorted(missed_s, start_s) < np.searchsorted(missed_s, end_s), np.bool_)


def _beat(
    events: NDArray[np.float64], start_s: NDArray[np.float64], end_s: NDArray[np.float64], change_s: float | None
) -> NDArray[np.float64]:
    """Return the chance of silences where the log keeps a beat: a request in each half hour of a day on both sides.

    After m half hours, none of them empty, one is with the chance 1 / (m + 2) (Laplace's rule), k in a row with its
    power; independent they need not be, but a monitor that pauses is rarer still.
    """
    if not len(events):
        return np.ones(len(start_s))
    reach_s = np.maximum(2 * (end_s - start_s), LEAST_WINDOW_S)
    low, high = np.maximum(start_s - reach_s, events[0]), np.minimum(end_s + reach_s, events[-1])
    turned = np.zeros(len(start_s), bool)
    if change_s is not None:  # who comes before it is not who comes after it
        low, high = (
            np.where(end_s < change_s, low, np.maximum(low, change_s)),
            np.where(end_s < change_s, np.minimum(high, change_s), high),
        )
        turned = (start_s < change_s) & (change_s <= end_s)
    busy = np.unique(events // BEAT_S)
    sides = (np.ceil(low / BEAT_S), start_s // BEAT_S), (end_s // BEAT_S + 1, high // BEAT_S)
    halves = [np.maximum(until - since, 0.0) for since, until in sides]
    seen = sum(np.searchsorted(busy, until) - np.searchsorted(busy, since) for since, until in sides)
    empty = (end_s - start_s) // BEAT_S
    whole = ~turned & (seen == halves[0] + halves[1]) & (np.minimum(*halves) >= np.maximum(empty, 1.0))
    return np.where(whole, (1.0 / (halves[0] + halves[1] + 2.0)) ** empty, 1.0)


def _chance(
    events: NDArray[np.float64],
    shape: Demand,
    start_s: NDArray[np.float64],
    end_s: NDArray[np.float64],
    change_s: float | None,
    *,
    sides: tuple[bool, bool] = (True, True),
) -> NDArray[np.float64]:
    """Return the chance of silences under the rate of their neighbourhoods before and after, shape (silences,).

    With n events in an exposure e, a gamma posterior of the rate (Jeffreys, a = 1/2) gives no event
    in a further exposure d the chance (e / (e + d))^(n + 1/2).
    """
    if not len(events):
        return np.ones(len(start_s))
    reach_s = np.maximum(2 * (end_s - start_s), LEAST_WINDOW_S)
    before = np.minimum(np.maximum(start_s - reach_s, events[0]), start_s) if sides[0] else start_s
    after = np.maximum(np.minimum(end_s + reach_s, events[-1] + STRETCH_S), end_s) if sides[1] else end_s
    if change_s is not None:
        before = np.where((before < change_s) & (change_s < start_s), change_s, before)
        after = np.where((start_s < change_s) & (change_s < after), np.maximum(end_s, change_s), after)
    count = np.searchsorted(events, start_s) - np.searchsorted(events, before)
    count += np.searchsorted(events, after) - np.searchsorted(events, end_s)
    seen = shape.normal_days(before, start_s) + shape.normal_days(end_s, after)
    silent = shape.normal_days(start_s, end_s)
    return np.asarray(np.where(seen > 0, (seen / np.maximum(seen + silent, 1e-300)) ** (count + 0.5), 1.0), np.float64)
