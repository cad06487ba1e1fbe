"""Who asked, behind proxies: the rightmost address of X-Forwarded-For that is no trusted proxy's.

Each proxy writes the address of whom it was asked by at the end of the list, and a client may send any list of its
own. So the list is read from its end, only where the peer is a trusted proxy, and only as far as trusted ones wrote it.

References
----------
RFC 7239 section 5.2 and 8.1; Apache mod_remoteip, RemoteIPTrustedProxy.
"""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from analyzer.errors import Fault, InputError
from analyzer.loading import OnDemand

if TYPE_CHECKING:
    import ipaddress
    from collections.abc import Collection

    import duckdb
    import pyarrow as pa

    from analyzer.logs.grammar import LogFormat

    Network = ipaddress.IPv4Network | ipaddress.IPv6Network
    Address = ipaddress.IPv4Address | ipaddress.IPv6Address
else:
    ipaddress, pa = map(OnDemand, ("ipaddress", "pyarrow"))

FUNCTION = "forwarded_client"
_MOST_HOPS = 32  # of a list; more are a stranger's
_WITH_PORT = re.compile(r"([0-9.]{7,15}):\d{1,5}|\[([0-9A-Fa-f:.]{2,45})\](?::\d{1,5})?")


@lru_cache(maxsize=65_536)
def client_of(peer: str | None, forwarded: str | None, trusted: str) -> str | None:
    """Return the client of a request.

    Parameters
    ----------
    peer
        The address that the server was asked by.
    forwarded
        X-Forwarded-For as logged.
    trusted
        Networks of proxies, with a space between.

    Examples
    --------
    >>> client_of("10.0.0.1", "198.51.100.66, 203.0.113.9, 10.0.0.2", "10.0.0.0/8")
    '203.0.113.9'
    >>> client_of("192.0.2.7", "203.0.113.9", "10.0.0.0/8")
    '192.0.2.7'
    """
    networks = _networks(trusted)
    client = peer
    if forwarded is None or peer is None or not _is_in(_address(peer), networks):
        return peer
    for hop in reversed(forwarded.rsplit(",", _MOST_HOPS)[-_MOST_HOPS:]):
        found = _address(hop.strip())
        if found is None:
            return client  # `unknown`, or a name: the proxy that wrote it is the last that is known
        client = str(found)
        if not _is_in(found, networks):
            return client
    return client


@lru_cache(maxsize=16)
def _networks(trusted: str) -> tuple[Network, ...]:
    """Return the networks of a text."""
    return tuple(map(ipaddress.ip_network, trusted.split()))


def _address(text: str) -> Address | None:
    """Return the address that a hop names, with its port or without; None if it is none."""
    match = _WITH_PORT.fullmatch(text)
    try:
        found = ipaddress.ip_address((match[1] or match[2] if match else text).partition("%")[0])
    except ValueError:
        return None
    return getattr(found, "ipv4_mapped", None) or found


def _is_in(address: Address | None, networks: tuple[Network, ...]) -> bool:
    """Return whether an address lies in one of the networks."""
    return address is not None and any(address in network for network in networks)


def behind(log_format: LogFormat, trusted: Collection[Network]) -> LogFormat:
    """Return the format of a server behind trusted proxies: its clients are those that X-Forwarded-For names.

    Raises
    ------
    InputError
        If there are such, and the format does not log X-Forwarded-For.
    """
    if not trusted:
        return log_format
    if log_format.column("forwarded_for") is None:
        raise InputError(
            Fault(
                "the format does not log X-Forwarded-For, so trusted_proxies cannot be seen through",
                where="LogFormat",
                value=log_format.text,
                remedy="log %{X-Forwarded-For}i, or take trusted_proxies away",
            )
        )
    return replace(log_format, trusted=" ".join(sorted(map(str, trusted))))


def client_sql(log_format: LogFormat) -> str:
    """Return the SQL of the client over the raw columns; behind trusted proxies that of X-Forwarded-For."""
    client, forwarded = log_format.column("client"), log_format.column("forwarded_for")
    if client is None:
        return "NULL::VARCHAR"
    if not log_format.trusted or forwarded is None:
        return client.name
    return f"{FUNCTION}({client.name}, {forwarded.name}, '{log_format.trusted}')"


def teach(database: duckdb.DuckDBPyConnection) -> None:
    """Make `client_of` known to a database, as the function that `client_sql` calls."""
    from duckdb.func import ARROW, SPECIAL  # noqa: PLC0415 -- large logs are read without DuckDB

    parameters: list[Any] = ["varchar"] * 3
    database.create_function(FUNCTION, _of_columns, parameters, "varchar", type=ARROW, null_handling=SPECIAL)


def _of_columns(peer: pa.ChunkedArray, forwarded: pa.ChunkedArray, trusted: pa.ChunkedArray) -> pa.Array:
    """Return the clients of many requests."""
    rows = zip(peer.to_pylist(), forwarded.to_pylist(), trusted.to_pylist(), strict=True)
    return pa.array([client_of(*row) for row in rows], pa.string())
