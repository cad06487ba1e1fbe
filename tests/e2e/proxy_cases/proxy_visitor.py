"""A client as a migration meets it: it keeps connections for a while, and asks the resolver between them."""

from __future__ import annotations

import random
import re
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from name_servers import ask
from proxy_client import Reader, connect

if TYPE_CHECKING:
    import threading

PAUSE_S = 0.1  # between two requests


@dataclass(slots=True)
class Client:
    """One client: keeps a connection for a while, then asks the resolver again, like browsers and programs do."""

    number: int
    name: str
    port: int
    resolver: int
    stop: threading.Event
    answers: list[tuple[float, str, str]] = field(default_factory=list)  # when, address, who answered
    failed: list[str] = field(default_factory=list)

    def run(self) -> None:
        """Ask until told to stop."""
        dice = random.Random(self.number)  # noqa: S311 -- the same stays in each run, no secret
        while not self.stop.is_set():
            address = self._resolve()
            if address is not None:
                self._visit(address, dice.uniform(0.5, 2.0))

    def _resolve(self) -> str | None:
        """Return the address that the resolver answers with."""
        answer = ask(self.resolver, self.name)
        found = re.search(r" IN A (\S+)", answer.to_text()) if answer else None
        return found[1] if found else None

    def _visit(self, address: str, seconds: float) -> None:
        """Ask over one kept connection for a while."""
        agent = f"User-Agent: client-{self.number}/1.0"
        raw = "\r\n".join((f"GET /page/{self.number} HTTP/1.1", f"Host: {self.name}", agent, "", "")).encode()
        until_s = time.monotonic() + seconds
        try:
            with connect((address, self.port), None, f"127.0.1.{self.number + 1}") as connection:
                reader = Reader(connection)
                while time.monotonic() < until_s and not self.stop.is_set():
                    connection.sendall(raw)
                    told = reader.answer()
                    if told.status != 200 or not told.complete:
                        self.failed.append(f"{address}: status {told.status}")
                    self.answers.append((time.time(), address, told.body.decode().strip()))
                    if told.header("connection") == "close":
                        return
                    time.sleep(PAUSE_S)
        except OSError as error:
            self.failed.append(f"{address}: {error}")
