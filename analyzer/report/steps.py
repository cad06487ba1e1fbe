"""What to do next: for each verdict the steps that follow, with the commands to copy."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.report.sentences import SENTENCE_LENGTH, open_reasons
from analyzer.units import spoken_duration
from analyzer.words import counted, stamp, visible

if TYPE_CHECKING:
    from datetime import tzinfo

    from analyzer.drain.verdict import Straggler, Verdict
    from analyzer.migration import LogSet, Migration

CLIENTS_SHOWN = 3  # stuck clients that get a step of their own; the table has the others
OPEN_RULES_SHOWN = 5
HARMLESS = re.compile(r"[0-9A-Za-z][0-9A-Za-z.:-]{0,63}")  # an address or host name: may stand in a command


@dataclass(frozen=True, slots=True)
class Step:
    """One thing to do; `code` is what to type or to write, `language` says which (`sh`, `toml`)."""

    text: str
    code: str | None = None
    language: str = "sh"


def steps(verdict: Verdict, migration: Migration, zone: tzinfo) -> tuple[Step, ...]:
    """Return what to do next, in order."""
    chosen = {"safe": _safe, "wait": _wait, "stuck": _stuck, "unknown": _unknown}[verdict.verdict]
    return chosen(verdict, migration, zone)


def _safe(verdict: Verdict, migration: Migration, _zone: tzinfo) -> tuple[Step, ...]:
    return (
        Step("Ask once more right before you remove it; the exit status is 0 while it is safe.", _advise(migration)),
        Step(
            "Take the proxy's site out of the old server's Apache, and let the old address refuse.",
            "sudo a2dissite SITE && sudo apachectl configtest && sudo systemctl reload apache2",
        ),
        Step(
            "Keep the old server's configuration and the old access logs for the"
            f" {spoken_duration(verdict.horizon_s)} of the horizon: they are the way back, and the proof."
        ),
    )


def _wait(verdict: Verdict, migration: Migration, zone: tzinfo) -> tuple[Step, ...]:
    safe_at = verdict.safe_at
    moment = None if safe_at is None else safe_at.median or safe_at.upper
    when = "tomorrow" if moment is None else f"after {stamp(moment, zone, up=True).local}"
    told = [Step("Leave the proxy where it is.")]
    if verdict.dns.authoritative_agree is False:
        told.append(_authoritative(migration))
    return (*told, *_stuck_clients(verdict, migration), Step(f"Ask again {when}.", _advise(migration)))


def _stuck(verdict: Verdict, migration: Migration, _zone: tzinfo) -> tuple[Step, ...]:
    told = [Step("Leave the proxy where it is; waiting alone will not end this.")]
    if verdict.dns.authoritative_agree is False:
        told.append(_authoritative(migration))
    told += _stuck_clients(verdict, migration)
    return (*told, Step("When they have moved or are accepted, ask again.", _advise(migration)))


def _unknown(verdict: Verdict, migration: Migration, _zone: tzinfo) -> tuple[Step, ...]:
    missing = open_reasons(verdict)[:OPEN_RULES_SHOWN]
    told = [Step(visible(reason.sentence, SENTENCE_LENGTH)) for reason in missing]
    return (
        Step("Leave the proxy where it is until the evidence is complete."),
        *told,
        Step("Then ask again.", _advise(migration)),
    )


def _stuck_clients(verdict: Verdict, migration: Migration) -> list[Step]:
    """Return a step for each of the worst stuck clients, and one that accepts their loss."""
    ranked = sorted((one for one in verdict.stragglers if one.stuck), key=lambda one: -one.expected_requests)
    told = [_move(one, migration.old_logs) for one in ranked[:CLIENTS_SHOWN]]
    if len(ranked) > CLIENTS_SHOWN:
        told.append(Step(f"Do the same for {counted(len(ranked) - CLIENTS_SHOWN, 'more stuck client')} of the table."))
    accepted = sorted({one.client for one in ranked if HARMLESS.fullmatch(one.client)})[:20]
    if accepted:
        listed = ", ".join(f'"{client}"' for client in accepted)
        name = visible(migration.source.name, 80)
        told.append(
            Step(f"Or accept their loss: add them to the policy in {name}.", f"[policy]\naccepted = [{listed}]", "toml")
        )
    return told


def _move(one: Straggler, logs: LogSet | None) -> Step:
    """Return the step that moves one stuck client, with the command that lists its requests."""
    agent = "no agent logged" if one.agent is None else visible(one.agent, 60)
    text = f"Move {visible(one.client, 64)} ({agent}): {visible(one.why, SENTENCE_LENGTH)}"
    if logs is None or not HARMLESS.fullmatch(one.client):
        return Step(text)
    paths = " ".join(shlex.quote(visible(path, 200)) for path in logs.paths[:3])
    form = shlex.quote(visible(logs.format, 400))
    show = f"cutover logs show {paths} \\\n  --log-format {form} --format jsonl"
    return Step(text, f"{show} \\\n  | grep -F '\"{one.client}\"' | tail")


def _authoritative(migration: Migration) -> Step:
    """Return the step that finds the authoritative server that disagrees."""
    name = next((name for name in migration.names if HARMLESS.fullmatch(name)), None)
    text = "Make the authoritative servers agree on the new address: ask each of them."
    return Step(text, None if name is None else f"dig +nssearch {name}; dig +norecurse @NAMESERVER {name} A")


def _advise(migration: Migration) -> str:
    """Return the command that asks again."""
    return f"cutover advise --config {shlex.quote(visible(str(migration.source), 200))}"
