"""Compiled code reads Caddy's lines as a JSON parser does, or leaves them to it."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.compiled.fold import CompiledFold
from analyzer.logs.formats import log_format, samples

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from strict_beside import check, disturbed

SAMPLE = json.loads(samples("caddy")[0][0])
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.text(max_size=4), inner, max_size=2),
    max_leaves=5,
)
MEMBERS = {
    "ts": [1795458644, 1795458644.9999999, 1795458644.1234565, 1e9, "2026-11-23T18:30:44Z", 0, 1795435200.25],
    "status": [0, 200, 404, 999, 1000, "200", 1.5, -1], "size": [0, 10**17, 10**18, True],
    "duration": [0.5, 1e-7, 15, 10**14, "1ms", -1, 10**15], "user_id": ["", "bob", 5],
    "request.client_ip": ["", "192.0.2.1", "\u00e9", None], "request.remote_ip": ["::1", ""],
    "request.uri": ["/", "/.env", '/a"b', "/\u00e9", None], "request.host": ["other", "APP.example.com:443", "", None],
    "request.headers": [
        {"User-Agent": ["a", "b"]}, {"User-Agent": ["a\\b"]}, {"User-Agent": []}, {"Referer": "x"}, [], {},
    ],
    "request.tls": [{"version": 772}, {"version": 1.0}, None, {"x": {"y": [1, {"z": []}]}}],
    "request.method": ["GET", 5, "\ud800"], "resp_headers": [{"A": ['"x"', "\\u"]}], "more": [[[[]]], {}, 1e400],
}  # fmt: skip


TWICE = [
    None, None, ("status", "500"), ("ts", "1795435201.5"), ("client_ip", '"192.0.2.9"'), ("uri", '"/.env"'),
    ("User-Agent", '["x"]'), ("request", "{}"), ("headers", '{"User-Agent":["y"]}'), ("remote_port", "[]"),
]  # fmt: skip


@st.composite
def objects(draw: st.DrawFn) -> bytes:
    """Return a line of Caddy with some members changed, added or taken away, or bytes of it."""
    made: dict[str, Any] = json.loads(json.dumps(SAMPLE))
    for name in draw(st.lists(st.sampled_from(sorted(MEMBERS)), max_size=3)):
        table = made["request"] if name.startswith("request.") and isinstance(made.get("request"), dict) else made
        table[name.removeprefix("request.")] = draw(st.one_of(*[st.just(one) for one in MEMBERS[name]], ANYTHING))
    headers = made["request"].get("headers") if isinstance(made.get("request"), dict) else None
    if isinstance(headers, dict):
        headers[draw(st.text(max_size=3))] = draw(ANYTHING)
    separators = draw(st.sampled_from([(",", ":"), (", ", ": ")]))
    text = json.dumps(made, separators=separators, ensure_ascii=draw(st.booleans()))
    twice = draw(st.sampled_from(TWICE))
    if twice:
        text = text.replace(f'"{twice[0]}"', f'"{twice[0]}":{twice[1]},"{twice[0]}"', 1)
    made_bytes = draw(disturbed(text)).encode("utf-8", "surrogatepass")
    return made_bytes.replace(b"\n", b"") + draw(st.sampled_from([b"\n", b"\r\n", b" \n"]))


@given(st.lists(objects(), min_size=1, max_size=30))
@settings(max_examples=100, deadline=None, derandomize=True)
def test_caddys_lines_are_read_as_a_json_parser_reads_them(found: list[bytes]) -> None:
    """Duplicate keys, numbers, escapes, bytes that are not UTF-8: what is not plain is left to the parser."""
    check(found, log_format("caddy"))


@given(st.lists(st.tuples(st.integers(1_130_000_000, 2_147_483_646), st.text("0123456789", max_size=13)), min_size=50))
@settings(max_examples=30, deadline=None, derandomize=True)
def test_caddys_time_is_rounded_as_pythons_number_is(times: list[tuple[int, str]]) -> None:
    """`round(float(text) * 1e6)`, in whole numbers."""
    line = json.dumps({**SAMPLE, "ts": 0}, separators=(",", ":")).replace('"ts":0', '"ts":{}') + "\n"
    check([line.replace("{}", f"{s}.{rest}" if rest else str(s)).encode() for s, rest in times], log_format("caddy"))


@pytest.mark.parametrize("client", ["", '"client_ip":""', '"client_ip":"","remote_ip":""', '"remote_ip":"a\\"'])
def test_a_line_of_caddy_without_a_client_is_refused(client: str) -> None:
    """The first of all: no address of a line before stands where its own should."""
    line = f'{{"ts":1795458644.25,"request":{{{client}}},"status":400}}\n'.encode()
    fold = CompiledFold(log_format("caddy"), (), ())
    taken = fold._workers[0].take(np.frombuffer(line, np.uint8), np.array([0, len(line)], np.int32))
    assert (taken.parsed, taken.left.tolist()) == (0, [0])
