"""Blocks of lines folded inside DuckDB: sums by client, half hour and part, and by minute and part."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import Fault, InputError
from analyzer.logs.chunks import Chunk, Over
from analyzer.logs.columns import host_sql, is_request, raw, time_sql, wanted_names
from analyzer.logs.fast import quote
from analyzer.logs.forwarded import client_sql
from analyzer.logs.holes import BLIND, PROBE, SERVED
from analyzer.logs.lanes import connection, lines_table, rows_sql, second_lane
from analyzer.logs.parts import Part
from analyzer.logs.sources import Block, Buffers, Ended
from analyzer.logs.sums import Sums
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Collection, Generator, Iterator, Sequence

    from analyzer.logs.formats import LogFormat
    from analyzer.logs.sources import Item

SLOT_S = 1_800  # [s] a client's requests less than 30 min apart are one visit; within one slot no gap can reach that
MINUTE_S = 60
REFUSED, FAILED = 400, 500  # status from which a request was refused (RFC 9110 section 15.5), or failed (15.6)
# Refused, but let in later: who has to log in first (15.5.2), or to come more slowly (RFC 6585 section 4).
LET_IN_LATER = (401, 429)
_COMPACT_ROWS = 4_000_000  # the cells are summed up again when so many have been added


@dataclass(slots=True)
class Tally:
    """What has been read of one file."""

    parsed: int = 0
    first_us: int | None = None
    last_us: int | None = None
    reasons: Counter[str] = field(default_factory=Counter)


class Fold:
    """Takes blocks, keeps sums; its memory grows with clients and their half hours, not with lines."""

    @staticmethod
    def buffers(_log_format: LogFormat) -> Buffers:
        """Return what blocks are read into."""
        return Buffers()

    def __init__(
        self, log_format: LogFormat, names: Collection[str], moments_us: Sequence[int], slot_s: int = SLOT_S
    ) -> None:
        self._format = log_format
        self._tables = connection()
        summed = _fold_sql(log_format, names, moments_us, slot_s)
        self._first_lane = f"CREATE OR REPLACE TEMP TABLE folded AS WITH raw AS ({rows_sql(log_format)}) {summed}"
        self._second_lane = f"INSERT INTO folded WITH raw AS (FROM second) {summed}"
        self._added = 0
        self._tables.execute(_TABLES)

    def folded(self, items: Iterator[Item]) -> Generator[tuple[Block | Ended, int, Tally]]:
        """Yield blocks and ends when they have been folded, with the lines of each that were parsed.

        Also yielded is what has been read of the file so far.
        """
        tally = Tally()
        for item in items:
            if isinstance(item, Block):
                yield item, self._add(item, tally), tally
            elif isinstance(item, Chunk | Over):
                raise TypeError("chunks are for threads with buffers of their own")
            else:
                yield item, 0, tally
                tally = Tally()

    def _add(self, block: Block, tally: Tally) -> int:
        """Fold one block, and return how many of its lines were parsed."""
        self._tables.register("lines", lines_table(block))
        self._tables.execute(self._first_lane)
        left = self._tables.sql(_LEFT).to_arrow_table().column("n").to_numpy()
        if len(left):
            table, refused = second_lane(self._format, block, np.sort(left))
            tally.reasons.update(refused.reasons)
            self._tables.register("second", table)
            self._tables.execute(self._second_lane)
            self._tables.unregister("second")
        self._tables.unregister("lines")
        return self._keep(block, tally)

    def _keep(self, block: Block, tally: Tally) -> int:
        """Add the block's sums to those before; return how many lines they are of."""
        count, first, last = self._tables.execute(_EXTENT).fetchall()[0]
        tally.parsed += count
        if count:
            tally.first_us = first if tally.first_us is None else min(first, tally.first_us)
            tally.last_us = last if tally.last_us is None else max(last, tally.last_us)
        self._tables.execute(_NEW_CLIENTS)
        self._tables.execute(_NEW_CELLS)
        self._tables.execute(_NEW_MINUTES)
        self._added += block.lines
        if self._added > _COMPACT_ROWS:
            self._added = 0
            self._tables.execute(_COMPACT)
        return int(count)

    def parts(self) -> Iterator[Part]:
        """Yield what was summed up, and forget it."""
        clients = self._tables.sql("SELECT * FROM clients ORDER BY code").to_arrow_table()
        yield Part(clients.column("address"), clients.column("agent"), self._sums("cells"), self._sums("minutes"))

    def _sums(self, table: str) -> Sums:
        """Return the columns of `cells` or `minutes` as they were added, and forget them."""
        arrow = self._tables.sql(_SUMS_OF[table]).to_arrow_table()
        self._tables.execute(f"TRUNCATE {table}")
        return Sums({name: arrow.column(name).to_numpy() for name in arrow.column_names}, 1)


