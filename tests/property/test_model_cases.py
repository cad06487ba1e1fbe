"""Migrations that are not plain: each small, written by hand, judged the whole way."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
from drain_clients import CHANGE_S, DAY_S, FLAT, HOUR_S, table

from analyzer.drain.advise import advise
from analyzer.drain.clients import PERSON
from analyzer.drain.departures import Departures
from analyzer.drain.ebb import ebb
from analyzer.drain.evidence import gather
from analyzer.drain.leaving import Leaving
from analyzer.drain.rates import rates
from analyzer.drain.stays import stays
from analyzer.drain.turn import last_turn
from analyzer.migration import load

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.drain.verdict import Verdict

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
POLLER = "203.0.113.77"


def judged(config: Path, *days: float) -> list[Verdict]:
    """Return the verdicts some days after the change."""
    moments = [small.CHANGED + day * DAY for day in days]
    gathered = gather(load(config), moments)
    return [advise(gathered.at(moment)).verdict for moment in moments]


def with_program(step: timedelta, old: Callable[[datetime], bool], base: small.Story | None = None) -> small.Story:
    """Return the story with one more program, that comes to the old server when `old` says so."""
    told = small.story(1, stuck=False) if base is None else base
    start, turns = small.CHANGED - small.BEFORE + timedelta(minutes=17), (small.BEFORE + small.AFTER) // step
    calls = [small.Request(start + turn * step, POLLER, "okhttp/4.12.0") for turn in range(turns)]
    here, there = [one for one in calls if old(one.at)], [one for one in calls if not old(one.at)]
    proxied = [replace(one, client=small.OLD) for one in here if one.at >= small.CHANGED]
    return small.Story(
        tuple(sorted((*told.old, *here), key=lambda one: one.at)),
        tuple(sorted((*told.new, *there, *proxied), key=lambda one: one.at)),
    )


def test_who_polls_the_new_server_without_a_pause_has_moved(tmp_path: Path) -> None:
    """A visit that never ends began before the last return to the old server, and clears all the same."""
    back = (small.CHANGED + 30 * HOUR, small.CHANGED + 31 * HOUR)
    told = with_program(5 * timedelta(minutes=1), lambda at: at < small.CHANGED + HOUR or back[0] <= at < back[1])
    soon, later = judged(small.write(tmp_path, told), 1.4, 6)
    assert soon.verdict == "wait"
    assert later.verdict == "safe"
    assert later.lost_requests.upper is not None
    assert later.lost_requests.upper < 10


def test_the_heartbeat_that_moves_away_makes_no_gap(tmp_path: Path) -> None:
    """No monitor: a program of every five minutes is all the log has at night, until it moves on day 3."""
    quiet = small.story(1, stuck=False).only(lambda one: one.client != small.MONITOR)
    moved = small.CHANGED + 2 * DAY + 9 * HOUR
    told = with_program(5 * timedelta(minutes=1), lambda at: at < moved, quiet)
    config = small.write(tmp_path / "moved", told)
    assert {one.verdict for one in judged(config, 2.6, 3, 3.5)} & {"unknown"} == set()
    stays_on = with_program(5 * timedelta(minutes=1), lambda _: True, quiet)
    cut = small.Story(tuple(one for one in stays_on.old if one.at < moved), stays_on.new)
    assert judged(small.write(tmp_path / "cut", cut), 3)[0].verdict == "unknown", "it did not move: the log is cut"


def test_a_log_without_agents_knows_its_clients_by_address(tmp_path: Path) -> None:
    """`common` has none: who moved is known from the new server's log all the same, and who did not."""
    accepted = f'[policy]\naccepted = ["{small.MONITOR}"]\n'  # a monitor cannot be told from a program
    text = small.toml(form="common", rest=f"{small.WITH_NEW}{small.WITH_DNS}{accepted}")
    (moved,) = judged(small.write(tmp_path / "moved", small.story(1, stuck=False), text, form="common"), 4)
    assert moved.verdict == "safe"
    (left,) = judged(small.write(tmp_path / "left", small.story(1), text, form="common"), 7.9)
    assert left.verdict == "wait"
    assert left.stragglers[0].client == small.STUCK


