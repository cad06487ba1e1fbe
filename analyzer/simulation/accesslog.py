r"""The access logs of both servers as Apache and Debian's logrotate leave them.

A line is written when its request has ended, and bears the moment at which the request came: so lines are out of
order by the time that answers take, and a request that is under way at midnight ends in the rotated file.
"""

from __future__ import annotations

import gzip
import io
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from analyzer.simulation.formats import Head, Row, escaped
from analyzer.simulation.parts import NOT_A_REQUEST
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from analyzer.simulation.formats import Format
    from analyzer.simulation.parts import Bools, Floats, Ints, Part
    from analyzer.simulation.world import World

PLAIN_FILES = 2  # access.log and access.log.1; older ones are compressed (logrotate: delaycompress)
FORWARD_S = 0.004  # [s] from the old server to the new one
REFUSED = (400, 408)  # answered by the old server itself, never forwarded
# What a full disk and a crash leave behind: half a line, and a block that was never written.
BROKEN = (rb"198.18.7.20 - - [", b"\0" * 48 + b'/img/hero.avif HTTP/1.1" 200 88322 "-" "-"')


@dataclass(frozen=True, slots=True)
class LogFile:
    """One file of a rotated log."""

    name: str
    data: bytes


def old_log(world: World, part: Part, old: Bools, form: Format) -> tuple[LogFile, ...]:
    """Return the old server's log, its clock in local time.

    Parameters
    ----------
    old : bool array that goes with `part.requests`
        Which requests arrived at the old server.
    """
    at_s = part.requests.at_s
    seen = old & _between(at_s, -float(world.before_s), float(world.after_s))
    for from_s, until_s in world.gaps_s:
        seen &= ~_between(at_s, from_s, until_s)
    rows = np.flatnonzero(seen)
    written = _Written(rows, at_s[rows], (at_s + part.requests.took_s)[rows], _heads(world, part), form)
    return _rotated(world, part, written, world.utc_offset_s, broken=True)


def new_log(
    world: World, part: Part, old: Bools, form: Format, *, restored: bool = False, skew_s: float = 0.0
) -> tuple[LogFile, ...]:
    """Return the new server's log, its clock in UTC: direct visits, and what the old server forwards to it.

    Forwarded requests bear the old server's address; all else of them stands as the client sent it.

    Parameters
    ----------
    restored
        They bear the client's own address, as mod_remoteip restores it.
    skew_s
        [s] The clock is ahead by so much.
    """
    requests = part.requests
    real = np.array([c.kind != NOT_A_REQUEST and c.host is None for c in part.clients])[requests.client]
    forwarded = old & real & ~np.isin(requests.status, REFUSED)
    rows = np.flatnonzero(_between(requests.at_s, world.proxy_from_s, float(world.after_s)) & (forwarded | ~old))
    at_s = requests.at_s[rows] + np.where(old[rows], FORWARD_S, 0.0) + skew_s
    heads = _heads(world, part) + _heads(world, part, via=None if restored else world.old[0])
    shift = np.where(old[rows], len(part.clients), 0)
    written = _Written(rows, at_s, at_s + requests.took_s[rows], heads, form, shift)
    return _rotated(world, part, written, 0, broken=False)


@dataclass(frozen=True, slots=True)
class _Written:
    """Lines of one log in columns: request, its time there, when it was written, shift of its head."""

    rows: Ints
    at_s: Floats
    end_s: Floats
    heads: list[Head]
    form: Format
    shift: Ints | int = 0


def _between(at_s: Floats, from_s: float, until_s: float) -> Bools:
    """Return which moments are in a period."""
    return (at_s >= from_s) & (at_s < until_s)


