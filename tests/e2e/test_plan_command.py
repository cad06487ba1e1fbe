"""`cutover plan` and `cutover logs downtime` as a user calls them, and what they look at."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from apache_pair import apache, certificate, free_port, needs_apache, tls
from command import cutover, refused
from inside import inside

from analyzer.handover.asking import Server
from analyzer.handover.asking import certificate as shown
from analyzer.state import State

if TYPE_CHECKING:
    from typing import Any

NAME = "app.example.com"
ADDRESS = "127.0.23.5"
MOVE = ("--move-at", "2026-12-08T09:00:00Z", "--zone", "Europe/Berlin")


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """Return a migration with a log of a request a minute, in which ten minutes around the change failed."""
    changed = datetime(2026, 3, 10, 12, 0, tzinfo=UTC)
    lines = []
    for minute in range(-3 * 1_440, 1_440):
        at = changed + timedelta(minutes=minute)
        status = 503 if 0 <= minute < 10 else 200
        lines.append(f'203.0.113.7 - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET / HTTP/1.1" {status} 5 "-" "Mozilla/5.0"\n')
    (tmp_path / "access.log").write_text("".join(lines))
    path = tmp_path / "cutover.toml"
    path.write_text(
        f'[migration]\nnames = ["{NAME}"]\nold = ["192.0.2.4"]\nnew = ["{ADDRESS}"]\nttl = 3600\n'
        'changed_at = 2026-03-10T12:00:00Z\n[logs.old]\npaths = ["access.log"]\n'
    )
    return path


def planned(config: Path, *more: object) -> dict[str, Any]:
    """Return the checklist as an object."""
    run = inside("plan", "--config", config, "--offline", *MOVE, "--format", "json", *more)
    assert run.status == 0, run
    found = json.loads(run.out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("form", "beginning"),
    [
        ("text", f"{NAME}: the DNS is changed by ourselves; TTL today 60 min, as cutover.toml says."),
        ("markdown", f"# Cutover of {NAME}"),
        ("html", "<!doctype html>"),
        ("json", '{"schema": "cutover.plan/1"'),
        ("ics", "BEGIN:VCALENDAR"),
    ],
)
def test_every_form_is_printed_and_nothing_else(config: Path, form: str, beginning: str) -> None:
    """Data on stdout, no word on stderr."""
    run = inside("plan", "--config", config, "--offline", *MOVE, "--format", form)
    assert (run.status, run.told) == (0, ())
    assert run.out.startswith(beginning)


def test_the_real_command_takes_both_ways_of_the_dns(config: Path) -> None:
    """In a process of its own: in the batch's night the addresses are published."""
    run = cutover("plan", "--config", config, "--offline", "--dns", "batch", "--batch-at", "3:15", *MOVE)
    assert run.status == 0
    assert "New addresses published: Wed 9 Dec 2026 03:15 CET (02:15 UTC)" in run.out
    assert "publish-batch" in run.out


def test_status_ticks_what_was_recorded_and_read(config: Path) -> None:
    """The log is old, a rehearsal and a verdict were recorded; the rest is said not to be seen."""
    with State.open(config.with_name("cutover.sqlite")) as state:
        state.note("rehearsal", json.dumps({"at": "2026-12-07T09:00:00Z", "asked": 9, "same": 9}))
        state.record_verdict({"at": "2026-11-01T09:00:00Z", "verdict": "wait", "stragglers": []})
    seen = {step["id"]: step["seen"] for step in planned(config, "--status")["steps"]}
    assert all(seen.values())
    assert seen["rehearsal"] == {
        "done": True,
        "sentence": "The last one, 2026-12-07T09:00:00Z: 9 of 9 questions answered the same.",
    }
    assert (seen["removal"]["done"], seen["cron"]["done"], seen["certificates"]["done"]) == (False, None, None)
    assert "5,760 lines, 0 quarantined" in seen["log-format"]["sentence"]


ASKED = '[10/Mar/2026:12:00:01 +0000] "GET / HTTP/1.1" 200 5 "-" "a"'
DRAIN = "{host}:443 203.0.113.7 - - " + ASKED + ' host="{host}" xff="-" peer={peer} local=- us=5 k=0 conn=+ handler=-'


@pytest.mark.parametrize(
    ("form", "line", "seen"),
    [
        ("combined", f"192.0.2.4 - - {ASKED}", True),
        ("combined", f"203.0.113.7 - - {ASKED}", False),
        ("drain", DRAIN.format(host=NAME, peer="192.0.2.4"), True),
        ("drain", DRAIN.format(host=NAME, peer="203.0.113.7"), False),
        ("drain", DRAIN.format(host="other.example.org", peer="192.0.2.4"), False),
    ],
    ids=["the old server", "a client", "handed on", "direct", "another site's"],
)
def test_status_sees_what_came_through_the_proxy(config: Path, form: str, line: str, seen: bool) -> None:
    """By the peer too, where the new server puts the client's own address in place of the old server's."""
    config.with_name("new.log").write_text(f"{line}\n")
    config.write_text(f'{config.read_text()}[logs.new]\npaths = ["new.log"]\nformat = "{form}"\n')
    steps = {step["id"]: step["seen"] for step in planned(config, "--status")["steps"]}
    assert steps["switch"]["done"] == seen


