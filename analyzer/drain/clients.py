"""The clients that count, one by one: what each did before the change, after it, and at the new server."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.direct import has_agents
from analyzer.logs.agents import KINDS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.logs.activity import Activity
    from analyzer.migration import Migration

AGENT_KINDS = ("person", "program")  # those that only an agent tells apart
PERSON, PROGRAM = map(KINDS.index, AGENT_KINDS)


@dataclass(frozen=True, slots=True)
class Clients:
    """Aligned columns, one row a counted client seen in the old server's log; NaN where there is no such time.

    Attributes
    ----------
    code
        int64: the client's code in the old server's activity.
    kind
        int8: the place among `KINDS` (`PERSON`, `PROGRAM`, …).
    before, after, direct
        float64 [visits]: at the old server before and after the change, and directly at the new one.
    weekend
        float64 [visits]: those at the old server on Saturdays and Sundays (UTC).
    requests_after, requests
        float64 [requests] at the old server after the change, and in all of its log but for those asked again because
        they were refused.
    varied
        float64 [requests²/visit]: variance of the requests of a program's visits to the old server; 0 of one visit,
        and where some were asked again because they were refused.
    first_s, last_s
        float64 [s since the epoch]: first and last request seen anywhere.
    first_after_s, last_after_s
        float64 [s since the epoch]: first and last request at the old server after the change.
    last_before_s
        float64 [s since the epoch]: last request at the old server before the change.
    week_before
        float64 [visits]: how often it came a week earlier, in the time from that request to the change.
    first_direct_s, last_direct_s
        float64 [s since the epoch]: first and last direct request at the new server.
    direct_since
        float64 [half hours]: those with direct requests since the last at the old server.
    absent
        float64 [1]: chance of an absence from the old server as long as the present one, by those that it came back
        from since the change (`Placed.as_long`).
    intervals
        float64: how many times between visits are known; one that goes on is a visit each half hour.
    interval_s, longest_s, spread, regular
        float64 [s], [s], [1], bool: their mean, the longest, the standard deviation over the mean (each NaN without
        any), and whether they hardly differ.
    genuine
        float64 [1]: chance that it comes by the name, and not by the address alone (`background`).
    churn
        float64 [1/day]: rate at which such an identity (address and agent) ends (`identities`).
    alike
        float64 [clients]: how many of its kind have its agent; 1 where it has none.
    kin
        int64: the same number for those who may have one fate: programs of one agent, people behind one address.
    six
        bool: whether its address is one of IPv6.
    told
        bool: whether the new server's log, if it is known, would show its direct requests as its own (`direct`).
    written
        float64 [1]: chance that it has the address in its set-up, as others of its fleet tell (`fleets`); NaN of none.
    """

    code: NDArray[np.int64]
    kind: NDArray[np.int8]
    before: NDArray[np.float64]
    after: NDArray[np.float64]
    direct: NDArray[np.float64]
    weekend: NDArray[np.float64]
    requests_after: NDArray[np.float64]
    requests: NDArray[np.float64]
    varied: NDArray[np.float64]
    first_s: NDArray[np.float64]
    last_s: NDArray[np.float64]
    first_after_s: NDArray[np.float64]
    last_after_s: NDArray[np.float64]
    last_before_s: NDArray[np.float64]
    week_before: NDArray[np.float64]
    first_direct_s: NDArray[np.float64]
    last_direct_s: NDArray[np.float64]
    direct_since: NDArray[np.float64]
    absent: NDArray[np.float64]
    intervals: NDArray[np.float64]
    interval_s: NDArray[np.float64]
    longest_s: NDArray[np.float64]
    spread: NDArray[np.float64]
    regular: NDArray[np.bool_]
    genuine: NDArray[np.float64]
    churn: NDArray[np.float64]
    alike: NDArray[np.float64]
    kin: NDArray[np.int64]
    six: NDArray[np.bool_]
    told: NDArray[np.bool_]
    written: NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.code)

    def take(self, rows: NDArray[np.int64]) -> Clients:
        """Return some of the rows."""
        return Clients(**{field.name: getattr(self, field.name)[rows] for field in fields(self)})

    @property
    def seen_after(self) -> NDArray[np.bool_]:
        """Whether the client came to the old server after the change."""
        return np.isfinite(self.last_after_s)

    @property
    def passing(self) -> NDArray[np.bool_]:
        """Whether it is a person who came to the old server once: how long it stays is not known of it."""
        return np.asarray((self.kind == PERSON) & (self.before + self.after <= 1), np.bool_)

    @property
    def cleared(self) -> NDArray[np.bool_]:
        """Whether the client's latest visit was a direct one at the new server."""
        return np.isfinite(self.last_direct_s) & ~(self.last_after_s >= self.last_direct_s)

    @property
    def requests_per_visit(self) -> NDArray[np.float64]:
        """[requests/visit] at the old server, at least 1."""
        return np.maximum(self.requests / np.maximum(self.before + self.after, 1.0), 1.0)


def counted_codes(activity: Activity, kinds: pd.DataFrame, migration: Migration) -> NDArray[np.int64]:
    """Return the codes of the clients whose lost requests count: of a counted kind, and not accepted."""
    wanted = set(migration.policy.counts)
    if wanted & set(AGENT_KINDS) and not has_agents(activity):
        wanted |= set(AGENT_KINDS)  # nobody can tell which of them it is
    column = kinds["kind"].array
    codes = np.flatnonzero(np.isin(column.codes, [column.categories.get_loc(kind) for kind in wanted]))
    if migration.policy.accepted:
        addresses = activity.clients["address"].to_numpy(dtype=object)[codes]
        codes = codes[[not migration.policy.accepts(str(address)) for address in addresses]]
    return codes.astype(np.int64)
