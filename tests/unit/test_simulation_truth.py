"""What a simulated migration knows of its future."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.errors import InputError
from analyzer.simulation.truth import TrueClient, Truth, read_truth

if TYPE_CHECKING:
    from pathlib import Path

CHANGED = datetime(2026, 3, 2, 22, tzinfo=UTC)
DAY = timedelta(days=1)


def some_truth(**arrivals_d: list[float]) -> Truth:
    """Return a truth with one client a kind, which arrives at the given days after the change."""
    clients = tuple(TrueClient(f"192.0.2.{10 + i}", "a", kind, "test", None, None) for i, kind in enumerate(arrivals_d))
    times = np.concatenate([np.array(v) * 86_400 for v in arrivals_d.values()]).astype(np.int64)
    client = np.repeat(np.arange(len(clients)), [len(v) for v in arrivals_d.values()])
    order = np.argsort(times, kind="stable")
    return Truth(
        "test",
        0,
        CHANGED,
        300,
        CHANGED + 10 * DAY,
        CHANGED + 70 * DAY,
        (CHANGED,),
        (),
        clients,
        times[order],
        client[order],
    )


def test_lost_are_the_arrivals_after_the_removal_and_within_the_horizon() -> None:
    """The arrival at the removal itself has been served; the one at the end of the horizon is lost."""
    truth = some_truth(person=[1, 2, 3, 32], scanner=[5])
    assert truth.lost_requests(CHANGED + 1 * DAY, 30 * 86_400) == 2
    assert truth.lost_requests(CHANGED + 2 * DAY, 30 * 86_400) == 2
    assert truth.lost_requests(CHANGED + 1 * DAY, 30 * 86_400, counts=("scanner",)) == 1


def test_accepted_clients_are_not_lost() -> None:
    """An address or a network that is accepted does not count; the second client is 192.0.2.11."""
    truth = some_truth(person=[1, 2], program=[3, 4, 5])
    assert truth.lost_requests(CHANGED, 86_400 * 30) == 5
    assert truth.lost_requests(CHANGED, 86_400 * 30, accepted=["192.0.2.11"]) == 2
    assert truth.lost_requests(CHANGED, 86_400 * 30, accepted=["192.0.2.0/24"]) == 0
    assert truth.lost_clients(CHANGED, 86_400 * 30) == 2


def test_truth_does_not_answer_beyond_what_it_knows() -> None:
    """Before the change, and where the horizon reaches beyond the known future, there is no answer."""
    truth = some_truth(person=[1])
    with pytest.raises(ValueError, match="before the change"):
        truth.lost_requests(CHANGED - DAY, 1.0)
    with pytest.raises(ValueError, match="beyond the known future"):
        truth.lost_requests(CHANGED + 41 * DAY, 30 * 86_400)


def test_safe_from_waits_for_a_late_wave() -> None:
    """With a budget of 1 and a 10-day horizon, arrivals on days 1, 30, 31: safe only once day 30 has passed."""
    truth = some_truth(person=[1, 30, 31])
    assert truth.safe_from(10 * 86_400, 1) == CHANGED + 30 * DAY
    assert truth.safe_from(10 * 86_400, 2) == CHANGED
    assert truth.safe_from(10 * 86_400, 0) == CHANGED + 31 * DAY


def test_safe_from_is_none_where_it_never_ends() -> None:
    """A daily program until the end of the known future is never safe, and is named as stuck."""
    truth = some_truth(program=list(range(1, 70)))
    assert truth.safe_from(30 * 86_400, 10) is None
    assert [c.address for c in truth.stuck_clients(truth.logs_end_at)] == ["192.0.2.10"]


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"schema": "cutover.truth/9"}', '{"schema": "cutover.truth/1", "clients": [1]}']
)
def test_what_is_no_truth_is_refused_by_name(tmp_path: Path, text: str) -> None:
    """One line names the file."""
    path = tmp_path / "t.json"
    path.write_text(text)
    with pytest.raises(InputError, match=r"t\.json"):
        read_truth(path)
    with pytest.raises(InputError, match=r"missing\.json"):
        read_truth(tmp_path / "missing.json")
