"""`cutover proxy`: the configuration that hands requests on, and whether it does."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from analyzer.cli import proxy_options as options
from analyzer.cli.console import printable, reader_may_leave, say
from analyzer.cli.proxy_verify import verify
from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from analyzer.handover.proxy import Site, Wanted
    from analyzer.migration import Migration

CHECK_FAILED = 10  # exit status where the server refuses the configuration

app = typer.Typer(invoke_without_command=True, no_args_is_help=True)
app.command()(verify)


@app.callback()
def proxy(
    ctx: typer.Context,
    *,
    config: options.Config = Path("cutover.toml"),
    server: options.Server = "apache",
    role: options.Role = None,
    method: options.Method = "rewrite",
    scheme: options.Schemes = None,
    vhost: options.OwnVhost = None,
    listen_http: options.ListenPort = 80,
    listen_https: options.ListenPort = 443,
    upstream_http: options.UpstreamPort = 80,
    upstream_https: options.UpstreamPort = 443,
    upstream: options.Upstream = None,
    source: options.Source = None,
    certificate: options.Certificate = None,
    key: options.Key = None,
    ca: options.Authorities = None,
    log_dir: options.LogDir = None,
    acme_dir: options.AcmeDir = None,
    tester: options.Testers = None,
    keepalive: options.Keepalive = "on",
    pooled: options.Pooled = False,
    switch: options.Switch = None,
    brownout: options.Brownout = None,
    workers: options.Workers = None,
    check: options.Check = False,
    main_config: options.MainConfig = None,
) -> None:
    """Print the configuration that hands requests on to the other server; every line says why it is there.

    Example: cutover proxy --server apache --role drain --switch /etc/cutover/on > cutover.conf
    """
    if ctx.invoked_subcommand is None:
        _print(**{name: value for name, value in locals().items() if name != "ctx"})


def _print(*, config: Path, check: bool, main_config: Path | None, **given: Any) -> None:  # noqa: ANN401 -- options
    """Print the configuration that the options ask for, looked at first if so wanted."""
    from analyzer.handover.proxy import render, site
    from analyzer.migration import load

    mine = load(config)
    found, notes = site(mine, _wanted(mine, **given))
    for note in notes:
        say(f"cutover: {note}")
    text = render(found)
    if check:
        _check(found, text, main_config)
    with reader_may_leave():
        typer.echo(text.encode("utf-8", "surrogateescape"), nl=False)


def _wanted(mine: Migration, **given: Any) -> Wanted:  # noqa: ANN401 -- the command's options by name
    """Return the options as the generator wants them."""
    from analyzer.handover.proxy import Method, Role, Server, Wanted
    from analyzer.handover.proxy.vhost_file import read_vhost

    if given["role"] is None:
        raise UsageError(Fault("no role is named", "--role", remedy="write drain, rollback, freeze or new"))
    same = ("upstream", "source", "certificate", "key", "ca", "log_dir", "acme_dir", "pooled", "switch", "brownout")
    return Wanted(
        server=Server(_word(tuple(Server), given["server"], "--server")),
        role=Role(_word(tuple(Role), given["role"], "--role")),
        method=Method(_word(tuple(Method), given["method"], "--method")),
        schemes=tuple(_word(("http", "https"), one, "--scheme") for one in given["scheme"] or ()),
        listen={"http": given["listen_http"], "https": given["listen_https"]},
        upstream_ports={"http": given["upstream_http"], "https": given["upstream_https"]},
        testers=tuple(given["tester"] or ()),
        keepalive=_word(("on", "off"), given["keepalive"], "--keepalive") == "on",
        workers=given["workers"],
        vhost=None if given["vhost"] is None else read_vhost(given["vhost"], mine.names),
        **{name: given[name] for name in same},
    )


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
