"""What happens in simulated migrations is named by the verdict that reckons with it."""

from __future__ import annotations

from datetime import timedelta
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

import pytest

from analyzer.drain.advise import advise
from analyzer.drain.evidence import gather
from analyzer.migration import load
from analyzer.simulation import simulate, write

if TYPE_CHECKING:
    from analyzer.drain.verdict import Verdict

SEED = 5
RULES = ("turned-once", "demand-usual", "others-apart", "both-servers")


@cache
def at_the_end(family: str) -> Verdict:
    """Return the verdict at the end of a migration's logs."""
    with TemporaryDirectory() as folder:
        migrated = simulate(family, SEED)
        write(migrated, Path(folder), force=True)
        moment = migrated.truth.logs_end_at - timedelta(minutes=1)
        return advise(gather(load(Path(folder) / "cutover.toml"), [moment]).at(moment)).verdict


def said(family: str, rule: str) -> str:
    """Return what a rule says there."""
    return next(reason.sentence for reason in at_the_end(family).reasons if reason.rule == rule)


@pytest.mark.parametrize(
    ("family", "rule", "words"),
    [
        ("a-rollback", "turned-once", "was turned back to the old address by"),
        ("a-second", "turned-once", "was changed a second time, to "),
        ("a-aaaa", "turned-once", "after its A record: until then it led to the old server"),
        ("a-flash", "demand-usual", "A crowd came from "),
        ("a-holiday", "demand-usual", "Fewer people than usual came on "),
        ("a-waves", "others-apart", " scanners"),
        ("a-monitors", "others-apart", "yours to point at the new server"),
        ("a-accepted", "others-apart", " accepted client"),
    ],
)
def test_it_is_named(family: str, rule: str, words: str) -> None:
    """By the rule that looks for it, in a sentence."""
    assert words in said(family, rule)


@pytest.mark.parametrize(("family", "rule"), [("a-clean", "turned-once"), ("a-clean", "demand-usual")])
def test_what_did_not_happen_is_not_named(family: str, rule: str) -> None:
    """A plain migration: turned once, as many as usual."""
    assert "more than once" in said(family, rule) or "as is normal" in said(family, rule)


def test_they_forbid_nothing() -> None:
    """Whatever they find, none of them fails: the mail's open rules do not change with a monitor that rests."""
    for family in ("a-rollback", "a-flash", "a-monitors", "a-accepted"):
        assert all(reason.passed is not False for reason in at_the_end(family).reasons if reason.rule in RULES)
