"""Two answers to one question -> what differs, each difference with its cause in words that many paths can share."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from analyzer.handover.rehearsal.likeness import likeness, same_json
from analyzer.words import visible

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator

    from analyzer.handover.asking import Answer, Question

VALUE_LENGTH = 80  # [characters] of a header's value in a cause
ALIKE = 0.95  # of the words of two HTML pages: a date, a counter or a token differ, the page is the same
# Headers that change what a browser, a cache or a search engine does (RFC 9110, 9111, 6797, 7034; CSP 3, Fetch).
HEADERS = (
    "access-control-allow-credentials", "access-control-allow-origin", "allow", "alt-svc", "cache-control",
    "content-disposition", "content-encoding", "content-language", "content-security-policy", "content-type",
    "cross-origin-opener-policy", "cross-origin-resource-policy", "link", "permissions-policy", "referrer-policy",
    "retry-after", "strict-transport-security", "vary", "www-authenticate", "x-content-type-options",
    "x-frame-options", "x-robots-tag",
)  # fmt: skip
VARYING = 0.1  # [0..1] pages that are so much less alike than the old server's own are different all the same
_LISTS = {"cache-control", "vary", "allow", "content-type"}  # order, case and spacing do not count in these
_HTML = ("text/html", "application/xhtml+xml")


@dataclass(frozen=True, slots=True)
class Difference:
    """One way in which two answers differ.

    Attributes
    ----------
    aspect
        `failed`, `status`, `redirect`, `header`, `cookie` or `body`.
    cause
        A sentence without the path: equal ones have one cause.
    old, new
        The two values, printable and bounded.
    likeness
        [0..1] of two HTML pages' words; None elsewhere.
    """

    aspect: str
    cause: str
    old: str
    new: str
    likeness: float | None = None


def compare(
    question: Question, old: Answer, new: Answer, *, alike: float = ALIKE, foreign: Collection[str] = ()
) -> tuple[Difference, ...]:
    """Return what differs in two answers to a question, nothing if they are as good as the same.

    Parameters
    ----------
    question
        What both were asked.
    old, new
        The answers.
    alike
        [0..1] HTML pages whose words are so alike are the same.
    foreign
        The new server's own names and addresses: a redirect there leaves the public name.
    """
    if old.status is None or new.status is None:
        return tuple(_failed(old, new))
    if old.status != new.status:
        return (Difference("status", f"status {old.status} became {new.status}", str(old.status), str(new.status)),)
    return (
        *_redirect(question, old, new, foreign),
        *_headers(old, new),
        *_cookies(old, new),
        *(() if question.method == "HEAD" else _body(old, new, alike)),
    )


def varies(found: Difference, itself: Iterable[Difference]) -> bool:
    """Return whether a difference between the servers is no more than one server has with itself.

    Parameters
    ----------
    found
        Between the servers.
    itself
        Between two answers of the old server to the same question.
    """
    for one in itself:
        if one.aspect != found.aspect:
            continue
        if found.aspect == "body":
            if (found.likeness or 0.0) >= (one.likeness or 0.0) - VARYING:
                return True
        elif one.cause.partition(":")[0] == found.cause.partition(":")[0]:
            return True
    return False


def _failed(old: Answer, new: Answer) -> Iterator[Difference]:
    """Yield which of the two gave no answer."""
    told = (old.error or f"status {old.status}", new.error or f"status {new.status}")
    if old.error is not None and new.error is not None:
        yield Difference("failed", f"neither answers: {told[0]}; {told[1]}", *told)
    elif new.error is not None:
        yield Difference("failed", f"the new server does not answer: {told[1]}", *told)
    else:
        yield Difference("failed", f"the old server does not answer: {told[0]}", *told)


def _redirect(question: Question, old: Answer, new: Answer, foreign: Collection[str]) -> Iterator[Difference]:
    """Yield a redirect that leads elsewhere; relative and absolute forms of one place are the same."""
    base = f"https://{question.host}{question.target}"
    before, after = (answer.header("location") for answer in (old, new))
    if before == after:
        return
    if before is None or after is None:
        yield Difference(
            "redirect",
            f"Location {'only of the new' if before is None else 'missing on the new'} server",
            _value(before),
            _value(after),
        )
        return
    try:
        left, right = (urlsplit(urljoin(base, one)) for one in (before, after))
        hosts = (left.hostname, right.hostname)
    except ValueError:
        yield Difference("redirect", "a Location that is no URL", _value(before), _value(after))
        return
    if (left.netloc, left.path, left.query, left.fragment, left.scheme) == (
        right.netloc,
        right.path,
        right.query,
        right.fragment,
        right.scheme,
    ):
        return
    if right.hostname in foreign:
        cause = f"redirects to {visible(right.hostname or '', VALUE_LENGTH)} instead of the public name"
    elif hosts[0] != hosts[1]:
        cause = f"redirects to {visible(str(hosts[1]), VALUE_LENGTH)} instead of {visible(str(hosts[0]), VALUE_LENGTH)}"
    elif left.scheme != right.scheme:
        cause = f"redirects to {right.scheme} instead of {left.scheme}"
    elif left.netloc != right.netloc:
        cause = "redirects to another port"
    else:
        cause = "redirects to another path"
    yield Difference("redirect", cause, _value(before), _value(after))


def _headers(old: Answer, new: Answer) -> Iterator[Difference]:
    """Yield the headers that matter and differ."""
    for name in HEADERS:
        before, after = old.header(name), new.header(name)
        if _normal(name, before) != _normal(name, after):
            yield Difference(
                "header", f"{name}: {_value(before)} became {_value(after)}", _value(before), _value(after)
            )


def _normal(name: str, value: str | None) -> object:
    """Return a header's value without what does not count."""
    if value is None:
        return None
    if name == "vary":  # a server that compresses adds it; whether it does shows in content-encoding
        return frozenset(part.strip().lower() for part in value.split(",")) - {"accept-encoding"} or None
    if name in _LISTS:
        return frozenset(re.sub(r"\s", "", part).strip('"').lower() for part in re.split("[,;]", value))
    return " ".join(value.split())


