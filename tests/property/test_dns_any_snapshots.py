"""Whatever sound lines are recorded, in whatever order, they are judged, told and looked back on."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.cli.dns_words import as_json, as_text, exit_status
from analyzer.dns.advice import ttl_advice
from analyzer.dns.propagation import propagation, states
from analyzer.dns.snapshots import read_snapshots
from analyzer.dns.ttls import record_ttls

T0 = datetime(2026, 3, 2, 22, tzinfo=UTC)
OLD, NEW = ["192.0.2.4", "2001:db8::4"], ["198.51.100.5", "2001:db8:1::5"]
NAMES = ["app.example.com", "web.example.com", "cdn.example.net", "example.com"]
DATA = st.sampled_from(
    [*OLD, *NEW, "10.0.0.1", *(f"{name}." for name in NAMES), f'1 . ipv4hint="{OLD[0]},{NEW[0]}"', "\x1b[31m<b>",
     "ns. host. 7 1 1 1 1", "ns. host. 4294967295 1 1 1 1", f"ns. host. {'9' * 5000} 1 1 1 1", "a b c d e f g"]
)  # fmt: skip
KINDS = st.sampled_from(["A", "AAAA", "HTTPS", "CNAME", "SOA", "NS", "TXT"])
ANSWER = st.fixed_dictionaries(
    {"name": st.sampled_from(NAMES), "type": KINDS, "ttl": st.sampled_from([0, 1, 30, 300, 3600, 2**31, 2**32 - 1]),
     "data": DATA}
)  # fmt: skip
QUESTION = st.fixed_dictionaries(
    {
        "minutes": st.integers(-3000, 3000), "resolver": st.sampled_from(["a", "b", "ns1", "ns2", "\x1b]0;x\x07"]),
        "transport": st.sampled_from(["udp", "https"]), "name": st.sampled_from(NAMES), "type": KINDS,
        "rcode": st.sampled_from(["NOERROR", "NXDOMAIN", "SERVFAIL", None]), "authoritative": st.booleans(),
        "answers": st.lists(ANSWER, max_size=4), "ede": st.sampled_from([None, "3 (Stale Answer)", "22"]),
    }
)  # fmt: skip


def line(question: dict[str, Any]) -> str:
    """Return the snapshot's line of a question."""
    at = (T0 + timedelta(minutes=question["minutes"])).isoformat()
    more = {"schema": "cutover.dns/1", "at": at, "elapsed_ms": 1.0, "nsid": None}
    error = None if question["rcode"] else "timeout"
    return json.dumps({key: value for key, value in question.items() if key != "minutes"} | more | {"error": error})


@settings(max_examples=60, deadline=None, derandomize=True)
@given(questions=st.lists(QUESTION, max_size=25), minutes=st.integers(-3000, 6000))
def test_anything_recorded_is_judged_and_told(questions: list[dict[str, Any]], minutes: int) -> None:
    """No exception; nothing that moves a cursor; nothing later looked at; JSON that is JSON."""
    lines = [line(one) for one in questions]
    of: dict[str, Any] = {
        "names": [NAMES[0]],
        "old": [ip_address(one) for one in OLD],
        "new": [ip_address(one) for one in NEW],
        "at": T0 + timedelta(minutes=minutes),
    }
    snapshots = read_snapshots([], lines)
    assert snapshots.broken == ()
    seen = propagation(snapshots, **of)
    assert exit_status(seen) in {0, 10, 12}
    assert all(text.isprintable() for text in as_text(seen))
    assert json.loads(json.dumps(as_json(seen), allow_nan=False))["resolvers"] == len(seen.resolvers)
    assert seen.on_new + seen.on_old + seen.failing <= len(seen.resolvers)
    assert len(states(snapshots, **of)) == seen.questions
    for one in record_ttls(snapshots, **of):
        assert ttl_advice(one.ttl_s, at=of["at"], change_at=seen.changed_at, usual_ttl_s=one.usual_ttl_s).sentences
    earlier = read_snapshots([], [one for one in lines if datetime.fromisoformat(json.loads(one)["at"]) <= of["at"]])
    assert propagation(earlier, **of) == seen