@pytest.mark.parametrize(
    ("first", "agent", "target", "stuck"),
    [
        (5.2, "BackupJob/2.1", "/backup/list", True),
        (2.5, "BackupJob/2.1", "/backup/list", False),
        (5.2, "curl/8.5.0", "/backup/list", False),
        (5.2, "BackupJob/2.1", "/", False),
    ],
)
def test_a_program_nobody_has_heard_of_that_comes_long_after_the_change_is_stuck(
    tmp_path: Path, first: float, agent: str, target: str, stuck: bool
) -> None:
    """Who looked the name up then would be at the new server; one may be a passer-by that has no name of its own.

    Or that asked for nothing of the site's own.
    """
    at = small.CHANGED + first * DAY
    told = with_program(HOUR, lambda moment: abs(moment - at) <= HOUR / 2)
    called = tuple(replace(one, agent=agent, target=target) if one.client == POLLER else one for one in told.old)
    told = replace(told, old=called, new=tuple(one for one in told.new if one.client != POLLER))
    (verdict,) = judged(small.write(tmp_path, told), 6)
    assert ([one.client for one in verdict.stragglers if one.stuck] == [POLLER]) is stuck


def test_who_polled_all_the_time_until_the_change_is_not_waited_for_without_the_new_log(tmp_path: Path) -> None:
    """Two visits of days each are a thousand looks, not one long interval: three days of silence are telling."""
    told = with_program(10 * timedelta(minutes=1), lambda at: at < small.CHANGED + HOUR)
    pause = (small.CHANGED - 8 * HOUR, small.CHANGED - 7 * HOUR)
    told = told.only(lambda one: one.client != POLLER or not pause[0] < one.at < pause[1])
    (verdict,) = judged(small.write(tmp_path, told, small.toml(rest=small.WITH_DNS)), 4)
    assert verdict.verdict == "safe"
    assert POLLER not in [one.client for one in verdict.stragglers]


def accounted(verdict: Verdict) -> bool | None:
    """Return whether all that kept a rhythm are accounted for."""
    return next(one.passed for one in verdict.reasons if one.rule == "regulars-accounted")


def test_a_program_that_fell_silent_at_the_change_is_waited_for(tmp_path: Path) -> None:
    """It came each hour until six hours before the change, and to neither server since: it may be switched off."""
    told = with_program(HOUR, lambda at: at < small.CHANGED - 6 * HOUR)
    told = replace(told, new=tuple(one for one in told.new if one.client != POLLER))
    (off,) = judged(small.write(tmp_path / "off", told), 4)
    assert (off.verdict, accounted(off)) == ("wait", False)
    assert POLLER in off.reasons[0].sentence
    assert off.safe_at is not None
    assert timedelta(0) <= off.safe_at.upper - (small.CHANGED + 10 * DAY) <= HOUR, "of the turn, as the DNS showed it"
    text = small.toml(rest=small.WITH_DNS)
    assert accounted(judged(small.write(tmp_path / "blind", told, text), 4)[0]) is False, "silent before the change"
    later = with_program(HOUR, lambda at: at < small.CHANGED)
    later = replace(later, new=tuple(one for one in later.new if one.client != POLLER))
    assert accounted(judged(small.write(tmp_path / "later", later, text), 4)[0]) is None, (
        "without the new log all who moved are silent"
    )
    accepted = small.toml(rest=f'{small.WITH_NEW}{small.WITH_DNS}[policy]\naccepted = ["{POLLER}"]\n')
    assert judged(small.write(tmp_path / "accepted", told, accepted), 4)[0].verdict == "safe"
    moved = with_program(HOUR, lambda at: at < small.CHANGED - 6 * HOUR)
    assert accounted(judged(small.write(tmp_path / "moved", moved), 4)[0]) is True


def test_a_program_is_stuck_by_how_long_it_ran_after_the_change(tmp_path: Path) -> None:
    """Of two that come each hour the one that was off for five days has had two days to restart, not seven."""
    told = with_program(HOUR, lambda at: not small.CHANGED - DAY < at < small.CHANGED + 5 * DAY)
    told = replace(told, new=tuple(one for one in told.new if one.client != POLLER))
    (verdict,) = judged(small.write(tmp_path, told), 7.9)
    assert [one.client for one in verdict.stragglers if one.stuck] == []


def test_a_log_that_begins_after_the_change_covers_the_days_since_then(tmp_path: Path) -> None:
    """Older files are rotated away: what came in the first day and a half is not known to have had its turn."""
    told = small.story(1, stuck=False).only(lambda one: one.at > small.CHANGED + 1.5 * DAY or one.client == small.NEW)
    early, late = judged(small.write(tmp_path, told), 2.7, 4.5)
    (covered,) = (one for one in early.reasons if one.rule == "day-covered")
    assert (early.verdict, covered.passed) == ("wait", False)
    assert covered.sentence.startswith("Since the log begins, 1.1 days of normal demand have passed;")
    assert next(one.passed for one in late.reasons if one.rule == "day-covered")


