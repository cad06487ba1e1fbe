"""What a report says is decided once, before anything is rendered."""

from __future__ import annotations

import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.drain.verdict import DnsSummary, Estimate, Reason, SafeAt, Verdict
from analyzer.migration import LogSet
from analyzer.report.content import Content, content, title

BERLIN = ZoneInfo("Europe/Berlin")


def told(verdict: Verdict, **about: object) -> Content:
    """Return what is said about a verdict, in Berlin."""
    return content(verdict, examples.migration(**about), zone=BERLIN)


@pytest.mark.parametrize(
    ("word", "headline"),
    [
        (
            "safe",
            (
                "Safe: the proxy can go. "
                "Removing it now would lose about 0.4 requests in 30 days (at most 3.2; the budget is 10)."
            ),
        ),
        (
            "wait",
            (
                "Not yet: removing the proxy now would lose about 31.5 requests in 30 days (at most 58.1; the budget"
                " is 10); it should be safe from Tue 17 Mar 2026 10:30 CET."
            ),
        ),
        (
            "stuck",
            (
                "Stuck: removing the proxy now would lose about 319 requests in 30 days (at most 410; the budget is"
                " 10), and waiting does not help: one client is stuck."
            ),
        ),
        ("unknown", "Unknown: the evidence cannot tell yet whether the proxy can go."),
    ],
)
def test_the_headline_is_verdict_number_and_date(word: str, headline: str) -> None:
    """One sentence that a tired reader can act on."""
    assert told(examples.verdict(word)).headline == headline


def test_a_bound_above_the_budget_never_reads_as_the_budget() -> None:
    """An upper bound of 10.04 with a budget of 10 does not read as at most 10."""
    close = told(examples.verdict("wait", lost_requests=Estimate(9.2, 10.04)))
    assert "at most 10.1; the budget is 10" in close.headline
    assert close.facts[0].note == "at most 10.1; budget 10"


def test_nothing_lost_is_said_as_nothing() -> None:
    """Zero reads as no requests, one as one request."""
    assert "lose no requests in 30 days" in told(examples.verdict("safe", lost_requests=Estimate(0.0, 2.5))).headline
    assert "lose about 1 request in" in told(examples.verdict("safe", lost_requests=Estimate(1.0, 2.5))).headline


def test_the_latest_date_is_told_in_both_zones_and_rounded_up() -> None:
    """22:15:30 UTC becomes 22:16: a promise is not made too early."""
    assert told(examples.verdict("wait")).details[0] == (
        "Expected to be safe from Tue 17 Mar 2026 10:30 CET (09:30 UTC),"
        " at the latest from Sat 21 Mar 2026 23:16 CET (22:16 UTC), if what is left moves by itself."
    )


def test_without_a_date_in_sight_none_is_invented() -> None:
    """Neither the headline nor the facts name a day."""
    nowhere = told(examples.verdict("wait", safe_at=SafeAt(None, None)))
    assert nowhere.headline.endswith("no date is in sight yet.")
    assert (nowhere.facts[1].value, nowhere.facts[1].note) == ("no date", "not known yet")


def test_an_unknown_number_is_not_a_zero() -> None:
    """Where the evidence carries no estimate, no number is shown."""
    assert told(examples.verdict("unknown")).facts[0].value == "not known"


def test_who_is_left_is_ranked_by_expected_loss() -> None:
    """Whatever order the verdict has them in, the costliest comes first."""
    shuffled = examples.verdict("stuck", stragglers=(*examples.DRAINING, examples.STUCK))
    assert [one.expected for one in told(shuffled).left] == ["319", "4.1", "1.3", "0.02"]


def test_a_long_table_is_cut_and_says_what_it_leaves_out() -> None:
    """Of 25 clients 20 are shown; the other five are told by number, requests and expected loss."""
    many = [
        replace(examples.DRAINING[0], client=f"192.0.2.{n}", expected_requests=float(n), requests=10) for n in range(25)
    ]
    many[1] = replace(many[1], stuck=True)
    cut = told(examples.verdict("wait", stragglers=tuple(many)))
    assert [one.client for one in cut.left] == [f"192.0.2.{n}" for n in range(24, 4, -1)]
    assert cut.left_more == (
        "And five more clients, one of them stuck: 50 requests since the change, 10 expected to be lost."
    )


