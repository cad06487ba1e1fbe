"""What the old server's program is called, keeps, and is told by: one row a program and system."""

from __future__ import annotations

from dataclasses import dataclass, replace
from enum import StrEnum

from analyzer.handover.proxy.model import Server

WHOLE = "whole"  # the overrides of the steps for programs whose file is replaced by the generated one
KEPT = ".before-cutover"  # beside the file that is replaced: no program reads it there
# Where the authorities of Red Hat and its children are; the generator's own default is Debian's.
REDHAT_CA = " --ca /etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem"
REDHAT_CRONTABS = "/var/spool/cron"
REDHAT_CONNECT = "sudo setsebool -P httpd_can_network_connect on"


class System(StrEnum):
    """Whose packages the old server has: they decide on names, paths and commands."""

    DEBIAN = "debian"
    REDHAT = "redhat"


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """The old server's program on its system, in words that may stand in a command.

    Attributes
    ----------
    server
        As `cutover proxy --server` takes it.
    overrides
        The tables of a step that take the place of its own texts, later ones before earlier ones.
    switchable
        Whether its rules can act by the existence of a file.
    live
        The file that holds the site.
    suffix
        Of the files that `cutover proxy` writes for it.
    sites, hosts
        The command that lists what it serves, and the program's word for one of it.
    test, reload, taken
        How the whole configuration is tested and loaded, and what the test says of a good one.
    tls
        The options that name the certificate which clients see.
    logs, log_word, rotation
        Where it logs, its word for a log's format, and who rotates.
    capacity
        What it runs out of first.
    refusal
        Its status where the new server's certificate is wrong.
    off, on
        How the site is taken off, and put back.
    trial
        How one generated file is tested alone; FILE stands for it. Empty where no file is replaced.
    crontabs
        Where the system keeps its users' timers.
    log_option, ca_option
        What `cutover proxy` must be told because the system keeps it elsewhere, with a blank before.
    allow
        What the system must be told before the program may connect to another server; empty without need.
    """

    server: Server
    overrides: tuple[str, ...]
    switchable: bool = True
    live: str
    suffix: str = ".conf"
    sites: str
    hosts: str
    test: str
    reload: str
    taken: str
    tls: str = " --certificate CERT.pem --key KEY.pem"
    logs: str
    log_word: str
    rotation: str
    capacity: str
    refusal: int
    off: str
    on: str
    trial: str = ""
    crontabs: str = "/var/spool/cron/crontabs"
    log_option: str = ""
    ca_option: str = ""
    allow: str = ""

    @property
    def options(self) -> str:
        """The options of `cutover proxy` for a role that hands on."""
        return f"{self.log_option}{self.ca_option}"

    @property
    def kept(self) -> str:
        """Where the file that is replaced is kept."""
        return f"{self.live}{KEPT}"

    @property
    def apply(self) -> str:
        """How what lies there is tested and loaded."""
        return f"{self.test} && {self.reload}"

    @property
    def keep(self) -> str:
        """How the file that is replaced is kept: once, however often the step is done."""
        return f"test -e {self.kept} || sudo cp -a {self.live} {self.kept}"

    @property
    def back(self) -> str:
        """How the file that was replaced comes back."""
        return f"sudo cp -a {self.kept} {self.live} && {self.apply}"

    def file(self, role: str) -> str:
        """Return what the generated file is called."""
        return f"cutover-{role}{self.suffix}"

    def look(self, role: str) -> str:
        """Return how a generated file is tested alone."""
        return self.trial.replace("FILE", self.file(role))

    def put(self, role: str) -> str:
        """Return how a generated file takes the place of the site's."""
        return f"sudo cp {self.file(role)} {self.live} && {self.apply}"


def _on_redhat(program: Program, *, confined: bool = True) -> Program:
    """Return a program as Red Hat keeps it; SELinux lets a confined one connect to nobody before it is told to."""
    allow = REDHAT_CONNECT if confined else ""
    return replace(program, crontabs=REDHAT_CRONTABS, ca_option=REDHAT_CA, allow=allow)


def _in_one_folder(program: Program, live: str) -> Program:
    """Return a program that reads every file of a folder: a site goes by another name."""
    return replace(program, live=live, off=f"sudo mv {live} {live}.removed", on=f"sudo mv {live}.removed {live}")


