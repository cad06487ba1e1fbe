"""The parts of the simulation, each by hand-made cases."""

from __future__ import annotations

import gzip
import re
from functools import cache
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from analyzer import simulation
from analyzer.cli import app
from analyzer.errors import UsageError
from analyzer.simulation import bindings
from analyzer.simulation.accesslog import gzipped
from analyzer.simulation.browser import asks
from analyzer.simulation.caches import Resolver, one_cache
from analyzer.simulation.formats import escaped
from analyzer.simulation.parts import FIXED_OLD
from analyzer.simulation.truth import read_truth, write_truth
from analyzer.simulation.world import World
from analyzer.simulation.zone import Zone

if TYPE_CHECKING:
    from pathlib import Path


DRAW = np.random.default_rng(0)  # for bindings that do not draw


@cache
def quiet() -> simulation.Migrated:
    """Return a small migration."""
    return simulation.simulate("quiet", 7)


def asked(times: list[float], resolver: Resolver, zone: Zone) -> list[bool]:
    """Return which of a cache's look-ups are answered with the old record, without lags."""
    at_s = np.array(times)
    return one_cache(at_s, resolver, zone, 4, np.zeros(len(at_s)))[0].tolist()


def test_cache_keeps_a_record_for_its_ttl_and_not_longer() -> None:
    """Fetched at -100 s with 3,600 s, the old record answers until 3,500 s; at 3,500 s it has expired."""
    times = [-3700.0, -3000.0, -100.0, 500.0, 3499.0, 3500.0, 3600.0]
    assert asked(times, Resolver(), Zone(ttl_s=3600)) == [True, True, True, True, True, False, False]


def test_cache_minimum_keeps_a_record_longer() -> None:
    """With cache-min-ttl 7,200 s a record fetched one second before the change lives until 7,199 s."""
    assert asked([-1.0, 7198.0, 7199.0], Resolver(floor_s=7200), Zone(ttl_s=3600)) == [True, True, False]


def test_cache_maximum_drops_a_record_earlier() -> None:
    """With cache-max-ttl 300 s a record fetched one second before the change is gone at 299 s."""
    assert asked([-1.0, 298.0, 299.0], Resolver(ceiling_s=300), Zone(ttl_s=3600)) == [True, True, False]


def test_stale_answer_comes_once_and_fetches_the_new_record() -> None:
    """An expired record answers one look-up inside the stale window; the next has the new record."""
    assert asked([-10.0, 5000.0, 5001.0], Resolver(stale_s=9000), Zone(ttl_s=3600)) == [True, True, False]


def test_stale_window_ends() -> None:
    """A look-up later than the stale window after expiry (3,590 s + 1,000 s) waits for the new record."""
    assert asked([-10.0, 4591.0], Resolver(stale_s=1000), Zone(ttl_s=3600)) == [True, False]


def test_zone_taken_back_is_old_again() -> None:
    """Between the second and the third turn the old record is published again."""
    zone = Zone(turns_s=(0.0, 100.0, 200.0), turns6_s=(50.0,))
    assert [zone.is_old(t, 4) for t in (-1.0, 0.0, 99.0, 100.0, 199.0, 200.0)] == [
        True,
        False,
        False,
        True,
        True,
        False,
    ]
    assert [zone.is_old(t, 6) for t in (0.0, 50.0)] == [True, False]
    assert zone.is_old(10.0, 4, lag_s=45.0)


def test_browser_asks_again_after_sixty_seconds() -> None:
    """Pages within a person's hold rest on the same look-up; persons do not share one."""
    at_s = np.array([0.0, 59.0, 60.0, 119.0, 200.0, 10.0, 3000.0])
    person = np.array([0, 0, 0, 0, 0, 1, 1])
    asking, lookup = asks(at_s, person, np.array([60.0, 3600.0]))
    assert at_s[asking].tolist() == [0.0, 60.0, 200.0, 10.0]
    assert lookup.tolist() == [0, 0, 1, 1, 2, 3, 3]


def test_pinned_program_looks_up_once_a_start() -> None:
    """Calls before and after a restart rest on one look-up each, made at the first call."""
    lookups_s, of = bindings.Pinned((100.0,)).resolve(np.array([0.0, 50.0, 100.0, 150.0]), DRAW)
    assert (lookups_s.tolist(), of.tolist()) == ([0.0, 100.0], [0, 0, 1, 1])


def test_fresh_program_looks_up_each_time() -> None:
    """Each call rests on a look-up of its own."""
    lookups_s, of = bindings.Fresh().resolve(np.array([3.0, 4.0]), DRAW)
    assert (lookups_s.tolist(), of.tolist()) == ([3.0, 4.0], [0, 1])


def test_hard_coded_program_never_looks_up() -> None:
    """All its calls go to the old server."""
    lookups_s, of = bindings.HardCoded().resolve(np.array([3.0, 4.0]), DRAW)
    assert (lookups_s.tolist(), of.tolist()) == ([], [FIXED_OLD, FIXED_OLD])


def test_pool_looks_up_only_at_the_end_of_a_connection() -> None:
    """Fewer look-ups than calls, each made at a call, and every call rests on an earlier one."""
    calls_s = np.arange(0.0, 100_000.0, 60.0)
    lookups_s, of = bindings.Pool(3600.0).resolve(calls_s, np.random.default_rng(1))
    assert 10 < len(lookups_s) < 60, "100,000 s with lives of 3,600 s: about 28 connections"
    assert set(lookups_s) <= set(calls_s)
    assert (lookups_s[of] <= calls_s).all()


def test_local_midnights_are_midnights() -> None:
    """At -0300 a local day begins at 03:00 UTC, and 2 March 2026 was a Monday (0)."""
    world = World()
    midnights_s = world.midnights_s(-86_400.0, 86_400.0)
    assert {world.moment(s).hour for s in midnights_s.tolist()} == {3}
    assert world.weekdays(np.array([0.0, 6 * 3600.0])).tolist() == [0, 1]


