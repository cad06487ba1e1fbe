"""Apache servers of a test's own on loopback: each with its root, its port and its certificate; stopped by the test."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

APACHE = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
LIMIT_S = 20  # [s] anything that takes longer hangs
LOADED = (
    "mpm_event", "authz_core", "dir", "mime", "headers", "rewrite", "alias", "include", "unique_id", "ssl",
    "socache_shmcb", "proxy", "proxy_http", "deflate", "filter",
)  # fmt: skip
CONFIGURATION = """
ServerRoot {root}
PidFile {root}/pid
ErrorLog {root}/error.log
Listen {address}:{port}
ServerName app.example.com
DocumentRoot {root}/htdocs
{modules}
User {user}
Group {group}
DirectoryIndex index.html
TypesConfig /etc/mime.types
AddType text/html .html
AddType application/json .json
<Directory {root}/htdocs>
  Options +Includes
  Require all granted
</Directory>
{body}
"""

needs_apache = pytest.mark.skipif(
    not APACHE.exists() and "CI" not in os.environ, reason="needs Debian's apache2-bin; in CI it must be there"
)


@dataclass(frozen=True, slots=True)
class Apache:
    """A running server."""

    root: Path
    address: str
    port: int

    @property
    def place(self) -> str:
        """ADDRESS:PORT."""
        return f"{self.address}:{self.port}"


def free_port(address: str) -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((address, 0))
        return int(probe.getsockname()[1])


@contextmanager
def apache(address: str, pages: Mapping[str, str], body: str = "") -> Iterator[Apache]:
    """Yield a server with these pages and this configuration; `{root}` in it is the server's folder."""
    root = Path(tempfile.mkdtemp(prefix="cutover-pair-"))
    root.chmod(0o755)  # its workers are nobody
    running = None
    (root / "htdocs").mkdir()
    try:
        for name, text in pages.items():
            path = root / "htdocs" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        port = free_port(address)
        written = root / "httpd.conf"
        identity = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {"user": "#-1", "group": "#-1"}
        modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
        inner = body.replace("{root}", str(root))
        written.write_text(
            CONFIGURATION.format(root=root, address=address, port=port, modules=modules, body=inner, **identity)
        )
        running = subprocess.Popen([APACHE, "-f", written, "-D", "FOREGROUND"])
        _wait(address, port, running, root)
        yield Apache(root, address, port)
    finally:
        if running is not None:
            running.terminate()
            running.wait(LIMIT_S)
        shutil.rmtree(root)


def _wait(address: str, port: int, running: subprocess.Popen[bytes], root: Path) -> None:
    """Wait until the server takes connections."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        assert running.poll() is None, (root / "error.log").read_text() if (root / "error.log").exists() else "died"
        try:
            socket.create_connection((address, port), timeout=LIMIT_S).close()
        except OSError:
            time.sleep(0.03)
        else:
            return
    raise AssertionError("Apache does not answer")


def certificate(folder: Path, *names: str, days: int = 30) -> tuple[Path, Path]:
    """Return the files of a self-signed certificate for the names and of its key."""
    key = ec.generate_private_key(ec.SECP256R1())
    # Authorities are found by their subject: two in one file must not have the same.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"{names[0]} {folder.name}")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    folder.mkdir(parents=True, exist_ok=True)
    files = (folder / f"{names[0]}.pem", folder / f"{names[0]}.key")
    files[0].write_bytes(made.public_bytes(serialization.Encoding.PEM))
    files[1].write_bytes(
        key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    return files


def tls(files: tuple[Path, Path]) -> str:
    """Return the directives that make a server speak TLS."""
    return f"SSLEngine on\nSSLCertificateFile {files[0]}\nSSLCertificateKeyFile {files[1]}\nSSLSessionCache none\n"
