"""The benchmark's migrations: which are judged, and how they are kept from one run to the next."""

from __future__ import annotations

import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
sys.path.append(str(BENCHMARKS))

import verdicts_kept  # noqa: E402 -- the scripts are no package: found by path
from verdicts import ALL, chosen, drawn  # noqa: E402
from verdicts_run import judged  # noqa: E402

from analyzer.simulation import SUITES  # noqa: E402

FAMILY, SEED = "b-hamlet", 2


def test_all_suites_are_their_families_together() -> None:
    """Every family of every suite, once."""
    assert chosen(ALL, None) == [one.name for suite in SUITES.values() for one in suite]


def test_so_many_migrations_are_whole_seeds_and_a_rest_spread_over_the_families() -> None:
    """20 of 8 families: two seeds of all, and every other one of the third."""
    names = list("abcdefgh")
    found = drawn(names, 5, 20)
    assert len(found) == len(set(found)) == 20
    assert Counter(seed for _, seed in found) == {0: 8, 1: 8, 2: 4}
    assert [name for name, seed in found if seed == 2] == list("aceg")
    assert drawn(names, 2, None) == [(name, seed) for seed in (0, 1) for name in names]


def test_a_migration_that_is_kept_is_judged_alike_and_not_simulated_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second run of the same sources finds the files of the first."""
    fresh, first = judged(FAMILY, SEED, 96.0), judged(FAMILY, SEED, 96.0, tmp_path)
    monkeypatch.setattr(verdicts_kept, "simulate", None)
    again = judged(FAMILY, SEED, 96.0, tmp_path)
    plain = [repr(replace(run, seconds=(0.0, 0.0, 0.0))) for run in (fresh, first, again)]
    assert plain[0] == plain[1] == plain[2]
    assert len(list(tmp_path.glob(f"*/{FAMILY}-{SEED}/cutover.toml"))) == 1
    assert len(list(next(tmp_path.iterdir()).iterdir())) == 1, "nothing half written is left"


def test_other_sources_make_other_migrations(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was simulated by other sources is no longer that migration."""
    verdicts_kept.migration(FAMILY, SEED, tmp_path, tmp_path)
    monkeypatch.setattr(verdicts_kept, "sources", lambda: "others")
    monkeypatch.setattr(verdicts_kept, "written", lambda *_: pytest.fail("asked to simulate, as it should"))
    with pytest.raises(pytest.fail.Exception, match="as it should"):
        verdicts_kept.migration(FAMILY, SEED, tmp_path, tmp_path)
