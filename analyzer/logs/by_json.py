"""The second lane of JSON lines: each line one object, whose types are checked before anything is believed."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from analyzer.logs.escapes import text_of
from analyzer.logs.rows import LINE_LIMIT, NO_SUCH_TIME, Rows, Value, common_reason, raw_columns, rows_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.grammar import LogFormat

NOT_JSON, NO_REQUEST = "not a JSON object", "holds no request"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_LARGEST = 10**18
# What a bare number of Caddy's time formats counts, known by its size: seconds until 5138, then ms, µs and ns.
_UNITS_US = ((1e11, 1e6), (1e14, 1e3), (1e17, 1.0), (1e20, 1e-3))
_NANOSECONDS_FROM = 1_000  # a whole number of so many is a duration in ns; seconds are written with a fraction
_TLS = {769: "TLSv1", 770: "TLSv1.1", 771: "TLSv1.2", 772: "TLSv1.3"}  # RFC 8446 section 4.1.2, 0x0301 to 0x0304
_DURATION = re.compile(r"(?:(\d{1,9})h)?(?:(\d{1,9})m(?!s))?(?:(\d{1,9}(?:\.\d{1,12})?)(s|ms|[µμu]s|ns))?")
_DURATION_US = {"s": 1e6, "ms": 1e3, "µs": 1.0, "μs": 1.0, "us": 1.0, "ns": 1e-3}
_DATE = re.compile(r"(\d{4})[/-](\d\d)[/-](\d\d)[T ](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?\s*(Z|[+-]\d\d:?\d\d)?")


class _NotReadError(Exception):
    """Why an object is no request."""


@dataclass(frozen=True, slots=True)
class ByJson:
    """Caddy's lines."""

    log_format: LogFormat

    @property
    def columns(self) -> tuple[tuple[str, str], ...]:
        """Name and type of what is read."""
        return raw_columns(self.log_format)

    def read(self, lines: Sequence[bytes]) -> Rows:
        """Return the lines, with or without their ends, as rows."""
        found: dict[int, Sequence[Value]] = {}
        refused: dict[int, str] = {}
        for number, line in enumerate(lines):
            try:
                found[number] = _row(line)
            except _NotReadError as error:
                refused[number] = str(error)
        return rows_of(found, refused, len(self.columns))

    def reason(self, line: bytes) -> str:
        """Return why a line does not fit."""
        try:
            _row(line)
        except _NotReadError as error:
            return str(error)
        return "fits"


def by_json(log_format: LogFormat) -> ByJson:
    """Return the second lane of JSON lines."""
    return ByJson(log_format)


def _row(line: bytes) -> list[Value]:
    """Return the values of one line, in the order of `analyzer.logs.caddy`."""
    common = common_reason(line) if len(line) > LINE_LIMIT or not line.strip() else None
    if common is not None:
        raise _NotReadError(common)
    try:
        found = json.loads(text_of(line))
    except (ValueError, RecursionError):
        raise _NotReadError(NOT_JSON) from None
    if not isinstance(found, dict):
        raise _NotReadError(NOT_JSON)
    request = found.get("request")
    if not isinstance(request, dict) or "ts" not in found:
        raise _NotReadError(NO_REQUEST)
    client = _text(request, "client_ip") or _text(request, "remote_ip")
    headers, tls = _table(request, "headers"), _table(request, "tls")
    return [
        _moment_us(found["ts"]), client or _peer(request), _text(found, "user_id") or None,
        _text(request, "method"), _text(request, "uri"), _text(request, "proto"),
        _status(found), _number(found, "size"), _number(found, "bytes_read"),
        _header(headers, "Referer"), _header(headers, "User-Agent"), _text(request, "host"),
        _header(headers, "X-Forwarded-For"), _port(request), _duration_us(found.get("duration")),
        _TLS.get(_number(tls, "version") or 0),
    ]  # fmt: skip


def _table(found: dict[str, Any], key: str) -> dict[str, Any]:
    """Return a nested object; an empty one where there is none."""
    value = found.get(key)
    return value if isinstance(value, dict) else {}


def _clean(text: str) -> str:
    """Return a text that UTF-8 can hold: half a surrogate pair becomes U+FFFD."""
    return text if text.isascii() else text.encode("utf-8", "surrogatepass").decode("utf-8", "replace")


def _text(found: dict[str, Any], key: str) -> str | None:
    """Return a text; None where there is none."""
    value = found.get(key)
    if value is None:
        return None
    if not isinstance(value, str):
        raise _NotReadError(f"{key} is not text")
    return _clean(value)


def _header(headers: dict[str, Any], name: str) -> str | None:
    """Return a header's values as one."""
    values = headers.get(name)
    if values is None:
        return None
    if not isinstance(values, list) or not all(isinstance(value, str) for value in values):
        raise _NotReadError(f"header {name} is not a list of texts")
    return _clean(", ".join(values))


def _number(found: dict[str, Any], key: str) -> int | None:
    """Return a whole number not below 0; None where there is none."""
    value = found.get(key)
    if value is None:
        return None
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < _LARGEST:
        raise _NotReadError(f"{key} is not a whole number")
    return value


def _status(found: dict[str, Any]) -> int | None:
    """Return the status; None for 0: nothing was answered."""
    value = _number(found, "status")
    if value is not None and value > 999:  # noqa: PLR2004 -- RFC 9110 section 15: three digits
        raise _NotReadError("status is not one")
    return value or None


def _port(request: dict[str, Any]) -> int | None:
    """Return the client's port: text, or in the address."""
    text = str(request.get("remote_port") or str(request.get("remote_addr", "")).rpartition(":")[2])
    return int(text) if re.fullmatch("[0-9]{1,5}", text) else None


def _peer(request: dict[str, Any]) -> str:
    """Return the client of `address:port`, as Caddy before 2.5 has it."""
    address = (_text(request, "remote_addr") or "").rpartition(":")[0].strip("[]")
    if not address:
        raise _NotReadError("names no client")
    return address


def _moment_us(value: Any) -> int:  # noqa: ANN401 -- whatever stands in a line
    """Return the time [µs since 1970] of a number or a date; without an offset it is UTC."""
    if isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < _UNITS_US[-1][0]:
        unit_us = next(unit for most, unit in _UNITS_US if value < most)
        made = round(value * unit_us)
        if made < _LARGEST // 4:
            return made
    match = _DATE.fullmatch(value) if isinstance(value, str) else None
    if match is not None:
        year, month, day, clock, fraction, zone = match.groups()
        text = f"{year}-{month}-{day}T{clock}.{(fraction or '0')[:6].ljust(6, '0')}{zone or 'Z'}"
        try:
            return (datetime.fromisoformat(text) - _EPOCH) // _MICROSECOND
        except ValueError:
            pass
    raise _NotReadError(NO_SUCH_TIME)


def _duration_us(value: Any) -> int | None:  # noqa: ANN401 -- whatever stands in a line
    """Return a duration [µs]: seconds, whole nanoseconds, or Go's text."""
    if value is None:
        return None
    if isinstance(value, str):
        match = _DURATION.fullmatch(value)
        if match is not None and value:
            hours, minutes, number, unit = match.groups()
            return round(
                (int(hours or 0) * 3_600 + int(minutes or 0) * 60) * 1e6
                + float(number or 0) * _DURATION_US[unit or "s"]
            )
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value < 1e15:  # noqa: PLR2004 -- 11 days in ns
        return round(value / 1e3 if isinstance(value, int) and value >= _NANOSECONDS_FROM else value * 1e6)
    raise _NotReadError("duration is not one")
