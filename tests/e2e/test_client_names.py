"""`--reverse`: what the DNS calls the clients that are left, asked of a resolver on loopback."""

from __future__ import annotations

import contextlib
import socket
import sys
import threading
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_examples as examples

from analyzer.cli.reverse import names_of
from analyzer.errors import CutoverError
from analyzer.report.report import Findings, Report
from analyzer.report.veil import Veil, Way

if TYPE_CHECKING:
    from collections.abc import Iterator

KNOWN = {
    "9.113.0.203.in-addr.arpa.": "till-3.shop.example.net.",
    "250.100.51.198.in-addr.arpa.": "evil\\027[31m.<b>.example.net.",
}


@pytest.fixture
def resolver() -> Iterator[str]:
    """Run a resolver that knows two names; return it as an option has it."""
    listening = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    listening.bind(("127.0.0.1", 0))
    listening.settimeout(0.1)
    ended = threading.Event()

    def serve() -> None:
        while not ended.is_set():
            with contextlib.suppress(TimeoutError):
                data, peer = listening.recvfrom(4096)
                asked = dns.message.from_wire(data)
                answer = dns.message.make_response(asked)
                answer.flags |= dns.flags.RA
                name = asked.question[0].name
                if str(name) in KNOWN:
                    answer.answer.append(dns.rrset.from_text(name, 60, "IN", "PTR", KNOWN[str(name)]))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                listening.sendto(answer.to_wire(), peer)

    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    yield f"127.0.0.1:{listening.getsockname()[1]}"
    ended.set()
    thread.join(5)
    listening.close()


def test_names_are_asked_and_shown(resolver: str) -> None:
    """Those that have one; host names are not asked; on page and in tables nothing of a name acts."""
    verdict = replace(examples.verdict("wait"), stragglers=(examples.STUCK, *examples.HOSTILES, *examples.DRAINING))
    names = names_of([one.client for one in verdict.stragglers], resolver)
    assert names["203.0.113.9"] == "till-3.shop.example.net"
    assert set(names) == {"203.0.113.9", "198.51.100.250"}
    found = Findings(verdict, examples.migration(), None, None, report_answers.states()[:0], names=names)
    report = Report(found, ZoneInfo("UTC"))
    for said in (report.html(), report.markdown(), report.text(120), report.json()):
        assert "till-3.shop.example.net" in said
        assert "\x1b" not in said
    assert "<b>" not in report.html()


def test_anonymised_there_are_no_names(resolver: str) -> None:
    """A name tells more than an address."""
    names = names_of(["203.0.113.9"], resolver)
    found = Findings(
        examples.verdict("stuck"), examples.migration(), None, None, report_answers.states()[:0], names=names
    )
    assert "till-3" not in Report(found.veiled(Veil(Way.CUT)), ZoneInfo("UTC")).json()


def test_nobody_to_ask_is_told() -> None:
    """A set that does not exist is a fault of the command line."""
    with pytest.raises(CutoverError):
        names_of(["203.0.113.9"], "no such set")
