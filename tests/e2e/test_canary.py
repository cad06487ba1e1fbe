"""`cutover canary` against a real Apache that proxies to another."""

from __future__ import annotations

import http.client
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from apache_pair import Apache, apache, certificate, free_port, needs_apache, tls
from inside import inside

from analyzer.handover.canary import NOTE, read_canaries
from analyzer.handover.downtime import downtime, read_window, window_around
from analyzer.logs.formats import PRESETS
from analyzer.logs.kinds import kinds
from analyzer.logs.reading import read_activity
from analyzer.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME = "app.example.com"
OLD, NEW = "127.0.22.4", "127.0.22.5"
LOG = (
    'LogFormat "%h %l %u %t \\"%r\\" %>s %b \\"%{Referer}i\\" \\"%{User-Agent}i\\"" combined\n'
    "CustomLog {root}/access.log "
)

pytestmark = needs_apache


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """Return a certificate for the public name and its key."""
    return certificate(tmp_path_factory.mktemp("tls"), NAME)


@pytest.fixture(scope="module")
def pair(files: tuple[Path, Path]) -> Iterator[tuple[Apache, Apache]]:
    """Yield the old server, a proxy over TLS, and the new one behind it."""
    with apache(NEW, {"index.html": "new"}, LOG + "combined") as new:
        proxy = f"ProxyPreserveHost On\nProxyPass / http://{new.place}/\n"
        with apache(OLD, {}, LOG + "combined\n" + proxy + tls(files)) as old:
            yield old, new


def migration(folder: Path, old_log: Path | str, new_log: Path | None = None) -> Path:
    """Return a cutover.toml with these logs."""
    new_logs = f'[logs.new]\npaths = ["{new_log}"]\n' if new_log else ""
    path = folder / "cutover.toml"
    moved = f'[migration]\nnames = ["{NAME}"]\nold = ["{OLD}"]\nnew = ["{NEW}"]\n'
    path.write_text(f'{moved}[logs.old]\npaths = ["{old_log}"]\n{new_logs}')
    return path


def sent(config: Path, old: str, *more: object, status: int = 0) -> dict[str, Any]:
    """Return what became of a canary."""
    run = inside("canary", "--config", config, "--old", old, "--wait", "5s", "--format", "json", *more)
    assert run.status == status, run
    found = json.loads(run.out)
    assert isinstance(found, dict)
    return found


def test_it_shows_up_in_both_logs_and_is_recorded(
    tmp_path: Path, pair: tuple[Apache, Apache], files: tuple[Path, Path]
) -> None:
    """The old log lives, the new server was reached: status 0, and the state has it."""
    old, new = pair
    config = migration(tmp_path, old.root / "access.log", new.root / "access.log")
    found = sent(config, old.place, "--ca", files[0], "--proxied")
    assert (found["logged"], found["reached_new"], found["proof"], found["status"]) == (True, True, "new-log", 404)
    for server in pair:
        lines = [line for line in (server.root / "access.log").read_text().splitlines() if found["mark"] in line]
        assert len(lines) == 1
        assert "cutover-canary/" in lines[0]
    with State.open(tmp_path / "cutover.sqlite", create=False) as state:
        assert [one.as_json() for one in read_canaries(state.notes(NOTE))] == [found]


def test_it_is_no_client_that_counts(tmp_path: Path, pair: tuple[Apache, Apache], files: tuple[Path, Path]) -> None:
    """Its lines are a monitor's."""
    old, _ = pair
    sent(migration(tmp_path, old.root / "access.log"), old.place, "--ca", files[0], "--no-state")
    assert not (tmp_path / "cutover.sqlite").exists()
    activity = read_activity([str(old.root / "access.log")], "combined", names=[NAME])
    assert set(kinds(activity)["kind"]) == {"monitor"}


def test_a_dead_log_is_told(tmp_path: Path, pair: tuple[Apache, Apache], files: tuple[Path, Path]) -> None:
    """Answered, but nothing arrives in the log that the migration names: status 10."""
    (tmp_path / "access.log").write_text("")
    config = migration(tmp_path, "access.log")
    found = sent(config, pair[0].place, "--ca", files[0], "--wait", "1s", status=10)
    assert (found["status"], found["logged"], found["reached_new"]) == (404, False, None)


