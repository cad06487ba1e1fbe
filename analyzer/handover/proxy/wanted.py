"""What the user asks for -> a `Site`: every value checked, what cannot work refused with what to do instead."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from analyzer.errors import Fault, UsageError
from analyzer.handover.proxy.model import Method, Role, Server, Site, Tls, Upstream, key_beside
from analyzer.handover.proxy.paths import brownout, safe_path, safe_port
from analyzer.migration.values import Refused, address, network

if TYPE_CHECKING:
    from collections.abc import Iterable

    from analyzer.handover.proxy.vhost import Vhost
    from analyzer.migration import Migration
    from analyzer.migration.model import Address, Network

LOG_DIR = {Server.APACHE: "/var/log/apache2", Server.NGINX: "/var/log/nginx", Server.CADDY: "/var/log/caddy"}
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"  # Debian and its children; elsewhere --ca names it
# [threads] A proxied request holds one until the new server has answered. With 400 (25 a process) the switch by a file
# lost nothing at 300 requests/s in 9 of 9 runs over HTTP/2, with the compiled-in ones it did in 4 of 12; 64 a process
# make it rarer still that one process has none left.
WORKERS = 448
MOST_WORKERS = 20_000  # [threads] Apache's own hard limit for ServerLimit 20000 with one thread each
MOST_TESTERS = 64
MOST_TOLD = 40  # directives or names in one message


@dataclass(frozen=True, slots=True)
class Wanted:
    """The options of `cutover proxy`, as the user wrote them; None where he said nothing."""

    server: Server
    role: Role
    method: Method = Method.REWRITE
    schemes: tuple[str, ...] = ()
    listen: dict[str, int] = field(default_factory=lambda: {"http": 80, "https": 443})
    upstream_ports: dict[str, int] = field(default_factory=lambda: {"http": 80, "https": 443})
    upstream: str | None = None
    source: str | None = None
    certificate: str | None = None
    key: str | None = None
    ca: str | None = None
    log_dir: str | None = None
    acme_dir: str | None = None
    testers: tuple[str, ...] = ()
    keepalive: bool = True
    pooled: bool = False
    switch: str | None = None
    brownout: str | None = None
    workers: int | None = None
    vhost: Vhost | None = None


def site(mine: Migration, wanted: Wanted) -> tuple[Site, tuple[str, ...]]:
    """Return what is to be written for a migration, and what the user should be told of it.

    Raises
    ------
    UsageError
        If an option cannot stand in a configuration, or two of them contradict each other.
    """
    _refuse_contradictions(wanted)
    here, there = (mine.old, mine.new) if wanted.role in {Role.DRAIN, Role.FREEZE} else (mine.new, mine.old)
    notes: list[str] = []
    source = None if wanted.source is None else _address(wanted.source, "--source")
    tls = _tls(wanted)
    schemes = _schemes(wanted, tls, notes)
    if wanted.vhost is not None:
        notes.extend(_told_of(wanted.vhost, mine.names, whole=_whole(wanted)))
        if wanted.certificate is not None and tls is not None and tls.certificate is None:
            notes.append("--certificate is not used: your own virtual host names one")
    found = Site(
        server=wanted.server,
        role=wanted.role,
        method=wanted.method,
        names=mine.names,
        schemes=schemes,
        listen={scheme: safe_port(port, f"--listen-{scheme}") for scheme, port in wanted.listen.items()},
        upstream_ports={
            scheme: safe_port(port, f"--upstream-{scheme}") for scheme, port in wanted.upstream_ports.items()
        },
        upstreams=_upstreams(wanted, there),
        trusted=tuple(dict.fromkeys((*mine.old, *((source,) if source else ())))),
        source=source,
        tls=tls,
        log_dir=safe_path(wanted.log_dir or LOG_DIR.get(wanted.server, "/var/log"), "--log-dir").rstrip("/"),
        acme_dir=None if wanted.acme_dir is None else safe_path(wanted.acme_dir, "--acme-dir").rstrip("/"),
        testers=_testers(wanted.testers),
        keepalive=wanted.keepalive,
        pooled=wanted.pooled,
        switch=None if wanted.switch is None else safe_path(wanted.switch, "--switch"),
        brownout=None if wanted.brownout is None else brownout(wanted.brownout),
        workers=_workers(wanted),
        ipv6=any(one.version == 6 for one in here),  # noqa: PLR2004 -- IPv6
        vhost=wanted.vhost,
    )
    _refuse_own_loop(found, here)
    return found, (*notes, *_of_haproxy(found))


def _of_haproxy(found: Site) -> Iterable[str]:
    """Yield what HAProxy does otherwise than the other servers."""
    if found.server is not Server.HAPROXY:
        return
    if found.acme_dir is not None:
        yield "HAProxy serves no files: every challenge reaches the other server, --acme-dir has no effect"
    tls = found.tls
    if tls is not None and not key_beside(tls) and tls.key not in {tls.certificate, f"{tls.certificate}.key"}:
        yield f"HAProxy reads the key from the certificate's file, or beside it: ln -s {tls.key} {tls.certificate}.key"


def _told_of(vhost: Vhost, names: tuple[str, ...], *, whole: bool) -> Iterable[str]:
    """Yield what became of the user's own virtual hosts."""
    yield f"{vhost.source}: what is written takes its place; keep a copy"
    for block in vhost.blocks:
        where = f"{vhost.source}: {block.scheme} virtual host of line {block.number}"
        if not whole:
            yield f"{where}: left out: {_listed(block.left_out)}"
        elif block.acting_too:
            acting = _listed(tuple(line.told for line in block.acting_too))
            yield f"{where}: all of it is kept; these act on proxied answers too: {acting}"
        else:
            yield f"{where}: all of it is kept"
    if not whole and vhost.left_out:
        yield f"{vhost.source}: left out around them: {_listed(vhost.left_out)}"
    for scheme in vhost.schemes:
        if missing := vhost.missing(scheme, names):
            yield f"{vhost.source}: its {scheme} virtual host gets the other names that move: {_listed(missing)}"


