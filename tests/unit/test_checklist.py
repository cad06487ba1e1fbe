"""The checklist: its table, its times, its texts."""

from __future__ import annotations

import base64
import hashlib
import re
import subprocess
from datetime import UTC, datetime, time, timedelta
from html.parser import HTMLParser
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import typer

from analyzer.cli import app
from analyzer.handover.checklist import (
    Checklist,
    Ttl,
    calendar,
    checklist,
    markdown,
    move_before,
    next_batch,
    page,
    proposed_move,
    published_ttl,
    text,
    times,
)
from analyzer.handover.checklist.calendar import escaped, folded
from analyzer.handover.checklist.model import OWNERS, PHASES
from analyzer.handover.checklist.steps import table
from analyzer.migration import Migration

COMMANDS: Any = typer.main.get_command(app)
BERLIN = ZoneInfo("Europe/Berlin")
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MOVE = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)  # a Tuesday, ten o'clock in Berlin
DAY_TTL = Ttl(86_400.0, 86_400.0, "as written")
HOSTILE = "sites/$(touch never)/<script>alert(1)</script>;\n'`id`\u202e.toml"


def migration(source: str = "cutover.toml", new: tuple[str, ...] = ("198.51.100.5", "2001:db8::5")) -> Migration:
    """Return a migration of two names."""
    return Migration(
        names=("app.example.com", "www.example.com"),
        old=(ip_address("192.0.2.4"),),
        new=tuple(ip_address(one) for one in new),
        source=Path(source),
    )


def plan(
    mine: Migration | None = None,
    ttl: Ttl = DAY_TTL,
    batch: time | None = None,
    at: datetime = NOW,
    move: datetime = MOVE,
) -> Checklist:
    """Return a checklist in Berlin."""
    moments = times(
        at=at, move=move, batch=batch, ttl_s=ttl.seconds, usual_ttl_s=ttl.usual_s, horizon_s=30 * 86_400.0, zone=BERLIN
    )
    return checklist(mine or migration(), moments, ttl, at=at, dns="batch" if batch else "own", zone=BERLIN)


def local(found: Checklist, step: str) -> str:
    """Return a step's time on Berlin's clocks."""
    return f"{found.step(step).at.astimezone(BERLIN):%a %d %b %H:%M}"


# --- the table -----------------------------------------------------------------------------------------------------


def test_the_table_is_sound() -> None:
    """Ids are unique, owners and phases known, and everything needed exists and stands before."""
    seen: list[str] = []
    for row in table():
        assert row["id"] not in seen
        assert row["owner"] in OWNERS
        assert row["phase"] in PHASES
        assert set(row.get("needs", ())) <= set(seen), row["id"]
        assert {"title", "text", "expect"} <= set(row)
        seen.append(row["id"])


def test_it_reaches_from_two_weeks_before_to_the_end_of_the_horizon() -> None:
    """The first step is two weeks before the move, the last the horizon after the removal."""
    found = plan()
    assert found.steps[0].at == MOVE - timedelta(days=14)
    assert found.steps[-1].id == "decommission"
    assert found.steps[-1].at == found.times.removal + timedelta(days=30)


@pytest.mark.parametrize(
    "about",
    [
        "certificates", "cron", "mail", "firewall", "monitoring", "backups", "outbound", "aaaa", "https hints",
        "reverse dns", "raise the ttl", "brown-out", "switch", "decommission", "partners",
    ],
)  # fmt: skip
def test_nothing_of_a_cutover_is_forgotten(about: str) -> None:
    """What admins forget has its place in the texts."""
    said = re.sub(r"[^a-z-]+", " ", text(plan()).lower())
    assert all(word in said for word in about.split())


def known_options(arguments: list[str]) -> set[str]:
    """Return the options of the command that the arguments call."""
    command = COMMANDS
    while hasattr(command, "commands") and arguments and arguments[0] in command.commands:
        command = command.commands[arguments.pop(0)]
    assert not hasattr(command, "commands") or command.params, "a group alone is no command"
    return {name for one in command.params for name in one.opts}


@pytest.mark.parametrize("batch", [None, time(2, 0)])
def test_every_command_of_ours_exists_with_its_options(batch: time | None) -> None:
    """What the list tells to type is what the command line takes."""
    lines = [line for step in plan(batch=batch).steps for line in step.commands]
    ours = [
        part.strip() for line in lines for part in re.split(r"&&|[|>;]", line) if part.strip().startswith("cutover ")
    ]
    assert len(ours) > 12
    for one in ours:
        arguments = one.split()[1:]
        used = {argument for argument in arguments if argument.startswith("--")}
        assert arguments[0] in COMMANDS.commands, one
        assert used <= known_options(arguments), one


