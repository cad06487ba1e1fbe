"""The options of `cutover plan`, each with its help: the command's own line stays short."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

SWITCH = "/etc/cutover/proxy-on"
BATCH_AT = "02:00"


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    MARKDOWN = "markdown"
    HTML = "html"
    JSON = "json"
    ICS = "ics"


class Dns(StrEnum):
    """Who changes the DNS."""

    OWN = "own"
    BATCH = "batch"


class OldServer(StrEnum):
    """The old server's program."""

    APACHE = "apache"
    NGINX = "nginx"
    HAPROXY = "haproxy"
    CADDY = "caddy"


class Packages(StrEnum):
    """Whose packages the old server has."""

    DEBIAN = "debian"
    REDHAT = "redhat"


BatchAt = Annotated[str, typer.Option("--batch-at", help="Local time of the nightly batch.")]
MoveAt = Annotated[
    str | None, typer.Option("--move-at", help="The switch to the proxy; a Tuesday in two weeks, if absent.")
]
Zone = Annotated[str | None, typer.Option("--zone", help="Time zone shown beside UTC: Europe/Berlin.")]
Server = Annotated[OldServer, typer.Option("--server", help="The old server's program.")]
System = Annotated[Packages, typer.Option("--system", help="Whose packages it has.")]
Switch = Annotated[str, typer.Option("--switch", help="The file that turns the proxy on.")]
Offline = Annotated[bool, typer.Option("--offline", help="Ask nobody: use what is recorded.")]
Status = Annotated[bool, typer.Option("--status", help="Tick what can be seen from here.")]
Authorities = Annotated[Path | None, typer.Option("--ca", help="PEM file of the new certificate's authority.")]
State = Annotated[Path | None, typer.Option("--state", help="What was recorded; beside cutover.toml.")]
Format = Annotated[Form, typer.Option("--format", help="text, markdown, html, json, or ics for calendars.")]
ChangedBy = Annotated[Dns, typer.Option("--dns", help="own: you edit the zone; batch: others do, at night.")]
