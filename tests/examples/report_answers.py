"""DNS answers made by hand, for the tests of the report: no product code computes them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
from report_examples import AT, CHANGED

from analyzer.dns.propagation import Propagation, ResolverState

if TYPE_CHECKING:
    from analyzer.drain.verdict import Word


RESOLVERS = (
    ("ns1.example.net", True),
    ("ns2.example.net", True),
    ("192.0.2.53", True),
    ("2001:db8::53", True),
    ("8.8.8.8", False),
    ("8.8.4.4", False),
    ("1.1.1.1", False),
    ("9.9.9.9", False),
    ("https://dns.google/dns-query", False),
    ("tls://dns.quad9.net", False),
    ("208.67.222.222", False),
    ("77.88.8.8", False),
    ("2620:fe::fe", False),
    ("94.140.14.14", False),
    ("185.222.222.222", False),
    ("$x^2$ <b>\x1b[31m resolver of someone with a very long name.example", False),
)


def states(*, until: datetime = AT, hours: int = 6) -> pd.DataFrame:
    """Return what each of 16 resolvers answered, asked every so many hours."""
    rows = []
    for n, (resolver, authoritative) in enumerate(RESOLVERS):
        for at in pd.date_range(datetime(2026, 3, 1, tzinfo=UTC), until, freq=f"{hours}h", unit="us"):
            since_h = (at - CHANGED).total_seconds() / 3600
            lag_h = 0 if authoritative else (n * 7 % 11) * 3 + (400 if n in (6, 9) else 0)
            state = "new" if since_h > lag_h else "old"
            if not authoritative and 0 < since_h - lag_h < 12 and n % 3 == 0:
                state = "mixed"
            if n == 12 and 100 < since_h < 130:
                state = "failing"
            if n == 13 and since_h > 20:
                state = "neither"
            if n == 7 and 48 < since_h < 96:
                continue
            rows.append((resolver, authoritative, at, state, "app.example.com", "A"))
    return pd.DataFrame(rows, columns=["resolver", "authoritative", "at", "state", "name", "type"])


def resolver_state(name: str, state: str, *, authoritative: bool = False) -> ResolverState:
    """Return what one resolver said last."""
    expires = AT + timedelta(hours=15, minutes=20) if state == "old" else CHANGED + timedelta(hours=1)
    return ResolverState(
        resolver=name,
        transport="udp",
        name="app.example.com",
        type="A",
        state=state,
        asked_at=AT - timedelta(minutes=4),
        old_expires_at=expires,
        ttl_s=3600.0,
        authoritative=authoritative,
        problem="timeout" if state == "failing" else "",
        first_new_at=None,
        last_old_at=None,
        questions=46,
        entries=1,
        constant_ttl=False,
        stretches_ttl=state == "old",
    )


def propagation(word: Word = "wait", *, resolvers: tuple[tuple[str, bool], ...] = RESOLVERS) -> Propagation:
    """Return what the last answers were."""
    last = dict(states().groupby("resolver")["state"].last())
    told = tuple(
        resolver_state(name, last.get(name, "old"), authoritative=authoritative) for name, authoritative in resolvers
    )
    expires = datetime(2026, 3, 13, 4, 20, tzinfo=UTC) if word != "safe" else datetime(2026, 3, 3, 1, 0, tzinfo=UTC)
    return Propagation(
        questions=736,
        at=AT,
        changed_after=CHANGED - timedelta(minutes=5),
        changed_at=CHANGED,
        ttl_s=3600.0,
        resolvers=told,
        authoritative_agree=True,
        last_old_expires_at=expires,
        first_at=datetime(2026, 3, 1, tzinfo=UTC),
        last_at=AT,
    )
