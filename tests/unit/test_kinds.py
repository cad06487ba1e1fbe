"""Who is a person, a program, a crawler, a monitor or a scanner, and by which rule."""

from __future__ import annotations

import ipaddress
import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest

from analyzer.logs.activity import Activity
from analyzer.logs.agents import KINDS, kind_of_agent
from analyzer.logs.kinds import kinds

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36"
)
T0 = datetime(2026, 3, 2, tzinfo=UTC)
ROW = tuple[int, int, int, int]  # half hour, requests, foreign, probes


def activity(*clients: tuple[str | None, list[ROW]], denied: int = 0, blind: int = 0) -> Activity:
    """Return the activity of clients, each an agent and what it did in some half hours; so many were denied in each.

    So many were blind, at most.
    """
    cells = [
        (code, T0 + timedelta(minutes=30 * slot), 0, requests, foreign, probes, denied, 0, min(blind, requests))
        for code, (_, rows) in enumerate(clients)
        for slot, requests, foreign, probes in rows
    ]
    names = ["client", "slot", "part", "requests", "foreign", "probes", "denied", "failed", "blind"]
    frame = pd.DataFrame(cells, columns=names).astype({"slot": "datetime64[us, UTC]", "client": "int32"})
    people = pd.DataFrame(
        {
            "address": [f"192.0.2.{code % 250}" for code in range(len(clients))],
            "agent": pd.array([agent for agent, _ in clients], dtype="string[pyarrow]"),
        }
    )
    return Activity(people, frame.assign(first=frame["slot"], last=frame["slot"]), pd.DataFrame(), (), (), {}, True)


def kind(agent: str | None, *rows: ROW) -> tuple[str, str]:
    """Return kind and rule of the only client."""
    found = kinds(activity((agent, list(rows) or [(0, 1, 0, 0)])))
    return found["kind"].iloc[0], found["rule"].iloc[0]


