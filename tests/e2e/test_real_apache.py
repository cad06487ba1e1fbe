"""What a real Apache logs is read as it was sent: odd requests, each from an address of its own, in three formats."""

from __future__ import annotations

import base64
import hashlib
import http.client
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from sent_to_apache import PASSWORD, SENT, USERS, address_of, asking

from analyzer.logs.formats import PRESETS
from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

APACHE = Path("/usr/sbin/apache2")
MODULES = Path("/usr/lib/apache2/modules")
SERVER = "127.0.0.7"
LIMIT_S = 20  # [s] anything that takes longer hangs
SLOW_S = 1  # [s] Apache waits so long for a request's end
PRESETS_READ = ("common", "combined", "vhost_combined")

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
DirectoryIndex index.html
TraceEnable off
RequestReadTimeout header={slow_s} body={slow_s}
<Directory {root}/htdocs>
  Require all granted
</Directory>
<Location /private>
  AuthType Basic
  AuthName private
  AuthUserFile {root}/users
  Require valid-user
</Location>
{logs}
"""
LOADED = (
    "mpm_event", "authn_core", "authz_core", "authn_file", "authz_user", "auth_basic", "dir", "reqtimeout",
)  # fmt: skip

pytestmark = pytest.mark.skipif(
    not APACHE.exists() and "CI" not in os.environ, reason="needs Debian's apache2-bin; in CI it must be there"
)


def exchange(port: int, source: str, raw: bytes) -> bytes:
    """Return the answer to some bytes, up to the connection's end."""
    with socket.create_connection((SERVER, port), timeout=LIMIT_S, source_address=(source, 0)) as connection:
        connection.sendall(raw)
        received = b""
        while part := connection.recv(1 << 16):
            received += part
    return received


@dataclass(frozen=True, slots=True)
class Answered:
    """What came back: status (None if no answer did), and the length of the body and of everything [bytes]."""

    status: int | None
    body: int
    whole: int


def answered(received: bytes) -> Answered:
    """Return what an answer says of itself; one without a head is HTTP/0.9, all body."""
    if not received.startswith(b"HTTP/"):
        return Answered(None, len(received), len(received))
    head, _, body = received.partition(b"\r\n\r\n")
    return Answered(int(head.split(b" ", 2)[1]), len(body), len(received))


# --- the server ----------------------------------------------------------------------------------------------------


def configured(root: Path, port: int) -> Path:
    """Write what the server needs; return its configuration."""
    (root / "htdocs" / "folder").mkdir(parents=True)
    (root / "htdocs" / "private").mkdir()
    for page in ("index.html", "private/index.html"):
        (root / "htdocs" / page).write_text("<p>hello</p>\n")
    digest = base64.b64encode(hashlib.sha1(PASSWORD.encode()).digest()).decode()  # noqa: S324 -- as htpasswd -s does
    (root / "users").write_text("".join(f"{user}:{{SHA}}{digest}\n" for user in USERS))
    quoted = {
        name: text.replace("\\", "\\\\").replace('"', '\\"') for name, text in PRESETS.items() if name in PRESETS_READ
    }
    logs = "\n".join(f'CustomLog {root}/{name}.log "{text}"' for name, text in quoted.items())
    modules = "\n".join(f"LoadModule {name}_module {MODULES}/mod_{name}.so" for name in LOADED)
    identity = {"user": "nobody", "group": "nogroup"} if os.geteuid() == 0 else {"user": "#-1", "group": "#-1"}
    path = root / "httpd.conf"
    path.write_text(
        CONFIGURATION.format(root=root, server=SERVER, port=port, modules=modules, logs=logs, slow_s=SLOW_S, **identity)
    )
    return path


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind((SERVER, 0))
        return int(probe.getsockname()[1])


def wait_for(port: int, running: subprocess.Popen[bytes], root: Path) -> None:
    """Wait until the server answers."""
    until = time.monotonic() + LIMIT_S
    while time.monotonic() < until:
        assert running.poll() is None, (root / "error.log").read_text()
        try:
            exchange(port, "127.0.2.1", asking(b"GET /ready HTTP/1.0"))
        except OSError:
            time.sleep(0.05)
        else:
            return
    raise AssertionError("Apache does not answer")


@dataclass(frozen=True, slots=True)
class Seen:
    """The logs of a server that has stopped, and what its clients got."""

    root: Path
    began: datetime
    ended: datetime
    answers: tuple[Answered, ...]

    def frame(self, preset: str) -> pd.DataFrame:
        """Return the log in a preset's format."""
        return read_requests([str(self.root / f"{preset}.log")], preset)


