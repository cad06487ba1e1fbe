"""The W3C extended log format as IIS writes it: a `#Fields:` line says what the lines after it hold, until the next.

Its date and time are UTC. A value never holds a space; IIS writes those of headers as `+`.

References
----------
W3C Working Draft WD-logfile-960323 "Extended Log File Format"; Microsoft Learn, "W3C Logging" of IIS.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from analyzer.logs.directives import ADDRESS, MILLISECONDS, NUMBER, PORT, STATUS, Directive, Kind
from analyzer.logs.grammar import W3C, Field, LogFormat
from analyzer.logs.several import several
from analyzer.logs.times import time_form

if TYPE_CHECKING:
    from collections.abc import Collection

    from numpy.typing import NDArray

HEADER = b"#Fields:"
NAME = "iis"
DEFAULT = (
    "#Fields: date time s-ip cs-method cs-uri-stem cs-uri-query s-port cs-username c-ip cs(User-Agent) cs(Referer)"
    " sc-status sc-substatus sc-win32-status time-taken"
)
_MOST_FIELDS = 100
WORD = r"\S+"
_PLAIN = Kind("string", WORD, escapes="none")
_SPACED = Kind("string", WORD, escapes="iis")
_ROWS = (
    ("c-ip", "client", ADDRESS, "address of the client"),
    ("s-ip", "local_address", ADDRESS, "address that the client came to"),
    ("s-port", "port", PORT, "port that the client came to"),
    ("cs-username", "user", _PLAIN, "authenticated user"),
    ("cs-method", "method_logged", _PLAIN, "method"),
    ("cs-uri-stem", "target_logged", _PLAIN, "path"),
    ("cs-uri-query", "query_bare", _PLAIN, "query without its `?`"),
    ("cs-version", "protocol_logged", _PLAIN, "protocol"),
    ("cs-host", "host_logged", _PLAIN, "name that was asked"),
    ("sc-status", "status", STATUS, "status"),
    ("sc-bytes", "bytes_out", NUMBER, "[bytes] sent, with headers"),
    ("cs-bytes", "bytes_in", NUMBER, "[bytes] received, with headers"),
    ("time-taken", "duration_us", MILLISECONDS, "[ms] to serve"),
    ("cs(user-agent)", "agent", _SPACED, "client's program"),
    ("cs(referer)", "referer", _PLAIN, "page that linked here"),
    ("cs(host)", "host_logged", _PLAIN, "name that was asked"),
    ("x-forwarded-for", "forwarded_for", _SPACED, "clients and proxies before this server"),
    ("cs(x-forwarded-for)", "forwarded_for", _SPACED, "clients and proxies before this server"),
)
_KNOWN = {spec: Directive(spec, column, kind, 0, meaning) for spec, column, kind, meaning in _ROWS}
_TIMES = {"date": "%Y-%m-%d", "time": "%H:%M:%S"}


def _row(field: str) -> Directive:
    """Return the row of one name in a `#Fields:` line."""
    known = field.lower()
    if known in _TIMES:
        form = time_form(_TIMES[known])
        return Directive(field, "time", Kind("time", form.pattern), time=form)
    if known in _KNOWN:
        return _KNOWN[known]
    family = {"cs(": "header_in_", "sc(": "header_out_"}.get(known[:3], "")
    name = re.sub(r"[^0-9a-z]+", "_", known.removeprefix(known[:3]) if family else known).strip("_")
    return Directive(field, (family or "w3c_") + name, _SPACED if family else _PLAIN)


@lru_cache(maxsize=64)
def layout(header: str) -> LogFormat | None:
    """Return the format that a `#Fields:` line names; None if its lines cannot say who asked when."""
    names = header.removeprefix(HEADER.decode()).split()
    if not 0 < len(names) <= _MOST_FIELDS or not {"date", "time", "c-ip"} <= {name.lower() for name in names}:
        return None
    parts: list[str | Field] = []
    for n, name in enumerate(names):
        parts += [" ", Field(f"f{n}", _row(name), quoted=False)] if n else [Field("f0", _row(name), quoted=False)]
    return LogFormat(NAME, f"{HEADER.decode()} {' '.join(names)}", tuple(parts), split=False)


def w3c(headers: tuple[str, ...] = ()) -> LogFormat:
    """Return the format of logs with these `#Fields:` lines; IIS's own without any that can be used.

    Parameters
    ----------
    headers
        In the order of the logs.
    """
    layouts = tuple(found for header in dict.fromkeys(headers) if (found := layout(header)) is not None)
    default = layout(DEFAULT)
    assert default is not None  # noqa: S101 -- it names all that is needed
    found = several(layouts or (default,))
    return replace(found, name=NAME, reader=W3C, members=found.members or (found,))


def has_other_layout(data: NDArray[np.uint8], starts: NDArray[np.int32], known: Collection[str]) -> bool:
    """Return whether some lines have a `#Fields:` line that is none of the layouts that are known.

    Parameters
    ----------
    starts
        Where in `data` lines begin, and where the last one ends.
    known
        The texts of layouts.
    """
    found = np.flatnonzero(data[starts[:-1]] == HEADER[0])
    lines = (data[starts[n] : starts[n + 1]].tobytes() for n in found.tolist())
    headers = {line.decode("latin-1").strip() for line in lines if line.startswith(HEADER)}
    return any(made is None or made.text not in known for made in map(layout, headers))
