"""A checklist as text for a terminal, and as Markdown."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING

from analyzer.handover.checklist.model import PHASES
from analyzer.units import spoken_duration
from analyzer.words import stamp, visible

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.handover.checklist.model import Checklist, Step

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~&!])")  # what Markdown or HTML in it would obey
_FENCE = re.compile(r"`{3,}")
MARKS = {True: "[x]", False: "[ ]", None: "[?]"}
LENGTH = 2_000  # [characters] of a sentence


def head(plan: Checklist) -> Iterator[str]:
    """Yield what stands above the steps: what moves, how, when, and what the times follow from."""
    way = "the DNS is changed by ourselves" if plan.dns == "own" else "the DNS is changed by others, in a nightly batch"
    yield f"{', '.join(plan.names)}: {way}; TTL today {spoken_duration(plan.ttl.seconds)}, {plan.ttl.source}."
    moments = (
        ("Switch to the proxy", plan.times.move),
        ("New addresses published", plan.times.publish),
        ("Caches have let go", plan.times.drained),
        ("Proxy removed, at the earliest", plan.times.removal),
        ("Old server goes", plan.times.end),
    )
    for title, moment in moments:
        yield f"{title}: {stamp(moment, plan.zone).both}"


def text(plan: Checklist) -> str:
    """Return the checklist as plain text."""
    lines = [visible(line, LENGTH) for line in head(plan)]
    lines += [f"note: {visible(note, LENGTH)}" for note in plan.notes]
    for phase, steps in groupby(plan.steps, key=lambda one: one.phase):
        lines += ["", f"== {PHASES[phase]} =="]
        for step in steps:
            lines += ["", *_text_step(plan, step)]
    return "\n".join(lines) + "\n"


def _text_step(plan: Checklist, step: Step) -> Iterator[str]:
    """Yield a step's lines."""
    mark = MARKS[step.seen.done if step.seen else False]
    late = "  LATE" if step.overdue else ""
    yield f"{mark} {stamp(step.at, plan.zone).both}  {step.owner}  {step.id}{late}"
    yield f"    {visible(step.title, LENGTH)}"
    if step.seen is not None:
        yield f"    seen: {visible(step.seen.sentence, LENGTH)}"
    if step.text:
        yield f"    {visible(step.text, LENGTH)}"
    if step.needs:
        yield f"    before: {', '.join(step.needs)}"
    for line in step.commands:
        yield f"    $ {visible(line, LENGTH)}"
    yield f"    expect: {visible(step.expect, LENGTH)}"
    if step.undo:
        yield f"    back: {visible(step.undo, LENGTH)}"


def markdown(plan: Checklist) -> str:
    """Return the checklist as Markdown with task boxes."""
    lines = [f"# Cutover of {_md(', '.join(plan.names))}", ""]
    lines += [f"- {_md(line)}" for line in head(plan)]
    lines += [f"- **note:** {_md(note)}" for note in plan.notes]
    for phase, steps in groupby(plan.steps, key=lambda one: one.phase):
        lines += ["", f"## {PHASES[phase]}", ""]
        for step in steps:
            lines += _markdown_step(plan, step)
    return "\n".join(lines) + "\n"


def _markdown_step(plan: Checklist, step: Step) -> Iterator[str]:
    """Yield a step's lines; everything within it is indented below its box."""
    done = "x" if step.seen is not None and step.seen.done else " "
    when = stamp(step.at, plan.zone).both
    yield f"- [{done}] **{_md(step.title)}**  "
    yield f"  {_md(when)} · {step.owner} · `{step.id}`{' · **late**' if step.overdue else ''}"
    if step.seen is not None:
        yield f"  - seen: {_md(step.seen.sentence)}"
    if step.text:
        yield f"  - {_md(step.text)}"
    if step.needs:
        yield "  - before: " + ", ".join(f"`{one}`" for one in step.needs)
    if step.commands:
        yield "  - do:"
        yield ""
        yield "    ```sh"
        yield from (f"    {_FENCE.sub('', visible(line, LENGTH))}" for line in step.commands)
        yield "    ```"
        yield ""
    yield f"  - expect: {_md(step.expect)}"
    if step.undo:
        yield f"  - back: {_md(step.undo)}"


def _md(text: str) -> str:
    """Return a text in which Markdown and HTML mean nothing."""
    return _SPECIAL.sub(r"\\\1", visible(text, LENGTH))
