"""Whether a server takes a configuration: the server's own program looks at it, where it is installed."""

from __future__ import annotations

import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.handover.proxy.model import Role, Server
from analyzer.handover.proxy.modules import needed

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.handover.proxy.model import Site

LIMIT_S = 30  # [s] a configuration test takes far less, unless it waits for a name server
MOST_LINES = 20  # lines of what a program says
PROGRAMS = {
    Server.APACHE: ("apache2ctl", "apachectl", "httpd", "apache2"),
    Server.NGINX: ("nginx",),
    Server.HAPROXY: ("haproxy",),
    Server.CADDY: ("caddy",),
}
# Debian keeps servers where not every user's PATH looks.
PLACES = "/usr/sbin:/usr/local/sbin:/sbin"


@dataclass(frozen=True, slots=True)
class Looked:
    """What the server's program said.

    Attributes
    ----------
    program
        Its path; None if it is not installed here, and nothing was looked at.
    accepted
        Whether it takes the configuration.
    told
        Its own words.
    missing
        Apache's modules that are needed and not loaded.
    """

    program: str | None
    accepted: bool = False
    told: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


def check(site: Site, text: str, main: Path | None = None) -> Looked:
    """Return what the server's own program says of a configuration.

    Parameters
    ----------
    text
        The configuration.
    main
        Apache: the main configuration that it is looked at with; the installed one, if absent.
    """
    program = next((path for name in PROGRAMS[site.server] if (path := _found(name))), None)
    if program is None:
        return Looked(None)
    with tempfile.TemporaryDirectory(prefix="cutover-check-") as folder:
        written = Path(folder) / "cutover.conf"
        written.write_text(_whole(site, text, folder), encoding="utf-8", errors="surrogateescape")
        status, told = _run(_command(site.server, program, written, main))
        missing = _missing(site, program, main) if site.server is Server.APACHE else ()
        return Looked(program, status == 0 and not missing, told, missing)


def _found(name: str) -> str | None:
    """Return a program's path."""
    return shutil.which(name) or shutil.which(name, path=PLACES)


def _whole(site: Site, text: str, folder: str) -> str:
    """Return a file that the program can look at: a piece for inside a virtual host gets one around it."""
    inside = site.role is Role.NEW and site.vhost is None
    if site.server is Server.APACHE:
        return f"<VirtualHost *:{site.listen['http']}>\n{text}</VirtualHost>\n" if inside else text
    if site.server is Server.NGINX:
        own = f"server {{\nlisten {site.listen['http']};\n{text}}}\n" if inside else text
        return f"pid {folder}/pid;\nerror_log stderr;\nevents {{ }}\nhttp {{\n{own}}}\n"
    if site.server is Server.HAPROXY and inside:
        timeouts = "timeout client 1s\n    timeout server 1s\n    timeout connect 1s"
        return f"defaults\n    mode http\n    {timeouts}\nfrontend new\n    bind :{site.listen['http']}\n{text}"
    return f":{site.listen['http']} {{\n{text}}}\n" if inside else text


def _command(server: Server, program: str, path: Path, main: Path | None) -> Sequence[str]:
    """Return the command line that looks at a file and changes nothing."""
    if server is Server.APACHE:
        return (program, *_main(main), "-t", "-c", f'Include "{path}"')
    if server is Server.NGINX:
        return (program, "-t", "-q", "-p", str(path.parent), "-c", str(path))
    if server is Server.HAPROXY:
        return (program, "-c", "-f", str(path))
    return (program, "validate", "--adapter", "caddyfile", "--config", str(path))


def _main(main: Path | None) -> Sequence[str]:
    """Return how Apache is told of another main configuration."""
    return () if main is None else ("-f", str(main.absolute()))


def _missing(site: Site, program: str, main: Path | None) -> tuple[str, ...]:
    """Return the modules that `apachectl -M` does not list; none where it lists nothing."""
    status, told = _run((program, *_main(main), "-M"), most=1000)
    loaded = set(re.findall(r"^ *([a-z0-9_]+)_module \(", "\n".join(told), flags=re.MULTILINE))
    return tuple(name for name in needed(site) if name not in loaded) if status == 0 and loaded else ()


def _run(command: Sequence[str], most: int = MOST_LINES) -> tuple[int, tuple[str, ...]]:
    """Return a command's exit status and the last lines of what it said."""
    try:
        done = subprocess.run(  # noqa: S603 -- our own command line, no shell; paths are arguments
            command, capture_output=True, timeout=LIMIT_S, check=False, stdin=subprocess.DEVNULL
        )
    except subprocess.TimeoutExpired:
        return 1, (f"no answer within {LIMIT_S} s",)
    except OSError as error:
        return 1, (f"{command[0]}: {error.strerror}",)
    told = (done.stdout + done.stderr).decode("utf-8", "replace").splitlines()
    return done.returncode, tuple(line for line in told if line.strip())[-most:]
