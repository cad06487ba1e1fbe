"""A zone is changed for real: what `propagation` says of real resolvers is held against what they then do."""

from __future__ import annotations

import json
import os
import shutil
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from name_servers import (
    DNSMASQ,
    HERE,
    KRESD,
    NAMED,
    RECURSOR,
    UNBOUND,
    ZONE,
    Servers,
    Zone,
    ask,
    free_port,
    reload,
    wait_for,
)

from analyzer.dns.ask import Limits, ask_all
from analyzer.dns.plan import plan
from analyzer.dns.propagation import Propagation, propagation
from analyzer.dns.snapshots import read_snapshots
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from collections.abc import Iterator

OLD, NEW, OLD6, NEW6 = "192.0.2.4", "198.51.100.5", "2001:db8::4", "2001:db8:1::5"
NAME = f"app.{ZONE}"
TTL_S, CLAMP_S, CAP_S, LAG_S = 5, 9, 2, 2  # [s]
BEFORE, AFTER = 9, 16  # rounds of questions
PAUSE_S = 1.0  # [s] between two
SLACK = timedelta(seconds=0.3)  # the other program's question takes a moment
ROUNDING = timedelta(seconds=2)  # TTLs are whole seconds, and a forwarder rounds again
HONEST = ("plain", "capping", "dnsmasq", "recursor", "knot")
CLAMPING = ("clamping", "holding")
STALE = ("expiring", "stale")
CACHES = (*HONEST, *CLAMPING, *STALE)

pytestmark = pytest.mark.skipif(
    not all(one.exists() for one in (NAMED, UNBOUND, DNSMASQ, RECURSOR, KRESD)) and "CI" not in os.environ,
    reason="needs Debian's bind9, unbound, dnsmasq-base, pdns-recursor and knot-resolver; in CI they must be there",
)


@dataclass(frozen=True, slots=True)
class Seen:
    """What happened: every answer, when the change was made, and when the secondary had it (by other means)."""

    records: tuple[dict[str, Any], ...]
    resolver: dict[str, str]
    changed: datetime
    followed: datetime
    ended: datetime

    def at(self, moment: datetime) -> Propagation:
        """Return what the answers say up to a moment."""
        snapshots = read_snapshots([], (json.dumps(one) for one in self.records))
        assert snapshots.broken == ()
        old, new = [ip_address(OLD), ip_address(OLD6)], [ip_address(NEW), ip_address(NEW6)]
        return propagation(snapshots, names=[NAME], old=old, new=new, at=moment)

    def interval(self) -> timedelta:
        """Return the longest time from one question to the next that the secondary was asked around the change."""
        gaps = [timedelta(0)]
        for kind in ("A", "AAAA", "HTTPS"):
            mine = [
                datetime.fromisoformat(one["at"])
                for one in self.records
                if (one["resolver"], one["type"]) == (self.resolver["secondary"], kind) and one["error"] is None
            ]
            gaps += [
                after - before for before, after in pairwise(mine) if before - SLACK <= self.followed <= after + SLACK
            ]
        return max(gaps)

    def last_old(self, who: str) -> datetime | None:
        """Return when a resolver last answered with an old address."""
        old = [
            datetime.fromisoformat(one["at"]) + timedelta(milliseconds=one["elapsed_ms"])
            for one in self.records
            if one["resolver"] == self.resolver[who]
            and any(OLD in answer["data"] or answer["data"] == OLD6 for answer in one["answers"])
        ]
        return max(old, default=None)


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """Return what was seen around one change, from nine rounds before to sixteen after."""
    servers = Servers(Path(tempfile.mkdtemp(prefix="cutover-dns-")))
    port = {who: free_port() for who in ("primary", "secondary", *CACHES)}
    try:
        zone = Zone(servers.folder("primary"), servers=2, ttl_s=TTL_S)
        zone.write(OLD, OLD6)
        primary = servers.primary(zone.folder, port["primary"])
        wait_for([port["primary"]])
        servers.secondary(servers.folder("secondary"), port["secondary"], port["primary"], LAG_S)
        both = [port["primary"], port["secondary"]]
        servers.unbound(servers.folder("plain"), port["plain"], both)
        servers.unbound(servers.folder("clamping"), port["clamping"], both, f"cache-min-ttl: {CLAMP_S}")
        servers.unbound(servers.folder("capping"), port["capping"], both, f"cache-max-ttl: {CAP_S}")
        stale = ("serve-expired: yes", "serve-expired-reply-ttl: 30", "ede-serve-expired: yes")
        servers.unbound(servers.folder("expiring"), port["expiring"], [port["primary"]], *stale)
        stale = ("stale-answer-enable yes;", "stale-cache-enable yes;", "stale-answer-client-timeout 0;")
        servers.cache(servers.folder("stale"), port["stale"], port["primary"], *stale, "stale-answer-ttl 30;")
        servers.dnsmasq(servers.folder("dnsmasq"), port["dnsmasq"], port["primary"])
        servers.dnsmasq(servers.folder("holding"), port["holding"], port["primary"], f"--min-cache-ttl={CLAMP_S}")
        servers.knot(servers.folder("knot"), port["knot"], port["primary"])
        servers.recursor(servers.folder("recursor"), port["recursor"], port["primary"])
        wait_for(list(port.values()))
        yield _watched(port, zone, lambda: reload(primary))
    finally:
        servers.stop()
        shutil.rmtree(servers.root)


