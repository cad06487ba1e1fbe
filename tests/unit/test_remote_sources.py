"""Logs at URLs: read as files are; what a server does wrong is told in one line, and waited for a bounded time."""

from __future__ import annotations

import gzip
import time
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread
from typing import TYPE_CHECKING, Any

import fsspec
import pytest

from analyzer.errors import InputError
from analyzer.logs import remote
from analyzer.logs.reading import read_activity
from analyzer.logs.sources import Block, blocks, expand

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LINE = b'192.0.2.%d - - [02/Mar/2026:22:00:00 +0000] "GET / HTTP/1.1" 200 5 "-" "a"\n'
LINES = b"".join(LINE % (n % 250) for n in range(3_000))


class Plain(SimpleHTTPRequestHandler):
    """A server of files without ranges, that says nothing."""

    def log_message(self, *_args: object) -> None:
        """Say nothing."""


class Silent(Plain):
    """A server that sends some bytes and then no more."""

    stopped = Event()

    def do_GET(self) -> None:
        """Begin an answer."""
        self.send_response(200)
        self.send_header("Content-Length", "1000000")
        self.end_headers()
        self.wfile.write(LINES[:10_000])
        self.wfile.flush()
        self.stopped.wait(20)


@pytest.fixture
def served(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    """Return the URL of a folder on a server of this test's own."""
    handler = partial(getattr(request, "param", Plain), directory=str(tmp_path))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        server.daemon_threads = True
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        Silent.stopped.set()
        server.shutdown()
        thread.join()


def lines_and_trouble(url: str) -> tuple[int, str | None]:
    """Return how many lines a URL gives, and the trouble at its end."""
    *_, end = [item for item in blocks([url]) if not isinstance(item, Block)]
    return end.lines, end.trouble


def test_memory_files_and_patterns(tmp_path: Path) -> None:
    """A pattern of URLs names files as a pattern of paths does: the oldest first, packed or not."""
    files: Any = fsspec.filesystem("memory")
    folder = f"/{tmp_path.name}"
    files.pipe({f"{folder}/access.log": LINES, f"{folder}/access.log.2.gz": gzip.compress(LINES)})
    assert expand(f"memory://{folder}/access.log*") == (
        f"memory://{folder}/access.log.2.gz",
        f"memory://{folder}/access.log",
    )
    assert sum(file.parsed for file in read_activity(f"memory://{folder}/access.log*").files) == 6_000


@pytest.mark.parametrize("pack", [bytes, gzip.compress])
def test_http(tmp_path: Path, served: str, pack: Any) -> None:
    """A server's log, plain or packed, with or without a query behind it."""
    (tmp_path / "access.log").write_bytes(pack(LINES))
    assert lines_and_trouble(f"{served}/access.log") == (3_000, None)
    assert expand(f"{served}/access.log?token=1") == (f"{served}/access.log?token=1",)


def test_http_without_the_file(served: str) -> None:
    """It is told as for a file."""
    with pytest.raises(InputError, match="no such file"):
        read_activity(f"{served}/none.log")


@pytest.mark.parametrize("served", [Silent], indirect=True)
def test_a_server_that_falls_silent_is_not_waited_for_for_ever(served: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """After the bounded silence the reading ends, with what came until then."""
    monkeypatch.setattr(remote, "SILENT_S", 0.5)
    begun = time.monotonic()
    _, trouble = lines_and_trouble(f"{served}/silent.log?{begun}")
    assert time.monotonic() - begun < 10
    assert "cannot be read" in str(trouble)


def test_a_refused_connection_is_told() -> None:
    """Nobody listens there."""
    _, trouble = lines_and_trouble("http://127.0.0.1:9/access.log")
    assert "cannot be read" in str(trouble)
    _, trouble = lines_and_trouble("sftp://127.0.0.1:9/access.log")
    assert "Unable to connect" in str(trouble)


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("s3://bucket/access.log", "pip install s3fs"),
        ("s3://bucket/access.log*", "pip install s3fs"),
        ("nothing://bucket/access.log", "a URL of no known kind"),
    ],
)
def test_what_a_url_lacks_is_told(url: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Which package must be installed, or which kinds of URL there are."""
    monkeypatch.setitem(__import__("sys").modules, "s3fs", None)
    with pytest.raises(InputError, match=told):
        read_activity(url)