@pytest.mark.parametrize(
    ("agent", "expected"),
    [
        (CHROME, "person"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Safari/604.1", "person"),
        ("Opera/9.80 (Windows NT 6.1) Presto/2.12.388 Version/12.16", "person"),
        ("Lynx/2.8.9rel.1 libwww-FM/2.14 SSL-MM/1.4.1 OpenSSL/1.1.1d", "person"),
        ("Mozilla/5.0 (Linux; Android 16; Pixel 10; wv) Chrome/146.0 Mobile Safari/537.36 MetaIAB Facebook", "person"),
        ("Mozilla/5.0 (Linux; Android 15; CPH2557 Build/AP3A.240617.008; wv) Chrome/142.0 Mobile", "person"),
        ("Java/11.0.2", "program"),
        ("Dalvik/2.1.0 (Linux; U; Android 13; SM-A536B)", "program"),
        ("Shop/3.2 CFNetwork/1410.0.3 Darwin/22.6.0", "program"),
        ("okhttp/4.12.0", "program"),
        ("python-requests/2.32.3", "program"),
        ("curl/8.7.1", "program"),
        ("Go-http-client/1.1", "program"),
        ("Apache-HttpClient/4.5.14 (Java/17.0.9)", "program"),
        ("libwww-perl/6.72", "program"),
        ("GuzzleHttp/7", "program"),
        ("Stripe/1.0 (+https://stripe.com/docs/webhooks)", "program"),
        ("GitHub-Hookshot/044aadd", "program"),
        ("Mozilla/3.0 (compatible; Indy Library)", "program"),
        ("BackupJob 2.1", "program"),
        ("SAP NetWeaver Application Server (1.0;740)", "program"),
        ("acme-cron/1.0", "program"),
        ("InvoiceFetcher/2.0", "program"),
        ("Jersey/2.35 (HttpUrlConnection 17.0.9)", "program"),
        ("Tiny Tiny RSS/23.04 (https://tt-rss.org/)", "program"),
        ("FreshRSS/1.23.1 (Linux; https://freshrss.org) like Googlebot", "program"),
        ("Feedly/1.0 (+http://www.feedly.com/fetcher.html; 16 subscribers; like FeedFetcher-Google)", "program"),
        ("Superfeedr bot/2.0 http://superfeedr.com - Make your feeds realtime: get in touch", "crawler"),
        ("AwarioRssBot/1.0 (+https://awario.com/bots.html; bots@awario.com)", "crawler"),
        ("Mozilla/5.0 (Macintosh) AppleWebKit/537.36 Chrome/140.0.0.0 newsai/1.0 Safari/537.36", "crawler"),
        (None, "program"),
        ("", "program"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", "crawler"),
        ("Mozilla/5.0 (compatible; Ezooms/1.0; help@moz.com)", "crawler"),
        ("Mozilla/5.0 (Windows NT; Windows NT 10.0; de-DE) WindowsPowerShell/5.1.19041.4291", "program"),
        ("Mozilla/4.0 (compatible; ms-office; MSOffice 16)", "program"),
        ("UniversalFeedParser/4.2 +http://feedparser.org/", "program"),
        ("facebookexternalhit/1.1 (+http://www.facebook.com/externalhit_uatext.php)", "crawler"),
        ("Mozilla/5.0 (compatible; GPTBot/1.1; +https://openai.com/gptbot)", "crawler"),
        ("Mozilla/5.0 (compatible; UptimeRobot/2.0; http://www.uptimerobot.com/)", "monitor"),
        ("Pingdom.com_bot_version_1.4_(http://www.pingdom.com/)", "monitor"),
        ("check_http/v2.3.3 (monitoring-plugins 2.3.3)", "monitor"),
        ("Mozilla/5.0 (compatible; PRTG Network Monitor (www.paessler.com); Windows)", "monitor"),
        ("kube-probe/1.29", "monitor"),
        ("ELB-HealthChecker/2.0", "monitor"),
        ("Apache/2.4.57 (Debian) (internal dummy connection)", "monitor"),
        ("Mozilla/5.00 (Nikto/2.1.6) (Evasions:None) (Test:000001)", "scanner"),
        ("sqlmap/1.7.2#stable (https://sqlmap.org)", "scanner"),
        ("Mozilla/5.0 zgrab/0.x", "scanner"),
        ("() { :;}; /bin/bash -c 'id'", "scanner"),
        ("libredtail-http", "scanner"),
        ("Hello, World", "scanner"),
        ("Mozilla/5.0", "program"),
        ("Mozilla/5.0 (Windows NT 10.0; Win64; x64)", "person"),
    ],
)  # fmt: skip
def test_the_agent_names_the_kind(agent: str | None, expected: str) -> None:
    """As a person who knows the names would say."""
    assert kind(agent)[0] == expected


@pytest.mark.parametrize("agent", ["fasthttp", "PycURL/7.45", "go-resty/2.7", "cpp-httplib/0.11", "grpc-go/1"])
def test_a_librarys_name_is_nobodys_own(agent: str) -> None:
    """Whoever uses it, a partner or a scanner, has this one unless they give it another."""
    assert kind(agent) == ("program", "library")


def test_each_answer_carries_its_rule() -> None:
    """The rule says which list or which deed."""
    rules = [kind(agent)[1] for agent in (CHROME, "Java/11", None, "Googlebot/2.1", "a (internal dummy connection)")]
    assert rules == ["browser", "library", "no-agent", "crawler-user-agents:search-engine", "internal"]


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ([(0, 10, 0, 9)], "scanner"),
        ([(0, 6, 0, 3)], "scanner"),
        ([(0, 2, 0, 1), (9, 1, 0, 2)], "scanner"),
        ([(0, 7, 0, 3)], "scanner"),
        ([(0, 11, 0, 1)], "person"),
        ([(0, 10, 0, 1)], "scanner"),
        ([(0, 4, 0, 2)], "scanner"),
        ([(0, 2, 0, 1), (9, 2, 0, 1)], "person"),
        ([(0, 2, 0, 1), (9, 2, 0, 2)], "scanner"),
        ([(0, 1, 0, 1)], "scanner"),
        ([(0, 0, 4, 0)], "scanner"),
        ([(0, 1, 40, 0)], "person"),
        ([(0, 0, 0, 0)], "person"),
    ],
)
def test_what_a_browser_does_may_show_a_scanner(rows: list[ROW], expected: str) -> None:
    """Half of its requests probes, or nothing but foreign hosts."""
    assert kind(CHROME, *rows)[0] == expected