@pytest.mark.parametrize("source", ["cutover.toml", HOSTILE])
def test_commands_are_sound_for_a_shell(source: str, tmp_path: Path) -> None:
    """Every command of every step parses, whatever the file is called, and the file's name is one word."""
    lines = [line for step in plan(migration(source)).steps for line in step.commands]
    script = tmp_path / "all.sh"
    script.write_text("\n".join(lines))
    assert subprocess.run(["bash", "-n", script], capture_output=True, check=False).stderr == b""
    config = next(line for line in lines if line.startswith("cutover dns snapshot"))
    words = subprocess.run(
        ["bash", "-c", config.replace("cutover ", "printf '%s\\n' ", 1)],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=True,
    )
    assert len(words.stdout.splitlines()) == 4
    assert not (tmp_path / "never").exists(), "the name was obeyed"


# --- times ---------------------------------------------------------------------------------------------------------


def test_own_dns_lowers_the_ttl_early_enough() -> None:
    """Published at 10:30; a TTL of a day and an hour's lag before it is Monday 9:30: Friday morning it is done."""
    found = plan()
    assert local(found, "switch") == "Tue 08 Dec 10:00"
    assert local(found, "publish") == "Tue 08 Dec 10:30"
    assert local(found, "ttl-lower") == "Fri 04 Dec 10:00"
    assert local(found, "drained") == "Tue 08 Dec 11:35"
    assert "5 min" in found.step("ttl-lower").title
    assert found.notes == ()


def test_a_batch_publishes_in_the_night_after_the_switch() -> None:
    """Handed in on the day before, published at two, looked at in the morning."""
    found = plan(batch=time(2, 0))
    assert local(found, "dns-order") == "Mon 07 Dec 10:00"
    assert local(found, "switch") == "Tue 08 Dec 10:00"
    assert local(found, "publish-batch") == "Wed 09 Dec 02:00"
    assert local(found, "published") == "Wed 09 Dec 10:00"
    assert {step.id for step in found.steps} & {"publish", "ttl-lower"} == set()


def test_too_late_to_lower_is_said_and_counted_with() -> None:
    """Eight hours before the move a TTL of a day cannot be lowered in time: the tail is the day."""
    found = plan(at=MOVE - timedelta(hours=8))
    assert found.times.late
    assert found.times.drained == MOVE + timedelta(minutes=30, days=1, hours=1)
    assert any("too late to lower" in note for note in found.notes)
    assert found.step("certificates").late


def test_a_ttl_that_was_lowered_is_not_late() -> None:
    """It is 300 s today and was a day: the step is there to be ticked, the tail is short."""
    found = plan(ttl=Ttl(300.0, 86_400.0, "asked"), at=MOVE - timedelta(hours=8))
    assert not found.times.late
    assert found.times.tail_s == 300
    assert "24 h" in found.step("ttl-lower").title
    assert "86400" in found.step("ttl-raise").expect


def test_a_low_ttl_needs_no_lowering() -> None:
    """Nor is it raised afterwards."""
    found = plan(ttl=Ttl(60.0, 60.0, "asked"))
    assert {"ttl-lower", "ttl-raise"} & {step.id for step in found.steps} == set()
    assert found.times.tail_s == 60


def test_days_keep_the_local_clock_over_a_change_of_time() -> None:
    """The clocks go back on 25 October 2026: two weeks before ten o'clock is ten o'clock."""
    found = plan(move=datetime(2026, 11, 3, 9, 0, tzinfo=UTC), at=datetime(2026, 10, 1, tzinfo=UTC))
    assert local(found, "inventory") == "Tue 20 Oct 10:00"
    assert found.step("inventory").at == datetime(2026, 10, 20, 8, 0, tzinfo=UTC)


def test_a_batch_in_the_hour_that_is_left_out_runs_an_hour_later() -> None:
    """On 29 March 2026 there is no 2:30 in Berlin: the batch is at 3:30, which is 1:30 UTC."""
    moment = datetime(2026, 3, 28, 12, 0, tzinfo=UTC)
    assert next_batch(moment, time(2, 30), BERLIN) == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)
    assert next_batch(moment + timedelta(days=1), time(2, 30), BERLIN) == datetime(2026, 3, 30, 0, 30, tzinfo=UTC)


def test_the_proposed_move_is_a_tuesday_morning_that_leaves_two_weeks() -> None:
    """For every day of a month."""
    for days in range(31):
        at = NOW + timedelta(days=days, hours=days % 24)
        found = proposed_move(at, BERLIN).astimezone(BERLIN)
        assert (found.weekday(), found.hour, found.minute) == (1, 10, 0)
        assert timedelta(days=15) <= found - at <= timedelta(days=23)


def test_without_ipv6_the_list_asks_about_it() -> None:
    """An AAAA record that stays would keep half of the visitors."""
    assert "ipv6" in {step.id for step in plan(migration(new=("198.51.100.5",))).steps}
    assert "ipv6" not in {step.id for step in plan().steps}


