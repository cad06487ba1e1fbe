"""`cutover rehearse` against two real Apaches that differ in known ways."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from apache_pair import Apache, apache, certificate, needs_apache, tls
from command import Run, refused
from inside import inside

from analyzer.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

NAME, STAGING = "app.example.com", "app-new.example.com"
OLD, NEW = "127.0.21.4", "127.0.21.5"
WORDS = " ".join(f"word{n}" for n in range(200))
PAGES = {
    "index.html": f"<p>{WORDS}</p>",
    "same.html": "<p>the same everywhere</p>",
    "text.html": f"<p>{WORDS}</p>",
    "clock.html": '<p>now <!--#echo var="NOW" --></p>',
    "gone.html": "<p>here</p>",
    "cached.css": "p { color: red }",
    "data.json": '{"a": 1, "b": 2}',
    "caf%C3%A9.txt": "coffee",
    "order/17.html": "<p>order</p>",
}
CHANGED = {
    "text.html": "<p>nothing here is as it was before</p>",
    "data.json": '{"b": 2,\n "a": 1}',
    "index.html": f"<div class=new><p>{WORDS} extra</p></div>",
}
# Of a request's identifier one word is made: it has characters that end a word, and its first half is the server's.
BOTH = """
AddOutputFilter INCLUDES .html
RewriteEngine on
RewriteCond expr "md5(reqenv('UNIQUE_ID')) =~ /(.+)/"
RewriteRule ^/clock - [E=NOW:%1]
LogFormat "%h %{Host}i \\"%{SSL_TLS_SNI}x\\" \\"%r\\" %>s \\"%{User-Agent}i\\"" seen
CustomLog {root}/seen.log seen
"""
OLD_ONLY = f"""
Redirect /moved https://{NAME}/same.html
Header always set Set-Cookie "session=%t; Path=/; Secure; HttpOnly" "expr=%{{REQUEST_URI}} == '/same.html'"
"""
NEW_ONLY = f"""
Redirect /moved https://{STAGING}/same.html
Header always set Set-Cookie "session=%t; Path=/" "expr=%{{REQUEST_URI}} == '/same.html'"
<Files cached.css>
  Header set Cache-Control "max-age=60"
</Files>
"""
ASKED = (
    "GET /", "GET /same.html", "GET /text.html", "GET /clock.html", "GET /gone.html", "GET /cached.css",
    "GET /data.json", "GET /moved", "GET /moved?token=secret", "HEAD /same.html", "GET /order/17.html",
    "POST /same.html", "DELETE /same.html", "GET /logout",
)  # fmt: skip

pytestmark = needs_apache


def log_lines(asked: tuple[str, ...]) -> str:
    """Return a combined log in which each of these was asked."""
    times = (f"02/Mar/2026:10:{n // 60:02d}:{n % 60:02d} +0000" for n in range(len(asked)))
    return "".join(
        f'203.0.113.7 - - [{at}] "{one} HTTP/1.1" 200 5 "-" "Mozilla/5.0"\n'
        for at, one in zip(times, asked, strict=True)
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a migration with a log of what was asked."""
    root = tmp_path_factory.mktemp("rehearsal")
    (root / "access.log").write_text(log_lines(ASKED))
    (root / "cutover.toml").write_text(
        f'[migration]\nnames = ["{NAME}"]\nold = ["{OLD}"]\nnew = ["{NEW}"]\nstaging = "{STAGING}"\n'
        '[logs.old]\npaths = ["access.log"]\nformat = "combined"\n'
    )
    return root


@pytest.fixture(scope="module")
def pair(folder: Path) -> Iterator[tuple[Apache, Apache, Path]]:
    """Yield old and new over TLS, each with its own certificate, and the file with both."""
    mine, theirs = certificate(folder / "old", NAME), certificate(folder / "new", NAME)
    both = folder / "ca.pem"
    both.write_bytes(mine[0].read_bytes() + theirs[0].read_bytes())
    changed = {name: text for name, text in {**PAGES, **CHANGED}.items() if name != "gone.html"}
    with (
        apache(OLD, PAGES, BOTH + OLD_ONLY + tls(mine)) as old,
        apache(NEW, changed, BOTH + NEW_ONLY + tls(theirs)) as new,
    ):
        yield old, new, both


def rehearse(folder: Path, pair: tuple[Apache, Apache, Path], *more: object) -> Run:
    """Return how the command ran."""
    old, new, both = pair
    places = ("--old", old.place, "--new", new.place, "--ca", both)
    return inside("rehearse", "--config", folder / "cutover.toml", *places, "--rate", "200", *more)


@pytest.fixture(scope="module")
def told(folder: Path, pair: tuple[Apache, Apache, Path]) -> dict[str, Any]:
    """Return what a whole rehearsal says."""
    run = rehearse(folder, pair, "--format", "json")
    assert run.status == 10, run.told
    found = json.loads(run.out)
    assert isinstance(found, dict)
    return found


