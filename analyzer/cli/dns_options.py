"""The options that the commands of `cutover dns` share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

TIME_LIMIT = "3s"  # for one question
RESOLVER_HELP = (
    "Whom to ask, in place of the file's: ADDRESS, ADDRESS:PORT, [V6]:PORT, https://…, tls://…, quic://…, or a set: "
    "public, all, authoritative, system, a resolver's, operator's or country's name. May be repeated."
)

Config = Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")]
Resolvers = Annotated[list[str] | None, typer.Option("--resolver", "-r", help=RESOLVER_HELP)]
OwnList = Annotated[Path | None, typer.Option("--list", help="A file of resolvers, one a line, asked besides.")]
TimeLimit = Annotated[str, typer.Option("--time-limit", help="For one question, tries and all.")]
Authorities = Annotated[Path | None, typer.Option("--ca", help="PEM file of authorities to trust beside the system's.")]
StateFile = Annotated[
    Path | None, typer.Option("--state", help="Where the answers are kept; cutover.sqlite beside cutover.toml.")
]
