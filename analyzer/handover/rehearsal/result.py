"""Findings -> the table: what differs grouped by cause, what varies by itself, and how quick both servers are."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass
from statistics import quantiles
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from analyzer.handover.asking import Answer, Question, Server
    from analyzer.handover.rehearsal.compare import Difference

SCHEMA = "cutover.rehearsal/1"
SAME, DIFFERS = 0, 10  # exit status
EXAMPLES = 5  # paths that a cause is shown with
SLOWER_BY, SLOWER_MS = 2.0, 50.0  # the new server is called slower if its median is twice the old one's, and 50 ms more


@dataclass(frozen=True, slots=True)
class Finding:
    """One question, and what differed in the answers.

    Attributes
    ----------
    differences
        What differs between the servers.
    by_itself
        What differs between two answers of the old server as well: a clock, a token, chance. It says nothing.
    """

    question: Question
    old: Answer
    new: Answer
    differences: tuple[Difference, ...]
    by_itself: tuple[Difference, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """Everything of one cause.

    Attributes
    ----------
    questions
        How many differ so.
    examples
        Some of them: method, host and target.
    likeness
        [0..1] of the pages that are least alike; None where words were not compared.
    """

    aspect: str
    cause: str
    questions: int
    examples: tuple[Question, ...]
    old: str
    new: str
    likeness: float | None


@dataclass(frozen=True, slots=True)
class Speed:
    """How long the answers of a server took until their head had come [ms]."""

    answers: int
    p50_ms: float
    p95_ms: float


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What a rehearsal found.

    Attributes
    ----------
    servers
        What was asked.
    seed
        The sample follows from it and the log.
    asked, same
        Number of questions, and of those without a difference between the servers.
    groups
        What differs, the most frequent cause first.
    by_itself
        What differs between two answers of the old server too, by cause.
    speed
        By server; None where no answer came.
    left_out
        How many logged requests were not eligible, by reason.
    """

    servers: tuple[Server, Server]
    seed: int
    asked: int
    same: int
    groups: tuple[Group, ...]
    by_itself: tuple[Group, ...]
    speed: tuple[Speed | None, Speed | None]
    left_out: tuple[tuple[str, int], ...]

    @property
    def exit_status(self) -> int:
        """0 if everything was the same, 10 if something differs."""
        return DIFFERS if self.groups else SAME

    @property
    def slower(self) -> bool:
        """Whether the new server is clearly slower at the median; it decides nothing: nobody else was asking it."""
        old, new = self.speed
        return bool(old and new and new.p50_ms > SLOWER_BY * old.p50_ms and new.p50_ms > old.p50_ms + SLOWER_MS)

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            "schema": SCHEMA,
            "servers": {one.label: str(one) for one in self.servers},
            "seed": self.seed,
            "asked": self.asked,
            "same": self.same,
            "differ": self.asked - self.same,
            "groups": [_group_json(one) for one in self.groups],
            "by_itself": [_group_json(one) for one in self.by_itself],
            "speed": {
                server.label: None
                if one is None
                else {"answers": one.answers, "p50_ms": one.p50_ms, "p95_ms": one.p95_ms}
                for server, one in zip(self.servers, self.speed, strict=True)
            },
            "slower": self.slower,
            "left_out": dict(self.left_out),
        }


def rehearsal(
    findings: Sequence[Finding], servers: tuple[Server, Server], *, seed: int, left_out: Mapping[str, int]
) -> Rehearsal:
    """Return the roll-up of the findings."""
    return Rehearsal(
        servers=servers,
        seed=seed,
        asked=len(findings),
        same=sum(not one.differences for one in findings),
        groups=_groups((one.question, difference) for one in findings for difference in one.differences),
        by_itself=_groups((one.question, difference) for one in findings for difference in one.by_itself),
        speed=(_speed([one.old for one in findings]), _speed([one.new for one in findings])),
        left_out=tuple(sorted(Counter(left_out).items(), key=lambda one: (-one[1], one[0]))),
    )


def _groups(pairs: Iterable[tuple[Question, Difference]]) -> tuple[Group, ...]:
    """Return the differences by cause."""
    by_cause: dict[tuple[str, str], list[tuple[Question, Difference]]] = defaultdict(list)
    for question, difference in pairs:
        by_cause[difference.aspect, difference.cause].append((question, difference))
    found = []
    for (aspect, cause), members in by_cause.items():
        shares = [one.likeness for _, one in members if one.likeness is not None]
        first = members[0][1]
        examples = tuple(question for question, _ in members[:EXAMPLES])
        found.append(
            Group(aspect, cause, len(members), examples, first.old, first.new, min(shares) if shares else None)
        )
    return tuple(sorted(found, key=lambda one: (-one.questions, one.aspect, one.cause)))


def _speed(answers: Iterable[Answer]) -> Speed | None:
    """Return the median and what 95 of 100 answers stayed within."""
    times = [one.first_ms for one in answers if one.status is not None]
    if not times:
        return None
    if len(times) == 1:
        return Speed(1, times[0], times[0])
    cuts = quantiles(times, n=20, method="inclusive")
    return Speed(len(times), cuts[9], cuts[18])


def _group_json(one: Group) -> dict[str, Any]:
    """Return a cause as a JSON object."""
    return {
        "aspect": one.aspect,
        "cause": one.cause,
        "questions": one.questions,
        "examples": [{"method": q.method, "host": q.host, "target": q.target} for q in one.examples],
        "old": one.old,
        "new": one.new,
        "likeness": one.likeness,
    }