def causes(told: dict[str, Any], key: str = "groups") -> dict[str, set[str]]:
    """Return the paths of each cause."""
    return {one["cause"]: {example["target"] for example in one["examples"]} for one in told[key]}


def test_every_planted_difference_is_found_and_nothing_else(told: dict[str, Any]) -> None:
    """Status, text, redirect, header and cookie; alike pages, equal JSON and session values are the same."""
    assert causes(told) == {
        "status 200 became 404": {"/gone.html"},
        "another page": {"/text.html"},
        f"redirects to {STAGING} instead of the public name": {"/moved"},
        "cache-control: missing became max-age=60": {"/cached.css"},
        "attributes of the cookie session": {"/same.html"},
    }


def test_what_varies_by_itself_is_told_apart(told: dict[str, Any]) -> None:
    """A page that is another one at each request says nothing about the servers."""
    assert causes(told, "by_itself") == {"another page": {"/clock.html"}}


def test_counts_add_up(told: dict[str, Any]) -> None:
    """Ten questions: GET and HEAD without query, each once; the rest is counted by reason."""
    assert told["asked"] == 10
    assert told["same"] == told["asked"] - 6, "the cookie differs for GET and HEAD"
    assert told["left_out"] == {"not GET or HEAD": 2, "excluded": 1}


def test_servers_were_asked_by_address_under_the_public_name(
    pair: tuple[Apache, Apache, Path], told: dict[str, Any]
) -> None:
    """Host and SNI are the public name, the agent says who it is, no query and no unsafe method arrives."""
    assert told["asked"]
    for server in pair[:2]:
        lines = (server.root / "seen.log").read_text().splitlines()
        assert len(lines) >= told["asked"]
        for line in lines:
            assert f' {NAME} "{NAME}" "' in line
            assert '"cutover-rehearsal/' in line
            assert "secret" not in line
            assert '"GET /' in line or '"HEAD /' in line


def test_a_wrong_certificate_is_a_difference_of_every_page(folder: Path, pair: tuple[Apache, Apache, Path]) -> None:
    """Without the new server's authority it answers nothing: one line, status 2, and why."""
    old, new, _ = pair
    places = ("--old", old.place, "--new", new.place, "--ca", folder / "old" / f"{NAME}.pem")
    run = inside("rehearse", "--config", folder / "cutover.toml", *places, "--rate", "200")
    assert run.status == 2
    assert run.out == ""
    assert "certificate: self-signed certificate" in run.told[-1]


def test_the_same_server_twice_is_the_same(folder: Path, pair: tuple[Apache, Apache, Path]) -> None:
    """Nothing differs from itself: exit status 0."""
    old, _, both = pair
    run = rehearse(folder, (old, old, both))
    assert run.status == 0, run.out
    assert "10 questions asked of both servers, 10 answered the same." in run.out


def test_text_and_lines_say_the_same(folder: Path, pair: tuple[Apache, Apache, Path]) -> None:
    """The text has every cause with its path; jsonl one object a cause."""
    text = rehearse(folder, pair)
    lines = rehearse(folder, pair, "--format", "jsonl").out.splitlines()
    assert text.status == 10
    for one in map(json.loads, lines):
        assert one["cause"] in text.out
        assert all(example["target"] in text.out for example in one["examples"])
    assert len(lines) == 6


def test_dry_run_asks_nothing(folder: Path) -> None:
    """It prints the questions, with no server there."""
    run = inside("rehearse", "--config", folder / "cutover.toml", "--dry-run", "--include", "order|moved", "--queries")
    assert sorted(run.out.splitlines()) == [
        f"GET {NAME}/moved",
        f"GET {NAME}/moved?token=secret",
        f"GET {NAME}/order/17.html",
    ]


def test_bad_options_are_one_line(folder: Path) -> None:
    """A place, an expression, an authority, and a log without anything to ask."""
    config = ("rehearse", "--config", folder / "cutover.toml")
    refused(inside(*config, "--old", "nowhere"), ("--old", "nowhere", "ADDRESS:PORT"))
    refused(inside(*config, "--old", "127.0.0.1:99999"), ("--old", "not a port"))
    refused(inside(*config, "--include", "("), ("--include", "regular expression"))
    refused(inside(*config, "--include", "nothing like it"), ("nothing in the old log can be asked",))
    (folder / "empty.pem").write_text("")
    run = inside(*config, "--ca", folder / "empty.pem")
    assert run.status == 2
    assert "--ca" in run.told[-1]


def test_its_counts_are_kept_for_the_checklist(folder: Path, pair: tuple[Apache, Apache, Path]) -> None:
    """In the state beside cutover.toml; nowhere with --no-state."""
    state = folder / "kept.sqlite"
    assert rehearse(folder, pair, "--state", state, "--no-state").status == 10
    assert not state.exists()
    assert rehearse(folder, pair, "--state", state).status == 10
    with State.open(state, create=False) as kept:
        counts = json.loads(kept.noted("rehearsal") or "")
    assert (counts["asked"], counts["same"]) == (10, 4)
