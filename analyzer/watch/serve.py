"""The metrics over HTTP: one page, read-only, to a bounded number of readers who must be quick."""

from __future__ import annotations

import contextlib
import ipaddress
import re
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

from analyzer.errors import Fault, UsageError
from analyzer.report.metrics import CONTENT_TYPE
from analyzer.units import LAST_PORT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

READER_S = 5.0  # [s] in which a reader must have asked and taken its answer
MOST_READERS = 16
_PLACE = re.compile(r"(?:\[([0-9A-Fa-f:.]+)\]|([0-9.]+)):([0-9]{1,5})")


class _Server(ThreadingHTTPServer):
    """A server whose readers are counted; one too many is sent away."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = MOST_READERS

    def __init__(self, place: tuple[str, int], current: Callable[[], str]) -> None:
        self.address_family = socket.AF_INET6 if ":" in place[0] else socket.AF_INET
        self.current = current
        self.readers = threading.BoundedSemaphore(MOST_READERS)
        super().__init__(place, _Reader)

    def process_request(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as socketserver has it
        """Take a reader if there is room."""
        if self.readers.acquire(blocking=False):
            super().process_request(request, client_address)
        else:
            self.shutdown_request(request)

    def process_request_thread(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as socketserver has it
        """Serve a reader, and make room."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            self.readers.release()

    def handle_error(self, request: Any, client_address: Any) -> None:  # noqa: ANN401 -- as socketserver has it
        """Say nothing: a reader that leaves early is no trouble of ours."""


class _Reader(BaseHTTPRequestHandler):
    """Answers GET /metrics."""

    timeout = READER_S
    server: _Server
    server_version = "cutover"
    sys_version = ""

    def do_GET(self) -> None:
        """Answer with the metrics, or say where they are."""
        if self.path.partition("?")[0] != "/metrics":
            self._answer(404, "text/plain; charset=utf-8", "the metrics are at /metrics\n")
            return
        self._answer(200, CONTENT_TYPE, self.server.current())

    def _answer(self, status: int, kind: str, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: a scrape every few seconds is no news."""


def place(text: str) -> tuple[str, int]:
    """Return address and port of `127.0.0.1:9123` or `[::1]:9123`.

    Raises
    ------
    UsageError
        If it is neither.
    """
    remedy = "write 127.0.0.1:9123 or [::1]:9123"
    found = _PLACE.fullmatch(text)
    try:
        address = ipaddress.ip_address((found[1] or found[2]) if found else "")
    except ValueError:
        raise UsageError(Fault("not an address with a port", "--listen", text, remedy)) from None
    port = int(found[3]) if found else 0
    if port > LAST_PORT:
        raise UsageError(Fault("no port has that number", "--listen", text, remedy))
    return str(address), port


@contextlib.contextmanager
def served(where: tuple[str, int], current: Callable[[], str]) -> Iterator[int]:
    """Serve the current metrics meanwhile; yield the port.

    Raises
    ------
    UsageError
        If nobody can listen there.
    """
    try:
        server = _Server(where, current)
    except OSError as error:
        what = f"cannot listen: {error.strerror}"
        raise UsageError(Fault(what, "--listen", f"{where[0]}:{where[1]}", "name another port")) from None
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.2}, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
