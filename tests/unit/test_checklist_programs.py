"""The checklist of every program that the old server may run: its own words, commands that a shell takes, ways back."""

from __future__ import annotations

import re
import subprocess
from datetime import UTC, datetime, time
from ipaddress import ip_address
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from analyzer.handover.checklist import Checklist, System, Ttl, checklist, text, times
from analyzer.handover.checklist.programs import PROGRAMS
from analyzer.handover.checklist.steps import table
from analyzer.handover.proxy import Server
from analyzer.migration import Migration

VARIANTS = tuple(PROGRAMS)
REPLACED = tuple(one for one in VARIANTS if one[0] is not Server.APACHE)
NOW = datetime(2026, 11, 2, 12, 0, tzinfo=UTC)
MOVE = datetime(2026, 12, 8, 9, 0, tzinfo=UTC)
BERLIN = ZoneInfo("Europe/Berlin")
SWITCH = "/etc/cutover/proxy-on"
OVERRIDES = {"whole", "nginx", "haproxy", "caddy"}
WORDS = {
    Server.APACHE: r"apache|a2en|a2dis|httpd(?!_can)|logformat",
    Server.NGINX: r"nginx|log_format",
    Server.HAPROXY: r"haproxy",
    Server.CADDY: r"caddy",
}
# Steps that change what the old server answers, or prepare it.
TOUCHING = ("proxy", "freeze", "switch", "verify", "brownout", "removal")


def plan(server: Server, system: System, batch: time | None = None) -> Checklist:
    """Return a checklist of two names for a program."""
    mine = Migration(
        names=("app.example.com", "www.example.com"),
        old=(ip_address("192.0.2.4"),),
        new=(ip_address("198.51.100.5"), ip_address("2001:db8::5")),
        source=Path("my cutover.toml"),
    )
    ttl = Ttl(86_400.0, 86_400.0, "as written")
    moments = times(at=NOW, move=MOVE, batch=batch, ttl_s=86_400.0, horizon_s=2_592_000.0, zone=BERLIN)
    way = "batch" if batch else "own"
    return checklist(mine, moments, ttl, at=NOW, dns=way, zone=BERLIN, server=server, system=system)


def lines(found: Checklist) -> list[str]:
    """Return all that is to be typed, and the ways back that are commands."""
    undone = [one.undo for one in found.steps if one.undo and one.undo.startswith("sudo ")]
    return [line for one in found.steps for line in one.commands] + undone


@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_no_word_of_another_program(server: Server, system: System) -> None:
    """Neither in a command nor in a sentence; its own words are there."""
    told = text(plan(server, system)).lower()
    for other, words in WORDS.items():
        assert bool(re.search(words, told)) is (other is server), (other, re.search(rf".*({words}).*", told))
    assert ("thread" in told) is (server is Server.APACHE)  # only its proxy holds one for each request


@pytest.mark.parametrize("batch", [None, time(2, 0)])
@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_every_command_is_one_that_a_shell_takes(server: Server, system: System, batch: time | None) -> None:
    """Each line by itself, as it is pasted; ways back too."""
    typed = lines(plan(server, system, batch))
    assert len(typed) > 60
    # One shell for all: a line that does not end by itself would swallow what comes after it.
    for line in typed:
        assert line.count("'") % 2 == 0
        assert line.count('"') % 2 == 0
    script = "".join(f"( {line}\n)\n" for line in typed)
    assert subprocess.run(["sh", "-n"], input=script, text=True, capture_output=True, check=False).stderr == ""


def test_the_shell_would_refuse_what_does_not_parse() -> None:
    """So the test above can fail."""
    done = subprocess.run(["sh", "-n"], input="( sudo x && \n)\n", text=True, capture_output=True, check=False)
    assert done.stderr


@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_what_touches_the_old_server_has_a_way_back(server: Server, system: System) -> None:
    """For every program the same steps, in the same order, at the same time."""
    found, usual = plan(server, system), plan(Server.APACHE, System.DEBIAN)
    assert [(one.id, one.at, one.needs) for one in found.steps] == [(one.id, one.at, one.needs) for one in usual.steps]
    assert all(found.step(one).undo for one in TOUCHING)
    assert {one.id for one in found.steps if one.undo} == {one.id for one in usual.steps if one.undo}


@pytest.mark.parametrize(("server", "system"), REPLACED)
def test_what_is_replaced_is_kept_before_and_tested_before_it_is_loaded(server: Server, system: System) -> None:
    """The copy is made once, before the first replacement; no reload without the program's own test."""
    program, typed = PROGRAMS[server, system], lines(plan(server, system))
    first = next(n for n, line in enumerate(typed) if line.startswith("sudo cp cutover"))
    assert program.keep in typed[:first]
    replacing = [line for line in typed if line.startswith("sudo cp ") and f" {program.live} && " in line]
    assert len(replacing) > 4
    assert all(f"{program.test} && {program.reload}" in line for line in replacing)


@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_the_switch_is_a_file_where_the_program_can_look_at_one(server: Server, system: System) -> None:
    """HAProxy cannot: its switch is the whole configuration and a reload, its way back the former one."""
    found, program = plan(server, system), PROGRAMS[server, system]
    by_file = server is not Server.HAPROXY
    assert program.switchable is by_file
    assert (SWITCH in text(found)) is by_file
    assert ("--switch" in " ".join(lines(found))) is by_file
    switch = found.step("switch")
    assert switch.commands[0] == (f"sudo touch {SWITCH}" if by_file else program.put("drain"))
    assert switch.undo == found.step("verify").undo == (f"sudo rm {SWITCH}" if by_file else program.back)


@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_the_checklist_that_is_made_again_is_for_the_same_program(server: Server, system: System) -> None:
    """The command of the decision names what differs from what is taken without options."""
    again = next(line for line in plan(server, system).step("go").commands if line.startswith("cutover plan"))
    assert (f"--server {server}" in again) is (server is not Server.APACHE)
    assert (f"--system {system}" in again) is (system is not System.DEBIAN)


@pytest.mark.parametrize(("server", "system"), VARIANTS)
def test_the_system_decides_on_paths(server: Server, system: System) -> None:
    """Debian's sites, timers and authorities are not Red Hat's."""
    typed = "\n".join(lines(plan(server, system)))
    debian = system is System.DEBIAN
    assert ("/var/spool/cron/crontabs" in typed) is debian
    assert ("--ca /etc/pki/" in typed) is not debian
    assert not re.search(r"sites-(available|enabled)|a2(en|dis)", typed) or debian
    assert ("setsebool" in typed) is (not debian and server is not Server.HAPROXY)


def test_overrides_replace_texts_and_nothing_else() -> None:
    """No override is of an unknown name, and none moves a step or changes what it needs."""
    found = 0
    for row in table():
        for name in {key for key, value in row.items() if isinstance(value, dict)}:
            assert name in OVERRIDES
            assert set(row[name]) <= {"title", "text", "command", "expect", "undo"}, row["id"]
            found += 1
    assert found > 10
    assert {name for one in PROGRAMS.values() for name in one.overrides} == OVERRIDES