def _rotated(world: World, part: Part, written: _Written, utc_offset_s: int, *, broken: bool) -> tuple[LogFile, ...]:
    """Return lines in the order of their writing, split where the log was rotated: at local midnight."""
    order = np.argsort(written.end_s, kind="stable")
    rows = written.rows[order]
    clock_s = np.floor(written.at_s[order] + world.changed_at.timestamp()).astype(np.int64) + utc_offset_s
    head = (part.requests.client[written.rows] + written.shift)[order]
    heads = [written.heads[i] for i in head.tolist()]
    lines = _lines(part, rows, heads, _clock(clock_s, utc_offset_s), written.form)
    period = clock_s // DAY_S // world.rotate_days
    torn = world.rng("torn lines")
    files = []
    for age, of_period in enumerate(range(int(period.max()), int(period.min()) - 1, -1) if len(period) else ()):
        chosen = [lines[i] for i in np.flatnonzero(period == of_period).tolist()]
        if broken and age in _broken_ages(world):
            chosen.insert(len(chosen) // 2, BROKEN[_broken_ages(world).index(age)])
        if broken and world.torn_share:
            chosen = _torn(chosen, int(torn.poisson(world.torn_share * len(chosen))), torn)
        files.append(_file(age, b"\n".join([*chosen, b""])))
    return tuple(files)


def _torn(lines: list[bytes], count: int, draw: np.random.Generator) -> list[bytes]:
    """Return lines with the beginnings of some of them between them, as a crash leaves them."""
    places = sorted(draw.integers(len(lines), size=count).tolist(), reverse=True) if lines else []
    for place in places:
        lines.insert(place, lines[place][: int(draw.integers(8, 40))])
    return lines


def _broken_ages(world: World) -> tuple[int, int]:
    """Return the ages of the files that have the two broken lines: one before the change, one after."""
    days = int(world.after_s // DAY_S)
    return (days + 3) // world.rotate_days, days // 2 // world.rotate_days


def _file(age: int, data: bytes) -> LogFile:
    """Return one day's file, named and compressed by its age in days."""
    name = "access.log" + (f".{age}" if age else "")
    return LogFile(name, data) if age < PLAIN_FILES else LogFile(name + ".gz", gzipped(data))


def gzipped(data: bytes) -> bytes:
    """Return a gzip file without name and time: the same bytes whenever it is written."""
    buffer = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=buffer, mtime=0) as file:
        file.write(data)
    return buffer.getvalue()


def _clock(clock_s: Ints, utc_offset_s: int) -> list[str]:
    """Return times as `%t` writes them, without brackets."""
    sign, minutes = "-" if utc_offset_s < 0 else "+", abs(utc_offset_s) // 60
    offset = f" {sign}{minutes // 60:02d}{minutes % 60:02d}"
    names = {
        day: f"{datetime.fromtimestamp(day * DAY_S, UTC):%d/%b/%Y}" for day in np.unique(clock_s // DAY_S).tolist()
    }
    return [
        f"{names[s // DAY_S]}:{s % DAY_S // 3600:02d}:{s // 60 % 60:02d}:{s % 60:02d}{offset}" for s in clock_s.tolist()
    ]


def _lines(part: Part, rows: Ints, heads: list[Head], clock: list[str], form: Format) -> list[bytes]:
    """Return lines without their ends."""
    requests, write = part.requests, form.line
    columns = zip(
        heads,
        clock,
        requests.line[rows].tolist(),
        requests.status[rows].tolist(),
        requests.size[rows].tolist(),
        requests.referer[rows].tolist(),
        strict=True,
    )
    return [
        write(head, Row(time, line, status, size, referer)).encode()
        for head, time, line, status, size, referer in columns
    ]


def _heads(world: World, part: Part, *, via: str | None = None) -> list[Head]:
    """Return what each client's lines say; `via` is the proxy that forwards its requests."""
    agents = {agent: "-" if agent is None else escaped(agent) for agent in {c.agent for c in part.clients}}
    return [
        Head(
            address=via or c.address,
            user=c.user,
            agent=agents[c.agent],
            host=c.host or world.name,
            forwarded_for=", ".join(a for a in (c.forwarded_for, c.address if via else None) if a) or "-",
        )
        for c in part.clients
    ]
