"""Whatever stands in cutover.toml or a snapshot file: a fault that is told, never a crash, never a way out."""

from __future__ import annotations

import contextlib
import json
import re
import tempfile
from pathlib import Path
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.dns.record import Unusable, parse_question
from analyzer.errors import ConfigError, Fault
from analyzer.logs.agents import KINDS, kind_of_agent
from analyzer.migration import load, template, values
from analyzer.migration.values import Refused

MANY = settings(max_examples=300, deadline=None, derandomize=True)
STRICT_NAME = re.compile(r"(?=.{1,253}\Z)[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)*")
NAMES = (
    st.text(max_size=80) | st.text("aZ0-.ß。\u00e9_ \n\"'$;", max_size=30) | st.from_regex(STRICT_NAME, fullmatch=True)
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
GOOD = {
    "schema": "cutover.dns/1", "at": "2026-03-02T22:05:00Z", "resolver": "8.8.8.8", "transport": "udp",
    "name": "app.example.com", "type": "A", "rcode": "NOERROR", "authoritative": False, "elapsed_ms": 12.4,
    "answers": [{"name": "app.example.com", "type": "A", "ttl": 60, "data": "192.0.2.4"}],
    "error": None, "ede": None, "nsid": None,
}  # fmt: skip


@MANY
@given(text=NAMES)
def test_a_name_is_strict_or_refused(text: str) -> None:
    """What passes is letters, digits, inner hyphens and dots, and passes unchanged a second time."""
    try:
        name = values.host_name(text)
    except Refused:
        return
    assert STRICT_NAME.fullmatch(name)
    assert values.host_name(name) == name


@MANY
@given(text=st.text(max_size=60) | st.from_regex(r"[0-9a-f:.%/\[\]]{1,45}", fullmatch=True))
def test_an_address_is_strict_or_refused(text: str) -> None:
    """What passes has nothing of the text in it but hexadecimal digits, dots and colons."""
    for check in (values.address, values.network):
        try:
            assert re.fullmatch(r"[0-9a-f:.]+(/\d{1,3})?", str(check(text)))
        except Refused:
            continue


@MANY
@given(names=st.lists(NAMES, min_size=1, max_size=3))
def test_names_that_pass_make_a_file_that_is_accepted(names: list[str]) -> None:
    """No name breaks out of its quotes in a new cutover.toml."""
    try:
        checked = [values.host_name(name) for name in names]
    except Refused:
        return
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cutover.toml")
        path.write_text(template(checked, [values.address("192.0.2.4")], [values.address("198.51.100.5")]))
        assert load(path).names == tuple(dict.fromkeys(checked))


@MANY
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(lambda text: text.encode("utf-8", "replace")))
def test_any_bytes_are_a_file_or_its_faults(raw: bytes) -> None:
    """Each fault prints as one line."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "cutover.toml")
        path.write_bytes(raw)
        faults: tuple[Fault, ...] = ()
        try:
            load(path)
        except ConfigError as error:
            faults = error.faults
        assert all(len(str(fault).splitlines()) == 1 for fault in faults)


@MANY
@given(raw=st.binary(max_size=300))
def test_any_bytes_are_a_question_or_unusable(raw: bytes) -> None:
    """Nothing else is raised."""
    with contextlib.suppress(Unusable):
        assert parse_question(raw).resolver


@MANY
@given(key=st.sampled_from(sorted(GOOD)), value=JSON)
def test_any_value_is_a_question_or_unusable(key: str, value: Any) -> None:
    """One field of a good line replaced by any JSON."""
    with contextlib.suppress(Unusable):
        question = parse_question(json.dumps(GOOD | {key: value}).encode())
        assert question.at.tzinfo is not None
        assert all(0 <= answer.ttl_s < 2**31 for answer in question.answers)


@MANY
@given(agent=st.none() | st.text(max_size=700))
def test_any_agent_has_a_kind(agent: str | None) -> None:
    """And a rule."""
    kind, rule = kind_of_agent(agent)
    assert kind in KINDS
    assert rule