_APACHE = Program(
    server=Server.APACHE,
    overrides=(),
    live="/etc/apache2/sites-available/SITE.conf",
    sites="sudo apachectl -S",
    hosts="virtual host",
    test="sudo apachectl configtest",
    reload="sudo apachectl graceful",
    taken="apachectl configtest says Syntax OK",
    logs="/var/log/apache2",
    log_word="LogFormat",
    rotation="/etc/logrotate.d/apache2",
    capacity="free threads",
    refusal=500,
    off="sudo a2dissite SITE",
    on="sudo a2ensite SITE",
)
_HTTPD = replace(
    _APACHE,
    sites="sudo httpd -S",
    test="sudo httpd -t",
    reload="sudo systemctl reload httpd",
    taken="httpd -t says Syntax OK",
    logs="/var/log/httpd",
    rotation="/etc/logrotate.d/httpd",
    log_option=" --log-dir /var/log/httpd",
)
_NGINX = Program(
    server=Server.NGINX,
    overrides=(WHOLE, "nginx"),
    live="/etc/nginx/sites-available/SITE",
    sites="sudo nginx -T | grep -E '^[[:space:]]*(listen|server_name)'",
    hosts="server block",
    test="sudo nginx -t",
    reload="sudo systemctl reload nginx",
    taken="nginx -t says syntax is ok",
    # nginx reads as many bytes as the file is long: a pipe will not do.
    trial="""printf 'events {}\\nhttp { include "%s/FILE"; }\\n' "$PWD" > cutover-test.conf; """
    """sudo nginx -t -c "$PWD/cutover-test.conf\"""",
    logs="/var/log/nginx",
    log_word="log_format",
    rotation="/etc/logrotate.d/nginx",
    capacity="free connections (worker_connections)",
    refusal=502,
    off="sudo rm /etc/nginx/sites-enabled/SITE",
    on="sudo ln -s ../sites-available/SITE /etc/nginx/sites-enabled/SITE",
)
_HAPROXY = Program(
    server=Server.HAPROXY,
    overrides=(WHOLE, "haproxy"),
    switchable=False,
    live="/etc/haproxy/haproxy.cfg",
    suffix=".cfg",
    sites="grep -nE '^[[:space:]]*(frontend|listen|bind|acl|use_backend)' /etc/haproxy/haproxy.cfg",
    hosts="frontend",
    test="sudo haproxy -c -f /etc/haproxy/haproxy.cfg",
    reload="sudo systemctl reload haproxy",
    taken="haproxy -c -f says Configuration file is valid",
    trial="sudo haproxy -c -f FILE",
    tls=" --certificate CERT.pem",
    logs="/var/log/haproxy*",
    log_word="log-format",
    rotation="/etc/logrotate.d/haproxy",
    capacity="free connections (maxconn)",
    refusal=503,
    off="sudo systemctl disable --now haproxy",
    on="sudo systemctl enable --now haproxy",
)
# `validate` opens the logs that the file names: as the user caddy, so that caddy itself can write them afterwards.
_VALIDATE = "sudo -u caddy caddy validate --adapter caddyfile --config"
_CADDY = Program(
    server=Server.CADDY,
    overrides=(WHOLE, "caddy"),
    live="/etc/caddy/Caddyfile",
    suffix=".caddyfile",
    sites="caddy adapt --pretty --config /etc/caddy/Caddyfile",
    hosts="site",
    test=f"{_VALIDATE} /etc/caddy/Caddyfile",
    reload="sudo systemctl reload caddy",
    taken="caddy validate says Valid configuration",
    trial=f"{_VALIDATE} - < FILE",
    logs="/var/log/caddy",
    log_word="log block",
    rotation="/etc/caddy/Caddyfile",
    capacity="open files",
    refusal=502,
    off="sudo systemctl disable --now caddy",
    on="sudo systemctl enable --now caddy",
)
PROGRAMS = {
    (Server.APACHE, System.DEBIAN): _APACHE,
    (Server.APACHE, System.REDHAT): _on_redhat(_in_one_folder(_HTTPD, "/etc/httpd/conf.d/SITE.conf")),
    (Server.NGINX, System.DEBIAN): _NGINX,
    (Server.NGINX, System.REDHAT): _on_redhat(_in_one_folder(_NGINX, "/etc/nginx/conf.d/SITE.conf")),
    (Server.HAPROXY, System.DEBIAN): _HAPROXY,
    # its own policy lets HAProxy connect to the ports of http
    (Server.HAPROXY, System.REDHAT): _on_redhat(_HAPROXY, confined=False),
    (Server.CADDY, System.DEBIAN): _CADDY,
    (Server.CADDY, System.REDHAT): _on_redhat(_CADDY),
}
