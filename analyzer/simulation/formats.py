r"""The log formats that simulated servers write.

References
----------
Apache's mod_log_config (`LogFormat`), Debian's apache2.conf (`vhost_combined`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

_ESCAPES = {"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v", "\b": "\\b"}


@dataclass(frozen=True, slots=True)
class Head:
    """What every line of one client says, ready to be written: address, user, agent, host, X-Forwarded-For."""

    address: str
    user: str
    agent: str
    host: str
    forwarded_for: str


@dataclass(frozen=True, slots=True)
class Row:
    """What one line says of its request."""

    clock: str  # as `%t` without brackets
    line: str
    status: int
    size: int
    referer: str


@dataclass(frozen=True, slots=True)
class Format:
    """A format: what cutover.toml calls it, and how a line is written."""

    text: str
    line: Callable[[Head, Row], str]


def _common(head: Head, row: Row) -> str:
    return f'{head.address} - {head.user} [{row.clock}] "{row.line}" {row.status} {row.size}'


def _combined(head: Head, row: Row) -> str:
    return f'{_common(head, row)} "{row.referer}" "{head.agent}"'


def _vhost(head: Head, row: Row) -> str:
    return f"{head.host}:443 {_combined(head, row)}"


def _forwarded(head: Head, row: Row) -> str:
    return f'{_combined(head, row)} "{head.forwarded_for}" {head.host}'


def _json(head: Head, row: Row) -> str:
    """Return one object; the time in its ISO form."""
    return (
        f'{{"time":"{row.clock}","client":"{head.address}","host":"{head.host}","request":"{row.line}",'
        f'"status":{row.status},"bytes":{row.size},"referer":"{row.referer}","agent":"{head.agent}",'
        f'"forwarded_for":"{head.forwarded_for}"}}'
    )


_JSON = (
    r'{"time":"%{%d/%b/%Y:%H:%M:%S %z}t","client":"%a","host":"%{Host}i","request":"%r",'
    r'"status":%>s,"bytes":%b,"referer":"%{Referer}i","agent":"%{User-Agent}i",'
    r'"forwarded_for":"%{X-Forwarded-For}i"}'
)
FORMATS = {
    "common": Format("common", _common),
    "combined": Format("combined", _combined),
    "vhost_combined": Format("vhost_combined", _vhost),
    "forwarded": Format(
        '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" "%{X-Forwarded-For}i" %{Host}i', _forwarded
    ),
    "json": Format(_JSON, _json),
}


def escaped(text: str) -> str:
    r"""Return a header's value as Apache logs it (`ap_escape_logitem`).

    >>> print(escaped('a "b" ü'))
    a \"b\" \xc3\xbc
    """
    return "".join(
        _ESCAPES.get(c) or (c if " " <= c <= "~" else "".join(f"\\x{b:02x}" for b in c.encode())) for c in text
    )
