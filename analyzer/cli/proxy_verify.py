"""`cutover proxy verify`: awkward requests to the new server, directly and through the old one."""

from __future__ import annotations

import json
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from analyzer.cli.console import printable, reader_may_leave
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from analyzer.handover.proxy.questions import Finding
    from analyzer.migration.model import Address

SCHEMA = "cutover.proxy-verify/1"
SAME, DIFFERS = 0, 10  # exit status
MOST_PATHS = 200
TARGET_LENGTH = 60  # [characters] of a target in the table


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"


def verify(
    *,
    config: Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")] = Path(
        "cutover.toml"
    ),
    scheme: Annotated[list[str] | None, typer.Option(help="http or https; may be repeated. Both, if absent.")] = None,
    name: Annotated[str | None, typer.Option(help="The host name to ask for; the first that moves.")] = None,
    old: Annotated[str | None, typer.Option(help="The old server's address; cutover.toml's, if absent.")] = None,
    new: Annotated[str | None, typer.Option(help="The new server's address; cutover.toml's, if absent.")] = None,
    listen_http: Annotated[int, typer.Option(help="The old server's port.")] = 80,
    listen_https: Annotated[int, typer.Option(help="The old server's port.")] = 443,
    upstream_http: Annotated[int, typer.Option(help="The new server's port.")] = 80,
    upstream_https: Annotated[int, typer.Option(help="The new server's port.")] = 443,
    ca: Annotated[Path | None, typer.Option(help="Authorities to trust beside the system's.", metavar="FILE")] = None,
    path: Annotated[list[str] | None, typer.Option(help="One more path to ask for; may be repeated.")] = None,
    form: Annotated[Form, typer.Option("--format", help="text for people, json for programs.")] = Form.TEXT,
) -> None:
    """Ask the new server directly and through the old one, and say what differs; only safe requests.

    Example: cutover proxy verify --config cutover.toml --path /login --path /api/health
    """
    from analyzer.migration import load

    mine = load(config)
    asked = mine.names[0] if name is None else _name(name)
    here, there = _address(old, "--old", mine.old), _address(new, "--new", mine.new)
    ports = {"http": (listen_http, upstream_http), "https": (listen_https, upstream_https)}
    found: tuple[Finding, ...] = ()
    for one in dict.fromkeys(scheme or ("http", "https")):
        if one not in ports:
            raise UsageError(Fault("not known", "--scheme", one, "write http or https"))
        found += _asked(asked, one, (here, ports[one][0]), (there, ports[one][1]), paths=_paths(path), ca=ca)
    with reader_may_leave():
        if form is Form.JSON:
            typer.echo(json.dumps(as_json(asked, found)))
        else:
            for line in as_text(found):
                typer.echo(line)
    raise typer.Exit(DIFFERS if any(one.differences for one in found) else SAME)


def _asked(
    name: str,
    scheme: str,
    old: tuple[Address, int],
    new: tuple[Address, int],
    *,
    paths: tuple[str, ...],
    ca: Path | None,
) -> tuple[Finding, ...]:
    """Return the findings of one scheme."""
    from analyzer.handover.proxy.asking import Place, verify
    from analyzer.handover.proxy.paths import safe_port

    places = [Place(scheme, address, safe_port(port, "the ports")) for address, port in (old, new)]
    return verify(name, places[0], places[1], paths=paths, ca=ca)


def _name(text: str) -> str:
    """Return the host name that an option names."""
    from analyzer.migration.values import Refused, host_name

    try:
        return host_name(text)
    except Refused as refused:
        raise UsageError(Fault(refused.what, "--name", text, refused.remedy)) from None


def _address(text: str | None, option: str, known: tuple[Address, ...]) -> Address:
    """Return the address that an option names, or the first one known."""
    from analyzer.migration.values import Refused, address

    if text is None:
        return known[0]
    try:
        return address(text)
    except Refused as refused:
        raise UsageError(Fault(refused.what, option, text, refused.remedy)) from None


def _paths(given: list[str] | None) -> tuple[str, ...]:
    """Return the user's own paths, each one that can stand in a request line."""
    if given and len(given) > MOST_PATHS:
        raise UsageError(Fault(f"more than {MOST_PATHS} paths", "--path", remedy="ask for fewer at once"))
    for one in given or ():
        if not one.startswith("/") or not all("!" <= letter <= "~" for letter in one):
            raise UsageError(Fault("not a path", "--path", one, "write it as in a URL, from / on, escaped with %"))
    return tuple(given or ())


def as_json(name: str, found: tuple[Finding, ...]) -> dict[str, Any]:
    """Return the findings as one JSON object."""
    return {
        "schema": SCHEMA,
        "name": name,
        "asked": len(found),
        "differing": sum(bool(one.differences) for one in found),
        "findings": [
            {
                "scheme": one.scheme,
                "question": one.question,
                "target": one.target,
                "status": one.status,
                "differences": list(one.differences),
                "not_compared": list(one.unstable),
            }
            for one in found
        ],
    }


def as_text(found: tuple[Finding, ...]) -> list[str]:
    """Return the findings as lines for a terminal: those that differ, then how many are the same."""
    lines = []
    for one in found:
        if one.differences:
            lines.append(f"{one.scheme:<5}  {one.question}  {printable(one.target)[:TARGET_LENGTH]}")
            lines += [f"       {printable(told)}" for told in one.differences]
    same = sum(not one.differences for one in found)
    unstable = sum(bool(one.unstable) for one in found)
    lines.append(f"{same} of {len(found)} are the same directly and through the old server.")
    if unstable:
        lines.append(f"In {unstable} the new server answers differently each time; that part is not compared.")
    return lines
