"""The verdict as the contract's object: rounding never contradicts it, and absence is null."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_examples as examples
from contract_shape import VERDICT, faults

from analyzer.drain.verdict import DnsSummary, Estimate, Gap, Residual, SafeAt


@pytest.mark.parametrize("word", ["safe", "wait", "stuck", "unknown"])
def test_the_object_has_the_contracts_shape(word: str) -> None:
    """Every field, of the right type, and JSON that any parser takes."""
    told = examples.verdict(word).as_json()
    assert faults(json.loads(json.dumps(told, allow_nan=False)), VERDICT) == []


@pytest.mark.parametrize(("word", "status"), [("safe", 0), ("wait", 10), ("stuck", 11), ("unknown", 12)])
def test_each_word_has_its_exit_status(word: str, status: int) -> None:
    """As the contract says."""
    assert examples.verdict(word).exit_status == status


@given(st.floats(0, 1e9))
def test_a_printed_bound_is_still_one(value: float) -> None:
    """Rounded up, by less than a thousandth; the expected value to the nearest."""
    told = examples.verdict("wait", lost_requests=Estimate(value, value), lost_clients=Estimate(value, value)).as_json()
    for what in ("lost_requests", "lost_clients"):
        assert value <= told[what]["upper"] <= value + 0.001 + 1e-6 * value
        assert abs(told[what]["expected"] - value) <= 0.0005 + 1e-6 * value


def test_what_is_not_known_is_null() -> None:
    """Not zero, not a text, not left out."""
    told = examples.verdict(
        "unknown",
        changed_at=None,
        safe_at=None,
        lost_requests=Estimate(None, None),
        lost_clients=Estimate(None, None),
        residual=Residual(0.0, None, 0),
        dns=DnsSummary(0, 0, 0, 0, None, None),
        evidence=examples.log(first=None, last=None),
        evidence_new=None,
    ).as_json()
    assert (told["changed_at"], told["safe_at"], told["residual"]["share_of_normal"]) == (None, None, None)
    assert told["lost_requests"]["upper"] is told["lost_clients"]["expected"] is None
    assert told["dns"]["last_old_expires_at"] is told["dns"]["authoritative_agree"] is None
    assert told["evidence"]["first"] is None
    assert "new" not in told["evidence"]
    assert examples.verdict("wait", safe_at=SafeAt(None, None)).as_json()["safe_at"] == {"median": None, "upper": None}


def test_moments_are_utc() -> None:
    """Whatever zone they came in; microseconds only where there are any."""
    berlin = timezone(timedelta(hours=1))
    start = datetime(2026, 3, 2, 23, 0, 0, 500_000, berlin)
    gap = Gap(start, datetime(2026, 3, 3, tzinfo=UTC))
    told = examples.verdict("wait", at=start, evidence=examples.log(gaps=(gap,))).as_json()
    assert told["at"] == "2026-03-02T22:00:00.500000Z"
    assert told["evidence"]["gaps"] == [{"from": "2026-03-02T22:00:00.500000Z", "to": "2026-03-03T00:00:00Z"}]
