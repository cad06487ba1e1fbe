"""Ways of behaving, each by hand-made cases or by its law."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from itertools import pairwise

import numpy as np
import pytest

from analyzer.simulation import SCENARIOS, snapshots
from analyzer.simulation.accesslog import BROKEN, old_log
from analyzer.simulation.bindings import Busy, ByHand
from analyzer.simulation.caches import Resolver, one_cache
from analyzer.simulation.crowds import Edge, FlashCrowd, Neighbours
from analyzer.simulation.formats import FORMATS
from analyzer.simulation.given import Given
from analyzer.simulation.parts import FIXED_NEW, FIXED_OLD
from analyzer.simulation.people import People, Roaming
from analyzer.simulation.profile import Holiday, Profile
from analyzer.simulation.run import played, seen
from analyzer.simulation.runs import Every, Irregular, Monthly, OfficeHours, Spell
from analyzer.simulation.scenario import Setting
from analyzer.simulation.visits import attended, once
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone

DAY_S, WEEK_S = 86_400.0, 604_800.0
WORLD = World(resolvers=(Resolver(),), utc_offset_s=0, before_s=14 * 86_400)
FEW = People(daily=6, weekly=10, once_per_day=5.0, offices=1, office_size=5)


def draw(seed: int = 0) -> np.random.Generator:
    """Return a source of random numbers."""
    return np.random.default_rng(seed)


def test_busy_pool_looks_up_after_an_idle_time_only() -> None:
    """Calls a minute apart keep the connection; after 301 s of silence it is gone. Breaks are too rare to come."""
    calls_s = np.array([0.0, 60.0, 120.0, 421.0, 480.0, 780.0])
    lookups_s, of = Busy(300.0, 1e12).resolve(calls_s, draw())
    assert (lookups_s.tolist(), of.tolist()) == ([0.0, 421.0], [0, 0, 0, 1, 1, 1])


def test_busy_pool_moves_when_the_network_breaks_it() -> None:
    """Over 200 mean times between two breaks there are about 200 look-ups (Poisson: within four times its root)."""
    lookups_s, _ = Busy(300.0, 3_600.0).resolve(np.arange(0.0, 200 * 3_600.0, 60.0), draw())
    assert abs(len(lookups_s) - 200) < 4 * np.sqrt(200)


def test_changed_by_hand_is_new_from_then_on() -> None:
    """Before the moment all calls go to the old server, from it on to the new one."""
    lookups_s, of = ByHand(50.0).resolve(np.array([0.0, 49.0, 50.0, 51.0]), draw())
    assert (lookups_s.tolist(), of.tolist()) == ([], [FIXED_OLD, FIXED_OLD, FIXED_NEW, FIXED_NEW])


def test_monthly_job_runs_on_its_day() -> None:
    """Once in each month, on the 17th at 04:00 and up to a minute later."""
    at = [WORLD.moment(s) for s in Monthly(17, 4 * 3600.0).at_s(WORLD, draw()).tolist()]
    assert {(m.day, m.hour, m.minute) for m in at} == {(17, 4, 0)}
    assert [m.month for m in at] == [2, 3, 4]


def test_office_program_rests_at_night_and_on_weekends() -> None:
    """Between 8 and 18 o'clock, from Monday to Friday; ten calls a day."""
    at = [WORLD.moment(s) for s in OfficeHours(3_600.0).at_s(WORLD, draw()).tolist()]
    assert {m.hour for m in at} == set(range(8, 18))
    assert {m.weekday() for m in at} == {0, 1, 2, 3, 4}
    assert len(at) == 10 * len({m.date() for m in at})


def test_dormant_program_is_silent_while_it_is_off() -> None:
    """Hourly, but for two days after the change."""
    at_s = Spell(Every(3_600.0), 0.0, 2 * DAY_S, off=True).at_s(WORLD, draw())
    assert not ((at_s >= 0) & (at_s < 2 * DAY_S)).any()
    assert max(b - a for a, b in pairwise(at_s.tolist())) == pytest.approx(2 * DAY_S, abs=7_200)


def test_what_a_program_does_in_a_spell_and_outside_of_it_is_all_it_does() -> None:
    """Both parts together are the moments of the program that is never switched."""
    every = Every(3_600.0)
    within, outside = (Spell(every, 0.0, 2 * DAY_S, off=off).at_s(WORLD, draw()) for off in (False, True))
    assert ((within >= 0) & (within < 2 * DAY_S)).all()
    assert sorted([*within, *outside]) == every.at_s(WORLD, draw()).tolist()


