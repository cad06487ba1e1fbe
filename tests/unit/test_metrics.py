"""The verdict in Prometheus' text format: every line parses, absent is not zero, and names carry their units."""

from __future__ import annotations

import re
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_examples as examples

from analyzer.report.metrics import gauge, metrics

SAMPLE = re.compile(r'([a-z_]+)\{((?:[a-z_]+="(?:[^"\\]|\\["\\n])*",?)*)\} (-?[0-9.e+-]+)')
WORDS = ("safe", "wait", "stuck", "unknown")


def samples(text: str) -> dict[str, float]:
    """Return each sample by its name and labels."""
    found = {}
    for line in text.splitlines():
        if not line.startswith("#"):
            match = SAMPLE.fullmatch(line)
            assert match, line
            key = f"{match[1]}{{{match[2]}}}"
            assert key not in found, "each sample once"
            found[key] = float(match[3])
    return found


@pytest.mark.parametrize("word", WORDS)
def test_one_verdict_holds(word: str) -> None:
    """A gauge for each word, one of them 1: an alert needs no text."""
    found = samples(metrics(examples.verdict(word), "app.example.com"))
    held = {one: found[f'cutover_verdict{{migration="app.example.com",verdict="{one}"}}'] for one in WORDS}
    assert held == {one: float(one == word) for one in WORDS}


def test_each_metric_is_described_before_its_samples() -> None:
    """HELP and TYPE once, then all samples of that name, as the format wants it."""
    order: list[str] = []
    for line in metrics(examples.verdict("wait"), "a").splitlines():
        name = line.split()[2] if line.startswith("#") else line.partition("{")[0]
        if not order or order[-1] != name:
            order.append(name)
            assert line.startswith(f"# HELP {name} ")
    assert len(order) == len(set(order))
    assert all(re.fullmatch(r"cutover_[a-z_]+", name) for name in order)


def test_what_is_not_known_is_absent() -> None:
    """An unknown bound is no sample: a zero would read as nothing lost."""
    text = metrics(examples.verdict("unknown"), "a")
    assert "cutover_lost_requests_upper" not in text
    assert "cutover_safe_timestamp_seconds" not in text
    assert "cutover_lost_requests_budget" in text


def test_the_numbers_are_those_of_the_verdict() -> None:
    """Full values, moments as seconds since 1970."""
    verdict = examples.verdict("stuck")
    found = samples(metrics(verdict, "a"))
    assert found['cutover_lost_requests_upper{migration="a"}'] == 409.2
    assert found['cutover_verdict_timestamp_seconds{migration="a"}'] == verdict.at.timestamp()
    assert found['cutover_stragglers_stuck{migration="a"}'] == 1
    assert found['cutover_resolvers{migration="a",answer="new"}'] == 13
    assert found['cutover_resolvers{migration="a",answer="other"}'] == 1
    assert found['cutover_log_lines{migration="a",server="old"}'] == 120_034


def test_a_label_cannot_end_its_line() -> None:
    """Quotes, backslashes, line ends and control characters are escaped."""
    text = "".join(f"{line}\n" for line in gauge("x", "m\nn", 'a"b\\c\nd\x1b[31m', 1.0).lines())
    assert text.count("\n") == 3
    assert text.splitlines()[2] == 'x{migration="a\\"b\\\\c\\nd\\\\x1b[31m"} 1'
    samples(text)
