"""`cutover init`: what it writes, and what it refuses."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

import pytest

from analyzer.cli.init import init
from analyzer.errors import InputError, UsageError
from analyzer.migration import load

if TYPE_CHECKING:
    from pathlib import Path


def test_what_is_written_is_accepted(tmp_path: Path) -> None:
    """Into a folder that is made, IDNA names and both families."""
    folder = tmp_path / "move"
    init(["bücher.example"], ["192.0.2.4", "2001:db8::4"], ["198.51.100.5"], "neu.example", folder)
    mine = load(folder / "cutover.toml")
    assert mine.names == ("xn--bcher-kva.example",)
    assert mine.old == (ip_address("192.0.2.4"), ip_address("2001:db8::4"))
    assert (mine.new, mine.staging) == ((ip_address("198.51.100.5"),), "neu.example")
    assert [path.name for path in folder.iterdir()] == ["cutover.toml"]


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """But with --force; a dangling link is something too."""
    path = tmp_path / "cutover.toml"
    path.write_text("mine")
    with pytest.raises(UsageError, match="--force"):
        init(["a.example"], ["192.0.2.4"], ["198.51.100.5"], None, tmp_path)
    assert path.read_text() == "mine"
    init(["a.example"], ["192.0.2.4"], ["198.51.100.5"], None, tmp_path, force=True)
    assert load(path).names == ("a.example",)
    path.unlink()
    path.symlink_to(tmp_path / "nowhere")
    with pytest.raises(UsageError, match="--force"):
        init(["a.example"], ["192.0.2.4"], ["198.51.100.5"], None, tmp_path)


GOOD = {"names": ["a.example"], "old": ["192.0.2.4"], "new": ["198.51.100.5"], "staging": None}


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        ({"names": None}, "NAME is missing"),
        ({"old": None}, "--old is missing"),
        ({"new": []}, "--new is missing"),
        ({"names": ["a b"]}, "NAME: not a host name"),
        ({"old": ["192.0.2.400"]}, "--old: not an IPv4 or IPv6 address"),
        ({"new": ["192.0.2.4"]}, "--new: an old address too"),
        ({"staging": 'x"\ny = 1'}, "--staging"),
        ({"staging": "A.example"}, "--staging: also a name that moves"),
    ],
)
def test_what_is_missing_or_bad_is_told(tmp_path: Path, wrong: dict[str, Any], told: str) -> None:
    """Without a terminal nobody is asked; nothing is written."""
    with pytest.raises(UsageError) as raised:
        init(**(GOOD | wrong), folder=tmp_path)
    assert told in str(raised.value)
    assert list(tmp_path.iterdir()) == []


def test_a_folder_that_cannot_be_is_told(tmp_path: Path) -> None:
    """Its name belongs to a file."""
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        init(["a.example"], ["192.0.2.4"], ["198.51.100.5"], None, tmp_path / "file" / "folder")


def test_on_a_terminal_what_is_missing_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A wrong answer is asked for again."""
    answers = iter(["not a name", "app.example", "192.0.2.4", "198.51.100.5"])
    monkeypatch.setattr("sys.stdin.isatty", lambda: True)
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    monkeypatch.setattr("typer.prompt", lambda *_, **__: next(answers))
    init(None, None, None, None, tmp_path)
    mine = load(tmp_path / "cutover.toml")
    assert (mine.names, mine.old, mine.new) == (
        ("app.example",), (ip_address("192.0.2.4"),), (ip_address("198.51.100.5"),),
    )  # fmt: skip
