"""What two public lists of crawlers, crawler-user-agents and crawlerdetect, say of an agent.

A log has thousands of agents that differ in the numbers of their versions only. Most of the lists' entries know no
numbers, so they are looked for in each form of agent once.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeAlias

_Tags: TypeAlias = tuple[str, ...]
_PLAIN = re.compile(r"(?:[^\\^$.|?*+()\[\]{}]|\\[^A-Za-z0-9])+")  # an expression that only stands for itself
_NUMBER = re.compile("[0-9]+")
FORMS_KEPT = 65_536  # of agents, or of what is left of them; a hostile log may have any number
# Entries of crawler-user-agents that are people: an Android build of ordinary phones, and a Russian browser's toolbar.
_NOT_CRAWLERS = frozenset({r"AP3A\.240617\.008", r"mail\.ru"})


@dataclass(frozen=True, slots=True)
class _Entries:
    """The entries of crawler-user-agents, each with its place in the list: 97 in 100 are plain text."""

    worded: tuple[tuple[int, str], ...]  # plain text without a digit
    numbered: tuple[tuple[int, str], ...]
    patterns: tuple[tuple[int, re.Pattern[str]], ...]
    tags: tuple[_Tags, ...]


def tags(agent: str) -> list[str]:
    """Return the tags of all entries of crawler-user-agents that match an agent; plain texts first."""
    entries = _entries()
    found = [*_worded(_NUMBER.sub("0", agent)), *(place for place, text in entries.numbered if text in agent)]
    found.sort()
    found += [place for place, pattern in entries.patterns if pattern.search(agent)]
    return [tag for place in found for tag in entries.tags[place]]


@lru_cache(maxsize=FORMS_KEPT)
def _worded(form: str) -> tuple[int, ...]:
    """Return the places of the texts without a digit that a form of agents holds: one digit for each number will do."""
    return tuple(place for place, text in _entries().worded if text in form)


@cache
def _entries() -> _Entries:
    """Return the entries of crawler-user-agents, those of people left out."""
    import crawleruseragents  # noqa: PLC0415 -- 1 MB of JSON: only if asked

    wanted = [one for one in crawleruseragents.CRAWLER_USER_AGENTS_DATA if one["pattern"] not in _NOT_CRAWLERS]
    every = [(place, str(one["pattern"])) for place, one in enumerate(wanted)]
    plain = [(place, re.sub(r"\\(.)", r"\1", text)) for place, text in every if _PLAIN.fullmatch(text)]
    return _Entries(
        worded=tuple(one for one in plain if not _NUMBER.search(one[1])),
        numbered=tuple(one for one in plain if _NUMBER.search(one[1])),
        patterns=tuple((place, re.compile(text)) for place, text in every if not _PLAIN.fullmatch(text)),
        tags=tuple(tuple(map(str, one.get("tags") or ("crawler",))) for one in wanted),
    )


def crawler_word(agent: str) -> str | None:
    """Return the words by which crawlerdetect takes an agent for a crawler's; None if it does not."""
    from crawlerdetect.crawlerdetect import get_compiled_exclusions_regex  # noqa: PLC0415 -- 1,450 expressions

    return _crawler_word(get_compiled_exclusions_regex().sub("", agent.strip()))


@lru_cache(maxsize=FORMS_KEPT)
def _crawler_word(left: str) -> str | None:
    """Return the same of what is left of agents without the names and versions of browsers: they leave little."""
    from crawlerdetect.crawlerdetect import get_compiled_crawler_regex  # noqa: PLC0415 -- 1,450 expressions

    found = get_compiled_crawler_regex().search(left) if left else None
    return None if found is None else next((group for group in found.groups() if group), None)