def test_irregular_program_waits_as_told() -> None:
    """The median wait between bursts is the one asked for: of 'bursts' of one call, within 15 %."""
    at_s = Irregular(7_200.0, spread=1.2, burst=1.0).at_s(replace(WORLD, future_s=400 * 86_400), draw(3))
    assert np.median(np.diff(at_s)) == pytest.approx(7_200, rel=0.15)
    assert (np.diff(at_s) >= 0).all()


def test_holidays_and_growth_thin_the_visits() -> None:
    """A tenth in the holidays; half as many a week earlier if the site doubles each week."""
    at_s = np.array([-WEEK_S, 0.0, WEEK_S])
    quiet = Profile(holidays=(Holiday(-1.0, 1.0, 0.1),))
    assert quiet.attendance(at_s).tolist() == pytest.approx([1.0, 0.1, 1.0])
    assert Profile(growth=2.0).attendance(at_s).tolist() == pytest.approx([0.25, 0.5, 1.0])
    assert Profile(growth=0.5).attendance(at_s).tolist() == pytest.approx([1.0, 0.5, 0.25])
    assert Profile().even


def test_holiday_empties_its_days_only() -> None:
    """Nobody comes in a holiday of share 0, the visits around it stay as they are."""
    off = replace(WORLD, profile=Profile(holidays=(Holiday(DAY_S, 3 * DAY_S, 0.0),)))
    usual = once(WORLD, 50.0, draw())
    left = attended(off, usual, draw(1))
    inside = (usual.at_s >= DAY_S) & (usual.at_s < 3 * DAY_S)
    assert inside.sum() > 20
    assert left.at_s.tolist() == usual.at_s[~inside].tolist()
    assert attended(WORLD, usual, draw(1)) is usual


def test_roaming_people_have_an_address_a_day() -> None:
    """No address is seen on two days, and each keeps the family that its look-ups asked for."""
    part = Roaming(FEW).part(WORLD, draw())
    day = np.floor((part.requests.at_s - WORLD.warm_from_s) / DAY_S).astype(int)
    days: dict[str, set[int]] = {}
    for client, of_day in zip(part.requests.client.tolist(), day.tolist(), strict=True):
        days.setdefault(part.clients[client].address, set()).add(of_day)
    assert len(days) > 50
    assert all(len(found) == 1 for found in days.values())
    family = np.array([c.family for c in part.clients])[part.requests.client]
    assert (part.lookups.family[part.requests.lookup] == family).all()


def test_offices_of_one_browser_are_one_client() -> None:
    """Five people at one address with one agent: the log cannot tell them apart."""
    part = replace(FEW, uniform_offices=True).part(WORLD, draw())
    assert len({(c.address, c.agent) for c in part.clients[:5]}) == 1
    assert len({(c.address, c.agent) for c in FEW.part(WORLD, draw()).clients[:5]}) > 1


def test_cdn_node_asks_once_a_hold() -> None:
    """Each request rests on a look-up of its node, made before it and at most the hold ago."""
    hold_s = 3_600.0
    part = Edge(nodes=2, visits_per_day=200.0, hold_s=hold_s).part(WORLD, draw())
    age_s = part.requests.at_s - part.lookups.at_s[part.requests.lookup]
    assert (age_s >= 0).all()
    assert (age_s < hold_s).all()
    span_s = part.requests.at_s.max() - part.requests.at_s.min()
    assert len(part.lookups.at_s) <= 2 * (span_s / hold_s + 2)
    assert len({c.address for c in part.clients}) == 2
    assert all(c.forwarded_for not in {None, c.address} for c in part.clients)


def test_flash_crowd_comes_once() -> None:
    """Everybody after the moment, half of them within ln 2 of the mean time."""
    part = FlashCrowd(DAY_S, 1_000, 3_600.0).part(WORLD, draw())
    first = np.full(1_000, np.inf)
    np.minimum.at(first, part.requests.client, part.requests.at_s)
    assert first.min() >= DAY_S
    assert np.median(first - DAY_S) == pytest.approx(3_600 * np.log(2), rel=0.15)


