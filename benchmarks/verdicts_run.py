"""One simulated migration through the product: written as files, read by `gather`, judged at every moment.

What the product reads is what its users have: rotated logs as text, snapshots, cutover.toml. Nothing is handed over in
memory but the truth, and that only to the scores.
"""

from __future__ import annotations

import tempfile
import time
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from verdicts_kept import migration as simulated
from verdicts_peers import Seen, peers

from analyzer.drain.evidence import gather
from analyzer.drain.moments import backtest
from analyzer.migration import load
from analyzer.simulation.bindings import ByHand

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.drain.verdict import Verdict
    from analyzer.migration import Policy
    from analyzer.simulation import Truth

HOUR_S = 3600.0
BY_HAND = ByHand(0.0).says  # the mechanism's name in the truth


@dataclass(frozen=True)
class Ahead:
    """What would be lost by removals at many moments, from the arrivals that count.

    Attributes
    ----------
    arrivals_s
        Ascending [s since the change].
    """

    arrivals_s: np.ndarray
    horizon_s: float

    def lost(self, at_s: np.ndarray) -> np.ndarray:
        """Return the requests lost in (at, at + horizon] of each moment [s since the change]."""
        before = np.searchsorted(self.arrivals_s, at_s, side="right")
        return np.searchsorted(self.arrivals_s, at_s + self.horizon_s, side="right") - before


@dataclass(frozen=True)
class Named:
    """Who was called stuck at one moment, and who is it truly; addresses."""

    said: frozenset[str]
    true: frozenset[str]  # does not move by itself, has come since the change, and will come again


@dataclass(frozen=True)
class Run:
    """One migration judged; arrays go with `at_s`, times are [s since the change], nan where there is none."""

    family: str
    seed: int
    step_s: float
    budget: float
    confidence: float
    at_s: np.ndarray
    words: tuple[str, ...]
    lost: np.ndarray  # the truth [requests]
    upper: np.ndarray
    median_s: np.ndarray  # safe_at.median under `wait`
    upper_s: np.ndarray  # safe_at.upper under `wait`
    right: np.ndarray  # 1.0 where a removal at safe_at.upper loses at most the budget; nan: none, or not known
    in_gap: np.ndarray
    safe_from_s: float | None  # from then on every removal is within the budget
    named: tuple[Named, ...]
    peers: dict[str, np.ndarray]  # by rule: which moments it calls safe
    seconds: tuple[float, float, float]  # CPU: simulated and written, read, judged
    error: str | None = None


def judged(family: str, seed: int, every_h: float = 6.0, kept: Path | None = None) -> Run:
    """Return what the product and its peers said of one migration, simulated or found among those that were kept."""
    begun = time.process_time()
    with tempfile.TemporaryDirectory(prefix="verdicts-") as scratch:
        folder, truth = simulated(family, seed, kept, Path(scratch))
        count = int((truth.logs_end_at - truth.changed_at) / timedelta(hours=every_h))
        moments = [truth.changed_at + timedelta(hours=every_h * step) for step in range(1, count + 1)]
        written = time.process_time()
        migration = load(folder / "cutover.toml")
        gathered = gather(migration, moments)
        read = time.process_time()
        verdicts = [one.verdict for one in backtest(gathered, moments)]
    seconds = (written - begun, read - written, time.process_time() - read)
    return _run(truth, migration.policy, verdicts, seconds, every_h * HOUR_S)


