"""When each thing is done: the moments that all steps of a checklist hang on, and the arithmetic of local days."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING

from analyzer.dns.advice import LAG_S, ttl_advice
from analyzer.units import DAY_S, HOUR_S, MINUTE_S

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

PREPARE_DAYS = 14  # before the move: what partners, allow-lists and certificates need
WORKDAY_START = time(10, 0)  # everybody is at work, and the day is long enough to go back
TUESDAY = 1  # of a week from 0: Monday's surprises are over, and the weekend is far
FRIDAY = 4
CHECK_S = 15 * MINUTE_S  # [s] after the DNS edit: NOTIFY has reached the secondaries
EDIT_S = 30 * MINUTE_S  # [s] between the switch and the DNS edit: what the proxy does is verified first
BATCH_LEAD_S = 12 * HOUR_S  # [s] before the batch by which a change of the TTL must have been handed in
BROWNOUT_DAYS = 3  # after the caches have let go: who is still there then does not come from a cache
REMOVAL_DAYS = 7  # after the caches have let go: a week, so that weekly jobs have shown themselves
_OFFSET = re.compile(r"(\w+?)((?:[+-]\d+(?:d|h|min))*)")
_PART = re.compile(r"([+-]\d+)(d|h|min)")
_SECONDS = {"h": HOUR_S, "min": MINUTE_S}


@dataclass(frozen=True, slots=True)
class Times:
    """The moments of a cutover, UTC.

    Attributes
    ----------
    move
        The switch to the proxy.
    publish
        The new addresses are published.
    check
        Somebody looks whether they are: soon after an edit, in the morning after a batch.
    lower
        The lower TTL is published (or handed in): a morning before it would be too late.
    drained
        Caches that keep to the TTL hold no old answer any more, those included that asked the slowest server.
    settled
        Somebody looks whether they do.
    brownout
        The first one.
    raise_ttl
        From then on the TTL may be raised again.
    removal
        The earliest removal that makes sense; the verdict decides.
    end
        The horizon after the removal is over.
    low_ttl_s
        [s] the TTL to publish before the change; the present one where that is low enough.
    tail_s
        [s] how long after `publish` caches that keep to their TTL may hold the old address.
    late
        It is too late to lower the TTL for this move.
    """

    move: datetime
    publish: datetime
    check: datetime
    lower: datetime
    drained: datetime
    settled: datetime
    brownout: datetime
    raise_ttl: datetime
    removal: datetime
    end: datetime
    low_ttl_s: float
    tail_s: float
    late: bool

    def anchors(self) -> dict[str, datetime]:
        """Return the moments by the names that steps use."""
        return {
            "lower": self.lower,
            "move": self.move,
            "publish": self.publish,
            "check": self.check,
            "drained": self.drained,
            "settled": self.settled,
            "raise": self.raise_ttl,
            "brownout": self.brownout,
            "removal": self.removal,
            "end": self.end,
        }

    def moment(self, written: str, zone: ZoneInfo) -> datetime:
        """Return the moment that `move-14d+10min` names: days keep the local clock, hours and minutes are exact.

        Whole days away from its anchor nothing is done on a weekend.

        Raises
        ------
        ValueError
            If it is no such text.
        """
        match = _OFFSET.fullmatch(written)
        if match is None or match[1] not in self.anchors():
            raise ValueError(f"not a moment of a checklist: {written}")
        found = self.anchors()[match[1]]
        for number, unit in _PART.findall(match[2]):
            if unit == "d":
                found = _off_weekend(days_later(found, int(number), zone), zone, later=number.startswith("+"))
            else:
                found += timedelta(seconds=int(number) * _SECONDS[unit])
        return found


def times(
    *,
    at: datetime,
    move: datetime,
    batch: time | None,
    ttl_s: float,
    horizon_s: float,
    zone: ZoneInfo,
    usual_ttl_s: float | None = None,
) -> Times:
    """Return the moments of a cutover that switches at `move`, made `at` some time (UTC).

    Parameters
    ----------
    batch
        The local time of the nightly batch that publishes the zone; None if the DNS is one's own.
    ttl_s, usual_ttl_s
        [s] of the records today, and before it was lowered, if it was.
    horizon_s
        [s] of the policy: so long after the removal the old server is kept.
    """
    publish = move + timedelta(seconds=EDIT_S) if batch is None else next_batch(move, batch, zone)
    usual_s = max(ttl_s, usual_ttl_s or 0.0)
    advice = ttl_advice(usual_s, at=min(at, publish - timedelta(seconds=1)), change_at=publish)
    deadline = _deadline(advice.lower_by, move, batch, zone)
    late = deadline < at and ttl_s > advice.lower_to_s
    tail_s = usual_s if late else advice.lower_to_s
    check = publish + timedelta(seconds=CHECK_S) if batch is None else workday(publish, zone)
    drained = publish + timedelta(seconds=tail_s + LAG_S)
    settled = max(drained, check + timedelta(seconds=CHECK_S))
    brownout, removal = _last_days(settled, zone)
    return Times(
        move=move,
        publish=publish,
        check=check,
        lower=min(workday_before(deadline, zone), deadline),
        drained=drained,
        settled=settled,
        brownout=brownout,
        raise_ttl=workday(max(advice.raise_from or settled, settled), zone),
        removal=removal,
        end=removal + timedelta(seconds=horizon_s),
        low_ttl_s=advice.lower_to_s,
        tail_s=tail_s,
        late=late,
    )


def _last_days(settled: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the brown-out and the earliest removal, on working days, the one before the other."""
    brownout = workday(days_later(settled, BROWNOUT_DAYS, zone), zone)
    return brownout, workday(max(days_later(settled, REMOVAL_DAYS, zone), days_later(brownout, 1, zone)), zone)


