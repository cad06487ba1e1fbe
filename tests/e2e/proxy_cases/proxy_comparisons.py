"""Which requests are compared, and the limits that are known.

`KNOWN` lists what a server cannot do whatever its configuration says, with the reason; nothing else may differ.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from proxy_hard_requests import HARD
from proxy_requests import answers, heads, lines, methods, paths

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUESTS = (*paths(), *lines(), *methods(), *heads(), *answers(), *HARD)
COMPARISONS = tuple((one, over) for one in REQUESTS for over in one.over)


@dataclass(frozen=True, slots=True)
class Known:
    """What a server cannot do whatever its configuration says: patterns of the request's id and of the difference.

    `rare` is what shows now and then only, as a race does.
    """

    request: str
    difference: str
    why: str
    rare: bool = False


# What RFC 9112 and RFC 9110 let a proxy do, or no server of this kind does otherwise.
NO_ESCAPES = Known("path: percent (alone|without digits|cut off|and u)", "status 200 -> (400|0)", "malformed escapes")
NUL = Known("path: nul.*", "status 200 -> 40[04]", "no file name holds a NUL")
ROOT = Known("path: (leaves the root.*|dots alone)", "status 200 -> 400", "a path that leaves the root")
NO_LENGTH_204 = Known("answer: odd 204-length", "header content-length", "RFC 9110 s8.6: a 204 has none")
LENGTH_304 = Known("answer: odd 304-length", "header content-length", "a 304 has no body: its length is dropped")
DATE = Known("answer: odd no-date", "header (date|server): None", "what an answer lacks is added (RFC 9110 s6.6.1)")
NO_HEADER = Known("answer: odd no-header", "status 200 -> 502", "a line that is no header spoils the answer")
ALL_OF_IT = Known("line: all of the server", ".*", "OPTIONS * is about the server that is asked")
NO_TRACE = Known("method: TRACE", "status 200 -> 405", "switched off, as Debian does")

APACHE = (
    Known("line: HTTP/1.0 without host", "asked host: None -> app.example.com", "HTTP/1.1 needs a Host: the site's"),
    NO_ESCAPES, NUL, ROOT, NO_LENGTH_204, LENGTH_304, DATE, ALL_OF_IT, NO_TRACE,
    Known("head: (cookies in 50 fields|40 kB of cookies)", "asked cookie", "fields of one name are joined by commas"),
    Known("head: max-forwards", "asked max-forwards: 5 -> 4", "RFC 9110 s7.6.2 wants it"),
    Known("answer: odd hop", "header x-hop: .* -> None", "RFC 9110 s7.6.1: what Connection names goes no further"),
    Known("answer: odd no-header", "header this line is none", "a line that is no header is left out"),
    Known("answer: HEAD of /empty", "header content-length: .* -> None", "Content-Length: 0 of a HEAD is dropped"),
)  # fmt: skip

KNOWN: dict[str, tuple[Known, ...]] = {
    "apache": APACHE,
    "proxypass": (
        *APACHE,
        Known("path: (two|three) slashes first", "request line", "nocanon takes the path after the first slashes"),
        Known("path: host .*", "request line", "the same"),
        Known("line: absolute.*", "request line .*%252F", "an absolute form loses nocanon"),
    ),
    "nginx": (
        NO_ESCAPES, NUL, ROOT, ALL_OF_IT, NO_TRACE, NO_HEADER,
        Known("body: (100-continue|Expect of a GET)", "asked expect", "nginx answers 100 itself"),
        Known("method: get", "status 200 -> 400", "methods are capitals to it"),
        Known("answer: (204|odd 204-type)", "header content-type: .* -> None", "nginx drops it over HTTP/2"),
        Known("answer: odd 204-length", "header content-length", "over HTTP/2, like its type"),
        Known("answer: (early hints|odd two-hints)", "status 200 -> 0", "before 1.29, 103 breaks HTTP/2"),
    ),
    "haproxy": (NO_LENGTH_204, NO_HEADER),
    "caddy": (
        NO_ESCAPES, ALL_OF_IT, NO_LENGTH_204, LENGTH_304, DATE, NO_HEADER,
        Known("head: no agent", "asked user-agent", "Go drops an empty one"),
        Known("head: proxy authorization", "asked proxy-authorization: .* -> None", "it is the proxy's"),
        Known("answer: odd alt-svc", "header alt-svc", "dropped, with its own promise of HTTP/3"),
        Known(".*", "header server: .*'Caddy', 'origin/1'", "Caddy names itself first"),
        Known("path: .* raw", "request line", "Go escapes what a path should not hold"),
        Known("line: HTTP/1.0 without host", "asked host: None -> ", "HTTP/1.1 needs a Host: the new server's address"),
        Known("head: forwarded host", "asked x-forwarded-host: .* -> None", "Caddy's own would name the old server"),
        Known(".*", "reason ", "Go has reason phrases of its own"),
        Known(".*", "header content-type: None -> ", "Go guesses a type where the answer has none"),
        Known("answer: not-modified", "header content-type: .* -> None", "Go drops the type of a 304"),
        Known("body: refused before sent", ".*", "Go garbles 3 in 100 answers that come before the body", rare=True),
        Known("body: refused while sent.*", "status 413 -> 0", "Go loses some that come while it sends", rare=True),
        Known("answer: broken off, chunked", "complete False -> True", "what breaks off so looks complete"),
    ),
}  # fmt: skip


def known(server: str, request: str, told: str) -> Known | None:
    """Return the limit that explains a difference."""
    limits = (one for one in KNOWN[server] if re.fullmatch(one.request, request) and re.match(one.difference, told))
    return next(limits, None)


def unexplained(server: str, request: str, found: Iterable[str]) -> list[str]:
    """Return the differences that no known limit explains."""
    return [told for told in found if known(server, request, told) is None]
