"""Through the old server comes what the new one answers directly: hundreds of awkward requests, four real servers."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_client import Answer, exchange, exchange_h2
from proxy_comparisons import COMPARISONS, KNOWN, REQUESTS, known
from proxy_differences import differences
from proxy_hard_requests import HARD
from proxy_pair import Pair, pair
from proxy_requests import NAME

if TYPE_CHECKING:
    from collections.abc import Iterator

FLAVOURS = {
    "apache": ("apache",),
    "proxypass": ("apache", "--method", "proxypass"),
    "apache switched": ("apache", "--switch"),
    "nginx": ("nginx",),
    "haproxy": ("haproxy",),
    "caddy": ("caddy",),
}
DIRECT: dict[tuple[str, str | None], Answer] = {}  # what the new server answers is the same for every flavour
LIMITS = {"apache switched": "apache"}


@pytest.fixture(scope="module", params=FLAVOURS)
def flavour(request: pytest.FixtureRequest) -> Iterator[tuple[str, Pair]]:
    """Yield a real server with the generated configuration, in front of the new server."""
    server, *options = FLAVOURS[request.param]
    with pair(server, *options) as found:
        yield LIMITS.get(request.param, request.param), found


def test_there_are_enough_comparisons() -> None:
    """At least 150, each with an id of its own."""
    assert len({(one.id, over) for one, over in COMPARISONS}) == len(COMPARISONS) >= 150


def test_through_the_proxy_as_asked_directly(flavour: tuple[str, Pair]) -> None:
    """Every request comes to the new server as it was sent, and its answer back as it was given."""
    name, servers = flavour
    wrong, limits = {}, set()
    for asked, over in COMPARISONS:
        tls = None if over == "http" else NAME
        direct = DIRECT.get((asked.id, tls))
        if direct is None:
            direct = exchange(servers.new(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
            DIRECT[asked.id, tls] = direct
        if over == "h2":
            headers = (("Host", asked.host), *asked.headers)
            proxied = exchange_h2(
                servers.old(over), asked.method, asked.target, headers=headers, body=asked.body, name=NAME
            )
        else:
            proxied = exchange(servers.old(over), asked.raw(), name=tls, wait_for_100=asked.late_body)
        assert direct.status, "the new server itself answers everything"
        for told in differences(direct, proxied, over_h2=over == "h2"):
            limit = known(name, asked.id, told)
            limits.add(limit)
            if limit is None:
                wrong[f"{asked.id} over {over}"] = told
    assert wrong == {}
    assert {one for one in KNOWN[name] if not one.rare} <= limits, "no limit is claimed that nothing shows"


def test_apache_has_one_limit_in_ordinary_requests() -> None:
    """An HTTP/1.0 request without Host gets the site's; all else that it does otherwise is in the hard ones."""
    ordinary = {one.id for one in REQUESTS} - {one.id for one in HARD}
    touched = [limit.request for limit in KNOWN["apache"] if any(re.fullmatch(limit.request, one) for one in ordinary)]
    assert touched == ["line: HTTP/1.0 without host"]
