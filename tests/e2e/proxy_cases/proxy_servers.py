"""Real servers for the tests: each in a folder of its own, on a port that was free, started and stopped here."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BELOW_CONNECTIONS = range(10_000, 32_768)  # ip_local_port_range begins there
MOST_TRIES = 200
START_S = 20.0  # [s] a server that takes longer does not start
MODULES = Path("/usr/lib/apache2/modules")
STOCK = (
    "mpm_event", "authn_core", "authz_core", "authz_host", "authn_file", "authz_user", "auth_basic",
    "access_compat", "alias", "autoindex", "cgid", "deflate", "dir", "env", "filter", "mime", "negotiation",
    "reqtimeout", "setenvif", "status", "headers", "rewrite", "proxy", "proxy_http", "proxy_wstunnel", "ssl",
    "socache_shmcb", "http2", "unique_id", "remoteip",
)  # fmt: skip
# What Debian's own files say around a virtual host, as far as it can touch a proxied request.
DEBIAN = """
Timeout 300
KeepAlive On
MaxKeepAliveRequests 100
KeepAliveTimeout 5
HostnameLookups Off
AccessFileName .htaccess
ServerTokens OS
TraceEnable Off
<Directory />
    Options FollowSymLinks
    AllowOverride None
    Require all denied
</Directory>
<FilesMatch "^\\.ht">
    Require all denied
</FilesMatch>
Alias /icons/ "/usr/share/apache2/icons/"
ScriptAlias /cgi-bin/ /usr/lib/cgi-bin/
<Location /server-status>
    SetHandler server-status
    Require ip 192.0.2.1
