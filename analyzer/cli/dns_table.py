"""The table of resolvers on a terminal."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import typer

from analyzer.cli.console import printable
from analyzer.cli.dns_words import NAME_LENGTH, as_text, by_type, head, ranked
from analyzer.units import spoken_duration

if TYPE_CHECKING:
    from rich.table import Table

    from analyzer.dns.propagation import Propagation, ResolverState

ODD = "what is odd"
TYPES = ("A", "AAAA", "HTTPS")
STYLES = {"old": "bold red", "mixed": "bold magenta", "new": "green", "failing": "yellow", "neither": "yellow"}


def print_text(seen: Propagation, *, clear: bool = False) -> None:
    """Print the propagation for people: a table on a terminal, plain lines elsewhere.

    Parameters
    ----------
    clear
        On a terminal, let it take the place of what stands there.
    """
    if sys.stdout.isatty():
        print_table(seen, clear=clear)
    else:
        typer.echo("\n".join(as_text(seen)))


def print_table(seen: Propagation, *, clear: bool = False) -> None:
    """Print what there is to say, and the table.

    Parameters
    ----------
    clear
        Begin with an empty screen: the table takes the place of the last one.
    """
    from rich.console import Console
    from rich.text import Text

    console = Console(highlight=False)
    if clear:
        console.clear()
    for line in head(seen):
        console.print(Text(line))
    if seen.resolvers:
        console.print(table(seen))


def table(seen: Propagation) -> Table:
    """Return resolver, operator, country, state by type, time left, cache entries and what is odd."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    made = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title in ("resolver", "operator", "", *TYPES, "expires in", "entries", ODD):
        made.add_column(title, no_wrap=title != ODD, overflow="fold" if title == ODD else "ellipsis")
    for one in ranked(seen):
        states = by_type(one)
        cells = [Text(states.get(kind, "-"), style=STYLES.get(states.get(kind, ""), "")) for kind in TYPES]
        made.add_row(*_who(one), *cells, _left(one, seen), str(one.entries or "-"), Text("; ".join(_odd(one))))
    return made


def _who(one: ResolverState) -> tuple[str, ...]:
    """Return name, operator and country; brackets would be markup."""
    from rich.markup import escape

    from analyzer.dns.catalogue import whose

    operator, country = whose(one.resolver)
    return escape(printable(one.resolver)[:NAME_LENGTH]), escape(printable(operator)), escape(country)


def _odd(one: ResolverState) -> tuple[str, ...]:
    """Return what is odd about a resolver, printable."""
    role = ("server of the zone",) if one.authoritative else ()
    return (*role, *(printable(fact) for fact in one.facts))


def _left(one: ResolverState, seen: Propagation) -> str:
    """Return how long the old address may still live there."""
    if one.old_expires_at is None:
        return "-"
    left_s = (one.old_expires_at - seen.at).total_seconds()
    return spoken_duration(left_s) if left_s > 0 else "over" if one.on_old else "-"