def test_the_published_ttl_is_the_longest_of_the_authoritative() -> None:
    """A resolver's remaining TTL says nothing, nor another name, nor a TTL that none can be."""
    answers = [{"type": "CNAME", "ttl": 7_200}, {"type": "A", "ttl": 60}, {"type": "TXT", "ttl": 9_999}]
    record = {"authoritative": True, "name": "app.example.com", "answers": answers}
    others = [
        {**record, "authoritative": False, "answers": [{"type": "A", "ttl": 80_000}]},
        {**record, "name": "other.example.com", "answers": [{"type": "A", "ttl": 80_000}]},
        {**record, "answers": [{"type": "A", "ttl": 2**31}]},
        {**record, "answers": None},
    ]
    assert published_ttl([record, *others], ["app.example.com"]) == 7_200
    assert published_ttl(others, ["app.example.com"]) is None


# --- renderers -----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("render", [text, markdown, page, calendar])
def test_every_form_has_every_step_with_its_time(render: Any) -> None:
    """By its id and its title."""
    found = plan()
    told = "".join(line[1:] if line[:1] == " " and render is calendar else line for line in _unfolded(render(found)))
    for step in found.steps:
        assert step.id in told
        assert step.title.partition("'")[0][:30] in told.replace("\\", "")


def _unfolded(told: str) -> list[str]:
    """Return the text's lines, with what was folded put together again."""
    return told.replace("\r\n ", "").splitlines(keepends=True)


class _Page(HTMLParser):
    """Takes the tags, and what stands in the style."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.style = ""
        self.policy = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        named = dict(attrs)
        if named.get("http-equiv") == "Content-Security-Policy":
            self.policy = named["content"] or ""

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1] == "style":
            self.style += data


def test_the_page_has_no_script_whatever_names_hold() -> None:
    """The hostile file name is text; the style is the one that the policy allows."""
    told = page(plan(migration(HOSTILE)))
    found = _Page()
    found.feed(told)
    assert "script" not in found.tags
    assert "&lt;script&gt;" in told
    assert "\u202e" not in told
    style = re.search(r"<style>(.*?)</style>", told, re.DOTALL)
    assert style is not None
    digest = base64.b64encode(hashlib.sha256(style[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in found.policy


@pytest.mark.parametrize("render", [text, markdown])
def test_text_and_markdown_show_a_hostile_name_as_it_is(render: Any) -> None:
    """No control character, no raw line end within a command, no HTML outside of code."""
    told = render(plan(migration(HOSTILE)))
    assert not [c for c in told if not c.isprintable() and c != "\n"]
    outside = re.sub(r"(?s)```sh.*?```", "", told) if render is markdown else ""
    assert "<script>" not in outside


def test_the_calendar_is_one_that_calendars_take() -> None:
    """Lines end in CR LF and hold 75 bytes at most; each event has its own UID, a UTC start and a duration."""
    found = plan(migration(HOSTILE))
    told = calendar(found)
    lines = told.split("\r\n")
    assert lines[-1] == ""
    assert all(len(line.encode()) <= 75 for line in lines)
    assert not re.search(r"[^\r]\n|\r[^\n]", told)
    whole = "".join(_unfolded(told))
    uids = re.findall(r"(?m)^UID:(\S+)\r?$", whole)
    assert len(set(uids)) == len(uids) == len(found.steps) == whole.count("BEGIN:VEVENT") == whole.count("END:VEVENT")
    assert "DTSTART:20261208T090000Z" in whole
    switch = re.search(r"SUMMARY:(Switch.*?)\r\n", whole)
    assert switch is not None
    assert switch[1] == "Switch: the old server hands everything to the new one (admin)"


def test_a_step_is_the_same_event_in_the_next_calendar() -> None:
    """Made later, for another day: the UIDs stay."""
    first, later = calendar(plan()), calendar(plan(at=NOW + timedelta(days=1), move=MOVE + timedelta(days=7)))
    assert sorted(re.findall(r"UID:(\S+)", first)) == sorted(re.findall(r"UID:(\S+)", later))
    assert first != later


@pytest.mark.parametrize(
    "told", ["", "plain", "a,b;c\\d", "two\nlines", "\\n", "é" * 80, "x" * 200, "a\r\nBEGIN:VEVENT"]
)
def test_folding_and_escaping_can_be_undone(told: str) -> None:
    """Unfolded and unescaped it is the text again, with control characters shown."""
    line = "".join(part[1:] if n else part for n, part in enumerate(folded(escaped(told))))
    undone = re.sub(r"\\(.)", lambda found: "\n" if found[1] == "n" else found[1], line)
    assert undone == told.replace("\r", "\\r")
    assert "\n" not in line
    assert "\r" not in line


def test_the_switch_of_a_change_that_is_known_lies_before_it() -> None:
    """Half an hour before one's own edit, on the working day before a batch."""
    night = datetime(2026, 12, 9, 1, 0, tzinfo=UTC)
    assert move_before(night, BERLIN, batch=False) == night - timedelta(minutes=30)
    assert move_before(night, BERLIN, batch=True) == MOVE