def _fold_sql(log_format: LogFormat, names: Collection[str], moments_us: Sequence[int], slot_s: int) -> str:
    """Return the query that sums the rows of `raw` up."""
    for column, what in (("client", "the client (%h or %a)"), ("time", "the time (%t)")):
        if not (log_format.time_fields if column == "time" else log_format.column(column)):
            raise InputError(
                Fault(
                    f"the format does not log {what}",
                    where="LogFormat",
                    value=log_format.text,
                    remedy="use one that does",
                )
            )
    host = host_sql(log_format)
    logged = "request" if log_format.column("request") else "target_logged"
    target = raw(log_format, logged)
    for_names = "true"
    if host is not None and names:
        wanted = ", ".join(quote(name) for name in sorted(wanted_names(log_format, names)))
        for_names = f"coalesce(rtrim({host}, '.') IN ({wanted}), true)"
    return f"""
        SELECT client, agent, slot, minute, part, count(*)::INTEGER AS lines,
            list(number) FILTER (number IS NOT NULL) AS refused, grouping(slot) = 0 AS by_client,
            count(*) FILTER (ours)::INTEGER AS requests, count(*) FILTER (NOT ours)::INTEGER AS "foreign",
            count(*) FILTER (probe)::INTEGER AS probes, count(*) FILTER (denied)::INTEGER AS denied,
            count(*) FILTER (failed)::INTEGER AS failed, count(*) FILTER (blind)::INTEGER AS blind,
            min(t) AS "first", max(t) AS "last"
        FROM (
            SELECT client, agent, number, {_start("t", slot_s)} AS slot, {_start("t", MINUTE_S)} AS minute,
                ({_part_sql(list(moments_us))})::SMALLINT AS part, t, asked AND for_names AS ours,
                coalesce(status >= {FAILED}, false) AS failed,
                coalesce(status >= {REFUSED} AND status < {FAILED} AND status NOT IN {LET_IN_LATER}, false) AS denied,
                CASE WHEN status >= {REFUSED} THEN coalesce({_probe_sql()}, false)
                    ELSE coalesce(regexp_matches(target, {quote(SERVED)}), false) END AS probe,
                coalesce(regexp_matches(target, {quote(BLIND)}), false) AS blind
            FROM (
                SELECT CASE WHEN ok THEN coalesce({client_sql(log_format)}, '-') END AS client,
                    CASE WHEN ok THEN {raw(log_format, "agent")} END AS agent,
                    CASE WHEN NOT ok THEN n END AS number, CASE WHEN ok THEN {time_sql(log_format)} END AS t,
                    {raw(log_format, "status")}::SMALLINT AS status, {for_names} AS for_names,
                    {target} AS target, {_asked_sql(log_format)} AS asked
                FROM raw
            )
        )
        GROUP BY GROUPING SETS ((client, agent, slot, part), (minute, part))
    """  # noqa: S608 -- text of ours, names quoted


def _start(moment: str, width_s: int) -> str:
    """Return the SQL of where the stretch of time that a moment lies in starts; before 1970 too."""
    width_us = width_s * SECOND_US
    return f"{moment} - ({moment} % {width_us} + {width_us}) % {width_us}"