def _listed(told: tuple[str, ...]) -> str:
    """Return a list for a message, of bounded length."""
    more = f", and {len(told) - MOST_TOLD} more" if len(told) > MOST_TOLD else ""
    return (", ".join(told[:MOST_TOLD]) or "nothing") + more


def _refuse_contradictions(wanted: Wanted) -> None:
    """Refuse options that do not go together."""
    if wanted.switch is not None and wanted.method is Method.PROXYPASS:
        remedy = "leave --method out: only rules of mod_rewrite can look at a file"
        raise UsageError(Fault("ProxyPass acts always", "--switch", wanted.switch, remedy))
    if wanted.switch is not None and wanted.server is Server.HAPROXY:
        remedy = "use its runtime API (disable frontend), or a reload, which loses nothing there"
        raise UsageError(Fault("HAProxy cannot look at a file", "--switch", wanted.switch, remedy))
    if wanted.switch is not None and wanted.role is Role.NEW:
        raise UsageError(Fault("the new server has nothing to switch", "--switch", wanted.switch, "leave it out"))
    if wanted.method is Method.PROXYPASS and wanted.server is not Server.APACHE:
        raise UsageError(Fault("a method of Apache", "--method", wanted.method, "leave it out"))
    if wanted.vhost is not None and wanted.server is not Server.APACHE:
        remedy = "leave it out, or write for apache: it is Apache's file"
        raise UsageError(Fault("only Apache's virtual hosts are read", "--vhost", wanted.vhost.source, remedy))
    if wanted.source is not None and wanted.server is Server.CADDY and wanted.role is not Role.NEW:
        raise UsageError(Fault("Caddy cannot choose it", "--source", wanted.source, "leave it out"))
    if wanted.testers and wanted.role is not Role.FREEZE:
        raise UsageError(Fault("only freeze lets testers through", "--tester", wanted.testers[0], "leave it out"))


def _whole(wanted: Wanted) -> bool:
    """Return whether all of the user's own virtual hosts stays."""
    return wanted.vhost is not None and (wanted.switch is not None or wanted.role is Role.NEW)