def test_a_log_that_is_not_here_cannot_be_told(
    tmp_path: Path, pair: tuple[Apache, Apache], files: tuple[Path, Path]
) -> None:
    """A compressed or missing log does not grow: not known, which is not the same as dead."""
    found = sent(migration(tmp_path, "access.log.1.gz"), pair[0].place, "--ca", files[0], status=10)
    assert found["logged"] is None


def test_a_proxy_without_its_upstream_is_told(tmp_path: Path) -> None:
    """The old log lives, but the new server is not reached: 0 alone, 10 with --proxied."""
    port = free_port(NEW)
    with apache(OLD, {}, LOG + f"combined\nProxyPass / http://{NEW}:{port}/\n") as old:
        config = migration(tmp_path, old.root / "access.log")
        found = sent(config, old.place, "--scheme", "http")
        assert (found["status"], found["logged"], found["reached_new"], found["proof"]) == (503, True, False, "status")
        sent(config, old.place, "--scheme", "http", "--proxied", status=10)


def test_an_old_server_that_is_away_is_told(tmp_path: Path) -> None:
    """No answer is a result, not a crash."""
    (tmp_path / "access.log").write_text("")
    found = sent(migration(tmp_path, "access.log"), f"{OLD}:{free_port(OLD)}", "--scheme", "http", status=10)
    assert (found["status"], found["error"], found["logged"]) == (None, "connection refused", False)


def test_the_price_of_the_proxy_is_measured_from_real_logs() -> None:
    """Both servers log in the `drain` format; the old one answers itself, then hands on while a file exists."""
    drain = PRESETS["drain"].replace("\\", "\\\\").replace('"', '\\"')
    log = f'LogFormat "{drain}" drain\nCustomLog {{root}}/access.log drain\n'
    pages = {"a.html": "a", "b.html": "b"}
    with apache(NEW, pages, log) as new:
        rules = "ProxyPreserveHost On\nRewriteEngine On\nRewriteCond {root}/on -f\n"
        rules += f"RewriteRule ^ http://{new.place}%{{REQUEST_URI}} [P]\n"
        with apache(OLD, pages, log + rules) as old:
            before = _asked(old, 8)
            (old.root / "on").touch()
            proxied, direct = _asked(old, 8), _asked(new, 8)
            assert before == proxied == direct == [200] * 16
            window = window_around([datetime.now(UTC)], before_s=3_600, after_s=3_600)
            frames = [read_window([str(one.root / "access.log")], "drain", window, [NAME])[0] for one in (old, new)]
    found = downtime(frames[0], frames[1], changed_at=datetime.now(UTC), window=window, proxies=["127.0.0.1"])
    assert found.proxied_from is not None
    assert found.price is not None
    counts = [one.requests if one else 0 for one in (found.price.before, found.price.proxied, found.price.direct)]
    assert counts == [16, 16, 16]
    assert (found.price.against, found.price.paths) == ("direct", 2)
    assert found.failures.failed == 0


def _asked(server: Apache, times: int) -> list[int]:
    """Return the statuses of some requests for both pages."""
    statuses = []
    for path in ("/a.html", "/b.html") * times:
        connection = http.client.HTTPConnection(
            server.address, server.port, timeout=20, source_address=("127.0.22.9", 0)
        )
        connection.request("GET", path, headers={"Host": NAME})
        statuses.append(connection.getresponse().status)
        connection.close()
    return statuses


def watched(config: Path, old: str) -> str:
    """Return what a watch of one look says on stderr."""
    ran = inside("watch", "--config", config, "--looks", "1", "--no-dns", "--canary", "http", "--old", old)
    return "\n".join(ran.told)


def test_a_watch_sends_one_at_each_look(tmp_path: Path) -> None:
    """It is kept, and nothing is said of it while the log shows it; a log that does not is told."""
    with (
        apache(NEW, {}, LOG + "combined") as new,
        apache(OLD, {}, LOG + f"combined\nProxyPass / http://{new.place}/\n") as old,
    ):
        config = migration(tmp_path, old.root / "access.log", new.root / "access.log")
        assert "canary" not in watched(config, old.place)
        with State.open(tmp_path / "cutover.sqlite", create=False) as state:
            assert [(one.logged, one.reached_new) for one in read_canaries(state.notes(NOTE))] == [(True, True)]
        (tmp_path / "dead.log").write_text("")
        assert "shows no canary" in watched(migration(tmp_path, "dead.log"), old.place)