def _asked_sql(log_format: LogFormat) -> str:
    """Return the SQL that is false where nothing was asked: refused, and no request (`"-" 408`, TLS bytes)."""
    status = f"{raw(log_format, 'status')}::SMALLINT"
    return f"CASE WHEN {status} >= {REFUSED} THEN coalesce({is_request(log_format)}, false) ELSE true END"


def _probe_sql() -> str:
    """Return the SQL that is true for a refused look for holes, or no request at all; NULL where nothing was sent."""
    return f"target IS NOT NULL AND (NOT asked OR regexp_matches(target, {quote(PROBE)}))"


def _part_sql(moments_us: list[int]) -> str:
    """Return the SQL of the number of moments before `t`, by halving."""

    def between(low: int, high: int) -> str:
        if low == high:
            return str(low)
        middle = (low + high) // 2
        return f"CASE WHEN t <= {moments_us[middle]} THEN {between(low, middle)} ELSE {between(middle + 1, high)} END"

    return between(0, len(moments_us))


_TABLES = """
    CREATE TEMP TABLE clients (code INTEGER, address VARCHAR, agent VARCHAR);
    CREATE TEMP TABLE cells (client INTEGER, slot BIGINT, part SMALLINT, requests INTEGER, "foreign" INTEGER,
        probes INTEGER, denied INTEGER, failed INTEGER, blind INTEGER, "first" BIGINT, "last" BIGINT);
    CREATE TEMP TABLE minutes (minute BIGINT, part SMALLINT, requests INTEGER, failed INTEGER);
"""
_LEFT = "SELECT unnest(refused) AS n FROM folded WHERE by_client AND slot IS NULL"
_EXTENT = 'SELECT coalesce(sum(lines), 0)::BIGINT, min("first"), max("last") FROM folded WHERE minute IS NOT NULL'
_NEW_CLIENTS = """
    INSERT INTO clients
    SELECT (SELECT count(*) FROM clients) + row_number() OVER () - 1, client, agent
    FROM (SELECT DISTINCT client, agent FROM folded WHERE slot IS NOT NULL) AS seen
    WHERE NOT EXISTS (FROM clients WHERE address = seen.client AND clients.agent IS NOT DISTINCT FROM seen.agent)
"""
_NEW_CELLS = """
    INSERT INTO cells
    SELECT code, slot, part, requests, "foreign", probes, denied, failed, blind, "first", "last"
    FROM folded JOIN clients ON address = client AND clients.agent IS NOT DISTINCT FROM folded.agent
    WHERE slot IS NOT NULL
"""
_NEW_MINUTES = "INSERT INTO minutes SELECT minute, part, lines, failed FROM folded WHERE minute IS NOT NULL"
_SUMS_OF = {
    "cells": f"""SELECT client, slot // {SECOND_US} AS start, part, requests, "foreign", probes, denied, failed, blind,
        "first" - slot AS "first", "last" - slot AS "last" FROM cells""",  # noqa: S608 -- numbers of ours
    "minutes": f"SELECT minute // {SECOND_US} AS start, part, requests, failed FROM minutes",  # noqa: S608 -- as above
}
_SUMS = """sum(requests)::{0} AS requests, sum("foreign")::{0} AS "foreign", sum(probes)::{0} AS probes,
    sum(denied)::{0} AS denied, sum(failed)::{0} AS failed, sum(blind)::{0} AS blind,
    min("first") AS "first", max("last") AS "last" """
_COMPACT = f"""
    CREATE OR REPLACE TEMP TABLE cells AS
    SELECT client, slot, part, {_SUMS.format("INTEGER")} FROM cells GROUP BY client, slot, part;
    CREATE OR REPLACE TEMP TABLE minutes AS
    SELECT minute, part, sum(requests)::INTEGER AS requests, sum(failed)::INTEGER AS failed
    FROM minutes GROUP BY minute, part
"""  # noqa: S608 -- text of ours
