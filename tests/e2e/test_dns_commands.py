"""`cutover dns …` as a process of its own, against small servers that answer old, new, oddly or not at all."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import dns.message
import dns.rrset
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from command import LIMIT_S, command, cutover, environment, refused
from dns_command import NEW, OLD, TOML, TTL_S, inside
from name_servers import HERE, free_port
from odd_servers import over_udp

if TYPE_CHECKING:
    from collections.abc import Iterator


FIELDS = ["schema", "at", "resolver", "transport", "name", "type", "rcode", "authoritative", "elapsed_ms", "answers"]


class Resolver:
    """A resolver whose one address can be changed; it counts what it is asked."""

    def __init__(self) -> None:
        self.address, self.asked, self.port = OLD, 0, 0

    def reply(self, query: bytes) -> list[bytes]:
        """Return the answer: A is the address, anything else has no records."""
        self.asked += 1
        asked = dns.message.from_wire(query)
        made = dns.message.make_response(asked, recursion_available=True)
        if asked.question[0].rdtype.name == "A":
            made.answer.append(dns.rrset.from_text(asked.question[0].name, TTL_S, "IN", "A", self.address))
        return [made.to_wire()]

    @property
    def name(self) -> str:
        """What to ask."""
        return f"{HERE}:{self.port}"


@pytest.fixture
def resolver() -> Iterator[Resolver]:
    """Return a resolver that answers old."""
    found = Resolver()
    with over_udp(found.reply) as found.port:
        yield found


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a migration."""
    (tmp_path / "cutover.toml").write_text(TOML)
    return tmp_path


def test_a_snapshot_is_printed_recorded_and_shown(folder: Path, resolver: Resolver) -> None:
    """Old: 10; then new, and when the old entry's time is over: 0. The contract's lines, in the contract's order."""
    run = cutover("dns", "snapshot", "-r", resolver.name, "--format", "jsonl", folder=folder)
    assert run.status == 10
    lines = [json.loads(line) for line in run.out.splitlines()]
    assert [(one["type"], len(one["answers"])) for one in lines] == [("A", 1), ("AAAA", 0), ("HTTPS", 0)]
    assert list(lines[0]) == [*FIELDS, "error", "ede", "nsid"]
    assert lines[0]["resolver"] == resolver.name
    assert lines[0]["at"].endswith("Z")
    assert [told for told in run.told if "plants the old record in 1 resolvers' caches" in told]
    assert inside(folder, "show").status == 10
    resolver.address = NEW
    time.sleep(TTL_S + 0.5)
    run = inside(folder, "snapshot", "-r", resolver.name, "--out", "also.jsonl")
    assert run.status == 0, run
    assert "1 of 1 resolvers answer with the new address" in run.out
    shown = json.loads(inside(folder, "show", "--format", "json").out)
    assert (shown["on_new"], shown["on_old"], shown["turns"]) == (1, 0, [])
    assert shown["bound"]["at"] is not None
    assert len((folder / "also.jsonl").read_text().splitlines()) == 3


def test_without_the_state_nothing_is_kept(folder: Path, resolver: Resolver) -> None:
    """Only what is printed."""
    assert inside(folder, "snapshot", "-r", resolver.name, "--no-state").status == 10
    assert sorted(one.name for one in folder.iterdir()) == ["cutover.toml"]


def test_a_dry_run_sends_nothing(folder: Path, resolver: Resolver) -> None:
    """It says what it would send, and keeps nothing."""
    run = inside(folder, "snapshot", "-r", resolver.name, "-r", "authoritative", "--dry-run")
    assert run.status == 0
    assert len(run.out.splitlines()) == 3
    assert "3 questions to 1 resolvers" in run.told[0]
    assert "would be searched for" in run.told[-1]
    assert resolver.asked == 0
    assert not (folder / "cutover.sqlite").exists()


def test_the_files_resolvers_are_asked(folder: Path, resolver: Resolver) -> None:
    """[dns] resolvers, without any option."""
    (folder / "cutover.toml").write_text(TOML + f'[dns]\nresolvers = ["{resolver.name}"]\n')
    assert inside(folder, "snapshot").status == 10
    assert resolver.asked == 3