</Location>
AddOutputFilterByType DEFLATE text/html text/plain text/xml application/json application/javascript
DirectoryIndex index.html index.php
RequestReadTimeout header=20-40,minrate=500
RequestReadTimeout body=1,minrate=500
Protocols h2 h2c http/1.1
"""


def free_ports(address: str, count: int) -> list[int]:
    """Return so many ports that nobody listens on."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    with contextlib.ExitStack() as stack:
        probes = [stack.enter_context(socket.socket(family)) for _ in range(count)]
        for probe in probes:
            probe.bind((address, 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def free_everywhere(count: int, address: str = "") -> list[int]:
    """Return so many ports that are free on every address of its family: servers that listen on all need such.

    They lie below those that Linux gives to connections: none takes one on some address before the server has it.
    """
    family, every = (socket.AF_INET6, "::") if ":" in address else (socket.AF_INET, "0.0.0.0")  # noqa: S104 -- nothing listens
    with contextlib.ExitStack() as stack:
        found: list[int] = []
        for _ in range(MOST_TRIES):
            probe, port = stack.enter_context(socket.socket(family)), secrets.choice(BELOW_CONNECTIONS)
            with contextlib.suppress(OSError):
                probe.bind((every, port))
                found.append(port)
            if len(found) == count:
                return found
    raise AssertionError(f"no {count} ports are free")


@dataclass(slots=True)
class Running:
    """A server that runs."""

    process: subprocess.Popen[bytes]
    root: Path
    stop_command: Sequence[str] = field(default_factory=tuple)

    def stop(self) -> None:
        """Stop it, kindly first."""
        if self.process.poll() is None:
            if self.stop_command:
                subprocess.run(self.stop_command, check=False, capture_output=True, timeout=START_S)
            else:
                self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait(START_S)


@contextlib.contextmanager
def folder(name: str) -> Iterator[Path]:
    """Yield a folder that a server's own user can read."""
    root = Path(tempfile.mkdtemp(prefix=f"cutover-{name}-"))
    root.chmod(0o755)
    (root / "log").mkdir()
    (root / "log").chmod(0o777)
    try:
        yield root
    finally:
        shutil.rmtree(root, ignore_errors=True)


def apache_main(
    root: Path,
    address: str,
    ports: Sequence[int],
    included: Sequence[Path],
    *,
    debian: bool = True,
    mpm: str = "mpm_event",
) -> Path:
    """Write a main configuration around other files, and return it."""
    wanted = [mpm if name == "mpm_event" else name for name in STOCK]
    identity = ("nobody", "nogroup") if os.geteuid() == 0 else ("#-1", "#-1")
    (root / "htdocs").mkdir(exist_ok=True)
    (root / "htdocs" / "index.html").write_text("<p>the old application</p>\n")
    lines = [
        f"ServerRoot {root}",
        f"PidFile {root}/pid",
        f"DefaultRuntimeDir {root}",
        f"ErrorLog {root}/error.log",
        "ServerName main.example.org",
        f"User {identity[0]}",
        f"Group {identity[1]}",
        *(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in wanted),
        *(f"Listen {f'[{address}]' if ':' in address else address}:{port}" for port in ports),
        "TypesConfig /etc/mime.types" if Path("/etc/mime.types").exists() else "TypesConfig /dev/null",
        f"DocumentRoot {root}/htdocs",
        DEBIAN.replace("Protocols h2 h2c", "Protocols" if mpm == "mpm_prefork" else "Protocols h2 h2c")
        if debian
        else "",
        f"<Directory {root}/htdocs>\nRequire all granted\n</Directory>",
        *(f"Include {path}" for path in included),
    ]
    path = root / "httpd.conf"
    path.write_text("\n".join(lines) + "\n")
    return path


def start(command: Sequence[str], root: Path, address: str, ports: Sequence[int], stop: Sequence[str] = ()) -> Running:
    """Start a server and wait until it takes connections."""
    with (root / "output").open("wb") as output:
        homes = dict.fromkeys(("HOME", "XDG_DATA_HOME", "XDG_CONFIG_HOME"), str(root))
        environment = {**os.environ, **homes}
        process = subprocess.Popen(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=root,
            env=environment,
            start_new_session=True,  # a stopping prefork signals its whole group
        )
    until = time.monotonic() + START_S
    for port in ports:
        while True:
            told = (root / "output").read_text(errors="replace")
            if process.poll() is not None:
                raise AssertionError(f"{command[0]} ended: {told[-2000:]} {_tail(root / 'error.log')}")
            try:
                socket.create_connection((address, port), timeout=1).close()
                break
            except OSError:
                assert time.monotonic() < until, f"{command[0]} does not listen: {told[-2000:]}"
                time.sleep(0.03)
    return Running(process, root, stop)


def _tail(path: Path) -> str:
    """Return the end of a file, if there is one."""
    return path.read_text(errors="replace")[-1500:] if path.exists() else ""


def start_apache(
    root: Path,
    address: str,
    ports: Sequence[int],
    included: Sequence[Path],
    *,
    debian: bool = True,
    mpm: str = "mpm_event",
) -> Running:
    """Start an Apache with other files included."""
    path = apache_main(root, address, ports, included, debian=debian, mpm=mpm)
    return start(["/usr/sbin/apache2", "-f", str(path), "-D", "FOREGROUND"], root, address, ports)


def start_nginx(root: Path, address: str, ports: Sequence[int], included: Sequence[Path]) -> Running:
    """Start an nginx with other files included in http { }."""
    user = "user nobody nogroup;" if os.geteuid() == 0 else ""
    path = root / "nginx.conf"
    inner = "\n".join(f"include {one};" for one in included)
    temporary = "\n".join(
        f"{kind}_temp_path {root}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path.write_text(
        f"{user} pid {root}/pid; error_log {root}/error.log; daemon off; worker_processes 1;\n"
        f"events {{ worker_connections 512; }}\n"
        f"http {{ {temporary}\naccess_log off; gzip on; gzip_types *; {inner} }}\n"
    )
    return start(["/usr/sbin/nginx", "-p", str(root), "-c", str(path)], root, address, ports)


def start_haproxy(root: Path, address: str, ports: Sequence[int], path: Path) -> Running:
    """Start a HAProxy."""
    return start(["/usr/sbin/haproxy", "-db", "-f", str(path)], root, address, ports)


def start_caddy(root: Path, address: str, ports: Sequence[int], path: Path) -> Running:
    """Start a Caddy whose administration listens on a socket of its own."""
    whole = root / "Caddyfile"
    whole.write_text("{\n admin off\n}\n" + path.read_text())
    return start(["/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", str(whole)], root, address, ports)


def logged(path: Path, lines: int, mark: bytes = b"\n") -> str:
    """Return a log's path once it has so many lines (or marks): servers write them after the answer."""
    until = time.monotonic() + START_S
    while not path.exists() or path.read_bytes().count(mark) < lines:
        assert time.monotonic() < until, f"{path} has not {lines} lines"
        time.sleep(0.02)
    return str(path)