@pytest.mark.parametrize(("demand", "age"), [(1.0, 0.3), (20.0, 0.3), (20.0, 0.95), (40.0, 0.95)])
def test_prefetching_cache_decays_as_its_renewals_say(demand: float, age: float) -> None:
    """F(s) = integral from s to T of P(X > a) da / E X, with X = 0.9 T and an exponential wait.

    Whether it is answered from the cache or not, the first look-up after 0.9 T fetches: so X is the renewal cycle. A
    look-up at s is answered old if none has fetched since 0, and the record is younger than T.
    """
    caches, source = 3_000, draw(int(demand))
    zone = Zone(ttl_s=1_000, new_ttl_s=1_000, lags_s=(0.0,))
    old = 0
    for _ in range(caches):
        start_s = -1_000.0 * (8 + 2 * source.random())
        span_s = 1_000.0 * age - start_s
        at_s = start_s + np.sort(source.random(source.poisson(demand * span_s / 1_000.0))) * span_s
        at_s = np.append(at_s, 1_000.0 * age)
        old += bool(one_cache(at_s, Resolver(prefetch=0.1), zone, 4, np.zeros(len(at_s)))[0][-1])
    alive = np.exp(-demand * max(age - 0.9, 0.0)) - np.exp(-demand * 0.1)
    expected = (max(0.9 - age, 0.0) + alive / demand) / (0.9 + 1 / demand)
    assert abs(old / caches - expected) < 4 * np.sqrt(expected * (1 - expected) / caches)


def written(world: World) -> list[list[bytes]]:
    """Return the lines of a small site's old log, a list a file."""
    setting = Setting((FEW,), world)
    what = played(setting, 1)
    files = old_log(what.world, what.part, what.old, FORMATS["combined"])
    return [(gzip.decompress(f.data) if f.name.endswith(".gz") else f.data).splitlines() for f in files]


def test_weekly_rotation_makes_fewer_files() -> None:
    """Fourteen days before the change and what drains after it: a file a day, or one of three local weeks."""
    daily, weekly = written(WORLD), written(replace(WORLD, rotate_days=7))
    assert len(daily) == 15
    assert len(weekly) == 3
    lines = [{line for file in files for line in file} - set(BROKEN) for files in (daily, weekly)]
    assert lines[0] == lines[1]


def test_torn_lines_are_beginnings_of_whole_ones() -> None:
    """As many more lines as were torn, each the beginning of another."""
    whole, torn = written(WORLD)[3], written(replace(WORLD, torn_share=0.5))[3]
    extra = [line for line in torn if line not in whole]
    assert abs(len(extra) - 0.5 * len(whole)) < 4 * np.sqrt(0.5 * len(whole)), "Poisson"
    assert len(extra) > 5
    assert len(torn) == len(whole) + len(extra)
    assert all(any(line.startswith(cut) for line in whole) for cut in extra)


def test_lost_day_is_missing_from_the_log() -> None:
    """The second local day after the change's own."""
    world = replace(WORLD, gaps_s=(WORLD.day_s(2),))
    assert WORLD.moment(WORLD.day_s(2)[0]) == datetime(2026, 3, 4, tzinfo=UTC)
    assert not any(b"[04/Mar/2026:" in line for file in written(world)[:2] for line in file)


def test_second_change_shows_the_third_address() -> None:
    """From `again_s` on the authoritative servers answer with another new address; the log is the same as without."""
    chosen = SCENARIOS["a-low"].setting(World(seed=1).rng("family.a-low"))
    world = replace(chosen.world, zone=replace(chosen.world.zone, again_s=2 * DAY_S))
    plain, again = (seen("x", s, played(s, 1)) for s in (chosen, replace(chosen, world=world)))
    assert world.third[0] not in plain.snapshots
    rows = [row for row in again.snapshots.splitlines() if f'"{snapshots.AUTHORITATIVE[0]}"' in row and '"A"' in row]
    assert world.new[0] in "".join(rows)
    assert world.third[0] in rows[-1]
    assert [f.data for f in again.old_files] == [f.data for f in plain.old_files]


def test_neighbours_are_in_the_old_log_only() -> None:
    """They do not move: the old server answers them itself, and the truth does not know them."""
    given = Given(old_format="forwarded", new_format="forwarded")
    setting = Setting((FEW, Neighbours("blog.example.org", 20.0)), WORLD, given=given)
    migrated = seen("x", setting, played(setting, 1))
    logs = [
        b"".join(gzip.decompress(f.data) if f.name.endswith(".gz") else f.data for f in files)
        for files in (migrated.old_files, migrated.new_files)
    ]
    assert logs[0].count(b" blog.example.org\n") > 100
    assert b"blog.example.org" not in logs[1]
    assert "visits another site" not in {client.mechanism for client in migrated.truth.clients}
