"""Real agents of 2015: elastic/examples, Common Data Formats, apache_logs (Apache-2.0), 10,000 lines of one blog."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from analyzer.logs.agents import kind_of_agent

LOG = Path(__file__).parents[2].parent / "shared/data/logs/elastic-apache-combined.log"
# What GoAccess-like tools go by: an independent, cruder judgement of the same agents.
SAYS_SO = re.compile(r"bot|crawl|spider|slurp|feed|https?://|@|preview|favicon|reader|rss", re.IGNORECASE)
# Somebody's reader, if it does not call itself a robot.
READER = re.compile(r"^(?!.*(?:(?<!google)bot|crawl|spider)).*(?:feed|rss|reader)", re.IGNORECASE)
# Looked at by hand: they name no trade, and are on the lists for good reason or at no harm.
KNOWN = ("Genieo", "Xenu Link Sleuth", "DTS Agent", "binlar", "ia_archiver", "Ezooms", "nutch", "GoogleImageProxy")


@pytest.fixture(scope="module")
def agents() -> Counter[str]:
    """Return the agents of the log with their requests."""
    if not LOG.exists():
        pytest.skip("the log is not here")
    text = LOG.read_text(encoding="utf-8", errors="replace")
    return Counter(re.findall(r'"([^"]*)"$', text, re.MULTILINE))


def test_no_plain_browser_is_taken_for_a_crawler(agents: Counter[str]) -> None:
    """Whoever is not counted says what it is, or is one of a few that were looked at."""
    for agent in agents:
        if kind_of_agent(agent)[0] not in {"person", "program"}:
            assert SAYS_SO.search(agent) or any(name in agent for name in KNOWN), agent


def test_the_great_crawlers_are_found(agents: Counter[str]) -> None:
    """Every agent that calls itself a bot and says where to read about it; a client of its own making is none."""
    bots = [agent for agent in agents if re.search(r"bot\b.*https?://|spider.*https?://", agent, re.IGNORECASE)]
    assert len(bots) > 20
    assert [agent for agent in bots if kind_of_agent(agent)[0] in {"person", "program"}] == []


def test_most_requests_are_peoples(agents: Counter[str]) -> None:
    """The crude judgement and ours agree on 97 of 100 requests."""
    agree = sum(
        number
        for agent, number in agents.items()
        if bool(SAYS_SO.search(agent) and not READER.search(agent))
        == (kind_of_agent(agent)[0] not in {"person", "program"})
    )
    assert agree >= 0.97 * sum(agents.values())
