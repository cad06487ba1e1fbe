"""LogFormats of every kind as a real Apache writes them: each line is read, and says what the plain one says."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from odd_formats import ODD_FORMATS
from sent_to_apache import SENT, address_of

from analyzer.logs.formats import PRESETS, log_format
from analyzer.logs.requests import read_quarantine, read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd

APACHE = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
SERVER, LIMIT_S = "127.0.0.8", 20
FORMATS = {
    **ODD_FORMATS,
    **{f"preset_{name}": PRESETS[name] for name in ("combinedio", "drain", "json", "nginx", "lighttpd")},
}
PLAIN = '%h %t "%r" %>s'
CONFIGURATION = """
ServerRoot {root}
PidFile {root}/pid
ErrorLog {root}/error.log
Listen {server}:{port}
ServerName app.example.com
DocumentRoot {root}/htdocs
{modules}
User {user}
Group {group}
LogIOTrackTTFB On
RequestReadTimeout header=1 body=1
<Directory {root}/htdocs>
  Require all granted
</Directory>
LogFormat "{plain}" plain
CustomLog {root}/plain.log plain
{logs}
"""
LOADED = ("mpm_event", "authn_core", "authz_core", "dir", "reqtimeout")

pytestmark = pytest.mark.skipif(
    not APACHE.exists() and "CI" not in os.environ, reason="needs Debian's apache2-bin; in CI it must be there"
)


def escaped(text: str) -> str:
    r"""Return a format as it stands between the quotes of a configuration; its `\\t` stays one."""
    return text.replace('"', '\\"')


def configured(root: Path, port: int) -> Path:
    """Write what the server needs; return its configuration."""
    (root / "htdocs").mkdir(parents=True)
    (root / "htdocs" / "index.html").write_text("<p>hello</p>\n")
    identity = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {"user": "#-1", "group": "#-1"}
    path = root / "httpd.conf"
    path.write_text(
        CONFIGURATION.format(
            root=root,
            server=SERVER,
            port=port,
            plain=escaped(PLAIN),
            modules="\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED),
            logs="\n".join(f'CustomLog {root}/{name}.log "{escaped(text)}"' for name, text in FORMATS.items()),
            **identity,
        )
    )
    return path


def exchange(port: int, source: str, raw: bytes) -> None:
    """Send some bytes and wait for the connection's end."""
    with socket.create_connection((SERVER, port), timeout=LIMIT_S, source_address=(source, 0)) as connection:
        connection.sendall(raw)
        while connection.recv(1 << 16):
            pass


@pytest.fixture(scope="module")
def logs() -> Iterator[Path]:
    """Send odd requests to an Apache of its own, one from each address; return the folder of its logs."""
    root = Path(tempfile.mkdtemp(prefix="cutover-formats-"))
    root.chmod(0o755)  # its workers are nobody
    with socket.socket() as probe:
        probe.bind((SERVER, 0))
        port = int(probe.getsockname()[1])
    configuration = configured(root, port)
    running = subprocess.Popen([APACHE, "-f", configuration, "-D", "FOREGROUND"])
    try:
        until = time.monotonic() + LIMIT_S
        while True:
            assert running.poll() is None, (root / "error.log").read_text()
            assert time.monotonic() < until
            try:
                exchange(port, "127.0.2.1", b"GET /ready HTTP/1.0\r\n\r\n")
                break
            except OSError:
                time.sleep(0.05)
        for n, one in enumerate(SENT):
            exchange(port, address_of(n), one.raw)
        subprocess.run([APACHE, "-f", configuration, "-k", "graceful-stop"], timeout=LIMIT_S, check=True)
        running.wait(LIMIT_S)
        yield root
    finally:
        running.kill()
        running.wait(LIMIT_S)
        shutil.rmtree(root)


@pytest.fixture(scope="module")
def plain(logs: Path) -> pd.DataFrame:
    """Return what the plain log says, by client."""
    return read_requests(str(logs / "plain.log"), PLAIN).set_index("client")


def asked(frame: pd.DataFrame) -> pd.DataFrame:
    """Return method and target of a log that has the request line whole, where there is one."""
    return frame[["method", "target"]]


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_is_read_and_says_the_same(logs: Path, plain: pd.DataFrame, name: str) -> None:
    """No line is refused; client, status, request line and time are those of the plain log."""
    text = FORMATS[name]
    path = str(logs / f"{name}.log")
    assert read_quarantine(path, text).to_dict("records") == []
    frame = read_requests(path, text).set_index("client")
    assert sorted(frame.index) == sorted(plain.index)
    frame = frame.loc[plain.index]
    assert frame["status"].tolist() == plain["status"].tolist()
    if "request" in frame:
        assert frame["request"].equals(plain["request"])
        assert asked(frame).equals(asked(plain))
    late = (frame["time"] - plain["time"]).abs()
    coarse_s = 3 if name == "end_alone" else 1  # a whole second cut off at each side, and %T less than a second more
    assert (late < timedelta(seconds=coarse_s)).all(), late.max()
    assert log_format(text).column("client") is not None


def test_values_beside_the_plain_ones(logs: Path) -> None:
    """Directives that only some formats have say what the server did."""
    frame = read_requests(str(logs / "ports.log"), FORMATS["ports"])
    assert (frame["port"] == 80).all()
    sizes = read_requests(str(logs / "logio.log"), FORMATS["logio"])
    assert (sizes["bytes_total"] == sizes["bytes_in"] + sizes["bytes_out"]).all()
    assert (sizes["bytes_out"] >= sizes["bytes"]).all()
    processes = read_requests(str(logs / "processes.log"), FORMATS["processes"])
    assert (processes["pid"] > 0).all()
    assert (processes["keepalive"] == 0).all()
    assert set(processes["connection"]) <= {"-", "+", "X"}
    names = read_requests(str(logs / "names.log"), FORMATS["names"])
    assert set(names["host"].dropna()) <= {"app.example.com"}
    assert set(names["server_name"]) == {"app.example.com"}


def test_the_unconditional_value_counts(logs: Path) -> None:
    """Where a header is logged with a condition and without, the latter gives the column."""
    frame = read_requests(str(logs / "conditions_twice.log"), FORMATS["conditions_twice"])
    assert frame.set_index("client")["agent"][address_of([one.name for one in SENT].index("forged fields"))] == (
        'x" 200 5 "-" "Googlebot'
    )