def test_advice_fits_the_client() -> None:
    """Accepted, monitor, not counted, draining, stuck person, stuck program: each another thing to do."""
    base = replace(examples.STUCK, client="203.0.113.1")
    clients = (
        replace(base, client="192.0.2.201", expected_requests=6.0),
        replace(base, kind="monitor", expected_requests=5.0),
        replace(base, kind="crawler", expected_requests=4.0),
        replace(base, stuck=False, expected_requests=3.0),
        replace(base, kind="person", expected_requests=2.0),
        replace(base, expected_requests=1.0),
    )
    advice = [one.what_to_do for one in told(examples.verdict("stuck", stragglers=clients)).left]
    assert [text.split()[0].strip(":") for text in advice] == ["nothing", "point", "nothing", "wait", "find", "restart"]
    assert "accepted" in advice[0]
    assert "does not count" in advice[2]


def test_every_verdict_says_what_to_do_next_and_ends_with_asking_again() -> None:
    """Only a safe one lets the proxy go; each has the command that asks again."""
    for word in ("wait", "stuck", "unknown"):
        steps = told(examples.verdict(word)).steps
        assert steps[0].text.startswith("Leave the proxy where it is")
        assert steps[-1].code == "cutover advise --config cutover.toml"
    safe = told(examples.verdict("safe")).steps
    assert safe[0].code == "cutover advise --config cutover.toml"
    assert "a2dissite" in str(safe[1].code)


def test_what_is_to_be_brought_are_failures_only() -> None:
    """What could not be judged for want of evidence is no step of its own, unless nothing failed."""
    gap = Reason("no-gap", passed=False, sentence="Bring the lines of Monday.")
    open_still = Reason("bound-within-budget", passed=None, sentence="As far as the log tells: nothing is lost.")
    for reasons, said in (((gap, open_still), gap), ((open_still,), open_still)):
        steps = [step.text for step in told(examples.verdict("unknown", reasons=reasons)).steps]
        assert steps[1:-1] == [said.sentence]


def test_a_stuck_client_gets_its_command_and_its_line_of_policy() -> None:
    """What it asks for can be listed, and its loss can be accepted."""
    codes = [step.code for step in told(examples.verdict("stuck")).steps]
    assert codes[1] == (
        "cutover logs show 'old/access.log*' \\\n  --log-format combined --format jsonl \\\n"
        "  | grep -F '\"203.0.113.9\"' | tail"
    )
    assert codes[2] == '[policy]\naccepted = ["203.0.113.9"]'


def test_a_strangers_name_never_gets_into_a_command() -> None:
    """A client logged as a hostile host name is told in words only; paths and formats are quoted."""
    hostile = replace(examples.STUCK, client="x'; rm -rf / #")
    logs = LogSet(("old/it's $(here).log",), '%h "%r"')
    steps = told(examples.verdict("stuck", stragglers=(hostile, examples.STUCK)), old_logs=logs).steps
    assert not any("rm -rf" in str(step.code) for step in steps)
    shown = next(step.code for step in steps if step.code and "logs show" in step.code)
    assert """'old/it'"'"'s $(here).log' \\\n  --log-format '%h "%r"'""" in shown


def test_hostile_text_is_visible_and_bounded_everywhere() -> None:
    """No control character and no endless string is in the content, wherever it came from."""
    reason = Reason("x\x1b", None, examples.HOSTILE, 1.0, 2.0, "\x07units")
    hostile = examples.verdict(
        "unknown", stragglers=examples.HOSTILES, reasons=(reason,), evidence=examples.log(troubles=(examples.HOSTILE,))
    )
    strange = content(
        hostile, examples.migration(), zone=BERLIN, propagation=report_answers.propagation(), troubles=("\x00",)
    )
    for text in strings(strange):
        assert text.replace("\n", "").isprintable(), text
        assert len(text) < 500


def strings(value: object) -> list[str]:
    """Return every string in nested dataclasses and tuples."""
    if isinstance(value, str):
        return [value]
    if isinstance(value, tuple):
        return [text for one in value for text in strings(one)]
    fields = getattr(value, "__dataclass_fields__", {})
    return [text for name in fields for text in strings(getattr(value, name))]