def test_headers_are_escaped_as_apache_does() -> None:
    """Quotes, backslashes and control characters get a backslash, bytes beyond ASCII their hex."""
    assert escaped('"\\\t\x01é') == '\\"\\\\\\t\\x01\\xc3\\xa9'


def test_gzip_carries_neither_name_nor_time() -> None:
    """RFC 1952: FLG (byte 3) and MTIME (bytes 4-7) are zero."""
    data = gzipped(b"x\n")
    assert data[3:8] == bytes(5)
    assert gzip.decompress(data) == b"x\n"


def test_truth_file_gives_the_truth_back(tmp_path: Path) -> None:
    """Written and read again, nothing has changed."""
    truth = quiet().truth
    path = tmp_path / "truth.json"
    path.write_text(write_truth(truth))
    found = read_truth(path)
    assert found.clients == truth.clients
    assert sorted(zip(found.arrivals_s, found.arrival_client, strict=True)) == sorted(
        zip(truth.arrivals_s, truth.arrival_client, strict=True)
    )
    assert (found.changed_at, found.known_until, found.changes) == (truth.changed_at, truth.known_until, truth.changes)


def test_unknown_scenario_names_the_nearest() -> None:
    """A typing error is answered with what was probably meant."""
    with pytest.raises(UsageError, match="did you mean pinned"):
        simulation.simulate("pined")


def lines(files: tuple[simulation.LogFile, ...]) -> dict[str, list[bytes]]:
    """Return lines by file name."""
    return {f.name: (gzip.decompress(f.data) if f.name.endswith(".gz") else f.data).splitlines() for f in files}


def test_log_is_rotated_daily_and_older_files_are_compressed() -> None:
    """access.log and .1 are plain, .2.gz and on are not; each file holds one local day, later days in lower numbers."""
    files = lines(quiet().old_files)
    assert list(files)[:3] == ["access.log", "access.log.1", "access.log.2.gz"]
    assert len(files) == 18, "seventeen days that begin and end at 19:00 local time"
    days = [{m[1] for line in found if (m := re.search(rb"\[(\d+/\w+/\d+):", line))} for found in files.values()]
    assert all(len(day) == 1 for day in days)
    assert (days[0], days[1]) == ({b"12/Mar/2026"}, {b"11/Mar/2026"})


def test_some_lines_are_out_of_order() -> None:
    """A line is written when its request has ended: the times of a file step back now and then."""
    busy = lines(simulation.simulate("clean", 1).old_files)["access.log.12.gz"]
    stamps = [re.search(rb"2026:(\S+) ", line) for line in busy]
    clock = [m[1] for m in stamps if m]
    assert any(b < a for a, b in pairwise(clock))


def test_two_lines_of_the_old_log_are_broken() -> None:
    """One before and one after the change do not fit the format."""
    whole = re.compile(rb'\S+ - \S+ \[[^\]]+\] "(?:[^"\\]|\\.)*" \d{3} \d+ "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"')
    broken = [name for name, found in lines(quiet().old_files).items() for line in found if not whole.fullmatch(line)]
    assert broken == ["access.log.5.gz", "access.log.13.gz"]
    assert all(whole.fullmatch(line) for found in lines(quiet().new_files).values() for line in found)


def test_new_log_holds_what_the_old_server_forwards() -> None:
    """From the change on, every answered request of the old log stands in the new one with the old server's address."""
    later = re.compile(rb'\[(?:0[3-9]|1\d)/Mar/2026:.*" (?:2|3|404)')  # whole days after the change, local or UTC
    old = [x for f in lines(quiet().old_files).values() for x in f if later.search(x) and b"OPTIONS *" not in x]
    forwarded = [x for f in lines(quiet().new_files).values() for x in f if x.startswith(b"192.0.2.4 ")]
    requests = {x.split(b'"', 1)[1] for x in forwarded}
    assert old
    assert {x.split(b'"', 1)[1] for x in old} <= requests


def test_write_refuses_a_folder_with_something_in_it(tmp_path: Path) -> None:
    """Nothing is overwritten unasked; with force, logs of an earlier run do not stay behind."""
    simulation.write(quiet(), tmp_path / "out")
    with pytest.raises(UsageError, match="not empty"):
        simulation.write(quiet(), tmp_path / "out")
    left = tmp_path / "out" / "old" / "access.log.99.gz"
    left.write_bytes(b"")
    simulation.write(quiet(), tmp_path / "out", force=True)
    assert not left.exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        simulation.write(quiet(), tmp_path / "file")


def test_command_lists_scenarios_on_stdout() -> None:
    """`cutover simulate --list` names each with a line."""
    result = CliRunner().invoke(app, ["simulate", "--list"])
    assert [line.split()[0] for line in result.stdout.splitlines()] == list(simulation.SCENARIOS)


def test_command_writes_and_talks_on_stderr(tmp_path: Path) -> None:
    """The files of the contract are there; stdout stays empty."""
    out = tmp_path / "demo"
    result = CliRunner().invoke(app, ["simulate", "--out", str(out), "--scenario", "quiet", "--seed", "7"])
    assert result.exit_code == 0
    assert result.stdout == ""
    assert "truth.json" in result.stderr
    assert {p.name for p in out.iterdir()} == {"old", "new", "dns.jsonl", "cutover.toml", "truth.json"}
    assert (out / "dns.jsonl").read_text() == quiet().snapshots


def test_command_wants_a_folder() -> None:
    """Without --out and --list it says so."""
    assert isinstance(CliRunner().invoke(app, ["simulate"]).exception, UsageError)
