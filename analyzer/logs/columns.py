"""The contract's columns of a format, as SQL over the raw columns that both lanes give.

What is made of several values, or of a part of one, is made here once, so that the lanes cannot differ in it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.logs.fast import quote

if TYPE_CHECKING:
    from collections.abc import Collection

    from analyzer.logs.formats import LogFormat

_METHOD = "[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 section 5.6.2, token
_PROTOCOL = r"(?i:HTTP)/\d(?:\.\d)?"
_TARGET = r"(?:/.*|[A-Za-z][A-Za-z0-9+.-]*:.*|\*)"  # RFC 9112 section 3.2: what is a target even without a protocol
WITH_PROTOCOL = rf"(?s)({_METHOD}) +(.*[^ ]) +({_PROTOCOL})\s*"
WITH_ANY_PROTOCOL = WITH_PROTOCOL.replace("(?i:HTTP)", "(?:(?i:HTTP)|RTSP|SIP)")  # what else is tried on web servers
WITHOUT_PROTOCOL = rf"(?s)({_METHOD}) +({_TARGET})"
PORT_OF_HOST = r"^([^:]*|\[[^\]]*\]):[0-9]*$"  # the colons of an IPv6 address without brackets begin no port
_LEAST_OF_LABEL = 2  # [characters] of a name's last label
COMMON_METHODS = ("GET", "POST", "HEAD", "PUT", "OPTIONS", "DELETE", "PATCH")
COMMON_PROTOCOLS = ("HTTP/1.1", "HTTP/2.0", "HTTP/1.0", "HTTP/3.0")
DTYPES = {"time": "timestamp", "flag": "string"}
ORDER = (
    "time", "client", "ident", "user", "request", "method", "target", "protocol", "status", "bytes", "bytes_in",
    "bytes_out", "referer", "agent", "host", "server_name", "port", "forwarded_for", "duration_us", "local_address",
    "keepalive", "connection", "request_id", "tls_protocol",
)  # fmt: skip
_RAW = {
    "method_logged", "target_logged", "protocol_logged", "query", "query_bare", "host_logged", "server_name_used", "_",
}  # fmt: skip


def contract_columns(log_format: LogFormat) -> dict[str, str]:
    """Return each column that a format gives, in the contract's order, and the SQL of its value."""
    named = [field.directive.column for field in log_format.fields if field.directive.time is None]
    found = {name: raw(log_format, name) for name in dict.fromkeys(named) if name not in _RAW}
    found |= {name: sql for name in ("method", "target", "protocol") if (sql := request_part(log_format, name))}
    if (host := host_sql(log_format)) is not None:
        found["host"] = host
    if "server_name" not in found and log_format.column("server_name_used"):
        found["server_name"] = raw(log_format, "server_name_used")
    if log_format.time_fields:
        found["time"] = time_sql(log_format)
    ordered = [name for name in ORDER if name in found] + sorted(name for name in found if name not in ORDER)
    return {name: found[name] for name in ordered}


def contract_sql(log_format: LogFormat, rows: str) -> str:
    """Return the query of the contract's columns, with `n` and `ok`, over raw rows.

    Nearly every request line is three words, so those are made first, once for all that is made of them.
    """
    wanted = "".join(f', {sql} AS "{name}"' for name, sql in contract_columns(log_format).items())
    request = log_format.column("request")
    if request is not None:
        usual = f"len(words) = 3 AND words[1] IN {COMMON_METHODS} AND words[3] IN {COMMON_PROTOCOLS} AND words[2] <> ''"
        rows = f"SELECT *, string_split({request.name}, ' ') AS words FROM ({rows})"  # noqa: S608 -- text of ours
        rows = f"SELECT *, {usual} AS usual FROM ({rows})"  # noqa: S608 -- text of ours
    return f"SELECT n, ok{wanted} FROM ({rows})"  # noqa: S608 -- text of ours


