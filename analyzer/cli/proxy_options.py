"""The options of `cutover proxy`, each with its help: the command's own line stays short."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Config = Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")]
Server = Annotated[str, typer.Option(help="apache, nginx, haproxy or caddy.")]
Role = Annotated[str | None, typer.Option(help="drain, rollback, freeze or new.")]
Method = Annotated[str, typer.Option(help="Apache: rewrite or proxypass.")]
Schemes = Annotated[list[str] | None, typer.Option(help="http or https; may be repeated. Both, if absent.")]
OwnVhost = Annotated[Path | None, typer.Option(help="Your own virtual host: names, certificates, logs stay.")]
ListenPort = Annotated[int, typer.Option(help="Port that it listens on.")]
UpstreamPort = Annotated[int, typer.Option(help="Port of the server that it hands on to.")]
Upstream = Annotated[str | None, typer.Option(help="Address to hand on to; cutover.toml's, if absent.")]
Source = Annotated[str | None, typer.Option(help="The old server's own address towards the new one.")]
Certificate = Annotated[str | None, typer.Option(help="Certificate that clients see.", metavar="FILE")]
Key = Annotated[str | None, typer.Option(help="Its key.", metavar="FILE")]
Authorities = Annotated[str | None, typer.Option(help="Who signs the other server's certificate.", metavar="FILE")]
LogDir = Annotated[str | None, typer.Option(help="Where it logs.", metavar="DIR")]
AcmeDir = Annotated[str | None, typer.Option(help="Certificate challenges answered here.", metavar="DIR")]
Testers = Annotated[list[str] | None, typer.Option(help="freeze: who is let through; may be repeated.")]
Keepalive = Annotated[str, typer.Option(help="on or off; off makes pooled clients resolve again.")]
Pooled = Annotated[bool, typer.Option("--pooled", help="Keep connections to the other server.")]
Switch = Annotated[str | None, typer.Option(help="The rules act while this file exists.", metavar="FILE")]
Brownout = Annotated[str | None, typer.Option(help="Refuse for some minutes of each day: 14:00/5m.")]
Workers = Annotated[int | None, typer.Option(help="Apache's threads; 0 leaves them alone.")]
Check = Annotated[bool, typer.Option("--check", help="Let the server's own program look at it first.")]
MainConfig = Annotated[
    Path | None, typer.Option(help="--check: Apache's main configuration, if not the installed one.", metavar="FILE")
]
