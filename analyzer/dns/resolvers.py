"""What each resolver says, counted once by the worst of what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from analyzer.dns.answers import OLDISH, RANK
from analyzer.dns.record import TTL_CAP_S

if TYPE_CHECKING:
    import pandas as pd

SECOND_US = 1_000_000
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
EPOCH_SLACK_S = 2  # [s] expiry epochs closer than this are one cache entry: TTLs are whole seconds
LEAST_CONSTANT = 3  # questions that show the same TTL before it is called constant


@dataclass(frozen=True, slots=True)
class ResolverState:
    """What one resolver answers.

    Attributes
    ----------
    resolver, transport
        What was asked, and how.
    name, type
        The question whose answer is its worst; where all are alike, the first.
    state
        Of its last answers the worst: new, empty, neither, failing, mixed or old.
    asked_at
        When that answer was given.
    old_expires_at
        The latest moment at which an entry seen there could still hold the old address; it may be past. None if it
        never answered old.
    ttl_s
        [s] largest remaining TTL of the RRset that changed, of its old answers if there are any; None if none was seen.
    authoritative
        It answered with authority: it is a server of the zone, not a cache.
    problem
        Why it fails (`timeout`, `SERVFAIL`, …); empty if it does not.
    first_new_at, last_old_at
        When it was first seen to answer new, and last to answer old (or both).
    questions
        Number of questions asked of it for the names that move.
    entries
        Distinct cache entries with the old address, told apart by when they expire.
    constant_ttl
        Its TTLs do not count down: they say nothing about when it asked.
    stretches_ttl
        It shows longer TTLs than there are.
    """

    resolver: str
    transport: str
    name: str
    type: str
    state: str
    asked_at: datetime
    old_expires_at: datetime | None
    ttl_s: float | None
    authoritative: bool
    problem: str
    first_new_at: datetime | None
    last_old_at: datetime | None
    questions: int
    entries: int
    constant_ttl: bool
    stretches_ttl: bool

    @property
    def on_old(self) -> bool:
        """Whether it still hands out the old address."""
        return self.state in OLDISH

    @property
    def facts(self) -> tuple[str, ...]:
        """What is odd about it, each a clause that goes after its name."""
        odd = {
            "answers with both addresses": self.state == "mixed",
            "answers with neither server, like a block page": self.state == "neither",
            "answers without an address": self.state == "empty",
            f"gives no usable answer ({self.problem})": self.state == "failing",
            "always shows the same TTL, so its entries' age is not known": self.constant_ttl,
            "keeps records for longer than their TTL": self.stretches_ttl,
            f"has {self.entries} caches or more behind one address": self.entries > 1,
        }
        return tuple(text for text, applies in odd.items() if applies)


def constant_ttl(evidence: pd.DataFrame) -> np.ndarray:
    """Return, for each row (bool), whether its resolver's TTLs stand still although time passed.

    Parameters
    ----------
    evidence
        Frame of resolver, name, type, oldish, authoritative, at_us, remaining_s, in order of time.
    """
    result = np.zeros(len(evidence), dtype=bool)
    groups = evidence.reset_index(drop=True).groupby(["resolver", "name", "type", "oldish"], sort=False)
    for places in groups.indices.values():
        shown = evidence["remaining_s"].to_numpy()[places]
        gaps_s = np.diff(evidence["at_us"].to_numpy()[places]) / SECOND_US
        still = len(places) >= LEAST_CONSTANT and (shown == shown[0]).all()
        # Asked after it expired, an honest cache shows the full TTL again: only a shorter gap must count down.
        if still and ((gaps_s > EPOCH_SLACK_S) & (gaps_s < shown[0] - EPOCH_SLACK_S)).any():
            result[places] = True
    result[evidence["authoritative"].to_numpy(dtype=bool)] = False
    return result


def old_expiry_us(evidence: pd.DataFrame, ttl_s: float | None, at_us: int) -> np.ndarray:
    """Return when the old entry behind each old answer expires [us].

    An entry seen with a remaining TTL is gone when that is over: TTLs are counted in whole seconds of the cache's
    clock, which rounds up. Where the TTL stands still, the longest one bounds it. What an authoritative server
    answers is fetched anew by every cache: if that was its last word, an entry may be as young as `at`.

    Parameters
    ----------
    evidence
        The old answers: resolver, name, type, authoritative, constant, last, at_us, remaining_s.
    ttl_s
        [s] the TTL before the change, if known.
    at_us
        [us] the moment of judgement.
    """
    longest_s = max(TTL_CAP_S, ttl_s or 0)
    shown_s = evidence["remaining_s"].clip(lower=0, upper=longest_s).to_numpy(dtype=np.float64)
    shown_s = np.where(evidence["constant"], np.maximum(shown_s, ttl_s or 0), shown_s)
    start = np.where(evidence["authoritative"] & evidence["last"], at_us, evidence["at_us"])
    expiry: np.ndarray = start.astype(np.int64) + (shown_s * SECOND_US).astype(np.int64)
    return expiry


def resolver_states(evidence: pd.DataFrame, outliers: frozenset[str]) -> tuple[ResolverState, ...]:
    """Return each resolver's state, in order of name.

    Parameters
    ----------
    evidence
        All questions up to the moment of judgement, in order of time, with `expiry_us` where old (else -1) and `last`
        (bool: the last answer of its resolver, name and type).
    outliers
        Resolvers that stretch the TTL.
    """
    groups = evidence.groupby("resolver", sort=True)
    return tuple(_state(rows, stretches=str(name) in outliers) for name, rows in groups)


def _state(rows: pd.DataFrame, *, stretches: bool) -> ResolverState:
    """Return the state of one resolver."""
    last = rows[rows["last"]]
    worst: Any = last.iloc[int(last["state"].map(RANK).to_numpy().argmax())]
    old, new = rows[rows["oldish"]], rows[rows["state"] == "new"]
    seen = old if len(old) else new
    longest = seen["remaining_s"].max() if len(seen) else -1
    return ResolverState(
        resolver=worst["resolver"],
        transport=worst["transport"],
        name=worst["name"],
        type=worst["type"],
        state=worst["state"],
        asked_at=moment(worst["at_us"]),
        old_expires_at=moment(old["expiry_us"].max()) if len(old) else None,
        ttl_s=float(longest) if longest >= 0 else None,
        authoritative=bool(rows["authoritative"].any()),
        problem=_problem(worst) if worst["state"] == "failing" else "",
        first_new_at=moment(new["at_us"].iloc[0]) if len(new) else None,
        last_old_at=moment(old["at_us"].iloc[-1]) if len(old) else None,
        questions=len(rows),
        entries=0 if rows["constant"].any() or rows["authoritative"].any() else _entries(old),
        constant_ttl=bool(rows["constant"].any()),
        stretches_ttl=stretches,
    )


def _problem(row: Any) -> str:  # noqa: ANN401 -- a row of the frame
    """Return why an answer cannot be used."""
    return next((one for one in (row["error"], row["rcode"]) if isinstance(one, str)), "")


def _entries(old: pd.DataFrame) -> int:
    """Return the largest number of old entries of one question that lived at the same time."""
    most = 0
    for _, rows in old.groupby(["name", "type"]):
        born = rows["at_us"].to_numpy()
        dies = np.sort(rows["expiry_us"].to_numpy())
        distinct = np.concatenate([[True], np.diff(dies) > EPOCH_SLACK_S * SECOND_US])
        epochs = dies[distinct]
        alive = [int(((epochs > at) & (epochs <= expiry)).sum()) for at, expiry in zip(born, dies, strict=True)]
        most = max([most, min(alive, default=0), 1])
    return most


def moment(us: int) -> datetime:
    """Return the moment of a Unix time [us]."""
    return EPOCH + timedelta(microseconds=int(us))