def _run(
    truth: Truth, policy: Policy, verdicts: list[Verdict], seconds: tuple[float, float, float], step_s: float
) -> Run:
    """Return verdicts beside the truth."""
    accepted = [str(network) for network in policy.accepted]
    counted = truth.counted(policy.counts, accepted)
    ahead = Ahead(truth.arrivals_s[counted], policy.horizon_s)
    at_s = np.array([_since(truth, one.at) for one in verdicts])
    lost = ahead.lost(at_s)
    safe_from = truth.safe_from(policy.horizon_s, policy.max_lost_requests, policy.counts, accepted)
    waits = [one.safe_at if one.verdict == "wait" else None for one in verdicts]
    upper_s = np.array([np.nan if one is None or one.upper is None else _since(truth, one.upper) for one in waits])
    median_s = np.array([np.nan if one is None or one.median is None else _since(truth, one.median) for one in waits])
    gaps = [(_since(truth, a), _since(truth, b)) for a, b in truth.gaps]
    safe_from_s = None if safe_from is None else _since(truth, safe_from)
    shown = _logged(ahead.arrivals_s, gaps), _logged(truth.arrivals_s, gaps)
    seen = Seen(*shown, float(truth.ttl_s), policy.horizon_s, policy.max_lost_requests)
    return Run(
        family=truth.scenario,
        seed=truth.seed,
        step_s=step_s,
        budget=policy.max_lost_requests,
        confidence=policy.confidence,
        at_s=at_s,
        words=tuple(one.verdict for one in verdicts),
        lost=lost,
        upper=np.array([np.nan if one.lost_requests.upper is None else one.lost_requests.upper for one in verdicts]),
        median_s=median_s,
        upper_s=upper_s,
        right=_right(truth, ahead, policy.max_lost_requests, upper_s, safe_from_s),
        in_gap=np.array([any(a < at <= b for a, b in gaps) for at in at_s.tolist()]),
        safe_from_s=safe_from_s,
        named=_named(truth, verdicts, counted),
        peers=peers(seen, at_s),
        seconds=seconds,
    )


def _since(truth: Truth, moment: datetime) -> float:
    return (moment - truth.changed_at).total_seconds()


def _logged(arrivals_s: np.ndarray, gaps: list[tuple[float, float]]) -> np.ndarray:
    """Return the arrivals that the old log shows."""
    shown = np.ones(len(arrivals_s), dtype=bool)
    for start, end in gaps:
        shown &= ~((arrivals_s >= start) & (arrivals_s < end))
    return arrivals_s[shown]


def _right(truth: Truth, ahead: Ahead, budget: float, upper_s: np.ndarray, safe_from_s: float | None) -> np.ndarray:
    """Return 1.0 where the promised moment is within the budget, 0.0 where not, nan where none is promised or known.

    Beyond the moments whose whole horizon is known, a promise is right if all has ended before.
    """
    known_s = _since(truth, truth.known_until) - ahead.horizon_s
    within = (ahead.lost(np.nan_to_num(upper_s)) <= budget).astype(float)
    later = float(safe_from_s is not None)
    return np.where(np.isnan(upper_s), np.nan, np.where(upper_s <= known_s, within, later))


def _named(truth: Truth, verdicts: list[Verdict], counted: np.ndarray) -> tuple[Named, ...]:
    """Return at each moment who is called stuck, and who of those that have come since the change does not move.

    Who is moved by hand does not move by itself: until then he is rightly called stuck, for that is how he is moved.
    """
    stuck = [c.moved_at is None or c.mechanism == BY_HAND for c in truth.clients]
    never = np.array(stuck, dtype=bool)[truth.arrival_client] & counted
    times, codes = truth.arrivals_s[never], truth.arrival_client[never]
    some = np.unique(codes)
    each = [times[codes == code] for code in some]
    first_s = np.array([one[0] for one in each])
    last_s = np.array([comes_until_s(one, _since(truth, truth.known_until)) for one in each])
    found = []
    for one in verdicts:
        at_s = _since(truth, one.at)
        both = some[(first_s <= at_s) & (last_s > at_s)].tolist()
        said = frozenset(client.client for client in one.stragglers if client.stuck)
        found.append(Named(said, frozenset(truth.clients[code].address for code in both)))
    return tuple(found)


def comes_until_s(times_s: np.ndarray, known_s: float) -> float:
    """Return until when a client that never moves comes; for ever, where what is simulated ends before it would be due.

    It would be due when a silence is twice as long as its longest one.
    """
    longest_s = float(np.diff(times_s).max(initial=0.0))
    return np.inf if times_s[-1] + 2 * longest_s > known_s else float(times_s[-1])
