"""How the watch tells others: a webhook, a command; each once, and again where it failed."""

from __future__ import annotations

import http.server
import json
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from watched import IS_STUCK, WAITS, read, run, wishes, world

from analyzer.watch.channels import Command, Webhook

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.drain.evidence import Gathered


@pytest.fixture(scope="module")
def gathered(tmp_path_factory: pytest.TempPathFactory) -> Gathered:
    """Return one reading of the small migration for all moments."""
    return read(tmp_path_factory.mktemp("small"))


@pytest.fixture
def hook() -> Iterator[tuple[str, list[tuple[str, dict[str, Any]]], list[int]]]:
    """Return a URL, what it was sent, and the answers that it will give."""
    sent: list[tuple[str, dict[str, Any]]] = []
    answers: list[int] = []

    class Hook(http.server.BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            sent.append((self.headers["Idempotency-Key"], body))
            self.send_response(answers.pop(0) if answers else 204)
            self.send_header("Location", "/elsewhere")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = http.server.HTTPServer(("127.0.0.1", 0), Hook)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/secret-path", sent, answers
    server.shutdown()
    thread.join(5)
    server.server_close()


def test_a_webhook_gets_json_and_is_asked_again(tmp_path: Path, gathered: Gathered, hook: Any) -> None:
    """A refusal and a redirect are troubles that do not name the secret path; the repeated event has the same key."""
    url, sent, answers = hook
    answers += [503, 302]
    looks = run(world(gathered), wishes(tmp_path, Webhook(url)), (WAITS, *([IS_STUCK] * 4)))
    assert len(sent) == 3
    assert len({key for key, _ in sent}) == 1
    assert sent[0][1]["verdict"] == "stuck"
    assert sent[0][1]["details"]["schema"] == "cutover.verdict/1"
    troubles = [trouble for one in looks for trouble in one.troubles]
    assert [trouble.partition(": ")[2][:12] for trouble in troubles] == ["answered 503", "answered 302"]
    assert "secret-path" not in "".join(troubles)


def test_a_command_gets_the_event(tmp_path: Path, gathered: Gathered) -> None:
    """On its standard input, the shortest of it in its environment; no shell comes between."""
    script, told = tmp_path / "script.py", tmp_path / "told; touch x"
    script.write_text(
        "import os, sys\nopen(sys.argv[1], 'w').write(os.environ['CUTOVER_VERDICT'] + ' ' + sys.stdin.read())\n"
    )
    run(world(gathered), wishes(tmp_path, Command(f"{sys.executable} {script} '{told}'")), (WAITS, IS_STUCK))
    word, _, body = told.read_text().partition(" ")
    assert (word, json.loads(body)["was"]) == ("stuck", "wait")
    assert not (tmp_path / "x").exists()


@pytest.mark.parametrize(
    ("line", "trouble"),
    [("/nowhere/at/all", "cannot be run"), ("false", "ended with status 1"), ("sleep 60", "took longer")],
)
def test_a_command_that_fails_is_told(
    tmp_path: Path, gathered: Gathered, monkeypatch: pytest.MonkeyPatch, line: str, trouble: str
) -> None:
    """It neither ends the watch nor holds it up."""
    monkeypatch.setattr("analyzer.watch.channels.COMMAND_S", 0.3)
    found = run(world(gathered), wishes(tmp_path, Command(line)), (WAITS, IS_STUCK))
    assert trouble in found[-1].troubles[0]
