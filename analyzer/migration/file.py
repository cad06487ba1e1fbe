"""cutover.toml -> Migration: the shape of the file, and its faults told all at once."""

from __future__ import annotations

import glob
import os
import re
import tomllib
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from analyzer.errors import ConfigError, Fault
from analyzer.migration.faults import faults_of
from analyzer.migration.model import DnsSettings, LogSet, MailSettings, Migration, Policy
from analyzer.migration.schema import CutoverToml, LogTable, MailTable

PORTS = {"tls": 465, "starttls": 587, "none": 25}  # RFC 8314 s3.3, RFC 6409 s3.1, RFC 5321 s4.5.4.2
FILE_BYTES = 1 << 20  # [bytes] a migration of thousands of names is far smaller
_AT_LINE = re.compile(r" \(at (?:line (\d+), column \d+|end of document)\)$")
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")


def load(path: Path) -> Migration:
    """Return the migration that the file describes.

    Parameters
    ----------
    path
        A `cutover.toml`; paths in it are relative to its folder.

    Raises
    ------
    ConfigError
        With every fault of the file at once: it cannot be read, is not TOML, has unknown keys or bad values.
    """
    tables = _parse(_read(path), path)
    try:
        checked = CutoverToml.model_validate(tables)
    except ValidationError as error:
        raise ConfigError(*faults_of(error, str(path))) from None
    return _migration(checked, path)


def _read(path: Path) -> str:
    """Return the file's text."""
    remedy = "name a cutover.toml with --config, or write one with: cutover init NAME --old A --new B"
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else "not a path"
        raise ConfigError(Fault(f"cannot be read: {reason}", str(path), remedy=remedy)) from None
    if len(raw) > FILE_BYTES:
        raise ConfigError(Fault("larger than 1 MiB: not a cutover.toml", str(path), remedy=remedy))
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        raise ConfigError(Fault("not UTF-8", f"{path}:{line}", remedy="save the file as UTF-8")) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    """Return the tables of the TOML text."""
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        what = str(error)
        found = _AT_LINE.search(what)
        line = int(found[1]) if found and found[1] else text.count("\n") + 1
        what = f"not TOML: {_AT_LINE.sub('', what)}"
    except (RecursionError, ValueError):
        line, what = 1, "not usable TOML: nested too deep, or a number too long"
    raise ConfigError(Fault(what, f"{path}:{line}", remedy="mend this line"))


def _migration(checked: CutoverToml, path: Path) -> Migration:
    """Return the checked tables as the values that the house works with."""
    moved, policy, folder = checked.migration, checked.policy, path.parent
    return Migration(
        names=tuple(dict.fromkeys(moved.names)),
        old=tuple(dict.fromkeys(moved.old)),
        new=tuple(dict.fromkeys(moved.new)),
        staging=moved.staging,
        changed_at=moved.changed_at,
        ttl_s=None if moved.ttl is None else float(moved.ttl),
        old_logs=_log_set(checked.logs.old, folder),
        new_logs=_log_set(checked.logs.new, folder),
        dns=DnsSettings(
            snapshots=tuple(_resolved(one, folder) for one in checked.dns.snapshots),
            resolvers=tuple(checked.dns.resolvers),
        ),
        policy=Policy(
            horizon_s=policy.horizon,
            max_lost_requests=float(policy.max_lost_requests),
            confidence=policy.confidence,
            counts=tuple(dict.fromkeys(policy.counts)),
            accepted=tuple(policy.accepted),
        ),
        source=path,
        mail=_mail(checked.mail, folder),
    )


def _mail(table: MailTable | None, folder: Path) -> MailSettings | None:
    """Return who gets the report by mail."""
    if table is None:
        return None
    server, port = table.server
    return MailSettings(
        to=tuple(dict.fromkeys(table.to)),
        sender=table.sender,
        server=server,
        port=port or PORTS[table.security],
        security=table.security,
        user=table.user,
        password_file=None if table.password_file is None else folder / Path(table.password_file).expanduser(),
        ca_file=None if table.ca_file is None else folder / Path(table.ca_file).expanduser(),
    )


def _log_set(table: LogTable | None, folder: Path) -> LogSet | None:
    """Return a server's logs with their paths resolved."""
    if table is None:
        return None
    paths = tuple(_resolved(one, folder) for one in table.paths)
    return LogSet(paths=paths, format=table.format, trusted_proxies=tuple(dict.fromkeys(table.trusted_proxies)))


def _resolved(written: str, folder: Path) -> str:
    """Return a path from the file's folder on; standard input and URLs as they are."""
    if written == "-" or _URL.match(written):
        return written
    return os.path.join(glob.escape(str(folder)), os.path.expanduser(written))  # noqa: PTH111, PTH118 -- a glob's text
