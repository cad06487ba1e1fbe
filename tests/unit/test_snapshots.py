"""Recorded snapshots: what is read, what is kept apart, what cannot be read at all."""

from __future__ import annotations

import gzip
import io
import json
import os
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.dns.record import Answer
from analyzer.dns.snapshots import LINE_BYTES, Snapshots, read_snapshots
from analyzer.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

CONTRACT = """\
{"schema": "cutover.dns/1", "at": "2026-03-02T22:05:00.120Z", "resolver": "8.8.8.8", "transport": "udp",
 "name": "app.example.com", "type": "A", "rcode": "NOERROR", "authoritative": false, "elapsed_ms": 12.4,
 "answers": [{"name": "app.example.com", "type": "CNAME", "ttl": 240, "data": "web1.example.com."},
             {"name": "web1.example.com", "type": "A", "ttl": 1140, "data": "192.0.2.4"}],
 "error": null, "ede": null, "nsid": null}""".replace("\n", "")
GOOD = CONTRACT.encode()


def read(folder: Path, *lines: bytes) -> Snapshots:
    """Return what is read of a file of these lines."""
    path = folder / "dns.jsonl"
    path.write_bytes(b"".join(line + b"\n" for line in lines))
    return read_snapshots([str(path)])


def but(**changes: Any) -> bytes:
    """Return the contract's example with other values; a value of `...` takes the key away."""
    fields = json.loads(CONTRACT) | changes
    return json.dumps({key: value for key, value in fields.items() if value is not ...}).encode()


def with_answer(**changes: Any) -> bytes:
    """Return the contract's example with one answer, changed."""
    answer = {"name": "app.example.com", "type": "A", "ttl": 60, "data": "192.0.2.4"} | changes
    return but(answers=[{key: value for key, value in answer.items() if value is not ...}])


def test_the_contracts_example_is_read_whole(tmp_path: Path) -> None:
    """Every field ends in its column, with its type."""
    frame = read(tmp_path, GOOD).questions
    row = frame.iloc[0]
    assert row["at"].to_pydatetime() == datetime(2026, 3, 2, 22, 5, 0, 120_000, tzinfo=UTC)
    assert str(frame["at"].dtype) == "datetime64[us, UTC]"
    assert row[["resolver", "transport", "name", "type", "rcode"]].tolist() == [
        "8.8.8.8", "udp", "app.example.com", "A", "NOERROR",
    ]  # fmt: skip
    assert not row["authoritative"]
    assert row["elapsed_ms"] == 12.4
    assert row[["error", "ede", "nsid"]].isna().all()
    assert row["answers"] == (
        Answer("app.example.com", "CNAME", 240, "web1.example.com."),
        Answer("web1.example.com", "A", 1140, "192.0.2.4"),
    )
    assert (row["source"], row["line"]) == (str(tmp_path / "dns.jsonl"), 1)


def test_no_answer_is_a_question_too(tmp_path: Path) -> None:
    """A timeout has no rcode; fields that may be null may be absent."""
    line = but(rcode=None, error="timeout", answers=[], elapsed_ms=..., ede=..., nsid=..., authoritative=...)
    row = read(tmp_path, line).questions.iloc[0]
    assert row["error"] == "timeout"
    assert row["answers"] == ()
    assert row[["rcode", "elapsed_ms"]].isna().all()


def test_names_are_compared_in_lower_case_without_the_dot(tmp_path: Path) -> None:
    """RFC 4343."""
    row = read(tmp_path, but(name="APP.Example.com.", type="a")).questions.iloc[0]
    assert (row["name"], row["type"]) == ("app.example.com", "A")


def test_an_offset_is_taken_off(tmp_path: Path) -> None:
    """Half past midnight in Berlin is half past eleven in UTC."""
    row = read(tmp_path, but(at="2026-03-03T00:30:00+01:00")).questions.iloc[0]
    assert row["at"].to_pydatetime() == datetime(2026, 3, 2, 23, 30, tzinfo=UTC)


@pytest.mark.parametrize(("told", "meant"), [(0, 0), (2**31 - 1, 2**31 - 1), (2**31, 604_800), (2**32 - 1, 604_800)])
def test_a_ttl_with_its_high_bit_is_positive_and_capped(tmp_path: Path, told: int, meant: int) -> None:
    """RFC 8767 s4, against RFC 2181 s8's zero."""
    assert read(tmp_path, with_answer(ttl=told)).questions.iloc[0]["answers"][0].ttl_s == meant


