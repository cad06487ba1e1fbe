"""What `dig` and `kdig` say of a real server is taken in as what we asked ourselves; odd forms are refused by name."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from name_servers import HERE, NAMED, ZONE, Servers, Zone, free_port, wait_for

from analyzer.dns.ask import Limits, ask_all
from analyzer.dns.foreign import Translated, translate
from analyzer.dns.message import Ask
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Iterator

DIG, KDIG = (Path(f"/usr/bin/{name}") for name in ("dig", "kdig"))
NAME, KINDS = f"app.{ZONE}", ("A", "AAAA", "HTTPS")

pytestmark = pytest.mark.skipif(
    not all(one.exists() for one in (NAMED, DIG, KDIG)) and "CI" not in os.environ,
    reason="needs Debian's bind9, bind9-dnsutils and knot-dnsutils; in CI they must be there",
)


@pytest.fixture(scope="module")
def port() -> Iterator[int]:
    """Return where a server of the zone listens."""
    servers = Servers(Path(tempfile.mkdtemp(prefix="cutover-dns-")))
    try:
        zone = Zone(servers.folder("primary"), servers=1, ttl_s=300)
        zone.write("192.0.2.4", "2001:db8::4")
        found = free_port()
        servers.primary(zone.folder, found)
        wait_for([found])
        yield found
    finally:
        servers.stop()
        shutil.rmtree(servers.root)


def said(*line: str | Path) -> Translated:
    """Return what a program says, taken in."""
    done = subprocess.run([str(one) for one in line], capture_output=True, check=False, timeout=20)
    return translate(done.stdout.splitlines(keepends=True), str(line[0]), f"{HERE}:53999")


def told(record: dict[str, Any]) -> set[tuple[str, str, int, str]]:
    """Return the records of an answer, in one spelling."""
    return {(one["name"], one["type"], one["ttl"], one["data"].replace('"', "")) for one in record["answers"]}


@pytest.mark.parametrize("kind", KINDS)
def test_dig_and_kdig_say_what_we_hear(port: int, kind: str) -> None:
    """The same records with the same TTLs and the server's authority, at about the same time."""
    (mine,) = ask_all([Ask(target(f"{HERE}:{port}"), NAME, kind)], clock=lambda: datetime.now(UTC), limits=Limits())
    here = (f"@{HERE}", "-p", str(port), NAME, kind)
    for program, resolver in (
        (said(DIG, "+yaml", *here), f"{HERE}:{port}"),
        (said(KDIG, "+json", *here), f"{HERE}:53999"),
    ):
        assert program.broken == ()
        (theirs,) = program.records
        assert told(theirs) == told(mine)
        assert (theirs["resolver"], theirs["rcode"], theirs["authoritative"]) == (resolver, "NOERROR", True)
        assert abs(datetime.fromisoformat(theirs["at"]) - datetime.fromisoformat(mine["at"])).total_seconds() < 60


def test_names_that_are_not_there(port: int) -> None:
    """NXDOMAIN is an answer, without records."""
    here = (f"@{HERE}", "-p", str(port), f"none.{ZONE}", "A")
    for program in (said(DIG, "+yaml", *here), said(KDIG, "+json", *here)):
        assert [(one["rcode"], one["answers"]) for one in program.records] == [("NXDOMAIN", [])]


def test_nobody_answers() -> None:
    """Neither says whom it asked: that is told, and nothing is taken in."""
    here = (f"@{HERE}", "-p", str(free_port()), NAME, "A")
    dig, kdig = said(DIG, "+yaml", "+time=1", "+tries=1", *here), said(KDIG, "+json", "+timeout=1", "+retry=0", *here)
    assert dig.records == kdig.records == ()
    assert "does not say which" in dig.broken[0].reason
    assert "does not say from whom" in kdig.broken[0].reason


def zdns(status: str = "NOERROR", resolver: str = "9.9.9.9:53", **data: Any) -> dict[str, Any]:
    """Return a line of zdns 2, as its README and src/zdns/qa.go have it."""
    answers = [
        {"answer": "web.example.test", "class": "IN", "name": NAME, "ttl": 60, "type": "CNAME"},
        {"class": "IN", "name": "web.example.test", "ttl": 30, "type": "HTTPS", "priority": 1, "target": ".",
         "svcparams": {"alpn": ["h2"], "ipv4hint": ["192.0.2.4", "192.0.2.5"], "ipv6hint": "2001:db8::4"}},
    ]  # fmt: skip
    edns = {"flags": "", "type": "EDNS0", "udpsize": 512, "version": 0}
    told = {"additionals": [edns], "answers": answers, "protocol": "udp", "resolver": resolver} | data
    result = {"data": told, "duration": 0.285295416, "status": status, "timestamp": "2024-08-23T13:12:43-04:00"}
    return {"name": NAME, "results": {"HTTPS": result}}


@pytest.mark.parametrize(
    ("line", "resolver", "transport", "error"),
    [
        (zdns(), "9.9.9.9", "udp", None),
        (zdns(resolver="[2603:6013::1]:53"), "2603:6013::1", "udp", None),
        (zdns(resolver="[2603:6013::1]:5300"), "[2603:6013::1]:5300", "udp", None),
        (zdns(resolver="9.9.9.9:853", protocol="DoT"), "9.9.9.9:853", "tls", None),
        (zdns(status="ITERATIVE_TIMEOUT"), "9.9.9.9", "udp", "timeout"),
        (zdns(status="NO_ANSWER"), "9.9.9.9", "udp", "malformed"),
    ],
)
def test_lines_of_zdns(line: dict[str, Any], resolver: str, transport: str, error: str | None) -> None:
    """Who answered, and how; HTTPS is put together from its parts."""
    found = translate([json.dumps(line).encode()], "zdns")
    assert found.broken == ()
    (one,) = found.records
    assert (one["resolver"], one["transport"], one["error"]) == (resolver, transport, error)
    assert one["rcode"] == (None if error else "NOERROR")
    data = ["web.example.test.", "1 . ipv4hint=192.0.2.4,192.0.2.5 ipv6hint=2001:db8::4"]
    assert [record["data"] for record in one["answers"]] == ([] if error else data)


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (json.dumps(zdns(resolver="")), "zdns does not say who was asked"),
        (json.dumps({"name": NAME, "results": {"ALOOKUP": zdns()["results"]["HTTPS"]}}), "lookups of several steps"),
        (json.dumps(zdns(per_layer_responses={})), "lookups of several steps"),
        ('{"hostname": "a", "data": {"hostname": "a", "r_avg": null, "s_ttl": "60"}}', "dnsdiag records no addresses"),
        ('{\n    "responses": [\n        {}\n    ]\n}', "doggo and dog do not record when they asked"),
        ('{\n  "QNAME": "a.", "RCODE": 0\n}', "does not say who answered: name it with --resolver"),
        ('{\n  "QNAME"', "not JSON"),
        ("type: DELV_RESULT\nstatus: success", "not in a form that is known"),
        ('{"Status": 0, "Answer": []}', "not in a form that is known"),
        ("[]", "not in a form that is known"),
    ],
)
def test_what_cannot_be_used_is_told_by_name(text: str, reason: str) -> None:
    """One line says why, and nothing is taken in."""
    found = translate((one.encode() for one in text.splitlines(keepends=True)), "some")
    assert found.records == ()
    assert [reason in one.reason for one in found.broken] == [True]
