"""The files of a report appear whole, or not at all."""

from __future__ import annotations

import errno
import json
import os
import stat
import sys
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import report_answers
import report_curves
import report_examples as examples

from analyzer.errors import InputError
from analyzer.report import write as room
from analyzer.report.report import Findings, Report
from analyzer.report.write import write, write_whole

FILES = ["dns.png", "drain.png", "report.html", "report.json", "verdict.json"]


@pytest.fixture(scope="module")
def files() -> dict[str, bytes]:
    """Return the files of a whole report with hostile clients in it."""
    found = Findings(
        examples.verdict("wait"),
        examples.migration(),
        report_curves.curve("wait"),
        report_answers.propagation(),
        report_answers.states(),
    )
    return Report(found, ZoneInfo("Europe/Berlin")).files()


def names(folder: Path) -> list[str]:
    """Return every name in a folder, hidden ones too."""
    return sorted(path.name for path in folder.iterdir())


def test_the_five_files_are_written_and_the_folder_made(tmp_path: Path, files: dict[str, bytes]) -> None:
    """A page with both figures, the figures, the contract's object, every number; nothing else is left behind."""
    written = write(tmp_path / "a" / "b", files)
    assert names(tmp_path / "a" / "b") == FILES == sorted(path.name for path in written)
    html = (tmp_path / "a" / "b" / "report.html").read_text(encoding="utf-8")
    assert "31.5 requests in 30 days" in html
    assert len(html) < 1_500_000
    saved = json.loads((tmp_path / "a" / "b" / "verdict.json").read_text(encoding="ascii"))
    saved.pop("page")
    assert saved == json.loads(json.dumps(examples.verdict("wait").as_json()))
    assert (tmp_path / "a" / "b" / "drain.png").read_bytes().startswith(b"\x89PNG\r\n")


def test_a_second_report_replaces_the_first(tmp_path: Path, files: dict[str, bytes]) -> None:
    """The same report gives the same bytes; nothing is added beside it."""
    first = [path.read_bytes() for path in write(tmp_path, files)]
    assert [path.read_bytes() for path in write(tmp_path, files)] == first
    assert names(tmp_path) == FILES


def test_others_may_read_what_the_umask_lets_them(tmp_path: Path) -> None:
    """A web server can show it: the mode is the usual one, not that of a temporary file."""
    before = os.umask(0o022)
    try:
        path = write_whole(tmp_path / "page", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE(path.stat().st_mode) == 0o644


@pytest.mark.parametrize("code", [errno.ENOSPC, errno.EIO, errno.EDQUOT])
def test_a_half_written_file_is_removed_and_the_old_one_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, code: int
) -> None:
    """A full disk in the middle of writing: one line, the old page untouched, no rest beside it."""
    (tmp_path / "page").write_bytes(b"old")

    def full(_: int) -> None:
        raise OSError(code, os.strerror(code))

    monkeypatch.setattr(room.os, "fsync", full)
    with pytest.raises(InputError) as caught:
        write_whole(tmp_path / "page", b"new")
    assert str(caught.value) == (
        f"{tmp_path / 'page'}: cannot write the file: {os.strerror(code)}; make room or name another folder"
    )
    assert names(tmp_path) == ["page"]
    assert (tmp_path / "page").read_bytes() == b"old"


def test_a_file_in_the_way_of_the_folder_is_told(tmp_path: Path, files: dict[str, bytes]) -> None:
    """Also further up the path."""
    (tmp_path / "file").write_bytes(b"")
    for out in (tmp_path / "file", tmp_path / "file" / "below"):
        with pytest.raises(InputError, match=r"cannot make the folder: .*; a file is in the way: name another folder"):
            write(out, files)


def test_a_folder_in_the_way_of_a_file_is_told(tmp_path: Path, files: dict[str, bytes]) -> None:
    """One line that names it, and no draft left."""
    (tmp_path / "drain.png").mkdir()
    with pytest.raises(InputError, match=r"drain.png: cannot write the file: .*; a folder is in the way"):
        write(tmp_path, files)
    assert names(tmp_path) == ["drain.png"]


def test_a_folder_without_permission_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The remedy names another folder; made up here, since root may write anywhere."""

    def refuse(*_: object, **__: object) -> None:
        raise PermissionError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(Path, "open", refuse)
    with pytest.raises(InputError, match="Permission denied; name a folder that you may write to"):
        write_whole(tmp_path / "page", b"new")
