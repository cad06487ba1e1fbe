"""What real nginx, HAProxy and Caddy log is read as it was sent, with their presets and with `auto`."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

from analyzer.logs.check import check
from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SERVER, LIMIT_S = "127.0.0.9", 20
NGINX = """
daemon off; master_process off; pid {root}/nginx.pid; error_log {root}/error.log;
events {{}}
http {{
  access_log {root}/access.log;
  client_body_temp_path {root}/a; proxy_temp_path {root}/b; fastcgi_temp_path {root}/c; uwsgi_temp_path {root}/d;
  scgi_temp_path {root}/e;
  server {{ listen {server}:{port}; location / {{ return 200 "hello"; }} location /gone {{ return 404; }} }}
}}
"""
HAPROXY = """
global
  log stdout format raw local0
defaults
  mode http
  log global
  option httplog
  timeout connect 5s
  timeout client 5s
  timeout server 5s
frontend in
  bind {server}:{port}
  http-request return status 404 if {{ path /gone }}
  http-request return status 200 content-type text/plain string "hello"
"""
CAPTURES = """
  capture request header Host len 128
  capture request header User-Agent len 64
  capture request header Referer len 32
  capture response header Content-Type len 32
"""
CADDY = """
{{
  admin off
  auto_https off
}}
http://:{port} {{
  bind {server}
  log {{
    output file {root}/access.log
  }}
  respond /gone 404
  respond "hello" 200
}}
"""
Sent = tuple[bytes, dict[str, Any]]


def get(target: bytes, *headers: bytes) -> bytes:
    """Return a request for one answer."""
    head = [b"GET " + target + b" HTTP/1.1", b"Host: App.example.com:8080", b"Connection: close", *headers]
    return b"\r\n".join([*head, b"", b""])


SENT: tuple[Sent, ...] = (
    (get(b"/"), {"target": "/", "status": 200, "agent": None}),
    (get(b"/gone?a=%20b"), {"target": "/gone?a=%20b", "status": 404}),
    (get(b"/", b'User-Agent: a "quoted" \\ agent'), {"target": "/", "agent": 'a "quoted" \\ agent'}),
    (get(b"/", "User-Agent: café 東京".encode()), {"agent": "café 東京"}),
    (get(b"/", b'User-Agent: x" 200 5 "-" "Googlebot', b"Referer: http://x/?a"), {
        "agent": 'x" 200 5 "-" "Googlebot', "referer": "http://x/?a",
    }),
    (get(b"/?{a|b}"), {"status": 200}),
    (b"\x16\x03\x01\x00\xc4\x01\x00\r\n\r\n", {"status": 400, "method": None}),
)  # fmt: skip
CHOICES = {
    "nginx": (NGINX, ("/usr/sbin/nginx", "-c"), "nginx.conf"),
    "haproxy": (HAPROXY, ("/usr/sbin/haproxy", "-f"), "haproxy.cfg"),
    "caddy": (CADDY, ("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config"), "Caddyfile"),
}
CHOICES["haproxy, capturing"] = (
    HAPROXY.replace("  http-request", f"{CAPTURES}  http-request", 1),
    *CHOICES["haproxy"][1:],
)
# What HAProxy is sent beside that, and what is to be read of it where it captures Host and User-Agent.
CAPTURED: tuple[Sent, ...] = (
    (get(b"/", b"User-Agent: curl/8.1"), {"host": "app.example.com", "agent": "curl/8.1"}),
    (get(b"/", b"Referer: http://x/?a|b", 'User-Agent: Mozilla/5.0 (#1; {a|b}; "c") é'.encode()), {
        "host": "app.example.com", "agent": 'Mozilla/5.0 (#1; {a|b}; "c") é',
    }),
    (get(b"/gone", b"User-Agent: Mozilla/5.0 " + b"x" * 100), {"status": 404, "agent": "Mozilla/5.0 " + "x" * 52}),
    (get(b"/", b"Referer: http://x/"), {"host": "app.example.com", "agent": None}),
    (b"GET / HTTP/1.0\r\nUser-Agent: Java/11.0.2\r\n\r\n", {"host": None, "agent": "Java/11.0.2"}),
    (b"GET / HTTP/1.1\r\nHost: 127.0.0.9\r\nConnection: close\r\nUser-Agent: zgrab/0.x\r\n\r\n", {
        "host": None, "agent": "zgrab/0.x",
    }),
)  # fmt: skip
NOT_LOGGED = {"haproxy": {"agent", "referer"}}  # or not such agents


def exchange(port: int, source: str, raw: bytes) -> None:
    """Send some bytes and wait for the connection's end."""
    with socket.create_connection((SERVER, port), timeout=LIMIT_S, source_address=(source, 0)) as connection:
        connection.sendall(raw)
        try:
            while connection.recv(1 << 16):
                pass
        except ConnectionResetError:
            pass


