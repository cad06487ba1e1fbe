"""The known public resolvers, and the sets by which they are named."""

from __future__ import annotations

import csv
import difflib
from dataclasses import dataclass, replace
from functools import lru_cache
from importlib.resources import files
from typing import TYPE_CHECKING

from analyzer.dns.targets import REMEDY, Target, at_address, is_address, target
from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# The default: large resolvers of several operators and countries that do not filter.
PUBLIC = (
    "google", "cloudflare", "quad9-unfiltered", "opendns", "adguard-unfiltered", "dns.sb", "dns4eu-unfiltered",
    "cznic-odvr", "hurricane-electric", "level3", "cira-private", "yandex-basic", "alidns", "hinet",
)  # fmt: skip
SETS = ("public", "all", "authoritative", "system")
# Where their operators let anybody empty their caches of a name.
PURGE_PAGES = {
    "Google": "https://dns.google/cache",
    "Cloudflare": "https://one.one.one.one/purge-cache/",
    "Cisco": "https://cachecheck.opendns.com/",
}
MOST_TARGETS = 10_000  # of one snapshot
MOST_LIST_LINES = 100_000


@dataclass(frozen=True, slots=True)
class Listed:
    """A public resolver of the list.

    Attributes
    ----------
    name
        By which it is asked for.
    ipv4, ipv6
        Its addresses.
    doh_url, dot_host
        Where it answers DoH and DoT; empty where it does not.
    operator, country
        Who runs it, and where (ISO 3166; several parted by "/").
    filtering
        What it answers wrongly on purpose: "none", or what it blocks.
    do53
        Whether it answers plain DNS.
    """

    name: str
    ipv4: tuple[str, ...]
    ipv6: tuple[str, ...]
    doh_url: str
    dot_host: str
    operator: str
    country: str
    filtering: str
    do53: bool

    def targets(self, *, whole: bool) -> tuple[Target, ...]:
        """Return how it is asked: plain at its first address, or at all of both families; by URL where it must be."""
        addresses = (*self.ipv4, *self.ipv6)
        if self.do53 or not self.doh_url:
            return tuple(self._known(at_address(one)) for one in (addresses if whole else addresses[:1]))
        return (self._known(target(self.doh_url)),)

    def _known(self, found: Target) -> Target:
        """Return a target with what the list knows of it."""
        address = "" if is_address(found.host) or not self.ipv4 else self.ipv4[0]
        return replace(found, address=found.address or address, operator=self.operator, country=self.country)


@dataclass(frozen=True, slots=True)
class Selection:
    """The resolvers to ask, each once; and whether the zones' own servers are to be found and asked too."""

    targets: tuple[Target, ...]
    authoritative: bool


@lru_cache(maxsize=1)
def catalogue() -> tuple[Listed, ...]:
    """Return the known public resolvers, in the order of the list."""
    text = files("analyzer.dns").joinpath("resolvers.csv").read_text(encoding="utf-8")
    return tuple(_listed(row) for row in csv.DictReader(text.replace("*", "").splitlines()))


def select(words: Iterable[str], *, system: Iterable[str] = ()) -> Selection:
    """Return the resolvers that words name.

    Parameters
    ----------
    words
        Addresses, URLs, and names of sets: public, all, authoritative, system, a resolver of the list, an operator,
        a country (ISO 3166). A set gives each of its resolvers once; a resolver's own name all its addresses.
    system
        Addresses of the system's own resolvers.

    Raises
    ------
    InputError
        If a word names nothing, or too much is named.
    """
    chosen: dict[tuple[str, str], Target] = {}
    authoritative = False
    for word in words:
        if word.lower() == "authoritative":
            authoritative = True
            continue
        for one in _named(word, tuple(system)):
            chosen.setdefault((one.resolver, one.transport), one)
    if len(chosen) > MOST_TARGETS:
        raise InputError(Fault(f"more than {MOST_TARGETS:,} resolvers", value=str(len(chosen)), remedy="ask fewer"))
    return Selection(tuple(chosen.values()), authoritative)


@lru_cache(maxsize=4096)
def whose(resolver: str) -> tuple[str, str]:
    """Return operator and country of a resolver as a snapshot calls it; empty where they are not known.

    >>> whose("9.9.9.9")
    ('Quad9 Foundation', 'CH')
    """
    try:
        found = _with_owner(target(resolver))
    except InputError:  # a stranger's text: snapshots may come from anywhere
        return "", ""
    return found.operator, found.country


def purge_page(resolver: str) -> str | None:
    """Return the page on which a resolver's cache can be emptied of a name; None if there is none.

    >>> purge_page("1.1.1.1")
    'https://one.one.one.one/purge-cache/'
    """
    return PURGE_PAGES.get(whose(resolver)[0])


def own_list(text: str, source: str) -> tuple[str, ...]:
    """Return the resolvers of an own list: one a line; what follows `#` is a comment, what follows a comma ignored.

    Raises
    ------
    InputError
        If a line is no resolver: with its number.
    """
    words = []
    for number, line in enumerate(text.splitlines()[:MOST_LIST_LINES], start=1):
        word = line.partition("#")[0].partition(",")[0].strip()
        if not word or (number == 1 and word.lower() in {"ip_address", "resolver", "address"}):
            continue
        try:
            target(word)
        except InputError as error:
            fault = error.faults[0]
            raise InputError(Fault(fault.what, f"{source}:{number}", fault.value, fault.remedy)) from None
        words.append(word)
    return tuple(words)


def _named(word: str, system: tuple[str, ...]) -> Iterator[Target]:
    """Yield the resolvers that one word names."""
    key = word.lower()
    if key == "system":
        yield from (at_address(one) for one in system)
        return
    if not key.replace("-", "").replace(".", "").isalnum() or is_address(key) or "://" in key:
        yield _with_owner(target(word))
        return
    found = [one for one in catalogue() if _belongs(one, key)]
    if not found:
        raise InputError(_unknown(word))
    whole = len(found) == 1 and found[0].name == key
    for one in found:
        yield from one.targets(whole=whole)


def _belongs(one: Listed, key: str) -> bool:
    """Return whether a resolver belongs to a set."""
    if key == "public":
        return one.name in PUBLIC
    operator = one.operator.lower().replace(" ", "-")
    return key == "all" or key in {one.name, operator} or key in one.country.lower().split("/")


def _with_owner(found: Target) -> Target:
    """Return a target with its operator and country, if the list has its address or name."""
    for one in catalogue():
        if found.host in {*one.ipv4, *one.ipv6, one.dot_host} or found.resolver == one.doh_url:
            address = found.address or ("" if is_address(found.host) or not one.ipv4 else one.ipv4[0])
            return replace(found, operator=one.operator, country=one.country, address=address)
    return found


def _unknown(word: str) -> Fault:
    """Return what to tell of a word that names nothing."""
    names = {*SETS, *(one.name for one in catalogue()), *(one.country.lower() for one in catalogue())}
    near = difflib.get_close_matches(word.lower(), sorted(names), n=1)
    hint = f"did you mean {near[0]}? `cutover dns resolvers` lists them" if near else REMEDY
    return Fault("no set of resolvers, and no resolver", value=word, remedy=hint)


def _listed(row: dict[str, str]) -> Listed:
    """Return a line of the list."""
    return Listed(
        name=row["name"],
        ipv4=tuple(row["ipv4"].split()),
        ipv6=tuple(row["ipv6"].split()),
        doh_url=row["doh_url"],
        dot_host=row["dot_host"],
        operator=row["operator"],
        country=row["country"],
        filtering=row["filtering"],
        do53=not row["do53"].startswith("no"),
    )
