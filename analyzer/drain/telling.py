"""Whether the new server's log tells who has moved: it names its visitors by the addresses that the old one knows.

Behind a balancer that it does not see through a log has the balancer for each of them, and some logs shorten addresses
for privacy. Then nobody is known there, and who is silent would be taken to stay away from both servers.
"""

from __future__ import annotations

from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from analyzer.drain.clients import PERSON, PROGRAM

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.direct import Direct
    from analyzer.logs.activity import Activity

LEAST_REQUESTS = 100  # direct ones of people and programs since the change, to tell
SOME_KNOWN = 3  # [clients] that the old server saw as well: it tells of them, and of others
FEW, NEARLY_ALL = 3, 0.9  # [addresses] of the network itself that have so much [1] of the requests: proxies
LEAST_CLIENTS, SHORTENED, MOST_ROUND = 20, 0.95, 0.5  # [addresses] of IPv4, [1] that end with .0 there, and at the old
MANY = 100  # [people] at the new server, none of whom the old one ever saw: of so many some always come again
SECOND_US = 1_000_000
# RFC 1918 section 3, RFC 6598 section 7, RFC 3927 section 2.1, RFC 4193 section 3.1, RFC 4291 sections 2.5.3 and 2.5.6.
INNER = tuple(
    map(
        ip_network,
        ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "100.64.0.0/10", "169.254.0.0/16",
         "fc00::/7", "::1/128", "fe80::/10"),
    )
)  # fmt: skip


def untold(direct: Direct, new: Activity, kinds: pd.DataFrame, old: Activity, change_s: float) -> str:
    """Return why the new server's log does not tell who has moved, and what would help; nothing where it may.

    Parameters
    ----------
    kinds
        Those of the new log's clients.
    """
    kind = np.asarray(kinds["kind"].array.codes, np.int8)
    visitor = np.isin(kind, (PERSON, PROGRAM))  # a balancer's own health checks say nothing of who stands behind it
    since = (direct.cells.last >= change_s * SECOND_US) & visitor[direct.new_client]
    client, requests = direct.new_client[since], direct.cells.requests[since]
    known = direct.cells.client[since]
    if int(requests.sum()) < LEAST_REQUESTS or len(np.unique(known[known < len(old.clients)])) >= SOME_KNOWN:
        return ""
    rows = np.unique(client)
    number, names = pd.factorize(new.clients["address"].iloc[rows])
    sent = np.bincount(number, np.bincount(client, requests, len(new.clients))[rows], len(names))
    addresses, before = pd.Series(names).astype(str), old.clients["address"].astype(str)
    strange = ~addresses.isin(before).to_numpy()
    return (
        _proxies(addresses, np.where(strange, sent, 0.0), float(sent.sum()))
        or _shortened(addresses, before)
        or _strangers(kind[rows] == PERSON, strange[number])
    )


def _proxies(addresses: pd.Series[str], sent: NDArray[np.float64], whole: float) -> str:
    """Return that a few addresses of the network itself, which the old server never saw, ask for nearly all."""
    first = [int(i) for i in np.argsort(-sent, kind="stable")[:FEW] if sent[i] > 0 and _is_inner(addresses.iloc[i])]
    if not first or sent[first].sum() < NEARLY_ALL * whole:
        return ""
    text = f"The new server's log has {', '.join(addresses.iloc[first])}, of its own network, for nearly all clients:"
    return f"{text} log X-Forwarded-For there, and name the proxy under trusted_proxies of [logs.new]."


def _is_inner(address: str) -> bool:
    try:
        found = ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in INNER)


def _shortened(there: pd.Series[str], here: pd.Series[str]) -> str:
    """Return that nearly all addresses of IPv4 end with .0 there, and not at the old server."""
    four, ours = there[~there.str.contains(":")], here[~here.str.contains(":")]
    if len(four) < LEAST_CLIENTS or four.str.endswith(".0").mean() < SHORTENED:
        return ""
    if ours.str.endswith(".0").mean() > MOST_ROUND:
        return ""
    return (
        f"The new server's log shortens addresses ({four.iloc[0]}), the old one's does not: log them whole for a while."
    )


def _strangers(people: NDArray[np.bool_], strange: NDArray[np.bool_]) -> str:
    """Return that of many people at the new server not one has an address that the old one saw."""
    count = int(people.sum())
    if count < MANY or not strange[people].all():
        return ""
    text = f"None of the {count:,} people at the new server has an address that the old one ever saw:"
    return f"{text} does its log have those of its visitors, or of a proxy (trusted_proxies)?"