def wait_until(true: Callable[[], bool], running: subprocess.Popen[bytes]) -> None:
    """Wait until something is true, not for ever."""
    until = time.monotonic() + LIMIT_S
    while not true():
        assert running.poll() is None, "the server ended"
        assert time.monotonic() < until, "the server hangs"
        time.sleep(0.05)


def answers(port: int) -> bool:
    """Return whether somebody listens."""
    try:
        exchange(port, "127.0.2.1", get(b"/ready"))
    except OSError:
        return False
    return True


@pytest.fixture(scope="module", params=CHOICES)
def served(request: pytest.FixtureRequest) -> Iterator[tuple[str, Path]]:
    """Send everything to a server of its own; return its preset and its log."""
    text, command, file = CHOICES[request.param]
    name = str(request.param).partition(",")[0]
    if not Path(command[0]).exists() and "CI" not in os.environ:
        pytest.skip(f"needs Debian's {name}; in CI it must be there")
    root = Path(tempfile.mkdtemp(prefix=f"cutover-{name}-"))
    with socket.socket() as probe:
        probe.bind((SERVER, 0))
        port = int(probe.getsockname()[1])
    (root / file).write_text(text.format(root=root, server=SERVER, port=port))
    log = root / "access.log"
    home = {**os.environ, "HOME": str(root), "XDG_DATA_HOME": str(root), "XDG_CONFIG_HOME": str(root)}
    with (root / "out").open("wb") as out:
        stdout = log.open("wb") if name == "haproxy" else out
        running = subprocess.Popen([*command, str(root / file)], stdout=stdout, stderr=out, cwd=root, env=home)
        try:
            wait_until(lambda: answers(port), running)
            more = CAPTURED if "capturing" in request.param else ()
            for n, (raw, _) in enumerate((*SENT, *more)):
                exchange(port, f"127.0.1.{n + 1}", raw)
            wait_until(lambda: logged(log) >= len(SENT) + len(more) - (name == "caddy"), running)
        finally:
            running.terminate()
            running.wait(LIMIT_S)
            stdout.close()
    yield name, log
    shutil.rmtree(root)


def logged(log: Path) -> int:
    """Return how many lines of the clients there are."""
    return log.read_bytes().count(b"127.0.1.") if log.exists() else 0


def ours(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the clients, by address."""
    return frame[frame["client"].str.startswith("127.0.1.")].set_index("client")


def test_the_values_are_what_was_sent(served: tuple[str, Path]) -> None:
    """Address, target, status, agent and referer; bytes that are no request have no method."""
    name, log = served
    frame = ours(read_requests(str(log), name))
    now = datetime.now(UTC)
    for n, (_, wanted) in enumerate(SENT):
        client = f"127.0.1.{n + 1}"
        if name == "caddy" and wanted["status" if "status" in wanted else "agent"] == 400:
            assert client not in frame.index  # it does not log what is no request
            continue
        row = frame.loc[client]
        logged = {key: value for key, value in wanted.items() if key not in NOT_LOGGED.get(name, set())}
        assert {key: None if frame[key].isna()[client] else row[key] for key in logged} == logged, name
        if name != "haproxy":  # which logs local time without its zone
            assert abs(row["time"].to_pydatetime() - now) < timedelta(minutes=5)


def test_what_haproxy_captured_is_what_was_sent(served: tuple[str, Path]) -> None:
    """Host and agent, with its escapes, and cut where the configuration says; nothing where there is none."""
    name, log = served
    frame = ours(read_requests(str(log), name))
    if name != "haproxy" or len(frame) == len(SENT):
        return
    for n, (_, wanted) in enumerate(CAPTURED, start=len(SENT) + 1):
        row = frame.loc[f"127.0.1.{n}"]
        assert {key: None if row[key] is pd.NA else row[key] for key in wanted} == wanted
    assert not check([str(log)]).advice
    activity = read_activity(str(log), name, names=["app.example.com"])
    assert set(activity.clients["agent"].dropna()) == {one["agent"] for _, one in CAPTURED} - {None}
    assert activity.cells["foreign"].sum() == frame["method"].isna().sum()


def test_no_request_is_refused(served: tuple[str, Path]) -> None:
    """What is quarantined is what the server says of itself."""
    name, log = served
    refused = read_quarantine(str(log), name)
    assert not refused["text"].str.contains("127.0.1.", regex=False).any()


def test_auto_finds_it(served: tuple[str, Path]) -> None:
    """With the same clients; nginx's lines are those of `combined`."""
    name, log = served
    found = read_requests(str(log), "auto")
    assert ours(found).index.tolist() == ours(read_requests(str(log), name)).index.tolist()
    activity = read_activity(str(log), "auto")
    assert set(activity.clients["address"]) == set(found["client"])