def test_rules_that_stand_against_a_removal_come_first() -> None:
    """Failed, then unknown, then passed; with the numbers on their true sides."""
    reasons = (
        Reason("a", True, "A."),
        Reason("b", None, "B."),
        Reason("c", False, "C.", 10.04, 10.0, "requests"),
    )
    rules = told(examples.verdict("wait", reasons=reasons)).rules
    assert [(rule.rule, rule.outcome) for rule in rules] == [("c", "failed"), ("b", "unknown"), ("a", "passed")]
    assert (rules[0].value, rules[0].threshold) == ("10.04 requests", "10 requests")


def test_a_rules_seconds_are_told_as_durations_while_these_differ() -> None:
    """Two days against one reads so; 7,200.4 s against 7,200 s is not told as 2 h against 2 h."""
    reasons = (Reason("a", False, "A.", 172_800.0, 86_400.0, "s"), Reason("b", False, "B.", 7_200.4, 7_200.0, "s"))
    rules = told(examples.verdict("wait", reasons=reasons)).rules
    assert (rules[0].value, rules[0].threshold) == ("48 h", "24 h")
    assert (rules[1].value, rules[1].threshold) == ("7,200.4 s", "7,200 s")


def test_evidence_shows_lines_and_their_sum() -> None:
    """Lines, parsed and quarantined of both servers stand there; a missing server is a dash."""
    both = {row.label: (row.old, row.new) for row in told(examples.verdict("wait")).evidence}
    assert both["Lines read"] == ("120,034", "80,000")
    assert (both["Parsed"], both["Quarantined"]) == (("120,001", "80,000"), ("33", "0"))
    assert {row.new for row in told(examples.verdict("unknown")).evidence} == {"\N{EN DASH}"}


def test_gaps_and_troubles_are_told_once() -> None:
    """A gap has its length; a trouble that the verdict already has is not repeated."""
    trouble = "old/access.log.3.gz: truncated gzip: 4,120 lines could be read"
    holes = content(
        examples.verdict("unknown"), examples.migration(), zone=BERLIN, troubles=(trouble, "dns.jsonl:7: not JSON")
    )
    assert holes.gaps == ("Mon 9 Mar 2026 03:00 CET (02:00 UTC) to Tue 10 Mar 2026 10:00 CET (09:00 UTC) (31 h)",)
    assert holes.troubles == (trouble, "dns.jsonl:7: not JSON")


def test_the_dns_is_told_in_sentences() -> None:
    """Counts, agreement and bound; a bound that is over is told as over."""
    summary = DnsSummary(16, 13, 2, 0, examples.AT - timedelta(hours=1), False)
    dns = told(examples.verdict("wait", dns=summary)).dns_summary
    assert dns == (
        ("13 of 16 resolvers answer with the new address, 2 still with the old one, 1 says something else."),
        "The authoritative servers do not agree: until they do, resolvers keep learning the old address.",
        "The last cached old answer that was seen expired on Thu 12 Mar 2026 13:00 CET (12:00 UTC).",
    )


def test_without_snapshots_the_dns_says_so() -> None:
    """No answers given is not no resolver on the old address."""
    silent = told(examples.verdict("unknown"))
    assert silent.dns_summary == ("No DNS answers were given: what resolvers still hold is not known.",)
    assert silent.facts[3].value == "not known"
    assert (silent.answers, silent.answers_more) == ((), None)


def test_resolvers_that_still_answer_old_come_first() -> None:
    """Worst first; those that are fine are counted, not listed."""
    seen = content(
        examples.verdict("wait"), examples.migration(), zone=BERLIN, propagation=report_answers.propagation()
    )
    assert [one.state for one in seen.answers] == ["old", "old", "neither"]
    assert seen.answers_more == "13 resolvers answer with the new address."


def test_the_title_names_what_moves() -> None:
    """Three names at most, the others counted."""
    assert title(("a.example",)) == "a.example"
    assert title(tuple(f"{n}.example" for n in range(300))) == "0.example, 1.example, 2.example and 297 more"


def test_the_figures_in_words_have_their_numbers() -> None:
    """Who cannot see the curve hears the peak, the last day and the forecast."""
    curve = report_curves.curve("wait")
    heard = content(examples.verdict("wait"), examples.migration(), zone=BERLIN, curve=curve).drain_alt
    assert f"The busiest hour had {curve.measured['old'].max():.0f} requests; in the last 24 hours 12 arrived." in heard
    assert "The forecast begins at 0.2 requests per hour (at most 0.37)." in heard