def _deadline(lower_by: datetime | None, move: datetime, batch: time | None, zone: ZoneInfo) -> datetime:
    """Return by when the TTL must be lowered; where a batch takes it over, by when that must be handed in."""
    if lower_by is None:
        return days_later(move, -PREPARE_DAYS // 2, zone)
    if batch is None:
        return lower_by
    # The last batch that is early enough, and handed in well before it.
    return next_batch(days_later(lower_by, -1, zone), batch, zone) - timedelta(seconds=BATCH_LEAD_S)


def days_later(moment: datetime, days: int, zone: ZoneInfo) -> datetime:
    """Return the moment so many days later at the same time of the local clock, UTC.

    Examples
    --------
    >>> from zoneinfo import ZoneInfo
    >>> days_later(datetime(2026, 3, 28, 9, tzinfo=UTC), 1, ZoneInfo("Europe/Berlin")).isoformat()
    '2026-03-29T08:00:00+00:00'
    """
    return (moment.astimezone(zone) + timedelta(days=days)).astimezone(UTC)


def next_batch(moment: datetime, batch: time, zone: ZoneInfo) -> datetime:
    """Return the first batch after a moment, UTC; in the night in which its hour is left out, an hour later."""
    day = moment.astimezone(zone).date()
    while True:
        found = datetime.combine(day, batch, zone).astimezone(UTC)
        if found > moment:
            return found
        day += timedelta(days=1)


def workday(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the first ten o'clock in the morning of a Monday to Thursday that is not before a moment, UTC."""
    day = moment.astimezone(zone).date()
    while True:
        found = datetime.combine(day, WORKDAY_START, zone).astimezone(UTC)
        if found >= moment and day.weekday() < FRIDAY:
            return found
        day += timedelta(days=1)


def workday_before(moment: datetime, zone: ZoneInfo) -> datetime:
    """Return the last ten o'clock in the morning of a Monday to Friday that is not after a moment, UTC."""
    day = moment.astimezone(zone).date()
    while True:
        found = datetime.combine(day, WORKDAY_START, zone).astimezone(UTC)
        if found <= moment and day.weekday() <= FRIDAY:
            return found
        day -= timedelta(days=1)


def _off_weekend(moment: datetime, zone: ZoneInfo, *, later: bool) -> datetime:
    """Return the moment, or the same time of the Monday after or the Friday before."""
    weekday = moment.astimezone(zone).weekday()
    if weekday <= FRIDAY:
        return moment
    return days_later(moment, 7 - weekday if later else FRIDAY - weekday, zone)


def move_before(changed_at: datetime, zone: ZoneInfo, *, batch: bool) -> datetime:
    """Return the switch that belongs to a change that is known: right before it, or the day before a batch."""
    return workday_before(changed_at, zone) if batch else changed_at - timedelta(seconds=EDIT_S)


def proposed_move(at: datetime, zone: ZoneInfo) -> datetime:
    """Return a Tuesday morning, ten o'clock, that leaves the days that preparing takes, UTC."""
    first = at + timedelta(seconds=(PREPARE_DAYS + 1) * DAY_S)
    found = workday(first, zone)
    while found.astimezone(zone).weekday() != TUESDAY:
        found = workday(found + timedelta(seconds=1), zone)
    return found
