"""`cutover plan` asks the zone's own servers, real ones: the TTL that counts, in both ways of the trade."""

from __future__ import annotations

import json
import os
import sys
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from inside import inside
from name_servers import HERE, NAMED, UNBOUND, ZONE, Servers, free_port, reload, wait_for

from analyzer.dns import delegation
from analyzer.dns.targets import target
from analyzer.units import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

NAME = f"app.{ZONE}"
PARENT = "127.0.0.2"
SEARCH = delegation.delegated
MOVE = ("--move-at", "2026-12-08T09:00:00Z", "--zone", "Europe/Berlin")
# Each TTL is another one: only those of the RRsets with addresses hold clients back.
OWN = f"""$TTL 60
@ 50000 SOA ns1 host 42 3600 600 86400 60
@ 40000 NS ns1
ns1 30000 A {HERE}
app {{a}} A 192.0.2.4
app {{aaaa}} AAAA 2001:db8::4
app 20000 TXT x
www {{cname}} CNAME app
"""
ABOVE = f"""$ORIGIN test.
$TTL 90000
@ SOA ns host 1 3600 600 86400 60
@ NS ns
ns A {PARENT}
{ZONE}. 80000 NS ns1.{ZONE}.
ns1.{ZONE}. 70000 A {HERE}
"""

pytestmark = pytest.mark.skipif(
    not all(one.exists() for one in (NAMED, UNBOUND)) and "CI" not in os.environ,
    reason="needs Debian's bind9 and unbound; in CI they must be there",
)


class World:
    """A zone at BIND, the zone above it, and a resolver; what the machine itself would ask."""

    def __init__(self, root: Path) -> None:
        self.servers = Servers(root)
        self.port, self.resolver = free_port(), free_port()
        self.zone = self.servers.folder("own")
        self.write(a=300, aaaa=300, cname=60)
        self.bind = self.servers.primary(self.zone, self.port)
        self.servers.above("above", PARENT, self.port, ABOVE)
        stubs = {ZONE: [f"{HERE}@{self.port}"], "test": [f"{PARENT}@{self.port}"]}
        self.servers.resolver(self.servers.folder("resolver"), self.resolver, stubs)
        wait_for([self.resolver])

    def write(self, **ttls_s: int) -> None:
        """Write the zone with these TTLs."""
        (self.zone / "zone").write_text(OWN.format(**ttls_s))


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    """Yield the name servers."""
    found = World(tmp_path_factory.mktemp("dns"))
    yield found
    found.servers.stop()


def leads(monkeypatch: pytest.MonkeyPatch, resolver: int, port: int) -> None:
    """Let the search for the zone's servers begin at a resolver of ours, and end at name servers on a port of ours."""
    begin = (target(f"{HERE}:{resolver}"),)
    monkeypatch.setattr(delegation, "delegated", lambda names, _via: SEARCH(names, begin, port))


@pytest.fixture
def config(world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a migration on a machine whose resolver is ours, and where name servers listen on our port."""
    leads(monkeypatch, world.resolver, world.port)
    path = tmp_path / "cutover.toml"
    path.write_text(
        f'[migration]\nnames = ["www.{ZONE}"]\nold = ["192.0.2.4", "2001:db8::4"]\nnew = ["198.51.100.5"]\n'
    )
    return path


def planned(config: Path, *more: str) -> dict[str, Any]:
    """Return the checklist as an object, and see that nobody was silent."""
    run = inside("plan", "--config", config, *MOVE, "--format", "json", *more)
    assert (run.status, run.told) == (0, ()), run
    found = json.loads(run.out)
    assert isinstance(found, dict)
    return found


@pytest.mark.parametrize(
    ("ttls_s", "longest_s"),
    [({"a": 1800, "aaaa": 900, "cname": 60}, 1800), ({"a": 300, "aaaa": 7200, "cname": 60}, 7200),
     ({"a": 60, "aaaa": 60, "cname": 5400}, 5400)],
)  # fmt: skip
def test_the_longest_ttl_to_the_address_counts(
    world: World, config: Path, ttls_s: dict[str, int], longest_s: int
) -> None:
    """Of A, AAAA and the alias before them; not those of NS, SOA, TXT, and not the parent's."""
    world.write(**ttls_s)
    reload(world.bind)
    told = planned(config)["ttl"]
    assert told == {
        "seconds": longest_s, "usual_s": longest_s, "source": "asked from the authoritative servers", "assumed": False
    }  # fmt: skip


def test_own_dns_lowers_it_in_time(world: World, config: Path) -> None:
    """One TTL and the lag before the change at the latest, so that no cache holds it longer than the low one."""
    world.write(a=14_400, aaaa=3_600, cname=60)
    reload(world.bind)
    found = planned(config)
    steps = {one["id"]: one for one in found["steps"]}
    publish, lower = (parse_moment(steps[one]["at"]) for one in ("publish", "ttl-lower"))
    assert publish - lower >= timedelta(seconds=14_400) + timedelta(hours=1)
    assert "from 4 h to 5 min" in steps["ttl-lower"]["title"]
    assert parse_moment(found["times"]["drained"]) - publish < timedelta(hours=2)


def test_a_batch_is_asked_the_day_before(world: World, config: Path) -> None:
    """Handed in before the last batch that is a TTL ahead of the one that publishes; too late, the old TTL counts."""
    world.write(a=14_400, aaaa=3_600, cname=60)
    reload(world.bind)
    found = planned(config, "--dns", "batch", "--batch-at", "02:00")
    steps = {one["id"]: one for one in found["steps"]}
    publish, asked = (parse_moment(steps[one]["at"]) for one in ("publish-batch", "ttl-ask"))
    batch_before = publish - timedelta(days=1)
    assert asked <= batch_before - timedelta(hours=12)
    assert "ttl-lower" not in steps
    late = planned(config, "--dns", "batch", "--batch-at", "02:00", "--move-at", "2020-12-08T09:00:00Z")
    assert parse_moment(late["times"]["drained"]) - parse_moment(late["times"]["publish"]) >= timedelta(hours=4)


def test_a_ttl_that_is_low_already_is_left_alone(world: World, config: Path) -> None:
    """No step about it."""
    world.write(a=60, aaaa=60, cname=60)
    reload(world.bind)
    assert not {"ttl-lower", "ttl-ask", "ttl-raise"} & {one["id"] for one in planned(config)["steps"]}


def test_servers_that_are_silent_are_told(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is recorded is used instead, and said."""
    leads(monkeypatch, free_port(), free_port())
    config.write_text(config.read_text() + "ttl = 3600\n")
    run = inside("plan", "--config", config, *MOVE, "--format", "json")
    assert run.status == 0
    assert any("authoritative" in line for line in run.told)
    assert json.loads(run.out)["ttl"]["source"] == "as cutover.toml says"
