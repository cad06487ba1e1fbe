"""Caddy's access log: JSON objects, read by a JSON parser, with what a request is deep inside.

References
----------
Caddy documentation, "How Logging Works" and "log (Caddyfile directive)", encoders and their time formats.
"""

from __future__ import annotations

from analyzer.logs.directives import NUMBER, PORT, STATUS, TEXT, Directive, Kind
from analyzer.logs.grammar import JSON_LINES, Field, LogFormat
from analyzer.logs.times import time_form

_FORM = time_form("usec")
_ROWS = (
    Directive("ts", "time", Kind("time", _FORM.pattern), time=_FORM),
    Directive("request.client_ip", "client", TEXT, 0, "address of the client; before Caddy 2.7 request.remote_ip"),
    Directive("user_id", "user", TEXT, 0, "authenticated user"),
    Directive("request.method", "method_logged", TEXT, 0, "method"),
    Directive("request.uri", "target_logged", TEXT, 0, "path and query"),
    Directive("request.proto", "protocol_logged", TEXT, 0, "protocol"),
    Directive("status", "status", STATUS, 0, "status; 0 if nothing was answered"),
    Directive("size", "bytes", NUMBER, 0, "[bytes] of the body"),
    Directive("bytes_read", "body_bytes_in", NUMBER, 0, "[bytes] of the request's body"),
    Directive("request.headers.Referer", "referer", TEXT, 0, "page that linked here"),
    Directive("request.headers.User-Agent", "agent", TEXT, 0, "client's program"),
    Directive("request.host", "host_logged", TEXT, 0, "name that was asked"),
    Directive("request.headers.X-Forwarded-For", "forwarded_for", TEXT, 0, "clients and proxies before this server"),
    Directive("request.remote_port", "client_port", PORT, 0, "port of the client"),
    Directive("duration", "duration_us", NUMBER, 0, "time to serve"),
    Directive("request.tls.version", "tls_protocol", TEXT, 0, "TLS version"),
)
LOG_FORMAT = LogFormat(
    "caddy",
    "JSON lines of Caddy",
    (),
    reader=JSON_LINES,
    split=False,
    extra=tuple(Field(f"f{n}", row, quoted=True) for n, row in enumerate(_ROWS)),
)