@pytest.mark.parametrize(
    ("agent", "rows", "denied", "expected"),
    [
        (CHROME, [(0, 4, 0, 0)], 2, "scanner"),
        (CHROME, [(0, 4, 0, 0), (1, 2, 0, 0)], 2, "scanner"),
        (CHROME, [(0, 5, 0, 0)], 2, "person"),
        (CHROME, [(0, 1, 0, 0)], 1, "person"),
        (CHROME, [(0, 4, 0, 0), (2, 4, 0, 0)], 4, "person"),
        ("curl/8.7.1", [(0, 1, 0, 0)], 1, "scanner"),
        ("curl/8.7.1", [(0, 1, 0, 0), (48, 1, 0, 0)], 1, "program"),
        ("curl/8.7.1", [(0, 1, 0, 0)], 0, "program"),
        ("Stripe/1.0 (+https://stripe.com/docs/webhooks)", [(0, 1, 0, 0)], 1, "program"),
        ("Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)", [(0, 1, 0, 0)], 1, "crawler"),
    ],
)
def test_who_was_here_once_and_found_nothing_is_a_scanner(
    agent: str, rows: list[ROW], denied: int, expected: str
) -> None:
    """Half of it denied; of a browser two at least; who comes again polls; a business, or a crawler, is what it is."""
    assert kinds(activity((agent, rows), denied=denied))["kind"].iloc[0] == expected


@pytest.mark.parametrize(
    ("probes", "blind", "expected"), [(1, 3, "scanner"), (1, 2, "person"), (0, 4, "person"), (2, 2, "scanner")]
)
def test_who_looks_for_holes_and_knows_nothing_of_the_site_is_a_scanner(probes: int, blind: int, expected: str) -> None:
    """On three days four requests each, of them a probe, and three for what anybody asks for of any server."""
    rows = [(48 * day, 4, 0, probes) for day in range(3)]
    assert kinds(activity((CHROME, rows), blind=blind))["kind"].iloc[0] == expected


def test_two_probes_are_a_mistake() -> None:
    """Of one that came again, whatever else it asked for."""
    assert kinds(activity((CHROME, [(0, 4, 0, 1), (48, 4, 0, 1)]), blind=4))["kind"].iloc[0] == "person"


DAY = [(slot, 30, 0, 0) for slot in range(60)]


@pytest.mark.parametrize("agent", [CHROME, "Java/11.0.2", None, "python-requests/2.32.3"])
def test_fixed_steps_alone_are_no_monitor(agent: str | None) -> None:
    """A request a minute, day and night: a program that polls counts all the same."""
    assert kind(agent, *DAY)[0] in {"person", "program"}


@pytest.mark.parametrize("agent", [None, "", "curl/8.7.1", "python-requests/2.32.3"])
def test_who_asks_blindly_in_fixed_steps_is_a_monitor(agent: str | None) -> None:
    """Thirty front pages in each half hour of thirty hours, and nothing else; no agent, or a library's."""

    def found(blind: int, rows: list[ROW]) -> str:
        return str(kinds(activity((agent, rows), blind=blind))["kind"].iloc[0])

    assert found(30, DAY) == "monitor"
    assert found(29, DAY) == "program", "one in thirty is for something of the site"
    assert found(30, DAY[:30]) == "program", "fifteen hours may be a day's work"
    assert found(99, [(slot, 10 + 40 * (slot % 2), 0, 0) for slot in range(60)]) == "program", "bursts"


def test_many_who_ask_blindly_in_fixed_steps_are_devices() -> None:
    """Five watch a server; a sixth makes them a fleet that asks its maker's server for nothing but its front page."""
    for size, expected in ((5, "monitor"), (6, "program")):
        assert set(kinds(activity(*[(None, DAY)] * size, blind=30))["kind"]) == {expected}


