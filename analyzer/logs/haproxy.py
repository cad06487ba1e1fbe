"""HAProxy's HTTP log (`option httplog`), with what syslog writes before it or without.

The time is the server's local time without a zone: it is read as UTC.

`capture request header` and `capture response header` write `{one|another} {of the answer}` before the request, and
not what they captured. So a value is read only where its form says what it is, and that is a request's:

- the host is the first place, if it is a name with a dot and more follows it: another place, or the answer's captures.
  An address alone may be X-Forwarded-For, so it is none. It is cut at the length that the configuration has;
- the agent is the first place like `NAME/1`, or like `a name (http://its.home)`. Behind a host or an address, or before
  the answer's captures, any such name will do; elsewhere only `Mozilla/5`, for `{Apache/2.4}` may be the answer's
  `Server`.

References
----------
HAProxy Configuration Manual 2.6, sections 8.2.3 "HTTP log format", 8.6 "Non-printable characters", 8.8 "Capturing HTTP
headers"; RFC 3164 section 4.1; RFC 5424 section 6; RFC 9110 section 10.1.5 (User-Agent).
"""

from __future__ import annotations

from analyzer.logs.directives import ADDRESS, MILLISECONDS, PORT_NUMBER, Directive, Kind
from analyzer.logs.grammar import Field, LogFormat
from analyzer.logs.hosts import V4, V6
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
MOST_PLACES, MOST_LABELS = 8, 10  # looked at: of captured headers, and of a host
MOST_OF_NAME = 31  # bytes of a program's name: the 32 digits of a trace are none
_LAST_LABEL = r"(?:[A-Za-z]{2,}+|[Xx][Nn]--[0-9A-Za-z-]++)"
_NAMED = rf"(?:[0-9A-Za-z_-]++\.){{1,{MOST_LABELS - 1}}}{_LAST_LABEL}\.?(?::\d{{0,5}})?(?=\||\}} \{{)"
_PLACES = rf"(?:[^|}}]*+\|){{0,{MOST_PLACES - 1}}}?"
_AT_HOME = r"[^|}]*?\(\+?http"  # a crawler, or a monitor, says whose it is
_PROGRAM = rf"(?=[A-Za-z](?:[0-9A-Za-z._+%-]{{1,{MOST_OF_NAME - 1}}}/[vV]?\d|{_AT_HOME}))"
_OF_REQUEST = rf"(?=(?:{V4}|{V6})[|,]|[^}}]*+\}} \{{)"  # the captures are the request's
# Captured headers: all up to the host; it; all up to the agent; it; the rest. Where none is, nothing stands for it.
TO_HOST = rf"(?:\{{(?={_NAMED}))?+"
HOST = rf"(?:(?<=\{{){_NAMED})?+"
TO_AGENT = rf"(?:(?<! )\|{_PLACES}{_PROGRAM}|\{{{_OF_REQUEST}{_PLACES}{_PROGRAM}|\{{{_PLACES}(?=Mozilla/\d))?+"
AGENT = r"(?:(?<=[{|])[^|}]*[^|} ])?+"
CAPTURED = r"(?:(?<= )(?:\{[^}]*\} ){0,2}|(?<! )[^}]*\} (?:\{[^}]*\} )?)"
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


def _gap(pattern: str, spec: str = "") -> Directive:
    """Return what stands there and is not kept: its column is nobody's."""
    return Directive(spec or pattern, "_", Kind("string", pattern))


def _captured(pattern: str, column: str, meaning: str) -> Directive:
    """Return a header that is captured, or not."""
    return Directive("%hr", column, Kind("string", pattern, escapes=_ESCAPES, optional=True, cut=True), 0, meaning)


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
    _gap(TO_HOST, "%hr"),
    _captured(HOST, "host_logged", "name that was asked"),
    _gap(TO_AGENT, "%hr"),
    _captured(AGENT, "agent", "client's program"),
    _gap(CAPTURED, "%hr %hs"),
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