def _tls(wanted: Wanted) -> Tls | None:
    """Return the certificate to show, and whom to trust; None if there is no certificate."""
    ca = safe_path(wanted.ca or SYSTEM_CA, "--ca")
    own = () if wanted.vhost is None else wanted.vhost.of("https")
    if wanted.certificate is not None and not any(block.first("sslcertificatefile") for block in own):
        key = wanted.key or wanted.certificate
        return Tls(safe_path(wanted.certificate, "--certificate"), safe_path(key, "--key"), ca)
    if wanted.key is not None and wanted.certificate is None:
        raise UsageError(Fault("a key without its certificate", "--key", wanted.key, "add --certificate FILE"))
    # What all of it says is enough: its certificate may come from an Include or from mod_md.
    said = bool(own) and (_whole(wanted) or all(block.first("sslcertificatefile") for block in own))
    return Tls(None, None, ca) if said else None


def _schemes(wanted: Wanted, tls: Tls | None, notes: list[str]) -> tuple[str, ...]:
    """Return which virtual hosts are written: those asked for, else the user's own, else all that can be."""
    asked = wanted.schemes or ("http", "https")
    if wanted.vhost is not None and not wanted.schemes:
        asked = (*wanted.vhost.schemes, *(("https",) if wanted.certificate else ()))
    found = tuple(scheme for scheme in ("http", "https") if scheme in asked and (scheme == "http" or tls is not None))
    if "https" in asked and tls is None and wanted.role is not Role.NEW:
        notes.append("https is left out: it needs --certificate FILE and --key FILE, the ones that clients know")
    if not found and wanted.role is not Role.NEW:
        raise UsageError(
            Fault("nothing is left to write", "--scheme", "https", "add --certificate FILE and --key FILE")
        )
    return found or ("http",)


def _upstreams(wanted: Wanted, there: Iterable[Address]) -> tuple[Upstream, ...]:
    """Return the address named, or the first of each family."""
    if wanted.upstream is None:
        first = {one.version: one for one in reversed(tuple(there))}
        return tuple(Upstream(first[family]) for family in sorted(first))
    return (Upstream(_address(wanted.upstream, "--upstream")),)


def _address(text: str, option: str) -> Address:
    """Return the address that an option names."""
    try:
        return address(text.removeprefix("[").removesuffix("]"))
    except Refused as refused:
        remedy = f"{refused.remedy}; never a name: the DNS change would turn it into a loop"
        raise UsageError(Fault(refused.what, option, text, remedy)) from None


def _testers(written: tuple[str, ...]) -> tuple[Network, ...]:
    """Return the networks of the testers."""
    if len(written) > MOST_TESTERS:
        raise UsageError(Fault(f"more than {MOST_TESTERS} testers", "--tester", remedy="name a network"))
    found = []
    for one in written:
        try:
            found.append(network(one))
        except Refused as refused:
            raise UsageError(Fault(refused.what, "--tester", one, refused.remedy)) from None
    return tuple(dict.fromkeys(found))


def _workers(wanted: Wanted) -> int:
    """Return MaxRequestWorkers: asked for, or what a switch by a file needs; 0 leaves it alone."""
    if wanted.workers is None:
        return WORKERS if wanted.switch is not None and wanted.server is Server.APACHE else 0
    if not 0 <= wanted.workers <= MOST_WORKERS:
        raise UsageError(Fault("not a number of threads", "--workers", str(wanted.workers), "write 0 to 20000"))
    return wanted.workers


def _refuse_own_loop(found: Site, here: Iterable[Address]) -> None:
    """Refuse to hand requests to the very address and port that they came to."""
    if found.role is Role.NEW:
        return
    own = set(here)
    for one in found.upstreams:
        for scheme in found.schemes:
            port = found.upstream_ports[scheme]
            if one.address in own and port == found.listen[scheme]:
                remedy = "name the other server's address with --upstream"
                raise UsageError(Fault("this server's own address: a loop", "--upstream", f"{one.host}:{port}", remedy))