def _cookies(old: Answer, new: Answer) -> Iterator[Difference]:
    """Yield cookies that only one server sets, and attributes that differ; values are sessions and differ always."""
    before, after = (_cookie_attributes(answer) for answer in (old, new))
    for name in sorted(before.keys() | after.keys()):
        left, right = before.get(name), after.get(name)
        if left == right:
            continue
        shown = visible(name, VALUE_LENGTH)
        if left is None or right is None:
            side = "only the new server sets" if left is None else "the new server does not set"
            yield Difference("cookie", f"{side} the cookie {shown}", _attributes(left), _attributes(right))
        else:
            yield Difference("cookie", f"attributes of the cookie {shown}", _attributes(left), _attributes(right))


def _cookie_attributes(answer: Answer) -> dict[str, frozenset[str]]:
    """Return each cookie's attributes that decide where it is sent (RFC 6265 section 4.1.2)."""
    found = {}
    for value in (value for name, value in answer.headers if name == "set-cookie"):
        pair, *attributes = value.split(";")
        kept = {one.strip().lower() for one in attributes}
        lasting = {"expires", "max-age"}
        found[pair.partition("=")[0].strip()] = frozenset(
            one.partition("=")[0] if one.partition("=")[0] in lasting else one for one in kept if one
        )
    return found


def _attributes(kept: frozenset[str] | None) -> str:
    """Return attributes as they are shown."""
    return "not set" if kept is None else _value("; ".join(sorted(kept)) or "no attributes")


def _body(old: Answer, new: Answer, alike: float) -> Iterator[Difference]:
    """Yield how the bodies differ: by their words if they are HTML, by their value if they are JSON."""
    if old.body == new.body and old.whole == new.whole:
        return
    kinds = [(answer.header("content-type") or "").partition(";")[0].strip().lower() for answer in (old, new)]
    sizes = (_size(old), _size(new))
    if all(kind in _HTML for kind in kinds):
        share = likeness(old.body, new.body)
        if share < alike:
            cause = "another page" if share < alike / 2 else "the page's text differs"
            yield Difference("body", cause, *sizes, likeness=share)
    elif all(kind.endswith("json") for kind in kinds):
        if not same_json(old.body, new.body):
            yield Difference("body", "another JSON value", *sizes)
    elif not new.body or not old.body:
        yield Difference("body", f"the body of the {'new' if old.body else 'old'} server is empty", *sizes)
    else:
        yield Difference("body", f"another body ({visible(kinds[0] or 'of no type', VALUE_LENGTH)})", *sizes)


def _size(answer: Answer) -> str:
    """Return how much of a body came."""
    return f"{len(answer.body):,} bytes{'' if answer.whole else ' and more'}"


def _value(value: str | None) -> str:
    """Return a header's value as it is shown."""
    return "missing" if value is None else visible(value, VALUE_LENGTH)
