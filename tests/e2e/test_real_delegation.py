"""A zone, the zone above it and a resolver, all real: the zone's servers are found, and one that is none is named."""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from name_servers import HERE, NAMED, UNBOUND, ZONE, Servers, free_port, wait_for

from analyzer.dns.ask import Limits, ask_all, find_servers
from analyzer.dns.delegation import delegated
from analyzer.dns.propagation import propagation
from analyzer.dns.snapshots import read_snapshots
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Iterator

PARENT, CHILD, LAME = "127.0.0.2", HERE, "127.0.0.3"  # BIND listens on addresses of interfaces only
NAME = f"app.{ZONE}"
ABOVE = f"""$ORIGIN test.
$TTL 7200
@ SOA ns host 1 3600 600 86400 60
@ NS ns
ns A {PARENT}
{ZONE}. NS ns1.{ZONE}.
{ZONE}. NS ns2.{ZONE}.
ns1.{ZONE}. A {CHILD}
ns2.{ZONE}. A {LAME}
"""
OWN = f"""$TTL 60
@ 3600 SOA ns1 host 42 3600 600 86400 60
@ 3600 NS ns1
ns1 A {CHILD}
ns2 A {LAME}
app A 192.0.2.4
"""

pytestmark = pytest.mark.skipif(
    not all(one.exists() for one in (NAMED, UNBOUND)) and "CI" not in os.environ,
    reason="needs Debian's bind9 and unbound; in CI they must be there",
)


@pytest.fixture(scope="module")
def ports(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[int, int]]:
    """Return the port of the zones' servers (each at an address of its own) and that of the resolver."""
    servers = Servers(tmp_path_factory.mktemp("dns"))
    port, resolver = free_port(), free_port()
    try:
        child = servers.folder("child")
        (child / "zone").write_text(OWN)
        servers.primary(child, port)
        servers.above("parent", PARENT, port, ABOVE)
        servers.above("lame", LAME, port, ABOVE, access="refuse")
        stubs = {ZONE: [f"{CHILD}@{port}"], "test": [f"{PARENT}@{port}"]}
        servers.resolver(servers.folder("resolver"), resolver, stubs)
        wait_for([resolver])
        yield port, resolver
    finally:
        servers.stop()


def test_the_zones_servers_are_found_and_the_lame_one_is_named(ports: tuple[int, int]) -> None:
    """The zone above names two servers, the zone itself one; the second has no such zone."""
    port, resolver = ports
    limits = Limits(question_s=2, floor_s=0.001)

    def clock() -> datetime:
        return datetime.now(UTC)

    found = find_servers(delegated([NAME], (target(f"{HERE}:{resolver}"),), port), clock=clock, limits=limits)
    assert [zone.name for zone in found.zones] == [ZONE]
    assert {(one.host, one.operator) for one in found.zones[0].servers} == {
        (CHILD, f"ns1.{ZONE}"),
        (LAME, f"ns2.{ZONE}"),
    }
    assert [one.host for one in found.zones[0].parents] == [PARENT]
    records = ask_all(found.asks, clock=clock, limits=limits)
    snapshots = read_snapshots([], (json.dumps(one) for one in records))
    old, new = [ip_address("192.0.2.4")], [ip_address("198.51.100.5")]
    seen = propagation(snapshots, names=[NAME], old=old, new=new, at=clock() + timedelta(seconds=1))
    (zone,) = seen.zones
    assert zone.child is not None
    assert zone.parent is not None
    assert (zone.child.ttl_s, zone.parent.ttl_s) == (3600, 7200)
    assert {one.server: (one.serial, one.lame) for one in zone.servers} == {
        f"{CHILD}:{port}": (42, False),
        f"{LAME}:{port}": (None, True),
    }
    assert f"{LAME}:{port} is named as a server of {ZONE} and is none: lame delegation (REFUSED)." in seen.warnings
    assert f"The zone {ZONE} and the one above disagree about its servers: ns2.{ZONE}." in seen.warnings
    assert [(one.resolver, one.state) for one in seen.resolvers if one.authoritative] == [(f"{CHILD}:{port}", "old")]
