"""Requests of an access log -> the questions of a rehearsal: a fair sample over the application's paths.

Paths that differ only in numbers and ids are one *shape* (`/order/1017` -> `/order/*`). The sample goes round the
shapes, the most asked first, and takes one path of each at a time: a rare page is asked as surely as the front page.
Within a shape the order is that of a keyed hash, so the sample depends on seed and log only, not on the lines' order.
"""

from __future__ import annotations

import heapq
import re
from collections import Counter
from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from analyzer.handover.asking import Question

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

SAFE = ("GET", "HEAD")  # of the safe methods (RFC 9110 section 9.2.1) those that any application answers
TARGET_LENGTH = 2_048  # [characters]; longer ones are hardly pages
MOST_SHAPES = 20_000  # what is not seen among them is left out; scanners would fill any memory
EFFECTS = re.compile(
    r"(?i)[/_.-](?:log-?out|log-?off|sign-?out|unsubscribe|opt-?out|delete|destroy|remove|purge|reset|confirm|activate"
    r"|wp-cron\.php|cron(?:\.php)?|callback|webhook|track|pixel)(?:[/_.?-]|$)"
)  # GET should change nothing; these often do
_VARIABLE = re.compile(r"[^/]*\d[^/]*|[^/]{40,}")  # a segment with a digit is a number, an id, a date or a hash
_TARGET = re.compile(r"/[!-~]{0,2047}")  # printable ASCII without spaces, as a request line can have it
_REFUSED = (400, 404, 405, 408, 414, 431)  # statuses of what was no page of the application


@dataclass(frozen=True, slots=True)
class Choice:
    """What may be asked.

    Attributes
    ----------
    names
        The migration's host names: the first is asked where the log does not say which was.
    include, exclude
        Regular expressions searched in the path (and query, with `queries`): one of `include` must be found if there
        is any, none of `exclude`. What usually has effects is left out unless `include` finds it.
    queries
        Whether query strings are sent as logged; they are cut off otherwise.
    """

    names: tuple[str, ...]
    include: tuple[re.Pattern[str], ...] = ()
    exclude: tuple[re.Pattern[str], ...] = ()
    queries: bool = False


@dataclass(slots=True)
class Sampler:
    """Takes requests one by one, keeps a bounded number of paths of each shape.

    Attributes
    ----------
    left_out
        How many requests were not taken, by reason.
    """

    choice: Choice
    size: int
    seed: int
    left_out: Counter[str] = field(default_factory=Counter)
    _seen: Counter[str] = field(default_factory=Counter)
    _kept: dict[str, list[tuple[int, Question]]] = field(default_factory=dict)
    _known: dict[str, set[Question]] = field(default_factory=dict)

    def add(self, rows: Iterable[Mapping[str, object]]) -> None:
        """Take requests: method, target, status, host as `read_requests` has them; `times` says for how many."""
        for row in rows:
            found = self._question(row)
            if isinstance(found, str):
                self.left_out[found] += _times(row)
            else:
                self._keep(found, _times(row))

    def questions(self) -> tuple[Question, ...]:
        """Return the sample, in the order in which it is to be asked."""
        order = sorted(self._kept, key=lambda shape: (-self._seen[shape], shape))
        ranked = [
            sorted(((-rank, one) for rank, one in self._kept[shape]), key=lambda pair: pair[0]) for shape in order
        ]
        deepest = max(map(len, ranked), default=0)
        rounds = (ranks[depth][1] for depth in range(deepest) for ranks in ranked if depth < len(ranks))
        return tuple(one for one, _ in zip(rounds, range(self.size), strict=False))

    def _question(self, row: Mapping[str, object]) -> Question | str:
        """Return what a request asked, or why it is not asked again."""
        method, target, host = row.get("method"), row.get("target"), row.get("host")
        if not isinstance(method, str) or not isinstance(target, str):
            return "no request"
        name = host.rstrip(".") if isinstance(host, str) else self.choice.names[0]
        asked = target if self.choice.queries else target.partition("?")[0]
        reasons = {
            "not GET or HEAD": method not in SAFE,
            "for another host": name not in self.choice.names,
            "refused or failed when it was asked": self._was_refused(row.get("status")),
            "no plain path, or too long": "#" in asked or not _TARGET.fullmatch(asked),
            "excluded": not self._wanted(asked[:TARGET_LENGTH]),
        }
        return next((reason for reason, found in reasons.items() if found), None) or Question(method, name, asked)

    def _was_refused(self, status: object) -> bool:
        """Return whether the answer says that this was no page, or that the server had a bad day."""
        return isinstance(status, int) and (status in _REFUSED or status >= 500)  # noqa: PLR2004 -- server errors

    def _wanted(self, target: str) -> bool:
        """Return whether include and exclude let it pass."""
        if any(one.search(target) for one in self.choice.exclude):
            return False
        if self.choice.include:
            return any(one.search(target) for one in self.choice.include)
        return not EFFECTS.search(target)

    def _keep(self, one: Question, times: int) -> None:
        """Keep the question if its rank is among the lowest of its shape."""
        key = shape(one)
        if key not in self._kept:
            if len(self._kept) >= MOST_SHAPES:
                self.left_out["more kinds of paths than are kept"] += times
                return
            self._kept[key], self._known[key] = [], set()
        self._seen[key] += times
        known, kept = self._known[key], self._kept[key]
        if one in known:
            return
        entry = (-_rank(one, self.seed), one)
        if len(kept) < self.size:
            heapq.heappush(kept, entry)
            known.add(one)
        elif entry[0] > kept[0][0]:
            known.add(one)
            known.discard(heapq.heapreplace(kept, entry)[1])


def _times(row: Mapping[str, object]) -> int:
    """Return how many requests a row stands for."""
    times = row.get("times", 1)
    return times if isinstance(times, int) else 1


def shape(one: Question) -> str:
    """Return what a question has in common with those that differ in numbers and ids only.

    >>> shape(Question("GET", "app.example.com", "/order/1017/print?x=1"))
    'GET app.example.com/order/*/print?x'
    """
    path, mark, query = one.target.partition("?")
    segments = "/".join("*" if _VARIABLE.fullmatch(part) else part for part in path.split("/"))
    keys = "&".join(pair.partition("=")[0] for pair in query.split("&"))
    return f"{one.method} {one.host}{segments}{mark}{keys}"


def _rank(one: Question, seed: int) -> int:
    """Return the place of a question in the seed's order."""
    text = f"{one.method} {one.host} {one.target}".encode()
    return int.from_bytes(blake2b(text, digest_size=8, key=seed.to_bytes(8, "big")).digest(), "big")
