"""The text of a new cutover.toml."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.migration.model import Address

_TEMPLATE = """\
# One migration: cutover reads this file. Paths are relative to its folder.

[migration]
names = [{names}]  # every host name that moves
old   = [{old}]  # addresses of the old server, IPv4 and IPv6
new   = [{new}]  # addresses of the new server
{staging}  # the temporary name of the new server
# changed_at = 2026-03-02T22:00:00Z     # when the DNS change was published; found from snapshots if absent
# ttl = 3600                            # seconds, the record's TTL before the change; found from snapshots if absent

[logs.old]  # the old server's access logs
paths  = ["old/access.log*"]  # files and globs, plain or compressed
format = "combined"           # auto, common, combined, vhost_combined, drain, or the server's own LogFormat string
# trusted_proxies = ["10.0.0.0/8"]  # proxies before it: the client is whom their X-Forwarded-For names

# [logs.new]  # the new server's: who comes there directly has moved
# paths  = ["new/access.log*"]
# format = "combined"

[dns]
# snapshots = ["dns.jsonl"]  # recorded answers of resolvers
resolvers = ["public"]       # named sets, addresses, https:// (DoH) and tls:// (DoT) URLs

[policy]
horizon           = "30d"  # the period after the removal that is looked at
max_lost_requests = 10     # at most so many requests may be lost in it
confidence        = 0.95   # of the upper bound that must stay within that budget
counts            = ["person", "program"]  # also there: crawler, monitor, scanner
accepted          = []     # addresses or networks whose loss is accepted

# [mail]  # who gets the report: cutover report --email, cutover watch --email
# to            = ["ops@example.com"]
# from          = "cutover@example.com"
# server        = "mail.example.com"  # with port: mail.example.com:587
# security      = "starttls"          # tls, or none for a server on this machine
# user          = "cutover"           # or CUTOVER_SMTP_USER; without one there is no login
# password_file = "smtp.password"     # of mode 600; or CUTOVER_SMTP_PASSWORD
"""


def template(
    names: Iterable[str], old: Iterable[Address], new: Iterable[Address], *, staging: str | None = None
) -> str:
    """Return the commented text of a cutover.toml that `load` accepts.

    Parameters
    ----------
    names, old, new, staging
        Checked values: nothing in them needs escaping.
    """
    return _TEMPLATE.format(
        names=_quoted(names),
        old=_quoted(old),
        new=_quoted(new),
        staging=f'staging = "{staging}"' if staging else '# staging = "app-new.example.com"',
    )


def _quoted(values: Iterable[object]) -> str:
    """Return the items of a TOML list of strings."""
    return ", ".join(f'"{value}"' for value in values)
