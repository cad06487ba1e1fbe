"""Activity adds: parts of the logs, read apart and merged, give exactly what one reading gives."""

from __future__ import annotations

import ipaddress
import re
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import reduce
from operator import add
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from analyzer.logs.parts import _OTHERWISE, canonical
from analyzer.logs.reading import read_activity

if TYPE_CHECKING:
    from analyzer.logs.activity import Activity

START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)

requests = st.builds(
    '{}:80 192.0.2.{} - - [{}] "{}" {} 512 "-" "{}"'.format,
    st.sampled_from(["app.example.com", "evil.example"]),
    st.integers(1, 4),
    st.integers(-4_000, 8_000).map(lambda s: (START + timedelta(seconds=s)).strftime("%d/%b/%Y:%H:%M:%S +0000")),
    st.sampled_from(["GET / HTTP/1.1", "GET /.env HTTP/1.1", "\\x16"]),
    st.sampled_from([200, 404, 503]),
    st.sampled_from(["a", "b", "-", "zoë", '\\"q\\"']),
)
logs = st.lists(requests | st.sampled_from(["", "broken", "\\"]), max_size=60)
moments = st.lists(st.integers(-3_000, 7_000).map(lambda s: START + timedelta(seconds=s)), max_size=3)


def read(parts: list[list[str]], cuts: list[datetime]) -> list[Activity]:
    """Return the activity of each part, read by itself."""
    with tempfile.TemporaryDirectory() as folder:
        found = []
        for n, lines in enumerate(parts):
            path = Path(folder) / f"{n}.log"
            # A good line beside each part's own: a file in which no line fits is another matter.
            path.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
            found.append(read_activity(str(path), "vhost_combined", names=["app.example.com"], moments=cuts))
        return found


def same(one: Activity, other: Activity) -> None:
    """Assert that two activities are equal but for the files that they were read from."""
    for name in ("clients", "cells", "minutes"):
        pd.testing.assert_frame_equal(getattr(one, name), getattr(other, name))
    assert (one.moments, one.quarantined, one.has_host) == (other.moments, other.quarantined, other.has_host)
    for column in ("lines", "parsed", "quarantined"):
        assert sum(getattr(file, column) for file in one.files) == sum(getattr(file, column) for file in other.files)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(logs, moments, st.data())
def test_any_split_and_order_gives_the_same(lines: list[str], cuts: list[datetime], data: st.DataObject) -> None:
    """Lines dealt to files in any way and order, read apart and added in any order."""
    parts: list[list[str]] = [[], [], []]
    for line in data.draw(st.permutations(lines)):
        parts[data.draw(st.integers(0, 2))].append(line)
    (whole,) = read([lines], cuts)
    apart = read(parts, cuts)
    same(reduce(add, apart), whole)
    same(reduce(add, reversed(apart)), whole)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(logs, moments)
def test_cuts_at_moments_commute_with_adding(lines: list[str], cuts: list[datetime]) -> None:
    """Cut then added is added then cut."""
    middle = len(lines) // 2
    one, other = read([lines[:middle], lines[middle:]], cuts)
    for moment in cuts:
        cut_first, added_first = one.until(moment) + other.until(moment), (one + other).until(moment)
        pd.testing.assert_frame_equal(cut_first.cells, added_first.cells)
        pd.testing.assert_frame_equal(cut_first.minutes, added_first.minutes)


@settings(max_examples=20, deadline=None, derandomize=True)
@given(logs, logs)
def test_several_files_in_one_reading_equal_their_sum(first: list[str], second: list[str]) -> None:
    """`read(a, b)` is `read(a) + read(b)`, files and all."""
    with tempfile.TemporaryDirectory() as folder:
        paths = [str(Path(folder) / name) for name in ("a.log", "b.log")]
        for path, lines in zip(paths, (first, second), strict=True):
            Path(path).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        together = read_activity(paths, "vhost_combined")
        apart = read_activity(paths[0], "vhost_combined") + read_activity(paths[1], "vhost_combined")
    same(together, apart)
    silent = [tuple(replace(file, trouble=None) for file in one.files) for one in (together, apart)]
    assert silent[0] == silent[1]


FORMS = {
    "192.0.2.7": ["::ffff:192.0.2.7", "::ffff:c000:207", "::FFFF:192.0.2.7", "0:0:0:0:0:ffff:192.0.2.7"],
    "2001:db8::1": ["2001:db8:0:0:0:0:0:1", "2001:0db8:0000:0000:0000:0000:0000:0001", "2001:DB8::1", "2001:db8:0::1"],
    "2001:db8:0:1:2:0:0:4": ["2001:db8:0:1:2::4", "2001:db8:0:1:2:0:0:04"],
    "fe80::a": ["fe80:0:0:0:0:0:0:a", "FE80::A", "fe80::000a"],
    "::1": ["0:0:0:0:0:0:0:1", "0000::1"],
}
CANONICAL = {form: str(ipaddress.ip_address(one)) for one, forms in FORMS.items() for form in (one, *forms)}
spelled = st.lists(
    st.tuples(st.sampled_from(sorted(CANONICAL)), st.integers(0, 7_000), st.sampled_from("ab")), max_size=40
)


@settings(max_examples=25, deadline=None, derandomize=True)
@given(spelled)
def test_an_address_is_one_however_it_is_written(told: list[tuple[str, int, str]]) -> None:
    """A socket for both families says ::ffff:192.0.2.7, Java all eight groups: sums, clients and order are the same."""
    line = 'app.example.com:80 {} - - [{}] "GET / HTTP/1.1" 200 512 "-" "{}"'
    lines, other = (
        [
            line.format(spell(one), (START + timedelta(seconds=s)).strftime("%d/%b/%Y:%H:%M:%S +0000"), agent)
            for one, s, agent in told
        ]
        for spell in (CANONICAL.__getitem__, str)
    )
    same(*read([lines, other], []))


def test_what_is_no_address_or_written_as_usual_stays(tmp_path: Path) -> None:
    """A name, an address within another one, one group of zeros, a zone."""
    told = ["2001:db8::ffff:c000:201", "::fffe:192.0.2.1", "2001:db8:0:1:1:1:1:1", "cafe.example", "ADD.example"]
    line = '{} - - [01/Mar/2026:22:00:00 +0000] "GET / HTTP/1.1" 200 512 "-" "a"'
    (tmp_path / "a.log").write_text("".join(f"{line.format(one)}\n" for one in told))
    found = read_activity(str(tmp_path / "a.log"), "combined")
    assert set(found.clients["address"]) == set(told)


@given(st.lists(st.integers(0, 0xFFFF) | st.just(0), min_size=8, max_size=8))
def test_each_form_but_the_canonical_one_is_found(groups: list[int]) -> None:
    """In full, with leading zeros, in capitals: none is missed, and what is found becomes the canonical one."""
    plain = ":".join(f"{group:x}" for group in groups)
    wanted = ipaddress.IPv6Address(plain)
    name = str(wanted.ipv4_mapped or wanted)
    for form in (plain, ":".join(f"{group:04x}" for group in groups), name.upper()):
        assert form == name or re.search(_OTHERWISE, form)
        assert canonical(form) == name