def test_an_own_list_is_asked(folder: Path, resolver: Resolver) -> None:
    """One a line."""
    (folder / "mine").write_text(f"# ours\n{resolver.name}\n")
    assert inside(folder, "snapshot", "--list", "mine").status == 10
    assert resolver.asked == 3


def test_no_network_at_all(folder: Path) -> None:
    """Nobody answers: told, recorded, and no verdict in the status."""
    nobody = [f"{HERE}:{free_port()}" for _ in range(2)]
    run = inside(folder, "snapshot", "-r", nobody[0], "-r", nobody[1])
    assert run.status == 12
    assert "2 not at all" in run.out
    assert run.out.count("gives no usable answer (refused)") == 2


def test_a_hostile_resolver_moves_nothing(folder: Path) -> None:
    """Escape sequences and HTML in names and errors: text, JSON and the table stay clean."""

    def reply(query: bytes) -> list[bytes]:
        asked = dns.message.from_wire(query)
        made = dns.message.make_response(asked)
        evil = r"\027[2J<script>alert</script>.x."
        made.answer.append(dns.rrset.from_text(asked.question[0].name, 60, "IN", "CNAME", evil))
        if asked.question[0].rdtype.name == "A":
            made.answer.append(dns.rrset.from_text(evil, 60, "IN", "A", OLD))
        made.use_edns(0, options=[dns.edns.EDEOption(3, "\x1b[31m<b>\r\nred")])
        return [made.to_wire()]

    with over_udp(reply) as port:
        jsonl = inside(folder, "snapshot", "-r", f"{HERE}:{port}", "--format", "jsonl")
    shown = [inside(folder, "show", "--format", form).out for form in ("text", "json")]
    shown.append(inside(folder, "ttl").out)
    assert jsonl.status == 10
    for text in (jsonl.out, *shown):
        assert all(line.isprintable() for line in text.splitlines())
        assert text


