"""`cutover rehearse`: asks old and new the same things."""

from __future__ import annotations

import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import printable, progress, reader_may_leave, say, this_second, warn
from analyzer.cli.servers import Config, Scheme, server_option
from analyzer.errors import Fault, StateError, UsageError
from analyzer.units import rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.handover.asking import Question, Server
    from analyzer.handover.rehearsal import Group, Pace, Rehearsal, Sampler
    from analyzer.migration import Migration

PATTERN_LENGTH = 500  # [characters]
CAUSES_SHOWN = 40  # in the text

Include = Annotated[
    list[str] | None, typer.Option("--include", help="Only paths in which this expression is found; repeatable.")
]
Exclude = Annotated[
    list[str] | None, typer.Option("--exclude", help="No path in which this expression is found; repeatable.")
]
Authority = Annotated[
    Path | None, typer.Option("--ca", help="PEM file of the authority that signed both certificates.")
]
Alike = Annotated[
    float, typer.Option("--alike", min=0, max=1, help="HTML pages whose words are so alike are the same.")
]


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


def rehearse(
    *,
    config: Config = Path("cutover.toml"),
    sample: Annotated[int, typer.Option("--sample", "-n", min=1, max=100_000, help="How many questions.")] = 200,
    seed: Annotated[int, typer.Option("--seed", min=0, max=2**63 - 1, help="Another seed, another fair sample.")] = 0,
    include: Include = None,
    exclude: Exclude = None,
    queries: Annotated[bool, typer.Option("--queries", help="Send query strings as they were logged.")] = False,
    scheme: Annotated[Scheme, typer.Option("--scheme", help="How both are asked.")] = Scheme.HTTPS,
    old: Annotated[str | None, typer.Option("--old", help="The old server: ADDRESS[:PORT].")] = None,
    new: Annotated[str | None, typer.Option("--new", help="The new server: ADDRESS[:PORT].")] = None,
    ca: Authority = None,
    rate: Annotated[float, typer.Option("--rate", min=0.1, max=10_000, help="Questions a second on each.")] = 10,
    parallel: Annotated[int, typer.Option("--parallel", min=1, max=64, help="Questions under way at once.")] = 4,
    alike: Alike = 0.95,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Print what would be asked, and ask nothing.")] = False,
    state: Annotated[Path | None, typer.Option("--state", help="Where it is recorded; beside cutover.toml.")] = None,
    no_state: Annotated[bool, typer.Option("--no-state", help="Record nothing.")] = False,
    form: Annotated[Form, typer.Option("--format", help="text for people, json or jsonl for programs.")] = Form.TEXT,
) -> None:
    """Ask old and new the same things by address, and list what differs, by cause.

    The questions are GET and HEAD requests of the old log: a fair sample over its paths, without query strings, and
    without what usually has effects (logout, unsubscribe, …). Exit status: 0 all the same, 10 something differs, 2 bad
    usage or bad input.

    Example: cutover rehearse --config cutover.toml --sample 500 --rate 20 --exclude '^/admin'
    """
    from analyzer.handover.rehearsal import Pace
    from analyzer.migration import load

    mine = load(config)
    taken = _sampled(mine, sample, seed, (_patterns(include, "--include"), _patterns(exclude, "--exclude")), queries)
    if dry_run:
        _print_questions(taken.questions(), form)
        return
    servers = (server_option("old", old, mine.old, scheme), server_option("new", new, mine.new, scheme))
    pace = Pace(per_second=rate, parallel=parallel, alike=alike)
    found = _asked(mine, taken, servers, pace, ca)
    if not no_state:
        _record(found, state or mine.source.with_name("cutover.sqlite"))
    with reader_may_leave():
        _print(found, form)
    raise typer.Exit(found.exit_status)


def _record(found: Rehearsal, path: Path) -> None:
    """Keep the counts in the state, for the checklist; where that cannot be written the answer counts all the same."""
    import json

    from analyzer.state import State

    counts = {"at": rfc3339(this_second()), "asked": found.asked, "same": found.same, "seed": found.seed}
    try:
        with State.open(path) as kept:
            kept.note("rehearsal", json.dumps(counts))
    except StateError as error:
        warn([f"{error.faults[0]} (the rehearsal is not recorded)"])


def _patterns(given: list[str] | None, option: str) -> tuple[re.Pattern[str], ...]:
    """Return the regular expressions of an option."""
    try:
        if any(len(one) > PATTERN_LENGTH for one in given or ()):
            raise UsageError(Fault(f"longer than {PATTERN_LENGTH} characters", option, "", "take a shorter one"))
        return tuple(re.compile(one) for one in given or ())
    except re.error as error:
        remedy = "write one as Python's re has it: ^/shop/"
        raise UsageError(Fault(f"not a regular expression: {error.msg}", option, str(error.pattern), remedy)) from None


