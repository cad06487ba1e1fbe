"""`cutover proxy`: the configuration that hands requests on, and whether it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.cli.console import printable, say
from analyzer.cli.proxy_verify import verify
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from analyzer.handover.proxy import Site

CHECK_FAILED = 10  # exit status where the server refuses the configuration

app = typer.Typer(invoke_without_command=True, no_args_is_help=True)
app.command()(verify)


@app.callback()
def proxy(
    ctx: typer.Context,
    *,
    config: Annotated[Path, typer.Option("--config", "-c", help="The migration's cutover.toml.")] = Path(
        "cutover.toml"
    ),
    server: Annotated[str, typer.Option(help="apache, nginx, haproxy or caddy.")] = "apache",
    role: Annotated[str | None, typer.Option(help="drain, rollback, freeze or new.")] = None,
    method: Annotated[str, typer.Option(help="Apache: rewrite or proxypass.")] = "rewrite",
    scheme: Annotated[list[str] | None, typer.Option(help="http or https; may be repeated. Both, if absent.")] = None,
    vhost: Annotated[Path | None, typer.Option(help="Your own virtual host: names, certificates, logs stay.")] = None,
    listen_http: Annotated[int, typer.Option(help="Port that it listens on.")] = 80,
    listen_https: Annotated[int, typer.Option(help="Port that it listens on.")] = 443,
    upstream_http: Annotated[int, typer.Option(help="Port of the server that it hands on to.")] = 80,
    upstream_https: Annotated[int, typer.Option(help="Port of the server that it hands on to.")] = 443,
    upstream: Annotated[str | None, typer.Option(help="Address to hand on to; cutover.toml's, if absent.")] = None,
    source: Annotated[str | None, typer.Option(help="The old server's own address towards the new one.")] = None,
    certificate: Annotated[str | None, typer.Option(help="Certificate that clients see.", metavar="FILE")] = None,
    key: Annotated[str | None, typer.Option(help="Its key.", metavar="FILE")] = None,
    ca: Annotated[str | None, typer.Option(help="Who signs the other server's certificate.", metavar="FILE")] = None,
    log_dir: Annotated[str | None, typer.Option(help="Where it logs.", metavar="DIR")] = None,
    acme_dir: Annotated[str | None, typer.Option(help="Certificate challenges answered here.", metavar="DIR")] = None,
    tester: Annotated[list[str] | None, typer.Option(help="freeze: who is let through; may be repeated.")] = None,
    keepalive: Annotated[str, typer.Option(help="on or off; off makes pooled clients resolve again.")] = "on",
    pooled: Annotated[bool, typer.Option("--pooled", help="Keep connections to the other server.")] = False,
    switch: Annotated[str | None, typer.Option(help="The rules act while this file exists.", metavar="FILE")] = None,
    brownout: Annotated[str | None, typer.Option(help="Refuse for some minutes: 14:00/5m.")] = None,
    workers: Annotated[int | None, typer.Option(help="Apache's threads; 0 leaves them alone.")] = None,
    check: Annotated[bool, typer.Option("--check", help="Let the server's own program look at it first.")] = False,
    main_config: Annotated[
        Path | None,
        typer.Option(help="--check: Apache's main configuration, if not the installed one.", metavar="FILE"),
    ] = None,
) -> None:
    """Print the configuration that hands requests on to the other server; every line says why it is there.

    Example: cutover proxy --server apache --role drain --switch /etc/cutover/on > cutover.conf
    """
    if ctx.invoked_subcommand is not None:
        return
    from analyzer.handover.proxy import Method, Role, Server, Wanted, render, site
    from analyzer.handover.proxy.vhost import read_vhost
    from analyzer.migration import load

    if role is None:
        raise UsageError(Fault("no role is named", "--role", remedy="write drain, rollback, freeze or new"))
    mine = load(config)
    wanted = Wanted(
        server=Server(_word(tuple(Server), server, "--server")),
        role=Role(_word(tuple(Role), role, "--role")),
        method=Method(_word(tuple(Method), method, "--method")),
        schemes=tuple(_word(("http", "https"), one, "--scheme") for one in scheme or ()),
        listen={"http": listen_http, "https": listen_https},
        upstream_ports={"http": upstream_http, "https": upstream_https},
        upstream=upstream,
        source=source,
        certificate=certificate,
        key=key,
        ca=ca,
        log_dir=log_dir,
        acme_dir=acme_dir,
        testers=tuple(tester or ()),
        keepalive=_word(("on", "off"), keepalive, "--keepalive") == "on",
        pooled=pooled,
        switch=switch,
        brownout=brownout,
        workers=workers,
        vhost=None if vhost is None else read_vhost(vhost, mine.names),
    )
    found, notes = site(mine, wanted)
    for note in notes:
        say(f"cutover: {note}")
    text = render(found)
    if check:
        _check(found, text, main_config)
    typer.echo(text, nl=False)


def _check(found: Site, text: str, main: Path | None) -> None:
    """Let the server look at it, and end where it refuses."""
    from analyzer.handover.proxy.check import check

    looked = check(found, text, main)
    if looked.program is None:
        say(f"cutover: not checked: {found.server} is not installed here")
        return
    for line in looked.told:
        say(f"  {printable(line)}")
    if looked.missing:
        say(f"cutover: modules are missing: a2enmod {' '.join(looked.missing)}")
    say(f"cutover: {looked.program} {'takes it' if looked.accepted else 'refuses it'}")
    if not looked.accepted:
        raise typer.Exit(CHECK_FAILED)


def _word(known: tuple[str, ...], text: str, option: str) -> str:
    """Return a word of a few.

    Raises
    ------
    UsageError
        If it is none of them.
    """
    if text not in known:
        raise UsageError(Fault("not known", option, text, f"write {' or '.join(known)}"))
    return text
