"""The checklist: its table and its times."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

import pytest
import typer

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from checklists import BERLIN, HOSTILE, MOVE, NOW, migration, plan

from analyzer.cli import app
from analyzer.handover.checklist import (
    Checklist,
    Ttl,
    move_before,
    next_batch,
    proposed_move,
    published_ttl,
    text,
)
from analyzer.handover.checklist.model import OWNERS, PHASES
from analyzer.handover.checklist.steps import table

COMMANDS: Any = typer.main.get_command(app)


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


def test_the_switch_of_a_change_that_is_known_lies_before_it() -> None:
    """Half an hour before one's own edit, on the working day before a batch."""
    night = datetime(2026, 12, 9, 1, 0, tzinfo=UTC)
    assert move_before(night, BERLIN, batch=False) == night - timedelta(minutes=30)
    assert move_before(night, BERLIN, batch=True) == MOVE