def raw(log_format: LogFormat, column: str) -> str:
    """Return the name of the raw column that gives a column, or NULL."""
    field = log_format.column(column)
    return "NULL::VARCHAR" if field is None else field.name


def time_sql(log_format: LogFormat) -> str:
    """Return the request's time [µs since 1970]: where only its end is logged, the end less its duration."""
    duration = log_format.column("duration_us")
    return f"time_us - coalesce({duration.name}, 0)" if log_format.ends and duration else "time_us"


def request_part(log_format: LogFormat, part: str) -> str | None:
    """Return the SQL of the method, target or protocol: as logged, else the part of the request line."""
    logged = _logged_part(log_format, part)
    request = log_format.column("request")
    if request is None or logged is not None:
        return logged if request is None or logged is None else f"coalesce({logged}, {_part_of(request.name, part)})"
    return _part_of(request.name, part)


def _logged_part(log_format: LogFormat, part: str) -> str | None:
    """Return the SQL of the method, target or protocol as logged by itself; None if it is not."""
    field = log_format.column(f"{part}_logged")
    if field is None or part != "target" or field.directive.spec == "%U%q":
        return field.name if field else None
    query, bare = log_format.column("query"), log_format.column("query_bare")
    if query is not None:
        return f"{field.name} || coalesce({query.name}, '')"
    return field.name if bare is None else f"{field.name} || coalesce('?' || {bare.name}, '')"


def _part_of(name: str, part: str) -> str:
    """Return the SQL of the method, target or protocol in a request line: see `contract_sql`."""
    number = ("method", "target", "protocol").index(part) + 1
    whole, bare = (quote(rf"\A(?:{pattern})\z") for pattern in (WITH_ANY_PROTOCOL, WITHOUT_PROTOCOL))
    without = f" WHEN regexp_matches({name}, {bare}) THEN regexp_extract({name}, {bare}, {number})"
    return (
        f"CASE WHEN usual THEN words[{number}]"
        f" WHEN regexp_matches({name}, {whole}) THEN regexp_extract({name}, {whole}, {number})"
        f"{'' if part == 'protocol' else without} END"
    )


def request_pattern() -> str:
    """Return the regular expression (RE2) that finds something in a request line, if it is one."""
    return rf"\A(?:(?:{WITH_PROTOCOL})|(?:{WITHOUT_PROTOCOL}))\z"


def is_request(log_format: LogFormat) -> str:
    """Return the SQL that is true where the request line is one; NULL where none was sent."""
    request = log_format.column("request")
    return f"regexp_matches({request.name}, {quote(request_pattern())})" if request is not None else "true"


def wanted_names(log_format: LogFormat, names: Collection[str]) -> frozenset[str]:
    """Return the names that hosts are compared with: lower case, without a dot at the end.

    Where hosts may be logged without their end, the names' own beginnings are among them, as far as they look like a
    name: rather somebody else's request is counted than one of ours is not.
    """
    known = {name.lower().rstrip(".") for name in names} - {""}
    if not any(field.directive.kind.cut for field in log_format.fields if field.directive.column == "host_logged"):
        return frozenset(known)
    begun = {name[:end] for name in known for end in range(1, len(name))}
    return frozenset(known | {one for one in begun if len(one.rpartition(".")[2]) >= _LEAST_OF_LABEL and "." in one})


def host_sql(log_format: LogFormat) -> str | None:
    """Return the SQL of the name that was asked, lower case and without its port; None if the format logs none."""
    logged = [log_format.column(column) for column in ("host_logged", "server_name_used", "server_name")]
    names = [field.name for field in logged if field is not None]
    if not names:
        return None
    # Of a log with several formats each line has its own; of one format the best directive counts, `-` too.
    name = f"coalesce({', '.join(names)})" if log_format.members and len(names) > 1 else names[0]
    return f"regexp_replace(lower({name}), {quote(PORT_OF_HOST)}, '\\1')"
