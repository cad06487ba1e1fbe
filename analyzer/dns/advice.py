"""When to lower a record's TTL before the change, and when to raise it again."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzer.units import DAY_S, HOUR_S, MINUTE_S, rfc3339, spoken_duration

if TYPE_CHECKING:
    from datetime import datetime

LOW_TTL_S = 5 * MINUTE_S  # [s] caches of the field raise less than a minute or so, so that less gains nothing
LAG_S = HOUR_S  # [s] from the edit to the last authoritative server: NOTIFY is quick, a provider's queue is not
ROLLBACK_S = DAY_S  # [s] after the change a low TTL still serves: going back is as quick as going was
FORGOTTEN_S = 7 * DAY_S  # [s] beyond that: who has not raised it by then has forgotten it


@dataclass(frozen=True, slots=True)
class TtlAdvice:
    """What to do with one record's TTL around the change.

    Attributes
    ----------
    ttl_s
        [s] as the authoritative servers publish it today.
    lower_to_s
        [s] what to publish before the change; `ttl_s` where that is low enough.
    lower_by
        The latest moment for it; None if nothing is to be lowered, or no change is planned or it is over.
    lowest_at
        The earliest moment from which a change drains in `lower_to_s`, if it is lowered at once (or low already).
    raise_from
        From when it may be raised again; None while no change is known.
    raise_to_s
        [s] what to raise it to; None if it was never lowered, as far as is known.
    late
        It is too late to lower it in time for the change that is planned.
    forgotten
        It is still low, long after the change.
    sentences
        The same, for people, the weightiest first.
    """

    ttl_s: float
    lower_to_s: float
    lower_by: datetime | None
    lowest_at: datetime
    raise_from: datetime | None
    raise_to_s: float | None
    late: bool
    forgotten: bool
    sentences: tuple[str, ...]


def ttl_advice(
    ttl_s: float,
    *,
    at: datetime,
    change_at: datetime | None = None,
    usual_ttl_s: float | None = None,
    lower_to_s: float = LOW_TTL_S,
    lag_s: float = LAG_S,
) -> TtlAdvice:
    """Return when to lower a TTL and when to raise it again.

    A record fetched just before the TTL is lowered lives for the whole old TTL, in caches that asked the slowest
    authoritative server for `lag_s` longer: so it must be lowered that much before the change.

    Parameters
    ----------
    ttl_s
        [s] published today by the authoritative servers.
    at
        Now.
    change_at
        When the record is changed, planned or done; None if nobody knows yet.
    usual_ttl_s
        [s] before it was lowered, if that is known.
    lower_to_s
        [s] what to lower it to.
    lag_s
        [s] from an edit until the last authoritative server answers with it.

    Examples
    --------
    >>> from datetime import UTC, datetime
    >>> now, change = datetime(2026, 3, 1, tzinfo=UTC), datetime(2026, 3, 2, 22, tzinfo=UTC)
    >>> ttl_advice(86_400, at=now, change_at=change).sentences[0]
    'Lower the TTL from 24 h to 5 min not later than 2026-03-01T21:00:00Z.'
    """
    found = _found(ttl_s, at, change_at, usual_ttl_s, min(lower_to_s, ttl_s), lag_s)
    told = _after(found) if change_at is not None and change_at <= at else _before(found, change_at)
    return replace(found, sentences=tuple(told))


def _found(  # noqa: PLR0917 -- one call, just above
    ttl_s: float, at: datetime, change_at: datetime | None, usual_ttl_s: float | None, low_s: float, lag_s: float
) -> TtlAdvice:
    """Return the advice without its sentences."""
    lead = timedelta(seconds=ttl_s + lag_s if ttl_s > low_s else 0.0)
    over = change_at is not None and change_at <= at
    lower_by = change_at - lead if change_at is not None and not over and ttl_s > low_s else None
    raise_from = None if change_at is None else change_at + timedelta(seconds=low_s + lag_s + ROLLBACK_S)
    lowered = usual_ttl_s is not None and usual_ttl_s > ttl_s
    overdue = raise_from is not None and at >= raise_from + timedelta(seconds=FORGOTTEN_S)
    return TtlAdvice(
        ttl_s=ttl_s,
        lower_to_s=low_s,
        lower_by=lower_by,
        lowest_at=at + lead,
        raise_from=raise_from,
        raise_to_s=usual_ttl_s if lowered else ttl_s if ttl_s > low_s else None,
        late=lower_by is not None and lower_by < at,
        forgotten=over and overdue and lowered,
        sentences=(),
    )


def _before(found: TtlAdvice, change_at: datetime | None) -> list[str]:
    """Return what to do before the change."""
    now, low = spoken_duration(found.ttl_s), spoken_duration(found.lower_to_s)
    if found.ttl_s <= found.lower_to_s:
        told = [f"The TTL is {now} already: nothing is to be lowered."]
    elif found.late:
        otherwise = f"if not, the old address is answered for up to {now} after the change."
        told = [
            f"It is too late to lower the TTL from {now} for a change at {_spoken(change_at)}.",
            f"Lower it to {low} now and change at {_spoken(found.lowest_at)} or later; {otherwise}",
        ]
    elif found.lower_by is not None:
        told = [f"Lower the TTL from {now} to {low} not later than {_spoken(found.lower_by)}."]
    else:
        told = [f"Lower the TTL from {now} to {low}; change at {_spoken(found.lowest_at)} or later."]
    if found.raise_to_s is not None and found.raise_from is not None:
        told.append(f"Raise it again to {spoken_duration(found.raise_to_s)} after {_spoken(found.raise_from)}.")
    return told


def _after(found: TtlAdvice) -> list[str]:
    """Return what to do after the change."""
    if found.raise_to_s is None or found.raise_from is None or found.ttl_s >= found.raise_to_s:
        return [f"The change is over, and the TTL is {spoken_duration(found.ttl_s)}."]
    goal = spoken_duration(found.raise_to_s)
    if found.forgotten:
        low = spoken_duration(found.ttl_s)
        return [f"The TTL is still {low}, long after the change: raise it to {goal} again; it was forgotten."]
    return [f"Raise the TTL from {spoken_duration(found.ttl_s)} to {goal} after {_spoken(found.raise_from)}."]


def _spoken(moment: datetime | None) -> str:
    """Return a moment to the second, for people."""
    return "" if moment is None else rfc3339(moment.replace(microsecond=0))