def _watched(port: dict[str, int], zone: Zone, publish: Any) -> Seen:
    """Ask in rounds; change the zone between two of them."""
    targets = {who: target(f"{HERE}:{number}") for who, number in port.items()}
    asks = plan([NAME], targets.values(), floor_s=0.01).asks
    records: list[dict[str, Any]] = []
    followed: list[datetime] = []
    changed = datetime.now(UTC)
    watcher = threading.Thread(target=_follow, args=(port["secondary"], followed))
    for number in range(BEFORE + AFTER):
        start_s = time.monotonic()
        if number == BEFORE:
            changed = datetime.now(UTC)
            zone.write(NEW, NEW6)
            publish()
            watcher.start()
        records += ask_all(asks, clock=lambda: datetime.now(UTC), limits=Limits(question_s=0.9, floor_s=0.01))
        time.sleep(max(PAUSE_S - (time.monotonic() - start_s), 0))
    watcher.join()
    resolver = {who: one.resolver for who, one in targets.items()}
    return Seen(tuple(records), resolver, changed, followed[0], datetime.now(UTC))


def _follow(port: int, followed: list[datetime]) -> None:
    """Note when a server first answers with the new address."""
    while True:
        answer = ask(port, NAME)
        if answer is not None and any(NEW in rrset.to_text() for rrset in answer.answer):
            followed.append(datetime.now(UTC))
            return
        time.sleep(0.05)


def test_every_server_was_heard(seen: Seen) -> None:
    """Each answered old before and new after, but for single questions under load."""
    for who, resolver in seen.resolver.items():
        mine = [one for one in seen.records if one["resolver"] == resolver]
        assert sum(one["error"] is not None for one in mine) < len(mine) / 4, who
        assert seen.last_old(who) is not None, who
    assert {one.state for one in seen.at(seen.ended).resolvers} == {"new"}


def test_the_servers_are_told_from_caches(seen: Seen) -> None:
    """By the answers themselves: nobody said which is which; and each says its NSID."""
    of = {one.resolver: one.authoritative for one in seen.at(seen.ended).resolvers}
    assert {who for who, resolver in seen.resolver.items() if of[resolver]} == {"primary", "secondary"}
    nsids = {one["resolver"]: one["nsid"] for one in seen.records if one["nsid"]}
    assert nsids[seen.resolver["secondary"]] == "secondary"


def test_the_change_lies_within_one_interval(seen: Seen) -> None:
    """Of when the slowest server had it, as another program saw it."""
    found = seen.at(seen.ended)
    assert found.changed_at is not None
    assert found.changed_after is not None
    assert found.changed_after - SLACK <= seen.followed <= found.changed_at + SLACK
    assert found.changed_at - found.changed_after <= seen.interval() + SLACK
    assert found.ttl_s == TTL_S


def test_no_honest_cache_is_old_after_the_bound(seen: Seen) -> None:
    """And the bound is at most one interval of asking later than it can be."""
    found = seen.at(seen.ended)
    assert found.bound is not None
    assert found.bound.at is not None
    for who in HONEST:
        last = seen.last_old(who)
        assert last is not None
        assert last <= found.bound.at, who
    true_bound = seen.followed + timedelta(seconds=TTL_S) + ROUNDING
    assert found.bound.at <= true_bound + seen.interval()


def test_who_goes_beyond_is_named_and_bounded(seen: Seen) -> None:
    """Who keeps records longer or serves expired ones, for as long as it then did; nobody honest."""
    found = seen.at(seen.ended)
    assert found.bound is not None
    assert found.bound.at is not None
    until: dict[str, datetime] = {}
    for one in found.beyond:
        until[one.resolver] = max(one.until, until.get(one.resolver, one.until))
    assert set(until) <= {seen.resolver[who] for who in (*CLAMPING, *STALE)}
    for who in (*CLAMPING, *STALE):
        last = seen.last_old(who)
        assert last is not None
        assert last <= max(found.bound.at, until.get(seen.resolver[who], found.bound.at)), who
    stretching = {one.resolver for one in found.resolvers if one.stretches_ttl}
    assert stretching == {seen.resolver[who] for who in CLAMPING}


def test_an_expired_answer_says_so(seen: Seen) -> None:
    """Unbound with serve-expired and BIND with stale answers give 30 s and EDE 3; only their names bear the mark."""
    stale = {one["resolver"] for one in seen.records if one["ede"] and one["ede"].startswith("3 ")}
    assert stale == {seen.resolver[who] for who in STALE}
    marked = {one.resolver for one in seen.at(seen.ended).resolvers if one.stale}
    assert marked == stale
    assert not any(one.entries > 1 for one in seen.at(seen.ended).resolvers)


def test_at_every_moment_the_bound_of_what_was_seen_held(seen: Seen) -> None:
    """Judged while it happened: no resolver answered old after its own old entries were said to be gone."""
    for seconds in range(0, AFTER, 3):
        moment = seen.changed + timedelta(seconds=seconds)
        found = {one.resolver: one for one in seen.at(moment).resolvers}
        for who in (*HONEST, *CLAMPING):
            state, last = found[seen.resolver[who]], seen.last_old(who)
            assert last is not None
            if last <= moment and state.old_expires_at is not None:
                assert last <= state.old_expires_at + timedelta(seconds=1), who


def test_the_chain_is_recorded_with_each_ttl(seen: Seen) -> None:
    """CNAME and address, HTTPS with its hint."""
    stale = {seen.resolver[who] for who in STALE}  # BIND leaves out an alias that it has just looked up
    https = [one for one in seen.records if one["type"] == "HTTPS" and one["answers"] and one["resolver"] not in stale]
    assert all([answer["type"] for answer in one["answers"]] == ["CNAME", "HTTPS"] for one in https)
    assert any(f'ipv4hint="{OLD}"' in one["answers"][1]["data"] for one in https)
    assert {kind.type for one in seen.at(seen.ended).resolvers for kind in one.kinds} == {"A", "AAAA", "HTTPS"}
