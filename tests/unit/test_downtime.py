"""What the change cost, from small logs written by hand."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from analyzer.handover.downtime import Downtime, downtime, read_window, window_around

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

CHANGED = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
OLD_ADDRESS = "192.0.2.4"
FIREFOX = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
CURL = "curl/8.0"
FORMAT = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" us=%D handler=%R'


def line(
    at: datetime,
    *,
    status: int = 200,
    client: str = "203.0.113.7",
    agent: str = FIREFOX,
    target: str = "/",
    us: int = 1_000,
    handler: str = "-",
) -> str:
    """Return a line in FORMAT."""
    stamp = f"{at:%d/%b/%Y:%H:%M:%S} +0000"
    return f'{client} - - [{stamp}] "GET {target} HTTP/1.1" {status} 5 "-" "{agent}" us={us} handler={handler}'


def every(minutes: float, start: datetime, end: datetime, **fields: object) -> list[str]:
    """Return a line every so many minutes."""
    count = int((end - start).total_seconds() // (60 * minutes)) + 1
    return [line(start + timedelta(minutes=minutes * i), **fields) for i in range(count)]  # type: ignore[arg-type] -- fields of `line`


def measured(folder: Path, old: Iterable[str], new: Iterable[str] | None = None, form: str = FORMAT) -> Downtime:
    """Return what these lines say, from a day before the change to a day after it."""
    window = window_around([CHANGED], before_s=86_400, after_s=86_400)
    frames = []
    for name, lines in (("old", old), ("new", new)):
        if lines is None:
            frames.append(None)
            continue
        path = folder / f"{name}.log"
        path.write_text("".join(f"{one}\n" for one in lines))
        frames.append(read_window([str(path)], form, window, ["app.example.com"])[0])
    assert frames[0] is not None
    return downtime(frames[0], frames[1], changed_at=CHANGED, window=window, proxies=[OLD_ADDRESS])


def steady() -> list[str]:
    """Return a request a minute from eight days before the change to a day after it."""
    return every(1, CHANGED - timedelta(days=8), CHANGED + timedelta(days=1))


def test_failures_are_counted_by_minute_kind_and_status(tmp_path: Path) -> None:
    """Three failures in two minutes: a browser's and a program's 503, and a 502 a minute later."""
    failed = [
        line(CHANGED, status=503),
        line(CHANGED + timedelta(seconds=5), status=503, agent=CURL),
        line(CHANGED + timedelta(seconds=65), status=502),
        line(CHANGED + timedelta(seconds=70), status=404),
    ]
    found = measured(tmp_path, [*steady(), *failed]).failures
    assert (found.failed, found.statuses, found.servers) == (3, ((503, 2), (502, 1)), (("old", 3),))
    assert dict(found.kinds) == {"person": 2, "program": 1}
    assert [(one.minute, one.failed, one.requests) for one in found.minutes] == [
        (CHANGED, 2, 3),
        (CHANGED + timedelta(minutes=1), 1, 3),
    ]


def test_what_fails_usually_is_said(tmp_path: Path) -> None:
    """One of four requests fails on the days before, none after: the usual share is a quarter."""
    before = CHANGED - timedelta(days=3)
    lines = every(4, before, before + timedelta(hours=8), status=500) + [
        one for shift in (1, 2, 3) for one in every(4, before + timedelta(minutes=shift), before + timedelta(hours=8.1))
    ]
    found = measured(tmp_path, [*lines, *every(1, CHANGED, CHANGED + timedelta(hours=1))]).failures
    assert found.failed == 0
    assert found.usual_share == pytest.approx(0.25, abs=0.01)


def test_a_failure_in_both_logs_is_one(tmp_path: Path) -> None:
    """What the new server failed through the proxy is counted at the old one; asked directly, at the new one."""
    once = CHANGED + timedelta(hours=2)
    old = [*steady(), line(once, status=500, client="198.51.100.1", target="/a?b=1")]
    new = [
        line(once + timedelta(seconds=1), status=500, client="198.51.100.1", target="/a?b=1"),
        line(once, status=500, client=OLD_ADDRESS, target="/a?b=1"),
        line(once, status=500, client="198.51.100.9", target="/a?b=1"),
        line(once + timedelta(minutes=5), status=500, client="198.51.100.1", target="/a?b=1"),
    ]
    found = measured(tmp_path, old, new)
    assert dict(found.failures.servers) == {"old": 1, "new": 2}
    assert any("counted once" in note for note in found.notes)


def test_an_outage_is_the_costliest_silence_and_unusual(tmp_path: Path) -> None:
    """Twenty minutes without a good answer, where one a minute is normal; failing answers do not end it."""
    dark = (CHANGED + timedelta(hours=1), CHANGED + timedelta(hours=1, minutes=20))
    kept = [
        one
        for i, one in enumerate(steady())
        if not dark[0] < CHANGED - timedelta(days=8) + timedelta(minutes=i) < dark[1]
    ]
    found = measured(tmp_path, [*kept, *every(1, *dark, status=503)]).silences
    assert found.worst is not None
    assert (found.worst.start, found.worst.end) == dark
    assert found.worst == found.longest
    assert (found.worst.usual_requests, found.worst.unusual) == (19, True)
    assert found.usual_longest_s == 60


@pytest.mark.parametrize(("minutes", "unusual"), [(9, False), (25, True)])
def test_what_is_unusual_depends_on_what_is_usual(tmp_path: Path, minutes: int, unusual: bool) -> None:
    """Where ten minutes are missing on one day before, nine are usual; what costs more than twice as much is not."""
    start = CHANGED - timedelta(days=8)
    holes = [(CHANGED - timedelta(days=3), 10), (CHANGED + timedelta(hours=1), minutes)]
    kept = [
        one
        for i, one in enumerate(steady())
        if not any(begin < start + timedelta(minutes=i) < begin + timedelta(minutes=long) for begin, long in holes)
    ]
    found = measured(tmp_path, kept).silences
    assert found.worst is not None
    assert found.worst.seconds == 60 * minutes
    assert found.usual_worst_requests == 9
    assert found.worst.unusual is unusual


def test_a_quiet_night_is_no_outage(tmp_path: Path) -> None:
    """Every night is silent for ten hours: the longest stretch, but not an unusual one."""
    begin = CHANGED - timedelta(days=8, hours=4)
    days = [every(1, begin + timedelta(days=d), begin + timedelta(days=d, hours=14)) for d in range(10)]
    found = measured(tmp_path, [one for day in days for one in day]).silences
    assert found.longest is not None
    assert found.longest.seconds == 10 * 3_600
    assert found.longest.usual_requests == 0
    assert found.worst is not None
    assert found.worst.unusual is False


def test_the_new_server_ends_a_silence(tmp_path: Path) -> None:
    """The old server says nothing more after the change; the new one answers everybody."""
    old = every(1, CHANGED - timedelta(days=8), CHANGED)
    new = every(1, CHANGED + timedelta(minutes=1), CHANGED + timedelta(days=1))
    assert measured(tmp_path, old, new).silences.longest is not None
    longest = measured(tmp_path, old, new).silences.longest
    assert longest is not None
    assert longest.seconds == 60


def test_the_price_is_the_median_over_paths_against_direct(tmp_path: Path) -> None:
    """Two paths, one quick and one slow; the proxy adds 2 ms and 4 ms; more of the slow one is asked through it."""
    later = CHANGED + timedelta(hours=1)
    old = [
        *every(1, CHANGED - timedelta(days=8), CHANGED - timedelta(minutes=1), us=9_000),
        *every(1, later, later + timedelta(minutes=9), us=3_000, handler="proxy-server", target="/quick"),
        *every(1, later, later + timedelta(minutes=90), us=54_000, handler="proxy-server", target="/slow?x=1"),
    ]
    new = [
        *every(1, later, later + timedelta(minutes=90), us=1_000, target="/quick"),
        *every(1, later, later + timedelta(minutes=9), us=50_000, target="/slow"),
        *every(1, later, later + timedelta(minutes=90), us=1, target="/slow", client=OLD_ADDRESS),
    ]
    found = measured(tmp_path, old, new)
    assert found.proxied_from == later
    assert found.price is not None
    assert (found.price.added_ms, found.price.paths, found.price.against) == (3.0, 2, "direct")
    assert found.price.before is not None
    assert found.price.before.p50_ms == 9.0


def test_without_durations_the_price_is_not_known(tmp_path: Path) -> None:
    """A combined log has none; the note says what to add."""
    lines = [one.partition(" us=")[0] for one in steady()]
    found = measured(tmp_path, lines, form="combined")
    assert found.price is None
    assert any("%D" in note for note in found.notes)


def test_the_object_holds_everything_and_is_json(tmp_path: Path) -> None:
    """Nothing in it is no JSON, and moments are RFC 3339."""
    told = measured(tmp_path, [*steady(), line(CHANGED, status=503)]).as_json()
    again = json.loads(json.dumps(told, allow_nan=False))
    assert again["schema"] == "cutover.downtime/1"
    assert again["changed_at"] == "2026-03-10T12:00:00Z"
    assert again["failures"]["minutes"][0]["statuses"] == {"503": 1}
    assert again["window"]["from"] == "2026-03-09T12:00:00Z"


def test_logs_of_another_time_say_nothing(tmp_path: Path) -> None:
    """A year before: no request, no silence, and no failure."""
    found = measured(tmp_path, every(1, CHANGED - timedelta(days=365), CHANGED - timedelta(days=364)))
    assert (found.failures.requests, found.silences.longest, found.price) == (0, None, None)