@pytest.mark.parametrize(("many", "due"), [(40, 0), (4, 4)])
def test_an_application_that_many_people_run_is_taken_for_people(tmp_path: Path, many: int, due: int) -> None:
    """Of telephones with one agent, that came twice and never since, a few would be programs that are yet to come."""
    told = small.story(1, stuck=False)
    calls = [
        small.Request(small.CHANGED - (1 + turn % 100 + again) * HOUR, f"198.51.100.{100 + turn}", "okhttp/4.12.0")
        for turn in range(many)
        for again in (0, 47)
    ]
    old = tuple(sorted((*told.old, *calls), key=lambda one: one.at))
    (verdict,) = judged(small.write(tmp_path, small.Story(old, told.new)), 3)
    assert next(one.value for one in verdict.reasons if one.rule == "recurrence-covered") == due


# --- the last turn -------------------------------------------------------------------------------------------------


def answers(
    *,
    old_now: bool,
    turned: tuple[tuple[str, float], ...] = (),
    authoritative: bool = True,
    changed: tuple[float, float] = (0.0, 0.0),
    last_old: float = 0.0,
) -> Any:
    """Return what the DNS shows: four resolvers, and when the authoritative servers turned to where [days]."""
    after, changed_at, last = (datetime.fromtimestamp(CHANGE_S + day * DAY_S, UTC) for day in (*changed, last_old))
    at = [datetime.fromtimestamp(CHANGE_S + days * DAY_S, UTC) for days in (0.0, 5.0)]
    one = SimpleNamespace(
        authoritative=authoritative, on_old=old_now, last_old_at=at[1] if old_now else last, questions=6
    )
    turns = [SimpleNamespace(to=to, at=datetime.fromtimestamp(CHANGE_S + day * DAY_S, UTC)) for to, day in turned]
    return SimpleNamespace(
        resolvers=[one] * 4, on_old=4 * old_now, turns=turns, first_at=at[0], last_at=at[1],
        changed_after=after, changed_at=changed_at,
    )  # fmt: skip


@pytest.mark.parametrize("authoritative", [True, False])
def test_while_the_servers_answer_old_the_turn_is_yet_to_come(authoritative: bool) -> None:
    """Rolled back, or a record forgotten: seen at the servers, or at most of the caches long after the TTL."""
    turn = last_turn(answers(old_now=True, authoritative=authoritative), CHANGE_S, HOUR_S, CHANGE_S + 5 * DAY_S)
    assert turn.pending
    assert turn.at_s == CHANGE_S


def test_the_last_turn_counts() -> None:
    """There, back and there again: clients leave from the last one on; without any answer, from the change on."""
    seen = answers(old_now=False, turned=(("new", 0.0), ("old", 0.5), ("new", 3.0)))
    assert last_turn(seen, CHANGE_S, HOUR_S, CHANGE_S + 5 * DAY_S).at_s == CHANGE_S + 3 * DAY_S
    assert last_turn(None, CHANGE_S, HOUR_S, CHANGE_S + 5 * DAY_S).at_s == CHANGE_S


def test_the_last_turn_lies_between_the_last_old_answer_and_the_first_new_one() -> None:
    """Asked once a day, a turn of the third day is one of the second at the earliest; a change that is given is then.

    One that only the answers tell came after the last old one.
    """
    seen = answers(old_now=False, turned=(("new", 3.0),), last_old=2.0)
    assert last_turn(seen, CHANGE_S, HOUR_S, CHANGE_S + 5 * DAY_S).after_s == CHANGE_S + 2 * DAY_S
    once = answers(old_now=False, turned=(("new", 0.0),), changed=(-0.5, 1.0), last_old=-0.5)
    assert last_turn(once, CHANGE_S, HOUR_S, CHANGE_S + 5 * DAY_S).after_s == CHANGE_S
    told = last_turn(once, CHANGE_S + DAY_S, HOUR_S, CHANGE_S + 5 * DAY_S)
    assert (told.after_s, told.at_s) == (CHANGE_S - DAY_S / 2, CHANGE_S + DAY_S)


def test_silences_are_judged_from_the_earliest_moment_of_the_turn(tmp_path: Path) -> None:
    """Where only the answers tell of the change, clients may have left from the last old one on."""
    config = small.write(tmp_path, small.story(1), small.toml(migration="ttl = 3600"))
    at = small.CHANGED + 4 * DAY
    evidence = gather(load(config), [at]).at(at)
    now, seen = advise(evidence).forecast, evidence.propagation
    assert now is not None
    assert seen is not None
    assert seen.changed_after is not None
    assert now.turned_after_s == seen.changed_after.timestamp() < now.law.change_s
    assert ebb(evidence.old, now).law.change_s == now.turned_after_s


