"""What `proxy verify` asks, and what two answers to it mean: pure, no socket.

Every question is safe: GET, HEAD or OPTIONS, and nothing that an application would act upon.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

AGENT = "cutover-canary/1 (proxy verify)"
LONG = 7_000  # [bytes] of a path: below the 8,190 of a request line that servers take by default
# Of a connection, not of an answer (RFC 9110 s7.6.1); and what says when it was given.
SKIPPED = frozenset(
    ("connection", "keep-alive", "transfer-encoding", "proxy-connection", "te", "trailer", "upgrade", "date", "age")
)
LISTS = frozenset(("vary", "allow"))  # their spacing means nothing


@dataclass(frozen=True, slots=True)
class Question:
    """One request: what it tries is its name."""

    name: str
    target: str
    method: str = "GET"
    headers: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Reply:
    """What came back; `error` where nothing usable did."""

    status: int = 0
    headers: tuple[tuple[str, str], ...] = ()
    body_digest: str = ""
    body_bytes: int = 0
    error: str | None = None

    @classmethod
    def of(cls, status: int, headers: tuple[tuple[str, str], ...], body: bytes) -> Reply:
        """Return the reply with this body: only its digest is kept."""
        return cls(status, headers, hashlib.sha256(body).hexdigest(), len(body))


@dataclass(frozen=True, slots=True)
class Finding:
    """One question and what came of it.

    Attributes
    ----------
    differences
        One sentence each; none where the answers are the same.
    unstable
        Kinds of what the new server itself answered differently twice: these are not compared.
    """

    scheme: str
    question: str
    target: str
    status: int
    differences: tuple[str, ...]
    unstable: tuple[str, ...] = ()


def questions(paths: tuple[str, ...] = ()) -> tuple[Question, ...]:
    """Return what is asked; each of the user's own paths too."""
    own = tuple(Question(f"path {path}", path) for path in dict.fromkeys(("/", *paths)))
    return (*own, *_AWKWARD)


_NOWHERE = "/cutover-verify"  # nothing is there: a 404 by the new server, not by the old
_AWKWARD = (
    Question("nothing there", _NOWHERE),
    Question("two slashes first", f"/{_NOWHERE}"),
    Question("two slashes inside", f"{_NOWHERE}//x"),
    Question("slash escaped", f"{_NOWHERE}/a%2Fb"),
    Question("slash twice escaped", f"{_NOWHERE}/a%252Fb"),
    Question("blank escaped", f"{_NOWHERE}/a%20b"),
    Question("percent escaped", f"{_NOWHERE}/100%25"),
    Question("question mark escaped", f"{_NOWHERE}/a%3Fb"),
    Question("hash escaped", f"{_NOWHERE}/a%23b"),
    Question("letters escaped", f"{_NOWHERE}/%41%7E"),
    Question("UTF-8", f"{_NOWHERE}/gr%C3%BC%C3%9Fe"),
    Question("not UTF-8", f"{_NOWHERE}/gr%FC%DFe"),
    Question("parameters", f"{_NOWHERE};v=1/a,b:c@d&e=f+g"),
    Question("dot segments", f"{_NOWHERE}/./a/../b"),
    Question("empty query", f"{_NOWHERE}?"),
    Question("two question marks", f"{_NOWHERE}??a"),
    Question("query with slashes", f"{_NOWHERE}?u=http://e.example//a/../b"),
    Question("query escaped", f"{_NOWHERE}?a=%2F%20%25%3F%23%26"),
    Question("brackets in query", f"{_NOWHERE}?a[]=1"),
    Question("looks like a rule", f"{_NOWHERE}/$1?x=%{{HTTP_HOST}}"),
    Question("long path", f"{_NOWHERE}/" + "p" * LONG),
    Question("HEAD", "/", "HEAD"),
    Question("OPTIONS", "/", "OPTIONS"),
    Question("range", "/", headers=(("Range", "bytes=0-9"),)),
    Question("not modified since", "/", headers=(("If-Modified-Since", "Fri, 01 Jan 2100 00:00:00 GMT"),)),
    Question("gzip", "/", headers=(("Accept-Encoding", "gzip, br"),)),
    Question("no compression", "/", headers=(("Accept-Encoding", "identity"),)),
    Question("cookie", "/", headers=(("Cookie", 'a=1; b="2"'),)),
    Question("long cookie", "/", headers=(("Cookie", "c=" + "x" * LONG),)),
    Question("language", "/", headers=(("Accept-Language", "de, en;q=0.5"),)),
    Question("the old server's own pages", "/server-status"),
    Question("hidden file", "/.htaccess"),
    Question("challenge", "/.well-known/acme-challenge/cutover-verify"),
)


def compare(scheme: str, question: Question, before: Reply, through: Reply, after: Reply) -> Finding:
    """Return how the answer through the old server differs from the new server's own.

    Parameters
    ----------
    before, after
        The new server's answers, asked directly around the other: what differs between them is not the proxy's doing.
    """
    unstable = tuple(kind for kind, _ in _differences(before, after))
    found = tuple(told for kind, told in _differences(before, through) if kind not in unstable)
    return Finding(scheme, question.name, question.target, through.status, found, unstable)


def _differences(direct: Reply, through: Reply) -> Iterator[tuple[str, str]]:
    """Yield what differs, by kind, and a sentence."""
    if direct.error or through.error:
        first, second = (one.error or f"status {one.status}" for one in (direct, through))
        if first != second:
            yield "status", f"{first} directly, {second} through the old server"
        return
    if direct.status != through.status:
        yield "status", f"status {direct.status} directly, {through.status} through the old server"
        return
    mine, other = _headers(direct), _headers(through)
    for name in sorted(set(mine) | set(other)):
        if mine.get(name) != other.get(name):
            told = f"{mine.get(name, 'absent')} directly, {other.get(name, 'absent')} through"
            yield f"header {name}", f"header {name}: {told}"
    if direct.body_digest != through.body_digest:
        yield "body", f"body of {direct.body_bytes} bytes directly, another of {through.body_bytes} through"


def _headers(reply: Reply) -> dict[str, str]:
    """Return the headers that must be the same, by name."""
    found: dict[str, str] = {}
    chunked = any(name.lower() == "transfer-encoding" for name, _ in reply.headers)
    skipped = SKIPPED | ({"content-length"} if chunked else set())
    for name, value in reply.headers:
        known = name.lower()
        if known not in skipped:
            told = ", ".join(part.strip() for part in value.split(",")) if known in LISTS else value
            found[known] = f"{found[known]}; {told}" if known in found else told
    return found
