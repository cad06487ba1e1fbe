"""The options that `cutover logs` commands share, and which logs they mean."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from analyzer.errors import Fault, UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from analyzer.logs.forwarded import Address, Network
    from analyzer.logs.grammar import LogFormat

DEFAULT_FORMAT = "combined"


class Form(StrEnum):
    """How it is printed."""

    TEXT = "text"
    JSON = "json"
    JSONL = "jsonl"


class Server(StrEnum):
    """Whose logs of a migration are meant."""

    OLD = "old"
    NEW = "new"


Files = Annotated[list[str] | None, typer.Argument(metavar="FILE…", help="Log files and globs; - is standard input.")]
Format = Annotated[
    str | None,
    typer.Option(
        "--log-format",
        help="auto, common, combined, vhost_combined, drain, json, nginx, caddy, haproxy, iis, several with commas "
        "between, or any LogFormat string of Apache.",
    ),
]
ApacheConfig = Annotated[
    list[str] | None,
    typer.Option(
        "--apache-config",
        metavar="FILE",
        help="apache2.conf or a file of sites-enabled: its LogFormats are tried first. May be given again.",
    ),
]
Config = Annotated[Path | None, typer.Option("--config", "-c", help="Take the logs of this cutover.toml.")]
Which = Annotated[Server, typer.Option("--server", help="Whose logs, with --config.")]
Shape = Annotated[Form, typer.Option("--format", help="text for people, json or jsonl for programs.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which logs are meant.

    Attributes
    ----------
    paths
        Files and globs.
    log_format
        As named; None if it was not.
    names
        Host names that move, if a migration is meant.
    trusted
        Its proxies.
    own
        Addresses of the server that wrote the logs.
    """

    paths: tuple[str, ...]
    log_format: str | None
    names: tuple[str, ...] = ()
    trusted: tuple[Network, ...] = ()
    own: tuple[Address, ...] = ()

    def settled(self, apache_config: list[str] | None) -> str | LogFormat:
        """Return the format to read in: as named, else as the server's configuration has it, else `combined`.

        Raises
        ------
        InputError
            If the configuration cannot be read, or no format fits.
        """
        from analyzer.logs.presets import AUTO

        if not apache_config or self.log_format not in {None, AUTO}:
            return self.log_format or DEFAULT_FORMAT
        from analyzer.logs.apache_config import apache_logs
        from analyzer.logs.choosing import found_in
        from analyzer.logs.sources import expand

        written, files = apache_logs(apache_config), expand(self.paths)
        named = tuple(dict.fromkeys(one for file in files for one in written.of(file)))
        return found_in(files, named or written.every())


def on_logs(command: Callable[[Wanted, str | LogFormat, Form], None]) -> Callable[..., None]:
    """Return a command with the options that say which logs, in which format, and how what they hold is printed."""

    def taken(
        files: Files = None,
        log_format: Format = None,
        config: Config = None,
        server: Which = Server.OLD,
        *,
        apache_config: ApacheConfig = None,
        form: Shape = Form.TEXT,
    ) -> None:
        logs = wanted(files, log_format, config, server)
        command(logs, logs.settled(apache_config), form)

    taken.__name__, taken.__doc__ = command.__name__, command.__doc__
    return taken


def wanted(files: list[str] | None, log_format: str | None, config: Path | None, server: Server) -> Wanted:
    """Return the logs that the options mean.

    Raises
    ------
    UsageError
        If none are named.
    ConfigError
        If cutover.toml has faults.
    """
    if config is None:
        if not files:
            raise UsageError(Fault("no log is named", remedy="name FILE… or --config cutover.toml"))
        return Wanted(tuple(files), log_format)
    from analyzer.migration import load

    migration = load(config)
    logs = migration.old_logs if server is Server.OLD else migration.new_logs
    if logs is None and not files:
        remedy = f"add [logs.{server}] or name FILE…"
        raise UsageError(Fault(f"has no [logs.{server}]", where=str(config), remedy=remedy))
    known, proxies = (logs.format, logs.trusted_proxies) if logs else (None, ())
    paths = tuple(files or (logs.paths if logs else ()))
    own = migration.old if server is Server.OLD else migration.new
    return Wanted(paths, log_format or known, migration.names, proxies, own)