def test_people_without_agents_leave_as_people_do_in_an_explained_silence(tmp_path: Path) -> None:
    """In a `common` log how a client comes tells its kind, of those not seen since the change as well."""
    text = small.toml(form="common", rest="")
    early = small.CHANGED - 5 * DAY
    rows = small.story(1).only(lambda one: not one.client.startswith("198.18.0.") or one.at < early)
    config = small.write(tmp_path, rows, text, form="common")
    at = small.CHANGED + 4 * DAY
    evidence = gather(load(config), [at]).at(at)
    now = advise(evidence).forecast
    assert now is not None
    told = evidence.old.clients["address"].astype(str).to_numpy()
    people = np.char.startswith(told.astype(str), "198.18.0.")
    gone = people.copy()
    gone[now.clients.code] = False
    assert gone.sum() > 10, "who came twice, before the change, has no say any more"
    assert (now.kind[people] == PERSON).all()
    found = ebb(evidence.old, now)
    assert (found.kind == PERSON).sum() >= people.sum(), "before, who had no say any more was a program"


@pytest.mark.parametrize("unseen", [False, True])
def test_what_silences_told_is_no_witness_of_a_silence(tmp_path: Path, *, unseen: bool) -> None:
    """When people left explains a silence where they were seen to, and not where they were only silent."""
    config = small.write(tmp_path, small.story(1), small.toml(migration="ttl = 3600"))
    at = small.CHANGED + 4 * DAY
    evidence = gather(load(config), [at]).at(at)
    now = advise(evidence).forecast
    assert now is not None
    step = Departures(np.array([1.0, 9.0]) * HOUR_S, np.array([1.0, 0.1]))
    law = replace(now.law, shown={"person": step}, unseen_moves=unseen)
    assert bool(ebb(evidence.old, replace(now, law=law)).law.shown) is not unseen


# --- rhythms -------------------------------------------------------------------------------------------------------


def silence(days: float, **columns: float) -> float:
    """Return the chance of a program's silence after the change."""
    some = table(before=100.0, last_s=CHANGE_S, **columns)
    return float(rates(some, FLAT, CHANGE_S + days * DAY_S).silence[0])


def test_a_program_that_comes_in_bursts_has_been_silent_before() -> None:
    """A hundred intervals, one of them three days: the 101st is as long with a chance of one in a hundred or so."""
    assert silence(2.5, intervals=100.0, longest_s=3 * DAY_S) == pytest.approx(1 / 101, rel=0.05)
    assert silence(6.0, intervals=100.0, longest_s=3 * DAY_S) == pytest.approx(1 / 404, rel=0.05)
    assert silence(6.0, intervals=100.0, longest_s=6 * HOUR_S) < 1e-4


@pytest.mark.parametrize("came_h", [0.25, 0.75, 1.25, 30.0])
def test_a_monthly_job_that_has_come_is_no_likelier_to_have_moved_than_one_that_has_not(came_h: float) -> None:
    """Within the TTL of an hour its visit told nothing, and later ones that it has the old address."""
    law = Leaving(CHANGE_S, HOUR_S, {"program": 0.05})
    at_s, rhythm = (
        CHANGE_S + 60 * HOUR_S,
        {"before": 2.0, "intervals": 1.0, "interval_s": 30 * DAY_S, "longest_s": 30 * DAY_S},
    )

    def weight(**columns: float) -> float:
        some = table(**rhythm, **columns)
        found = stays(some, law, rates(some, FLAT, at_s), at_s, 30 * DAY_S, new_known=True)
        return float(found.chance[0] * np.maximum(found.never[0], 1e-9))

    came_s = CHANGE_S + came_h * HOUR_S
    assert weight(after=1.0, first_after_s=came_s, last_after_s=came_s, last_s=came_s) >= 0.99 * weight()


@pytest.mark.parametrize("row", [1.0, 10.0, 100.0])
def test_who_comes_to_both_servers_in_turn_is_less_so_with_each_direct_visit(row: float) -> None:
    """Forty visits to the old server among 1,200: one in thirty goes on with some chance, not with its whole rate."""
    law = Leaving(CHANGE_S, HOUR_S, {"program": 1.0})
    at_s = CHANGE_S + 20 * DAY_S

    def chance(direct_since: float) -> tuple[float, float]:
        last = at_s - direct_since * HOUR_S
        seen = {"first_after_s": CHANGE_S + HOUR_S, "last_after_s": last - HOUR_S, "first_direct_s": CHANGE_S + HOUR_S}
        some = table(after=40.0, direct=1200.0, direct_since=direct_since, last_direct_s=last, last_s=last, **seen)
        found = stays(some, law, rates(some, FLAT, at_s), at_s, 30 * DAY_S, new_known=True)
        return float(found.chance[0]), float(found.share[0])

    (less, share), (more, _) = chance(row), chance(row / 2)
    assert 0 < less <= more
    assert share == pytest.approx(1 / 30, rel=0.2)