BROKEN = [
    (b"not JSON", "not JSON"),
    (b"{", "not JSON"),
    (GOOD[:-1], "not JSON"),
    (GOOD + GOOD, "not JSON"),
    (b"[]", "not a JSON object"),
    (b"null", "not a JSON object"),
    (b"{}", "schema"),
    (but(schema="cutover.dns/2"), "schema"),
    (but(schema=["cutover.dns/1"]), "schema"),
    (b"[" * 100_000, "nested too deep"),
    (b'{"a":' * 100_000, "nested too deep"),
    (b"9" * 10_000, "not JSON"),
    (GOOD[:40] + b"\0" + GOOD[40:], "NUL"),
    (GOOD.replace(b"8.8.8.8", b"8.8\\u0000.8"), "NUL"),
    (GOOD.replace(b"8.8.8.8", b"8.8.\xff.8"), "not UTF-8"),
    (GOOD.replace(b"8.8.8.8", b"\\ud83d"), "half a character"),
    (GOOD.replace(b"1140", b"NaN"), "NaN"),
    (GOOD.replace(b"12.4", b"Infinity"), "NaN or Infinity"),
    (GOOD.replace(b"12.4", b"1e999"), "elapsed_ms"),
    (GOOD.replace(b"12.4", b"-1"), "elapsed_ms"),
    (but(at="2026-03-02T22:05:00"), "at is not a time with its offset"),
    (but(at="yesterday"), "at is not a time with its offset"),
    (but(at="0001-01-01T00:00:00+14:00"), "at is not a time with its offset"),
    (but(at="9999-12-31T00:00:00Z"), "at lies outside"),
    (but(at=1_772_489_100), "at is not text"),
    (but(at=...), "at is missing"),
    (but(resolver=...), "resolver is missing"),
    (but(resolver=8), "resolver is not text"),
    (but(resolver=""), "resolver"),
    (but(resolver="x" * 5000), "resolver"),
    (but(name=None), "name is missing"),
    (but(type=["A"]), "type is not text"),
    (but(authoritative="false"), "authoritative"),
    (but(authoritative=0), "authoritative"),
    (but(elapsed_ms="12"), "elapsed_ms"),
    (but(elapsed_ms=True), "elapsed_ms"),
    (but(rcode=0), "rcode is not text"),
    (but(rcode=None), "neither rcode nor error"),
    (but(answers={}), "answers is not a list"),
    (but(answers=["192.0.2.4"]), "an answer is not an object"),
    (but(answers=[{}] * 5000), "more than 4096 answers"),
    (with_answer(ttl=-1), "ttl"),
    (with_answer(ttl=2**32), "ttl"),
    (with_answer(ttl=60.0), "ttl"),
    (with_answer(ttl="60"), "ttl"),
    (with_answer(ttl=True), "ttl"),
    (with_answer(ttl=...), "ttl"),
    (with_answer(data=None), "data is not text"),
    (with_answer(data=...), "data is not text"),
    (with_answer(name=7), "name is not text"),
    (with_answer(type=...), "type is missing"),
    (b"x" * (LINE_BYTES + 1), "longer than 1 MiB"),
    (b'"' + b"x" * (3 * LINE_BYTES) + b'"', "longer than 1 MiB"),
]


@pytest.mark.parametrize(("line", "reason"), BROKEN, ids=range(len(BROKEN)))
def test_a_broken_line_is_kept_apart(tmp_path: Path, line: bytes, reason: str) -> None:
    """With its place, its reason and its beginning; the lines around it are read."""
    found = read(tmp_path, GOOD, line, GOOD)
    assert found.questions["line"].tolist() == [1, 3]
    (broken,) = found.broken
    assert (broken.source, broken.line) == (str(tmp_path / "dns.jsonl"), 2)
    assert reason in broken.reason
    assert len(broken.value) <= 120
    (file,) = found.files
    assert (file.lines, file.questions, file.broken, file.trouble) == (3, 2, 1, None)


def test_ends_of_lines_blanks_and_a_mark_are_no_fault(tmp_path: Path) -> None:
    """CR LF, blank lines, a byte order mark and a missing last newline."""
    path = tmp_path / "dns.jsonl"
    path.write_bytes(b"\xef\xbb\xbf" + GOOD + b"\r\n\r\n  \n" + GOOD)
    found = read_snapshots([str(path)])
    assert found.questions["line"].tolist() == [1, 4]
    assert found.broken == ()


def test_an_empty_file_is_no_fault(tmp_path: Path) -> None:
    """It holds nothing, and says so."""
    found = read(tmp_path)
    assert len(found.questions) == 0
    assert str(found.questions["at"].dtype) == "datetime64[us, UTC]"
    assert [(one.lines, one.trouble) for one in found.files] == [(0, None)]


def test_gzip_is_known_by_its_bytes(tmp_path: Path) -> None:
    """Whatever the file is called; of a truncated one the whole lines are used."""
    whole = gzip.compress((GOOD + b"\n") * 500 + os.urandom(5000).hex().encode() + b"\n")
    (tmp_path / "a.jsonl").write_bytes(whole)
    (tmp_path / "b.gz").write_bytes(whole[: len(whole) - 2000])
    (tmp_path / "c.gz").write_bytes(whole[:20] + b"\0" * 50)
    found = read_snapshots([str(tmp_path / name) for name in ("a.jsonl", "b.gz", "c.gz")])
    a, b, c = found.files
    assert (a.questions, a.trouble) == (500, None)
    assert b.questions == 500
    assert b.trouble is not None
    assert c.trouble is not None


def test_globs_name_files_each_once_in_order(tmp_path: Path) -> None:
    """A file that two patterns match is read once."""
    for name in ("b.jsonl", "a.jsonl"):
        (tmp_path / name).write_bytes(GOOD + b"\n")
    found = read_snapshots([str(tmp_path / "*.jsonl"), str(tmp_path / "a.jsonl")])
    assert [one.source for one in found.files] == [str(tmp_path / "a.jsonl"), str(tmp_path / "b.jsonl")]


def test_standard_input_is_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `-`."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BufferedReader(io.BytesIO(GOOD + b"\n"))))
    assert read_snapshots(["-"]).questions["source"].tolist() == ["-"]


@pytest.mark.parametrize("name", ["missing.jsonl", "missing*.jsonl", "", "a\0b"])
def test_what_is_not_there_is_told(tmp_path: Path, name: str) -> None:
    """One fault, with path and remedy; the folder itself is no file either."""
    with pytest.raises(InputError) as raised:
        read_snapshots([str(tmp_path / name) if name != "a\0b" else name])
    assert len(raised.value.faults) == 1
    assert raised.value.faults[0].remedy
