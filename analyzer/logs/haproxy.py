"""HAProxy's HTTP log (`option httplog`), with what syslog writes before it or without.

The time is the server's local time without a zone: it is read as UTC.

References
----------
HAProxy Configuration Manual 2.6, section 8.2.3 "HTTP log format"; RFC 3164 section 4.1; RFC 5424 section 6.
"""

from __future__ import annotations

from analyzer.logs.directives import ADDRESS, MILLISECONDS, PORT_NUMBER, Directive, Kind
from analyzer.logs.grammar import Field, LogFormat
from analyzer.logs.times import time_form

_STAMP = (
    r"(?:[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d"
    r"|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:\d\d))"
)
_TAG = r"[^\s\[\]:]{1,64}(?:\[\d{1,10}\])?:"  # haproxy[14389]:
_STRUCTURED = r"\S{1,64} (?:\d{1,10}|-) \S{1,64} (?:-|\[[^\]]{0,1024}\])"  # haproxy 14389 - -
TIMER_DIGITS, SENT_DIGITS = 15, 18
_COUNT = r"\+?\d+"
# What the parts of a line look like.
SYSLOG = rf"(?:<\d{{1,3}}>)?(?:(?:1 )?{_STAMP} (?:(?:\S{{1,255}} )?{_TAG}|\S{{1,255}} {_STRUCTURED}) )?"
CLIENT, PORT = f"(?:{ADDRESS.pattern}|unix)", PORT_NUMBER
WORD, NO_SLASH = r"\S+", r"[^\s/]+"
TIMER, CODE, SENT = rf"(?:-1|\+?\d{{1,{TIMER_DIGITS}}})", r"(?:-1|\d{3})", rf"\+?\d{{1,{SENT_DIGITS}}}"
TIMERS = rf"(?:{TIMER}/){{4}}"
STATE = rf"\S+ \S+ [A-Za-z-]{{2,4}} (?:{_COUNT}/){{4}}{_COUNT} {_COUNT}/{_COUNT} "
CAPTURED = r"(?:\{[^}]*\} ){0,2}"  # headers
REQUEST = r"[^\"]*+"
TAIL = r"(?:\"(?: [^\"]*)?)?"  # the quote is missing where syslog cut a long line; httpslog writes on
_ESCAPES = "haproxy"
_WORD, _NO_SLASH = Kind("string", WORD, escapes=_ESCAPES), Kind("string", NO_SLASH, escapes=_ESCAPES)
_NEVER = -1  # where it did not come so far
HTTP_LOG = "%ci:%cp [%tr] %ft %b/%s %TR/%Tw/%Tc/%Tr/%Ta %ST %B %CC %CS %tsc %ac/%fc/%bc/%sc/%rc %sq/%bq %hr %hs %{+Q}r"


def _time(argument: str) -> Directive:
    """Return a part of the time."""
    form = time_form(argument)
    return Directive("%tr", "time", Kind("time", form.pattern), time=form)


def _gap(pattern: str) -> Directive:
    """Return what stands there and is not kept: its column is nobody's."""
    return Directive(pattern, "_", Kind("string", pattern))


_PARTS: tuple[str | Directive, ...] = (
    _gap(SYSLOG),
    Directive("%ci", "client", Kind("string", CLIENT), 0, "address of the client"),
    ":",
    Directive("%cp", "client_port", Kind("int32", PORT)),
    " [",
    _time("%d/%b/%Y:%H:%M:%S"),
    ".",
    _time("msec_frac"),
    "] ",
    Directive("%ft", "frontend", _WORD),
    " ",
    Directive("%b", "backend", _NO_SLASH),
    "/",
    Directive("%s", "upstream", _NO_SLASH),
    " ",
    _gap(TIMERS),
    Directive(
        "%Ta",
        "duration_us",
        Kind("int64", TIMER, unit=MILLISECONDS.unit, never=_NEVER),
        0,
        "[ms] from the request's first byte to the answer's last",
    ),
    " ",
    Directive("%ST", "status", Kind("int16", CODE, never=_NEVER), 0, "status; -1 if nothing was answered"),
    " ",
    Directive("%B", "bytes_out", Kind("int64", SENT), 0, "[bytes] sent, with headers"),
    " ",
    _gap(STATE),
    _gap(CAPTURED),
    '"',
    Directive("%r", "request", Kind("string", REQUEST, escapes=_ESCAPES), 0, "first line of the request"),
    _gap(TAIL),
)
LOG_FORMAT = LogFormat(
    "haproxy",
    HTTP_LOG,
    tuple(
        part if isinstance(part, str) else Field(f"f{n}", part, quoted=part.spec == "%r")
        for n, part in enumerate(_PARTS)
    ),
    split=False,
)