def test_without_a_ttl_the_worst_is_assumed_and_said(config: Path) -> None:
    """A day, with a note how to know it."""
    config.write_text(config.read_text().replace("ttl = 3600\n", ""))
    found = planned(config)
    assert found["ttl"] == {"seconds": 86_400.0, "usual_s": 86_400.0, "source": "assumed", "assumed": True}
    assert any("24 h is assumed" in note for note in found["notes"])


def test_bad_options_are_one_line(config: Path) -> None:
    """A time of day, a moment, a zone, a path that could be something else."""
    plan = ("plan", "--config", config, "--offline")
    refused(inside(*plan, "--dns", "batch", "--batch-at", "25:00"), ("--batch-at", "25:00", "02:00"))
    refused(inside(*plan, "--move-at", "tomorrow"), ("--move-at", "tomorrow"))
    refused(inside(*plan, "--zone", "Nowhere/Else"), ("--zone", "Nowhere/Else"))
    refused(inside(*plan, "--switch", "on; rm -rf"), ("--switch", "absolute"))


def test_downtime_tells_the_ten_minutes(config: Path) -> None:
    """Ten failures where none is usual, and eleven minutes without a good answer; text and JSON say the same."""
    run = inside("logs", "downtime", "--config", config, "--format", "json")
    found = json.loads(run.out)
    assert (found["failures"]["failed"], found["failures"]["usual"]) == (10, 0)
    assert found["failures"]["statuses"] == {"503": 10}
    worst = found["silence"]["worst"]
    assert (worst["from"], worst["to"], worst["unusual"]) == ("2026-03-10T11:59:00Z", "2026-03-10T12:10:00Z", True)
    text = inside("logs", "downtime", "--config", config)
    assert text.out.splitlines()[2].startswith("10 of 2,880 requests failed")
    assert "11 min from Tue 10 Mar 2026 11:59 UTC" in text.out
    assert "That was unusual." in text.out


def test_downtime_finds_the_change_in_the_state(config: Path) -> None:
    """Where only answers that were asked and kept tell when it was published."""
    moment = "2026-03-10T{}:00Z"
    answers = [{"name": NAME, "type": "A", "ttl": 60, "data": data} for data in ("192.0.2.4", ADDRESS)]
    asked = {"schema": "cutover.dns/1", "resolver": "192.0.2.53", "transport": "udp", "name": NAME, "type": "A"}
    asked |= {"rcode": "NOERROR", "authoritative": True, "elapsed_ms": 1.0, "error": None, "ede": None, "nsid": None}
    lines = [asked | {"at": moment.format(at), "answers": [answers[at >= "12:00"]]} for at in ("11:59", "12:00")]
    config.write_text(config.read_text().replace("changed_at = 2026-03-10T12:00:00Z\n", ""))
    recorded = config.with_name("asked.jsonl")
    recorded.write_text("".join(json.dumps(line) + "\n" for line in lines))
    inside("dns", "import", "--config", config, recorded)
    run = inside("logs", "downtime", "--config", config, "--format", "json")
    assert json.loads(run.out)["changed_at"] == "2026-03-10T12:00:00Z"


def test_downtime_without_what_it_needs_is_one_line(config: Path) -> None:
    """No log, no change, no request around it."""
    command = ("logs", "downtime", "--config", config)
    refused(inside(*command, "--changed-at", "2025-01-01T00:00:00Z"), ("no request is logged around the change",))
    config.write_text(config.read_text().replace("changed_at = 2026-03-10T12:00:00Z\n", ""))
    refused(inside(*command), ("when the DNS change was published is not known", "changed_at"))
    config.write_text(config.read_text().partition("[logs.old]")[0])
    refused(inside(*command, "--changed-at", "2026-03-10T12:00:00Z"), ("[logs.old]",))


@needs_apache
def test_certificates_are_looked_at_under_the_public_name(tmp_path: Path) -> None:
    """Valid until its end; refused for another name, by another authority, and where nobody answers."""
    files, other = certificate(tmp_path / "a", NAME, days=9), certificate(tmp_path / "b", "other.example.com")
    with apache(ADDRESS, {"index.html": "x"}, tls(files)) as server:
        place = Server("new", ip_address(ADDRESS), server.port, "https")
        found = shown(place, NAME, files[0])
        assert found.error is None
        assert found.not_after is not None
        assert timedelta(days=8) < found.not_after - datetime.now(UTC) < timedelta(days=9)
        assert "mismatch" in str(shown(place, "www.example.com", files[0]).error)
        assert "self-signed" in str(shown(place, NAME, other[0]).error)
    assert shown(Server("new", ip_address(ADDRESS), free_port(ADDRESS), "https"), NAME).error == "connection refused"