@pytest.fixture(scope="module")
def seen() -> Iterator[Seen]:
    """Send everything to an Apache of its own, and stop it gracefully."""
    root = Path(tempfile.mkdtemp(prefix="cutover-apache-"))
    root.chmod(0o755)  # its workers are nobody
    port = free_port()
    configuration = configured(root, port)
    running = subprocess.Popen([APACHE, "-f", configuration, "-D", "FOREGROUND"])
    try:
        wait_for(port, running, root)
        began = datetime.now(UTC)
        answers = tuple(answered(exchange(port, address_of(n), one.raw)) for n, one in enumerate(SENT))
        keep_alive(port)
        ended = datetime.now(UTC)
        subprocess.run([APACHE, "-f", configuration, "-k", "graceful-stop"], timeout=LIMIT_S, check=True)
        running.wait(LIMIT_S)
        yield Seen(root, began, ended, answers)
    finally:
        running.kill()
        running.wait(LIMIT_S)
        shutil.rmtree(root)


def keep_alive(port: int) -> None:
    """Ask twice over one connection, as browsers do."""
    connection = http.client.HTTPConnection(SERVER, port, timeout=LIMIT_S, source_address=("127.0.3.1", 0))
    for path in ("/", "/second"):
        connection.request("GET", path, headers={"Host": "other.example.net", "User-Agent": "twice/1.0"})
        connection.getresponse().read()
    connection.close()


# --- what is read --------------------------------------------------------------------------------------------------

presets = pytest.mark.parametrize("preset", PRESETS_READ)
every = pytest.mark.parametrize("number", range(len(SENT)), ids=[one.name for one in SENT])


@pytest.fixture(scope="module")
def rows(seen: Seen) -> dict[str, dict[str, dict[str, Any]]]:
    """Return, by preset, the one line of each address that sent one request."""
    found = {}
    for preset in PRESETS_READ:
        frame = seen.frame(preset)
        frame = frame[frame["client"].str.startswith("127.0.1.")]
        assert sorted(frame["client"]) == sorted(address_of(n) for n in range(len(SENT)))
        told = frame.astype(object).where(frame.notna(), None).to_dict("records")
        found[preset] = {row["client"]: row for row in told}
    return found


@every
def test_the_server_answers_as_expected(seen: Seen, number: int) -> None:
    """The examples are what they claim to be; HTTP/0.9 and who was too slow get no status."""
    silent = SENT[number].status == 408 or SENT[number].name == "no protocol"
    assert seen.answers[number].status == (None if silent else SENT[number].status)


@presets
def test_no_line_is_refused(seen: Seen, preset: str) -> None:
    """Every line that Apache writes is one."""
    path = str(seen.root / f"{preset}.log")
    refused = read_quarantine([path], preset)
    assert refused.to_dict("records") == []
    assert len(seen.frame(preset)) == (seen.root / f"{preset}.log").read_bytes().count(b"\n")


@presets
@every
def test_the_values_are_what_was_sent(
    seen: Seen, rows: dict[str, dict[str, dict[str, Any]]], preset: str, number: int
) -> None:
    """Request line and its parts, status, bytes of the body (or of all), user, agent and referer, time."""
    sent, answer, got = SENT[number], seen.answers[number], rows[preset][address_of(number)]
    wanted = {"request": sent.request, "status": sent.status, **sent.more}
    wanted |= {"bytes_out": answer.whole} if preset == "vhost_combined" else {"bytes": answer.body}
    if preset == "common":
        wanted = {name: value for name, value in wanted.items() if name not in {"agent", "referer"}}
    assert {name: got[name] for name in wanted} == wanted
    assert got["ident"] is None
    moment = pd.Timestamp(got["time"]).to_pydatetime()
    assert seen.began - timedelta(seconds=1) <= moment <= seen.ended


def test_the_virtual_host_is_the_one_that_answered(seen: Seen) -> None:
    """Whatever was asked for."""
    frame = seen.frame("vhost_combined")
    assert set(frame["host"]) == {"app.example.com"}
    twice = frame[frame["client"] == "127.0.3.1"]
    assert list(twice["status"]) == [200, 404]
    assert list(twice["agent"]) == ["twice/1.0"] * 2


@presets
def test_the_activity_holds_every_line_once(seen: Seen, preset: str) -> None:
    """Lines by client add up; what asked for nothing counts for nobody; every address is a client."""
    activity = read_activity([str(seen.root / f"{preset}.log")], preset, names=["app.example.com"])
    lines = (seen.root / f"{preset}.log").read_bytes().count(b"\n")
    assert [(one.lines, one.parsed, one.quarantined, one.trouble) for one in activity.files] == [
        (lines, lines, 0, None)
    ]
    assert int((activity.cells["requests"] + activity.cells["foreign"]).sum()) == lines
    address = activity.clients["address"]
    ours = activity.cells.groupby(activity.cells["client"].map(address))["requests"].sum()
    asked = {address_of(n): int(one.more.get("method", "GET") is not None) for n, one in enumerate(SENT)}
    assert {client: int(ours[client]) for client in asked} == asked
    assert int(ours["127.0.3.1"]) == 2
