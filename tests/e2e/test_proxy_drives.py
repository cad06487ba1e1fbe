"""What a proxy is for, driven on four real servers: bodies, streams, sockets, addresses, certificates."""

from __future__ import annotations

import hashlib
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

sys.path.insert(0, str(Path(__file__).parent / "proxy_cases"))
from proxy_asking import CLIENT, ask, asking
from proxy_certificates import authority, issue
from proxy_client import Reader, connect, exchange
from proxy_origin import BIG_BYTES, PIECE
from proxy_pair import FLAVOURS, NAMES, Pair, pair
from proxy_requests import NAME
from proxy_servers import logged

from analyzer.logs.requests import read_quarantine, read_requests

if TYPE_CHECKING:
    from collections.abc import Iterator

FORGED = "6.6.6.6"
both = pytest.mark.parametrize("over", ["http", "https"])


@pytest.fixture(scope="module", params=FLAVOURS)
def servers(request: pytest.FixtureRequest) -> Iterator[Pair]:
    """Yield each server in front of the new one."""
    with pair(*FLAVOURS[request.param]) as found:
        yield found


@pytest.fixture
def server(servers: Pair) -> str:
    """Return which one it is."""
    return servers.text.split(" for ", 1)[1].split(",", 1)[0]


# --- bodies and streams ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("over", "chunked"), [("http", False), ("http", True), ("https", False)])
def test_100_mb_up(servers: Pair, over: str, chunked: bool) -> None:
    """Every byte arrives; over TLS at both ends too."""
    digest = hashlib.sha256()
    framing = b"Transfer-Encoding: chunked" if chunked else b"Content-Length: %d" % BIG_BYTES
    with connect(servers.old(over), None if over == "http" else NAME, CLIENT) as connection:
        connection.settimeout(60)
        connection.sendall(
            b"PUT /up HTTP/1.1\r\nHost: app.example.com\r\nConnection: close\r\n" + framing + b"\r\n\r\n"
        )
        part = PIECE * 16
        for _ in range(BIG_BYTES // len(part)):
            digest.update(part)
            connection.sendall(b"%x\r\n%s\r\n" % (len(part), part) if chunked else part)
        connection.sendall(b"0\r\n\r\n" if chunked else b"")
        told = Reader(connection).answer().echoed
    assert told is not None
    assert (told["body_bytes"], told["body_digest"]) == (BIG_BYTES, digest.hexdigest())


@both
def test_100_mb_down(servers: Pair, over: str) -> None:
    """And back."""
    digest, length = hashlib.sha256(), 0
    with connect(servers.old(over), None if over == "http" else NAME, CLIENT) as connection:
        connection.settimeout(60)
        connection.sendall(asking("/big"))
        reader = Reader(connection)
        assert reader.head() is not None
        part = reader.left or connection.recv(1 << 18)
        while part:
            digest.update(part)
            length += len(part)
            part = connection.recv(1 << 18)
    assert length == BIG_BYTES
    assert digest.hexdigest() == hashlib.sha256(PIECE * (BIG_BYTES // len(PIECE))).hexdigest()


@both
@pytest.mark.parametrize("path", ["/events", "/html-stream"])
def test_a_stream_arrives_piece_by_piece(servers: Pair, over: str, path: str) -> None:
    """The first piece is there long before the last: the new server waits between them."""
    with connect(servers.old(over), None if over == "http" else NAME, CLIENT) as connection:
        connection.sendall(asking(path, "Accept-Encoding: gzip"))
        reader = Reader(connection)
        arrived = []
        while reader.more():
            arrived.append(time.monotonic())
    assert reader.left.endswith(b"0\r\n\r\n")
    assert arrived[-1] - arrived[0] > 0.2


def test_a_slow_upload_is_waited_for(servers: Pair) -> None:
    """The main configuration allows a second for a body; this virtual host any time."""
    with connect(servers.old(), None, CLIENT) as connection:
        connection.sendall(asking("/slow-up", "Content-Length: 5", method="POST"))
        for byte in b"slow!":
            time.sleep(0.35)
            connection.sendall(bytes([byte]))
        told = Reader(connection).answer()
    assert (told.status, told.echoed and told.echoed["body_bytes"]) == (200, 5)


@both
def test_websocket(servers: Pair, over: str) -> None:
    """The upgrade is passed, the new server may speak first, and bytes go both ways unchanged."""
    upgrade = ("Upgrade: websocket", "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Version: 13")
    raw = asking("/ws//x%2Fy?z", *upgrade).replace(b"Connection: close", b"Connection: keep-alive, Upgrade")
    with connect(servers.old(over), None if over == "http" else NAME, CLIENT) as connection:
        connection.sendall(raw)
        reader = Reader(connection)
        head = reader.head()
        assert head is not None
        assert head[0] == 101
        accept = {name.lower(): value for name, value in head[2]}["sec-websocket-accept"]
        assert accept == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=", "RFC 6455 s1.3 has this pair"
        sent = PIECE[:50_000]
        connection.sendall(sent)
        while len(reader.left) < len(sent) + 5:
            assert reader.more()
        assert reader.left == b"hello" + sent
    assert servers.origin.seen[-1].line == b"GET /ws//x%2Fy?z HTTP/1.1"


def test_kept_and_pipelined(servers: Pair) -> None:
    """Three requests sent at once over one connection are answered in their order."""
    paths = ("/one", "/status/404", "/three")
    raw = b"".join(asking(path).replace(b"Connection: close\r\n", b"") for path in paths)
    with connect(servers.old(), None, CLIENT) as connection:
        connection.sendall(raw)
        reader = Reader(connection)
        answers = [reader.answer() for _ in paths]
    assert [one.status for one in answers] == [200, 404, 200]
    assert [one.echoed["line"].split()[1] for one in answers if one.echoed] == ["/one", "/three"]


# --- who asked -------------------------------------------------------------------------------------------------------


@both
def test_the_clients_address_and_scheme_arrive_and_cannot_be_forged(servers: Pair, over: str) -> None:
    """Ours is the last in X-Forwarded-For, behind what the client claims; scheme and id are ours."""
    told = ask(
        servers, asking("/", f"X-Forwarded-For: {FORGED}", "X-Forwarded-Proto: gopher", "X-Migration-Id: x"), over
    )
    assert told.echoed is not None
    seen = servers.origin.seen[-1]
    assert seen.header("x-forwarded-for").replace(" ", "") == f"{FORGED},{CLIENT}"
    assert seen.header("x-forwarded-proto") == over
    assert seen.header("x-migration-hop") == NAME
    assert seen.header("x-migration-id") not in {"", "x"}
    ask(servers, asking("/"), over)
    assert servers.origin.seen[-1].header("x-forwarded-for") == CLIENT


@pytest.mark.parametrize("name", ["X-Forwarded-For", "x-forwarded-proto", "X-Migration-Hop", "X-Migration-Id"])
def test_a_client_cannot_have_our_headers_dropped(servers: Pair, name: str) -> None:
    """Naming them in Connection, as hop-by-hop, does not take them away."""
    raw = asking("/").replace(b"Connection: close", f"Connection: close, {name}".encode())
    assert ask(servers, raw).status == 200
    assert servers.origin.seen[-1].header(name.lower())


def test_an_upgrade_to_h2c_is_the_new_servers_to_answer(servers: Pair) -> None:
    """The old one does not switch to a protocol that the new one never offered."""
    upgrade = ("Upgrade: h2c", "HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA")
    raw = asking("/", *upgrade).replace(b"Connection: close", b"Connection: Upgrade, HTTP2-Settings, close")
    assert ask(servers, raw).status == 200


def test_the_id_is_the_same_at_both_servers_and_never_twice(servers: Pair) -> None:
    """Each request has its own."""
    for _ in range(3):
        ask(servers, asking("/"))
    ids = [one.header("x-migration-id") for one in servers.origin.seen[-3:]]
    assert len(set(ids)) == 3


# --- no loop, no open proxy, no tunnel -------------------------------------------------------------------------------


@both
@pytest.mark.parametrize("given", [NAME, f"other.example, {NAME}", NAME.upper()])
def test_a_loop_ends_at_its_second_visit(servers: Pair, over: str, given: str) -> None:
    """508, and the new server is not asked."""
    before = len(servers.origin.seen)
    assert ask(servers, asking("/", f"X-Migration-Hop: {given}"), over).status == 508
    assert len(servers.origin.seen) == before


def test_another_migrations_hop_passes(servers: Pair) -> None:
    """Two migrations in a row are no loop; both leave their mark."""
    assert ask(servers, asking("/", "X-Migration-Hop: other.example.com")).status == 200
    assert servers.origin.seen[-1].header("x-migration-hop") == f"other.example.com, {NAME}"


@pytest.mark.parametrize("target", ["http://127.0.0.1:9/", "http://evil.example/x", "https://127.0.0.1/", "ftp://h/x"])
def test_no_open_proxy(servers: Pair, target: str) -> None:
    """Whatever host a client names in its request line, only the new server is asked, or nobody."""
    before = len(servers.origin.seen)
    told = ask(servers, asking(target, host=target.split("/")[2]))
    assert (told.status == 200) == (len(servers.origin.seen) == before + 1)
    assert told.status in {200, 400, 404, 421, 500}


@pytest.mark.parametrize("target", ["example.com:443", "127.0.0.5:80", f"{NAME}:443", "/"])
def test_no_tunnel(servers: Pair, target: str) -> None:
    """CONNECT is refused, and nobody is asked."""
    before = len(servers.origin.seen)
    told = ask(servers, asking(target, method="CONNECT", host=target if ":" in target else NAME))
    assert told.status in {400, 405}
    assert len(servers.origin.seen) == before


# --- when the new server is not well ---------------------------------------------------------------------------------


@both
def test_silence_is_a_bad_gateway(servers: Pair, over: str) -> None:
    """Not an empty answer."""
    assert ask(servers, asking("/silence"), over).status in {500, 502}


def test_a_slow_answer_is_waited_for(servers: Pair) -> None:
    """More than half a second here; the configuration says an hour."""
    told = ask(servers, asking("/slow"))
    assert (told.status, told.body) == (200, b"slow")
    assert told.first_s > 0.5


def test_down_is_told_at_once_and_up_is_noticed_at_once(servers: Pair) -> None:
    """No minute of refusal after the new server has come back."""
    origin = servers.origin
    origin.stop()
    try:
        begun_s = time.monotonic()
        assert ask(servers, asking("/")).status in {502, 503}
        assert ask(servers, asking("/")).status in {502, 503}
        assert time.monotonic() - begun_s < 4
    finally:
        origin.again()
    assert ask(servers, asking("/")).status == 200


# --- the certificate of the new server -------------------------------------------------------------------------------


@pytest.mark.parametrize("wrong", ["name", "expired", "unknown authority"])
def test_a_wrong_certificate_is_not_accepted(servers: Pair, tmp_path: Path, wrong: str) -> None:
    """Nothing is sent to a server that cannot show the client's name; with the right one it works again."""
    by = authority("stranger") if wrong == "unknown authority" else servers.ca
    names = ("elsewhere.example.org", "127.0.0.5") if wrong == "name" else NAMES
    before = len(servers.origin.seen)
    servers.origin.show(*issue(by, tmp_path, "wrong", *names, expired=wrong == "expired"))
    try:
        assert ask(servers, asking("/"), "https").status in {500, 502, 503}
        assert len(servers.origin.seen) == before
    finally:
        servers.origin.show(*issue(servers.ca, tmp_path, "right", *NAMES))
    assert ask(servers, asking("/"), "https").status == 200


def test_sni_and_host_follow_the_client(servers: Pair) -> None:
    """The second name is asked for by itself."""
    told = exchange(servers.old("https"), asking("/", host=NAMES[1]), name=NAMES[1])
    assert told.status == 200
    assert servers.origin.seen[-1].header("host") == NAMES[1]
    assert servers.origin.server_names[-1] == NAMES[1]


# --- the log ---------------------------------------------------------------------------------------------------------


def test_the_log_is_read_by_its_preset(servers: Pair, server: str, tmp_path: Path) -> None:
    """No line is refused; client, host, status and what the client claimed are what was sent."""
    agent = r'odd "agent" \z'
    ask(servers, asking("/logged//x%2F?q=1", f"X-Forwarded-For: {FORGED}", f"User-Agent: {agent}"), source="127.0.0.88")
    preset, path = "drain", servers.root / "log" / f"{NAME}-drain.log"
    if server == "caddy":
        preset, path = "caddy", servers.root / "log" / f"{NAME}-drain-http.log"
    if server == "haproxy":
        path = servers.root / "output"
    told = Path(logged(path, 1, b"127.0.0.88")).read_text(errors="replace")
    if server == "haproxy":  # its own talk stands there too
        path = tmp_path / "haproxy.log"
        path.write_text("".join(f"{line}\n" for line in told.splitlines() if line.startswith(NAME)))
    assert read_quarantine([str(path)], preset).to_dict("records") == []
    frame = read_requests([str(path)], preset)
    row = frame[frame["client"] == "127.0.0.88"].iloc[0]
    assert (row["method"], row["target"], row["status"]) == ("GET", "/logged//x%2F?q=1", 200)
    assert (row["host"], row["agent"]) == (NAME, agent)
    if server != "caddy":
        assert row["forwarded_for"] == FORGED
    assert 0 <= int(row["duration_us"]) < 10_000_000