def test_watching_ends_when_all_is_new(folder: Path, resolver: Resolver) -> None:
    """One JSON line a round; until nobody can be old."""
    line = command("dns", "watch", "-r", resolver.name, "--every", "1s", "--until-new", "--format", "jsonl")
    watching = subprocess.Popen(line, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watching.stdout is not None
    first = json.loads(watching.stdout.readline())
    resolver.address = NEW
    out, _ = watching.communicate(timeout=LIMIT_S)
    rounds = [first, *map(json.loads, out.splitlines())]
    assert watching.returncode == 0
    assert [one["on_old"] for one in rounds[:1]] == [1]
    assert rounds[-1]["on_new"] == 1
    moments = [datetime.fromisoformat(one["at"]) for one in rounds]
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert all(gap.total_seconds() >= 1 for gap in gaps)


def test_watching_ends_by_a_signal_with_a_status(folder: Path, resolver: Resolver) -> None:
    """Ctrl-C: what was asked is kept, and the status says how it stands."""
    line = command("dns", "watch", "-r", resolver.name, "--every", "30s")
    watching = subprocess.Popen(line, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert watching.stdout is not None
    assert b"0 of 1 resolvers" in watching.stdout.readline()
    time.sleep(0.3)
    watching.send_signal(signal.SIGINT)
    _, told = watching.communicate(timeout=LIMIT_S)
    assert (watching.returncode, told.splitlines()[-1]) == (10, b"interrupted")
    assert inside(folder, "show").status == 10


def test_who_was_asked_a_moment_ago_is_left_out(folder: Path, resolver: Resolver) -> None:
    """Somebody else's resolver is not asked again within a minute, our own is; and that is said."""
    data = {"answers": [{"answer": OLD, "name": "app.example.com", "ttl": 300, "type": "A"}], "resolver": "9.9.9.9:53"}
    result = {"data": data, "status": "NOERROR", "timestamp": datetime.now(UTC).isoformat()}
    (folder / "zdns").write_text(json.dumps({"name": "app.example.com", "results": {"A": result}}) + "\n")
    assert inside(folder, "import", "zdns").status == 0
    run = inside(folder, "snapshot", "-r", "9.9.9.9", "-r", resolver.name, "--format", "jsonl")
    assert {json.loads(line)["resolver"] for line in run.out.splitlines()} == {resolver.name}
    assert "asked less than 60 s ago, and left out of this round: 9.9.9.9" in run.told
    assert run.status == 10, "what it said a moment ago counts"


def test_ttl_advice_from_what_was_recorded(folder: Path) -> None:
    """The zone's own server says an hour; two days are left until the change."""
    line = {
        "schema": "cutover.dns/1", "at": "2026-03-01T00:00:00Z", "resolver": "192.0.2.53", "transport": "udp",
        "name": "app.example.com", "type": "A", "rcode": "NOERROR", "authoritative": True, "elapsed_ms": 1.0,
        "answers": [{"name": "app.example.com", "type": "A", "ttl": 3600, "data": OLD}], "error": None, "ede": None,
        "nsid": None,
    }  # fmt: skip
    (folder / "dns.jsonl").write_text(json.dumps(line) + "\n")
    (folder / "cutover.toml").write_text(TOML + '[dns]\nsnapshots = ["dns.jsonl"]\n')
    when = ("--at", "2026-03-01T00:00:00Z", "--change", "2026-03-02T22:00:00Z")
    run = inside(folder, "ttl", *when)
    assert (run.status, run.told) == (0, ())
    assert run.out.splitlines()[1].strip() == (
        "Lower the TTL from 60 min to 5 min not later than 2026-03-02T20:00:00Z."
    )
    found = json.loads(inside(folder, "ttl", *when, "--format", "json").out)
    assert [(one["type"], one["ttl_s"], one["late"]) for one in found["records"]] == [("A", 3600, False)]


@pytest.mark.parametrize(
    ("arguments", "fragments"),
    [
        (["snapshot", "-r", "192.0.2.300"], ("192.0.2.300", "write an address")),
        (["snapshot", "-r", "publik"], ("publik", "did you mean public")),
        (["snapshot", "-r", f"{HERE}:0"], ("not a port",)),
        (["snapshot", "--list", "none"], ("none", "--list")),
        (["snapshot", "-r", HERE, "--ca", "cutover.toml"], ("cutover.toml", "--ca")),
        (["snapshot", "-r", HERE, "--subnet", "x"], ("--subnet", "203.0.113.0/24")),
        (["snapshot", "-r", HERE, "--time-limit", "2h"], ("--time-limit", "3s")),
        (["watch", "-r", "9.9.9.9", "--every", "5s"], ("--every", "60 s or more rarely")),
        (["import", "none"], ("none", "cannot be read")),
        (["ttl"], ("no DNS snapshots are named",)),
        (["show"], ("no DNS snapshots are named",)),
        (["resolvers", "nobody"], ("nobody",)),
        (["snapshot", "-r", HERE, "--config", "none.toml"], ("none.toml",)),
    ],
)
def test_bad_usage_is_one_line(folder: Path, arguments: list[str], fragments: tuple[str, ...]) -> None:
    """What is wrong, the value, what to do; status 2; nothing is sent."""
    refused(inside(folder, *arguments), fragments)


def test_the_list_of_resolvers(folder: Path) -> None:
    """By set, as text and as JSON; nothing is asked without --try."""
    run = inside(folder, "resolvers", "public")
    assert (run.status, len(run.out.splitlines()), run.told) == (0, 14, ())
    found = json.loads(inside(folder, "resolvers", "cz", "--format", "json").out)
    assert [one["operator"] for one in found] == ["CZ.NIC"]
    (tried,) = json.loads(inside(folder, "resolvers", f"{HERE}:{free_port()}", "--try", "--format", "json").out)
    assert tried["error"] == "refused"


def test_a_reader_who_leaves_is_no_fault(folder: Path, resolver: Resolver) -> None:
    """`| head -0`: the status still tells."""
    line = command("dns", "snapshot", "-r", resolver.name, "--format", "jsonl")
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as gone:
        done = subprocess.run(line, cwd=folder, env=environment(), stdout=gone, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 10
    assert b"Traceback" not in done.stderr