@pytest.mark.parametrize("agent", [CHROME, "BackupJob 2.1", "Stripe/1.0 (+https://stripe.com/docs/webhooks)"])
def test_who_says_what_it_is_is_no_monitor_for_its_steps(agent: str) -> None:
    """A browser that shows a page all day, a job with a name, a business."""
    assert kinds(activity((agent, DAY), blind=30))["kind"].iloc[0] in {"person", "program"}


def test_a_nameless_crawler_in_fixed_steps_is_a_monitor() -> None:
    """One that pauses at night, or comes in bursts, stays a crawler."""
    nameless = "EasouSpider; +http://www.easou.com/search/spider.html"
    assert kind_of_agent(nameless) == ("crawler", "crawlerdetect")
    assert kind(nameless, *DAY) == ("monitor", "steady")
    assert kind(nameless, *DAY[:30], *((slot + 60, *rest) for slot, *rest in DAY[:30]))[0] == "crawler"  # type: ignore[misc]
    assert kind(nameless, *((slot, 10 + 40 * (slot % 2), 0, 0) for slot in range(60)))[0] == "crawler"
    assert kind(nameless, *DAY[:20])[0] == "crawler"


def at_home(*agents: tuple[str | None, int], others: int = 100, address: str = "192.0.2.4") -> list[str]:
    """Return the kinds of clients at the server's own address, beside somebody else's requests."""
    rows = [(agent, [(0, requests, 0, 0)]) for agent, requests in agents]
    found = activity(*rows, (CHROME, [(0, others, 0, 0)]))
    places = pd.array([address] * len(agents) + ["203.0.113.9"], dtype="string[pyarrow]")
    mine = replace(found, clients=found.clients.assign(address=places))
    return kinds(mine, [ipaddress.ip_address("192.0.2.4")])["kind"].tolist()[:-1]


def test_the_servers_own_jobs_are_monitors() -> None:
    """A few requests of a program or two from its own addresses; they go with the machine."""
    assert at_home(("curl/8.7.1", 3)) == ["monitor"]
    assert at_home((None, 3), ("Wget/1.21", 2), address="::1") == ["monitor", "monitor"]
    assert at_home(("curl/8.7.1", 3), address="192.0.2.5") == ["program"]


def test_what_is_passed_on_at_the_server_counts() -> None:
    """Behind a TLS terminator on the same machine everybody has its address: many requests, browsers, many programs."""
    assert at_home(("curl/8.7.1", 60)) == ["program"]
    assert at_home(("curl/8.7.1", 3), (CHROME, 1)) == ["program", "person"]
    assert at_home(*((f"job{n}/1", 1) for n in range(4))) == ["program"] * 4


def test_clients_are_told_apart_by_agent() -> None:
    """Two behind one address have a kind each; the index is the client's code."""
    found = kinds(activity((CHROME, [(0, 1, 0, 0)]), ("Googlebot/2.1", [(0, 1, 0, 0)]), (CHROME, [])))
    assert found.index.tolist() == [0, 1, 2]
    assert found["kind"].tolist() == ["person", "crawler", "person"]
    assert set(found["kind"]) <= set(KINDS)


def test_nobody_is_no_trouble() -> None:
    """An empty log has no kinds, and the columns."""
    assert kinds(activity()).columns.tolist() == ["kind", "rule"]


def test_a_hostile_agent_costs_no_time() -> None:
    """A megabyte of what makes expressions backtrack is cut before it is looked at."""
    begun = time.perf_counter()
    for text in ("a" * 1_000_000, "(" * 1_000_000, "Mozilla/5.0 " + "compatible; " * 100_000, "bot " * 250_000):
        kind_of_agent(text)
    assert time.perf_counter() - begun < 2


def test_many_clients_are_quick() -> None:
    """50,000 clients with 5,000 agents; one that was seen before is not looked at again."""
    agents = [CHROME.replace("126", str(number)) for number in range(5000)]
    many = activity(*((agents[code % 5000], [(code % 48, 1, 0, 0)]) for code in range(50_000)))
    begun = time.perf_counter()
    kinds(many)
    first = time.perf_counter()
    kinds(many)
    assert first - begun < 10
    assert time.perf_counter() - first < 1
