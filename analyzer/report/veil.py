"""Addresses of strangers made unrecognisable, before anything is spelled: what is not there cannot leak."""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import re
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

    from analyzer.dns.propagation import Propagation
    from analyzer.drain.verdict import LogEvidence, Straggler, Verdict

KEPT_BITS = {4: 24, 6: 48}  # of an address: a provider's customer or site, not a subscriber
KEPT_LABELS = 2  # of a client's host name, from its end
HASH_DIGITS = 10  # hexadecimal: two clients of a million are alike with a chance of 1 in 2 (n^2 / 2^41)
# What looks like an address within a text; `Chrome/126.0.0.0` is a version.
_LIKE = re.compile(
    r"(?<![\w.:])(?<!\w/)(?:\d{1,3}(?:\.\d{1,3}){3}|[0-9A-Fa-f]{0,4}(?::[0-9A-Fa-f.]{0,15}){2,8})(?![\w])"
)


class Way(StrEnum):
    """How an address is made unrecognisable: cut to its network, or a keyed hash of the whole."""

    CUT = "cut"
    HASH = "hash"


@dataclass(frozen=True, slots=True)
class Veil:
    """What makes addresses unrecognisable.

    Attributes
    ----------
    way
        `cut` leaves the first 24 bits of IPv4 and the first 48 of IPv6; `hash` leaves nothing, and the same address
        is the same hash in each report of the same key.
    key
        Of the hash; without it nobody can try all addresses.

    References
    ----------
    RFC 6235 s4.1 (truncation, keyed pseudonyms).
    """

    way: Way
    key: bytes = field(default=b"", repr=False)

    def client(self, name: str) -> str:
        """Return what stands for a client, an address or a host name.

        Examples
        --------
        >>> veil = Veil(Way.CUT)
        >>> veil.client("203.0.113.9"), veil.client("2001:db8:4f2a:9c31::1"), veil.client("dsl-9.example.net")
        ('203.0.113.0/24', '2001:db8:4f2a::/48', '*.example.net')
        """
        try:
            address = ipaddress.ip_address(name.partition("%")[0])
        except ValueError:
            return self._name(name)
        address = getattr(address, "ipv4_mapped", None) or address
        if self.way is Way.HASH:
            return self._hash(address.packed)
        return str(ipaddress.ip_network((address, KEPT_BITS[address.version]), strict=False))

    def text(self, text: str) -> str:
        """Return a text in which no address is whole.

        >>> Veil(Way.CUT).text("from 203.0.113.9 at 22:00:00 (Chrome/126.0.0.0)")
        'from 203.0.113.0/24 at 22:00:00 (Chrome/126.0.0.0)'
        """
        return _LIKE.sub(self._found, text)

    def verdict(self, verdict: Verdict) -> Verdict:
        """Return a verdict without any client's address."""
        return replace(
            verdict,
            stragglers=tuple(self._straggler(one) for one in verdict.stragglers),
            evidence=self._log(verdict.evidence),
            evidence_new=None if verdict.evidence_new is None else self._log(verdict.evidence_new),
            reasons=tuple(replace(one, sentence=self._plain(one.sentence, verdict)) for one in verdict.reasons),
        )

    def propagation(self, seen: Propagation) -> Propagation:
        """Return what the resolvers say, without their addresses; two of one network stay two."""
        names = self.resolvers(one.resolver for one in seen.resolvers)
        told = (replace(one, resolver=names[one.resolver], problem=self.text(one.problem)) for one in seen.resolvers)
        return replace(seen, resolvers=tuple(told))

    def states(self, states: pd.DataFrame) -> pd.DataFrame:
        """Return the answers of the figure, without the resolvers' addresses."""
        return states.assign(resolver=states["resolver"].map(self.resolvers(states["resolver"].unique())))

    def resolvers(self, resolvers: Iterable[str]) -> dict[str, str]:
        """Return what stands for each resolver; the second of one network is numbered."""
        told: dict[str, str] = {}
        for one in sorted(set(resolvers)):
            veiled = self.text(one)
            alike = sum(name.partition(" (")[0] == veiled for name in told.values())
            told[one] = f"{veiled} ({alike + 1})" if alike else veiled
        return told

    def _straggler(self, one: Straggler) -> Straggler:
        agent = None if one.agent is None else self.text(one.agent)
        why = self.text(one.why.replace(one.client, self.client(one.client)))
        return replace(one, client=self.client(one.client), agent=agent, why=why)

    def _plain(self, sentence: str, verdict: Verdict) -> str:
        """Return a sentence without addresses, and without the host names of clients."""
        for one in verdict.stragglers:
            sentence = sentence.replace(one.client, self.client(one.client))
        return self.text(sentence)

    def _log(self, log: LogEvidence) -> LogEvidence:
        return replace(log, troubles=tuple(self.text(one) for one in log.troubles))

    def _found(self, match: re.Match[str]) -> str:
        """Return what stands for an address within a text; the text itself where it is none (a time of day)."""
        written = match[0].rstrip(".:") if not match[0].endswith("::") else match[0]
        try:
            ipaddress.ip_address(written)
        except ValueError:
            return match[0]
        return self.client(written) + match[0][len(written) :]

    def _name(self, name: str) -> str:
        if self.way is Way.HASH:
            return self._hash(name.encode("utf-8", "surrogatepass"))
        labels = name.rstrip(".").split(".")
        return ".".join(["*", *labels[-KEPT_LABELS:]]) if len(labels) > KEPT_LABELS else "*"

    def _hash(self, value: bytes) -> str:
        return "#" + hmac.new(self.key, value, hashlib.sha256).hexdigest()[:HASH_DIGITS]