def _sampled(
    mine: Migration,
    sample: int,
    seed: int,
    patterns: tuple[tuple[re.Pattern[str], ...], tuple[re.Pattern[str], ...]],
    queries: bool,
) -> Sampler:
    """Return the sample of the old server's log."""
    from analyzer.handover.rehearsal import Choice, sample_of

    if mine.old_logs is None:
        remedy = "name the old server's access logs there: what is asked comes from them"
        raise UsageError(Fault("has no [logs.old]", str(mine.source), remedy=remedy))
    choice = Choice(mine.names, *patterns, queries=queries)
    troubles: list[str] = []
    logs = mine.old_logs
    taken = sample_of(logs.paths, logs.format, choice, size=sample, seed=seed, trouble=troubles.append)
    warn(troubles)
    if not taken.questions():
        told = ", ".join(f"{count:,} {reason}" for reason, count in taken.left_out.most_common(4)) or "it is empty"
        remedy = "widen --include, or name logs with GET requests"
        raise UsageError(Fault(f"nothing in the old log can be asked ({told})", str(mine.source), remedy=remedy))
    return taken


def _asked(mine: Migration, taken: Sampler, servers: tuple[Server, Server], pace: Pace, ca: Path | None) -> Rehearsal:
    """Return what both servers answered."""
    from importlib.metadata import version

    from analyzer.handover.rehearsal import rehearsal, rehearse

    questions = taken.questions()
    foreign = {str(address) for address in (*mine.old, *mine.new)} | ({mine.staging} if mine.staging else set())
    agent = f"cutover-rehearsal/{version('cutover')} (compares two servers for their administrator)"
    say(f"asking {len(questions):,} questions of {servers[0]} and {servers[1]}, {pace.per_second:g} a second at most")
    with progress("asking") as tell:
        findings = rehearse(questions, servers, agent=agent, pace=pace, ca=ca, foreign=foreign, tell=tell)
    return rehearsal(findings, servers, seed=taken.seed, left_out=taken.left_out)


def _print_questions(questions: tuple[Question, ...], form: Form) -> None:
    """Print what would be asked."""
    import json

    objects = [{"method": one.method, "host": one.host, "target": one.target} for one in questions]
    with reader_may_leave():
        if form is Form.JSON:
            typer.echo(json.dumps(objects))
        elif form is Form.JSONL:
            typer.echo("\n".join(map(json.dumps, objects)))
        else:
            typer.echo("\n".join(f"{one.method} {one.host}{printable(one.target)}" for one in questions))


def _print(found: Rehearsal, form: Form) -> None:
    """Print what was found; jsonl has one line a cause."""
    import json

    told = found.as_json()
    if form is Form.JSON:
        typer.echo(json.dumps(told, allow_nan=False))
    elif form is Form.JSONL:
        lines = [*told["groups"], *({**one, "by_itself": True} for one in told["by_itself"])]
        typer.echo("\n".join(json.dumps(one, allow_nan=False) for one in lines), nl=bool(lines))
    else:
        typer.echo("\n".join(_text(found)))


def _text(found: Rehearsal) -> Iterator[str]:
    """Yield the table for people."""
    yield f"{found.asked:,} questions asked of both servers, {found.same:,} answered the same."
    yield from _causes(found.groups, "differ")
    if found.by_itself:
        yield ""
        yield "The old server differs from itself in these; they do not count:"
        yield from _causes(found.by_itself, "vary")
    yield ""
    for server, speed in zip(found.servers, found.speed, strict=True):
        if speed is not None:
            yield f"{server.label}: first byte after {speed.p50_ms:.1f} ms (median), {speed.p95_ms:.1f} ms (95 of 100)"
    if found.slower:
        yield "The new server is clearly slower; it had nothing else to do meanwhile."
    if found.left_out:
        yield ""
        yield "not asked: " + ", ".join(f"{count:,} {reason}" for reason, count in found.left_out)


def _causes(groups: tuple[Group, ...], verb: str) -> Iterator[str]:
    """Yield one paragraph a cause."""
    for one in groups[:CAUSES_SHOWN]:
        share = "" if one.likeness is None else f" (words alike: {100 * one.likeness:.0f} % at the worst)"
        yield ""
        yield f"{one.questions:>6,} {verb}: {printable(one.cause)}{share}"
        if one.aspect in {"body", "redirect", "cookie"}:
            yield f"       old: {printable(one.old)}"
            yield f"       new: {printable(one.new)}"
        for question in one.examples:
            yield f"       {question.method} {question.host}{printable(question.target)}"
        if one.questions > len(one.examples):
            yield f"       and {one.questions - len(one.examples):,} more"
    if len(groups) > CAUSES_SHOWN:
        yield f"and {len(groups) - CAUSES_SHOWN:,} more causes (--format json lists them)"
