"""`--anonymise`: no address of a stranger is left in anything that a report says."""

from __future__ import annotations

import sys
from dataclasses import replace
from ipaddress import ip_address, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.drain.verdict import Reason
from analyzer.report.mail.compose import html
from analyzer.report.report import Findings, Report
from analyzer.report.veil import Veil, Way

CUT, HASH = Veil(Way.CUT), Veil(Way.HASH, b"key")
SECRET = ("203.0.113.9", "198.51.100.77", "2001:db8:4f2a:9c31:abcd:ef01:2345:6789", "evil.stranger.example")


@given(st.ip_addresses())
def test_cutting_leaves_the_network_and_nothing_more(address: object) -> None:
    """IPv4 keeps 24 bits, IPv6 48; the address is in what is left."""
    left = ip_network(CUT.client(str(address)))
    mapped = getattr(address, "ipv4_mapped", None) or address
    assert left.prefixlen == (24 if left.version == 4 else 48)
    assert mapped in left


@given(st.ip_addresses(), st.ip_addresses())
def test_a_hash_is_one_of_its_address_and_key(one: object, other: object) -> None:
    """The same address is the same hash; another address, or another key, is another."""
    assert HASH.client(str(one)) == HASH.client(str(one))
    same = (getattr(one, "ipv4_mapped", None) or one) == (getattr(other, "ipv4_mapped", None) or other)
    assert (HASH.client(str(one)) == HASH.client(str(other))) is same
    assert HASH.client(str(one)) != Veil(Way.HASH, b"other").client(str(one))
    assert str(one) not in HASH.client(str(one))


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("client 203.0.113.9, port 80", "client 203.0.113.0/24, port 80"),
        ("[203.0.113.9]:443", "[203.0.113.0/24]:443"),
        ("http://203.0.113.9/x", "http://203.0.113.0/24/x"),
        ("at 2001:db8:4f2a:9c31::1.", "at 2001:db8:4f2a::/48."),
        ("https://[2001:db8:4f2a:9c31::1]/dns", "https://[2001:db8:4f2a::/48]/dns"),
        ("::ffff:203.0.113.9", "203.0.113.0/24"),
        ("at 22:00:00 or 2026-03-02T22:00:00Z", "at 22:00:00 or 2026-03-02T22:00:00Z"),
        ("Chrome/126.0.0.0 rv:1.2.3", "Chrome/126.0.0.0 rv:1.2.3"),
        ("999.1.1.1", "999.1.1.1"),
    ],
)
def test_addresses_within_a_text(text: str, left: str) -> None:
    """Addresses are cut wherever they stand; times and versions stay."""
    assert CUT.text(text) == left


@given(st.text(max_size=300))
def test_any_text_can_be_veiled(text: str) -> None:
    """Nothing breaks, nothing is slow, and it is done after one pass over what was an address."""
    CUT.text(text)
    HASH.text(text)


def test_two_resolvers_of_one_network_stay_two() -> None:
    """They would melt into one row of the figure."""
    assert CUT.resolvers(["9.9.9.9", "9.9.9.10", "8.8.8.8"]) == {
        "8.8.8.8": "8.8.8.0/24",
        "9.9.9.10": "9.9.9.0/24",
        "9.9.9.9": "9.9.9.0/24 (2)",
    }


@pytest.fixture(scope="module", params=[CUT, HASH], ids=["cut", "hash"])
def told(request: pytest.FixtureRequest) -> Report:
    """Return a report whose clients were veiled; their addresses stand in every text that can hold one."""
    verdict = examples.verdict("stuck")
    clients = [replace(one, why=f"{one.client} came.", agent=f"x {one.client}") for one in verdict.stragglers]
    clients.append(replace(clients[0], client=SECRET[3]))
    reasons = (Reason("r", False, f"{', '.join(SECRET)} are stuck."), *verdict.reasons)
    verdict = replace(verdict, stragglers=tuple(clients), reasons=reasons)
    verdict = replace(verdict, evidence=examples.log(troubles=(f"{SECRET[0]}.log: broken",)))
    troubles = (f"cannot read {SECRET[1]}",)
    found = Findings(
        verdict,
        examples.migration(),
        report_curves.curve("stuck"),
        report_answers.propagation(),
        report_answers.states(),
        troubles,
    )
    return Report(found.veiled(request.param), ZoneInfo("UTC"))


@pytest.mark.parametrize("form", ["html", "markdown", "text", "json", "verdict", "csv", "mail"])
def test_no_form_of_the_report_has_an_address(told: Report, form: str) -> None:
    """Page, mail, tables and JSON: neither a client's address nor its host name."""
    forms = {
        "html": told.html,
        "markdown": told.markdown,
        "text": lambda: told.text(200),
        "json": told.json,
        "verdict": told.verdict_json,
        "csv": lambda: "".join(table.csv() for table in told.tables),
        "mail": lambda: html(told.content, {"drain": "d", "dns": "n"}),
    }
    said = forms[form]().replace("\\", "")
    assert not [secret for secret in SECRET if secret in said]
    if form in {"html", "json", "csv"}:
        assert "8.8.8.8" not in said, "resolvers too"


def test_no_command_is_made_of_a_veiled_address(told: Report) -> None:
    """Accepting the loss of a whole network, because one client of it was veiled, would be a wrong advice."""
    assert not [step.code for step in told.content.steps if step.code and ("/24" in step.code or "#" in step.code)]


def test_the_figure_has_veiled_names_only() -> None:
    """What is drawn beside the rows is not an address."""
    names = CUT.states(report_answers.states())["resolver"].unique()
    whole = [name for name in names if _is_address(name)]
    assert whole == []
    assert len(names) == report_answers.states()["resolver"].nunique()


def _is_address(name: str) -> bool:
    try:
        ip_address(name)
    except ValueError:
        return False
    return True
