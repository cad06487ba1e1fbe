"""What apache-log-parser, the parser that people know, says of a sample: where it differs, and why."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from analyzer.logs.grammar import PATTERN, LogFormat
from analyzer.logs.strict import strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.rows import Value

MOST_LINES = 400
LINE_S = 0.2  # [s] for one line
ALL_S = 20.0  # [s] for all of them, and its start
_SHOWN = 3  # examples of one explanation
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAMES = {  # its names for what the columns hold
    "client": ("remote_ip", "remote_host"), "user": ("remote_user",), "request": ("request_first_line",),
    "status": ("status",), "bytes": ("response_bytes_clf", "response_bytes"),
    "referer": ("request_header_referer",), "agent": ("request_header_user_agent",), "server_name": ("server_name",),
    "time": ("time_received_utc_datetimeobj", "time_received_tz_datetimeobj"),
}  # fmt: skip
_NO_OPINION = "it has no parser for this format"


@dataclass(frozen=True, slots=True)
class Difference:
    """Lines on which it says something else, for one reason.

    Attributes
    ----------
    why
        The explanation.
    lines
        How many.
    examples
        Some of them: the column, what we say and what it says; or what each does with the line.
    """

    why: str
    lines: int
    examples: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class Opinion:
    """What it says of a sample.

    Attributes
    ----------
    asked, same
        Lines that it was asked of, and those of which it says the same.
    differences
        The others, by reason, the most frequent first.
    silent
        Why it says nothing of the rest; empty if it spoke of all.
    """

    asked: int
    same: int
    differences: tuple[Difference, ...]
    silent: str = ""


def second_opinion(log_format: LogFormat, lines: Sequence[bytes]) -> Opinion:
    """Return what apache-log-parser says of lines, against what we say; it is stopped after 20 s."""
    if log_format.reader != PATTERN or not log_format.split:
        return Opinion(0, 0, (), _NO_OPINION)
    step = max(1, -(-len(lines) // MOST_LINES))
    some = [line.rstrip(b"\r\n") for line in lines[::step]]
    answers, silent = _asked(log_format.text, some)
    found: dict[str, list[tuple[str, str, str]]] = {}
    counts = Counter[str]()
    same = 0
    for line, ours, theirs in zip(some, _ours(log_format, some), answers, strict=False):
        told = _differences(line, ours, theirs)
        same += not told
        counts.update(told.keys())
        for why, example in told.items():
            found.setdefault(why, []).append(example)
    differences = tuple(Difference(why, count, tuple(found[why][:_SHOWN])) for why, count in counts.most_common())
    return Opinion(len(answers), same, differences, silent)


def _asked(text: str, lines: Sequence[bytes]) -> tuple[list[dict[str, Any]], str]:
    """Return its answers, and why there are none of the rest."""
    question = json.dumps({"log_format": text, "lines": [line.decode("latin-1") for line in lines], "line_s": LINE_S})
    command = [sys.executable, "-W", "ignore", "-m", "analyzer.logs.other_parser"]
    child = subprocess.Popen(  # noqa: S603 -- our own module in our own Python
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    silent = ""
    try:
        out, _ = child.communicate(question, timeout=ALL_S)
    except subprocess.TimeoutExpired:
        child.kill()
        out, _ = child.communicate()
        silent = f"it took longer than {ALL_S:.0f} s"
    answers = [json.loads(line) for line in out.splitlines() if line.endswith("}")]
    if answers and "no_parser" in answers[0]:
        return [], f"{_NO_OPINION} ({answers[0]['no_parser']})"
    if len(answers) < len(lines) and not silent:
        silent = "it broke off"
    return answers, silent


def _ours(log_format: LogFormat, lines: Sequence[bytes]) -> list[dict[str, Value] | None]:
    """Return what we say of the lines, by column; None where a line is refused."""
    lane = strict(log_format)
    rows = lane.read(lines)
    places = {"time": 0}
    names = [name for name, _ in lane.columns]
    for column in _NAMES:
        field = log_format.column(column)
        if field is not None and field.name in names:
            places[column] = names.index(field.name)
    told: list[dict[str, Value] | None] = [None] * len(lines)
    for k, number in enumerate(rows.numbers):
        told[number] = {column: rows.columns[place][k] for column, place in places.items()}
    return told


def _differences(line: bytes, ours: dict[str, Value] | None, theirs: dict[str, Any]) -> dict[str, tuple[str, str, str]]:
    """Return why the two differ on a line, each reason with an example; nothing if they do not."""
    error = theirs.get("error")
    if ours is None:
        return {} if error is not None else {_why_accepted(line): ("line", "refused", "accepted")}
    if error is not None:
        return {_why_refused(line, str(error)): ("line", "accepted", str(error))}
    found: dict[str, tuple[str, str, str]] = {}
    for column, value in ours.items():
        names = [name for name in _NAMES[column] if name in theirs["values"]]
        if names and not _same(column, value, theirs["values"][names[0]]):
            example = (column, str(_shown(column, value)), str(theirs["values"][names[0]]))
            found.setdefault(_why_otherwise(column, line), example)
    return found


def _same(column: str, ours: Value, theirs: Any) -> bool:  # noqa: ANN401 -- as it came
    """Return whether both say the same."""
    if column == "time":
        try:
            moment = datetime.fromisoformat(str(theirs))
        except ValueError:
            return False
        aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return _shown("time", ours) == aware.astimezone(UTC)
    if ours is None:
        return theirs in {"-", None, ""}
    if column == "bytes" and ours == 0:
        return str(theirs) in {"-", "0"}
    # It decodes lines as the caller does: here as Latin-1, so that every byte has its character.
    return str(ours) in {str(theirs), str(theirs).encode("latin-1", "replace").decode("utf-8", "replace")}


def _shown(column: str, value: Value) -> object:
    """Return a value as a person reads it."""
    return _EPOCH + timedelta(microseconds=value) if column == "time" and isinstance(value, int) else value


def _why_refused(line: bytes, error: str) -> str:
    """Return why it does not read a line that we read."""
    if error == "slow":
        return f"it needs more than {LINE_S} s for one line"
    if error.startswith("crashed"):
        return "it crashes on values that are no URL, no number or no time to it"
    if b"\\" in line:
        return "it does not know Apache's escapes, and loses its way at an escaped quote"
    if re.match(rb"\S*:\S*:", line):
        return "it does not take every form of an IPv6 address"
    return "its patterns are narrower than what Apache writes"


def _why_accepted(line: bytes) -> str:
    """Return why it reads a line that we refuse."""
    if re.match(rb"[0-9A-Za-z.-]+:\d+ ", line):
        return "it takes `name:port` for a client: the line is one of vhost_combined"
    return "it takes nearly anything for a value: what is no address, time or number too"


def _why_otherwise(column: str, line: bytes) -> str:
    """Return why it reads a value otherwise."""
    if column == "time" and re.search(rb"[+-]\d\d(?!00)\d\d\]", line):
        return "it takes an offset's minutes wrong: +0530 for five hours and three minutes"
    if column == "time":
        return "it reads the time otherwise: it knows fewer forms of it"
    if b"\\" in line:
        return "it leaves Apache's escapes as they are, or ends a value at an escaped quote"
    if any(byte > 0x7E for byte in line):  # noqa: PLR2004 -- beyond printable ASCII
        return "it takes bytes beyond ASCII as they come; Apache writes UTF-8 where the client sent it"
    return "it ends a value at another place: its patterns do not keep to the quotes"
