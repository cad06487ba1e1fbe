"""What each directive of a LogFormat logs: one table of column, type, unit and what its values look like.

References
----------
Apache 2.4 mod_log_config "Custom Log Formats"; mod_logio; apache/httpd `modules/loggers/mod_log_config.c`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from analyzer.errors import Fault, InputError
from analyzer.logs.hosts import DOTTED, NAME, SERVER_NAME, V4, V6
from analyzer.logs.times import SECOND_US, TimeForm, time_form


@dataclass(frozen=True, slots=True)
class Kind:
    r"""What a value looks like and what it becomes.

    Attributes
    ----------
    dtype
        `string`, `int16`, `int32`, `int64` or `time`.
    pattern
        Regular expression, the same for RE2 and Python's re; None for free text, which Apache escapes.
    unit
        One logged is so many of the column's unit.
    dash
        What `-` means: None, or 0 for `%b`.
    escapes
        Whose escapes stand in a text, by the name in `analyzer.logs.escapes.READERS`.
    bare_empty
        Whether an empty value is written as `""` where no quotes stand around it.
    never
        The number that stands for what did not happen; None if none does.
    optional
        Whether some lines of the format log no such text, so that an empty one stands for none.
    cut
        Whether a text may be logged without its end.
    """

    dtype: str
    pattern: str | None = None
    unit: int = 1
    dash: int | None = None
    escapes: str = "apache"
    bare_empty: bool = False
    never: int | None = None
    optional: bool = False
    cut: bool = False


TEXT = Kind("string")
USER = Kind("string", bare_empty=True)
ADDRESS = Kind("string", f"(?:{NAME}|{V4}|{V6})")  # never `name:port`: that is another format's line
IDENT = Kind("string", rf"(?!{DOTTED}(?:\s|$))[^\s\":\\\[\]]+")  # a word, never an address
SERVER = Kind("string", rf"(?:{SERVER_NAME}|\[{V6}\])")
PORT_NUMBER = r"(?:6553[0-5]|655[0-2]\d|65[0-4]\d\d|6[0-4]\d{3}|[0-5]?\d{1,4})"
PORT = Kind("int32", rf"(?:{PORT_NUMBER}|-)")
STATUS = Kind("int16", r"(?:\d{3}|-)")
NUMBER = Kind("int64", r"(?:\d{1,18}|-)")
SMALL = Kind("int32", r"(?:\d{1,9}|-)")
SIZE = Kind("int64", r"(?:\d{1,18}|-)", dash=0)
# A clock that is set back during a request makes its duration negative.
MICROSECONDS = Kind("int64", r"(?:-?\d{1,18}|-)")
MILLISECONDS = Kind("int64", r"(?:-?\d{1,15}|-)", unit=1_000)
SECONDS = Kind("int64", r"(?:-?\d{1,12}|-)", unit=SECOND_US)
CONNECTION = Kind("flag", "[X+-]")  # `-` says "closed after the answer", so it is a value here


@dataclass(frozen=True, slots=True)
class Directive:
    """One row of the table.

    Attributes
    ----------
    column
        The frame's column, or the raw one that columns are made from.
    rank
        Where several directives of a format give one column, the lowest rank gives it.
    time
        The form, for `%t`.
    """

    spec: str
    column: str
    kind: Kind = TEXT
    rank: int = 0
    meaning: str = ""
    time: TimeForm | None = None


_TABLE = (
    Directive("%a", "client", ADDRESS, 0, "address of the client; behind mod_remoteip the one forwarded"),
    Directive("%h", "client", ADDRESS, 1, "name or address of the client"),
    Directive("%{c}a", "peer", ADDRESS, 2, "address of the peer of the connection"),
    Directive("%{c}h", "peer", ADDRESS, 3, "name or address of the peer of the connection"),
    Directive("%A", "local_address", ADDRESS, 0, "address that the client came to"),
    Directive("%l", "ident", IDENT, 0, "RFC 1413 name"),
    Directive("%u", "user", USER, 0, "authenticated user; on a 401 whatever the client claimed"),
    Directive("%r", "request", TEXT, 0, "first line of the request"),
    Directive("%m", "method_logged", TEXT, 0, "method"),
    Directive("%U%q", "target_logged", TEXT, 0, "path and query"),
    Directive("%U", "target_logged", TEXT, 1, "path, after internal redirects"),
    Directive("%q", "query", TEXT, 0, "query with its `?`"),
    Directive("%H", "protocol_logged", TEXT, 0, "protocol"),
    Directive("%>s", "status", STATUS, 0, "final status"),
    Directive("%s", "status", STATUS, 1, "status, before internal redirects"),
    Directive("%b", "bytes", SIZE, 0, "[bytes] of the body; `-` is none"),
    Directive("%B", "bytes", SIZE, 1, "[bytes] of the body"),
    Directive("%I", "bytes_in", NUMBER, 0, "[bytes] received, with headers"),
    Directive("%O", "bytes_out", NUMBER, 0, "[bytes] sent, with headers"),
    Directive("%S", "bytes_total", NUMBER, 0, "[bytes] both ways"),
    Directive("%v", "server_name", SERVER, 0, "ServerName of the virtual host that answered"),
    Directive("%V", "server_name_used", SERVER, 0, "server name, by UseCanonicalName"),
    Directive("%p", "port", PORT, 0, "canonical port of the server"),
    Directive("%{canonical}p", "port", PORT, 1, "canonical port of the server"),
    Directive("%{local}p", "port", PORT, 2, "port that the client came to"),
    Directive("%{remote}p", "port", PORT, 3, "port of the client"),
    Directive("%D", "duration_us", MICROSECONDS, 0, "[µs] to serve"),
    Directive("%{us}T", "duration_us", MICROSECONDS, 1, "[µs] to serve"),
    Directive("%{ms}T", "duration_us", MILLISECONDS, 2, "[ms] to serve"),
    Directive("%{s}T", "duration_us", SECONDS, 3, "[s] to serve"),
    Directive("%T", "duration_us", SECONDS, 4, "[s] to serve"),
    Directive("%^FB", "first_byte_us", MICROSECONDS, 0, "[µs] until the first byte of the answer"),
    Directive("%k", "keepalive", SMALL, 0, "requests before on this connection"),
    Directive("%X", "connection", CONNECTION, 0, "X aborted, + may be kept, - closed after the answer"),
    Directive("%^FU", "upload_us", MICROSECONDS, 0, "[µs] until the last byte of the request"),
    Directive("%L", "request_id", TEXT, 0, "id of the error log entry"),
    Directive("%{c}L", "connection_id", TEXT, 0, "id of the connection's error log entry"),
    Directive("%f", "filename", TEXT, 0, "file served"),
    Directive("%R", "handler", TEXT, 0, "handler"),
    Directive("%P", "pid", NUMBER, 0, "process"),
    Directive("%{pid}P", "pid", NUMBER, 1, "process"),
    Directive("%{tid}P", "tid", TEXT, 0, "thread"),
    Directive("%{hextid}P", "tid", TEXT, 1, "thread"),
    Directive("%{Host}i", "host_logged", TEXT, 0, "name that was asked"),
    Directive("%{Referer}i", "referer", TEXT, 0, "page that linked here"),
    Directive("%{User-agent}i", "agent", TEXT, 0, "client's program"),
    Directive("%{X-Forwarded-For}i", "forwarded_for", TEXT, 0, "clients and proxies before this server"),
    Directive("%{SSL_PROTOCOL}x", "tls_protocol", TEXT, 0, "TLS version"),
    Directive("%{SSL_PROTOCOL}c", "tls_protocol", TEXT, 1, "TLS version"),
)
DIRECTIVES = {row.spec.lower() if row.spec.endswith("i") else row.spec: row for row in _TABLE}
FAMILIES = {
    "i": "header_in", "o": "header_out", "n": "note", "e": "env", "C": "cookie", "x": "tls", "c": "tls",
    "^ti": "trailer_in", "^to": "trailer_out",
}  # fmt: skip
_ANY_CASE = "pPT"  # the argument is a word in any case
_DEAF = frozenset("ABDHIORSUVXabfhklmqrsuv")  # an argument that they do not know changes nothing


def directive(modifier: str, argument: str | None, letter: str) -> Directive:
    """Return the row of a directive taken apart.

    Parameters
    ----------
    modifier
        `>` or `<` or nothing.
    argument
        What stands in the braces; None without braces.
    letter
        The letter, or `^FB`; `U%q` for path and query in one.

    Raises
    ------
    InputError
        If no such directive is known.
    """
    if letter == "t":
        form = time_form(argument or "")
        return Directive(f"%{{{argument}}}t" if argument else "%t", "time", Kind("time", form.pattern), time=form)
    braces = f"{{{argument}}}" if argument else ""
    given = braces.lower() if letter in _ANY_CASE else braces
    bare = (f"%{modifier}{letter}", f"%{letter}") if letter in _DEAF else ()
    for spec in (f"%{modifier}{given}{letter}", f"%{given}{letter}", *bare):
        found = DIRECTIVES.get(spec.lower() if letter == "i" else spec)
        if found is not None:
            return found
    if argument and letter in FAMILIES:
        return Directive(f"%{braces}{letter}", f"{FAMILIES[letter]}_{_column(argument, letter)}")
    raise InputError(
        Fault(
            "no such directive is known",
            where="LogFormat",
            value=f"%{modifier}{braces}{letter}",
            remedy="see the table of directives of mod_log_config",
        )
    )


def _column(argument: str, letter: str) -> str:
    """Return a header's or variable's name as part of a column's name."""
    name = re.sub(r"[^0-9a-z]", "_", argument.lower())
    return name.removeprefix("ssl_") if letter in "xc" else name
