"""The format of a log is found only where it is clear; a log may have several."""

from __future__ import annotations

import gzip
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import InputError
from analyzer.logs.choosing import choose, found_in, settled
from analyzer.logs.formats import PRESETS, log_format, samples, spelled
from analyzer.logs.presets import PROVABLE
from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests

if TYPE_CHECKING:
    from pathlib import Path

AT = "[23/Nov/2026:18:30:44 +0000]"
COMBINED = f'198.51.100.7 - - {AT} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'
VHOST = f'old.example.com:443 203.0.113.9 - - {AT} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'
LIGHTTPD = f'198.51.100.7 app.example.com - {AT} "GET / HTTP/1.1" 200 512 "-" "curl/8.0"'
COMMON = f'198.51.100.7 - - {AT} "GET / HTTP/1.1" 200 512'


def chosen(*lines: str, candidates: tuple[str, ...] = ()) -> str | None:
    """Return the name of the format of lines; None if it is not clear."""
    choice = choose([line.encode() + b"\n" for line in lines], [log_format(text) for text in candidates])
    assert (choice.chosen is None) == bool(choice.unclear)
    return None if choice.chosen is None else choice.chosen.name


@pytest.mark.parametrize("name", PROVABLE)
def test_each_preset_is_found_from_its_own_lines(name: str) -> None:
    """Fifty lines, a broken one and an empty one."""
    lines = [line for line, _ in samples(name)] * 25
    assert chosen(*lines, "broken", "") == name


def test_a_vhost_line_is_never_taken_for_combined() -> None:
    """Nor the reverse, nor lighttpd's, which has the host in place of the RFC 1413 name."""
    assert chosen(VHOST) == "vhost_combined"
    assert chosen(COMBINED) == "combined"
    assert chosen(LIGHTTPD) == "lighttpd"
    assert chosen(*[LIGHTTPD] * 9, COMBINED) == "lighttpd"


def test_a_host_that_is_no_name_proves_nothing() -> None:
    """It is read where the format is known; an address and a name beyond ASCII are names of hosts."""
    assert chosen(*[LIGHTTPD.replace("app.example.com", "(-)")] * 9) is None
    assert chosen(*[LIGHTTPD.replace("app.example.com", "o'x.example")] * 9) is None
    assert chosen(*[LIGHTTPD] * 9, LIGHTTPD.replace("app.example.com", "o'x.example")) == "lighttpd"
    assert chosen(*[LIGHTTPD.replace("app.example.com", "2001:db8::5")] * 9) == "lighttpd"
    assert chosen(*[LIGHTTPD.replace("app.example.com", r"b\xc3\xbccher.example")] * 9) == "lighttpd"
    assert chosen(*[VHOST.replace("old.example.com", r"b\xc3\xbccher.example")] * 9) == "vhost_combined"


def test_a_log_with_several_formats() -> None:
    """All that are proven; one stray line proves none in a long log, and does in a short one."""
    assert chosen(*[COMBINED] * 60, *[VHOST] * 40) == "combined,vhost_combined"
    assert chosen(*[COMBINED] * 500, COMMON) == "combined"
    assert chosen(COMBINED, COMBINED, VHOST) == "combined,vhost_combined"


@pytest.mark.parametrize(
    "lines", [[], ["", " "], ["x"] * 9, [COMBINED, "x", "y"], ["[Mon Nov 23 18:30:44 2026] [error] x"]]
)
def test_what_is_not_clear_is_said(lines: list[str]) -> None:
    """No lines, an error log, more broken lines than others."""
    assert chosen(*lines) is None


def test_two_formats_that_read_otherwise_are_not_clear() -> None:
    """Which of two names is the client's cannot be seen; where they only name a size otherwise it does not matter."""
    line = f'a.example b.example {AT} "GET / HTTP/1.1" 200'
    one, other = '%h %v %t "%r" %>s', '%v %h %t "%r" %>s'
    assert chosen(*[line] * 9, candidates=(one, other)) is None
    assert chosen(*[line] * 9, candidates=(one,)) == one
    debian = PRESETS["combined"].replace("%b", "%O")
    assert chosen(*[COMBINED] * 9, candidates=(debian,)) == debian


def test_files_are_looked_into(tmp_path: Path) -> None:
    """Compressed ones too; the middle and the end of a long plain one; of empty ones nothing is asked."""
    path = tmp_path / "access.log"
    path.write_text(f"{COMBINED}\n" * 10_000 + f"{VHOST}\n" * 10_000)
    assert set(found_in([str(path)]).name.split(",")) == {"combined", "vhost_combined"}
    zipped = tmp_path / "access.log.2.gz"
    zipped.write_bytes(gzip.compress(f"{VHOST}\n".encode() * 100))
    assert found_in([str(zipped)]).name == "vhost_combined"
    empty = tmp_path / "empty.log"
    empty.write_bytes(b"")
    assert read_activity(str(empty), "auto").files[0].lines == 0


def test_each_line_by_the_format_that_it_fits(tmp_path: Path) -> None:
    """Columns of both; what fits neither is quarantined; every line is one or the other."""
    path = tmp_path / "access.log"
    path.write_text(f"{COMBINED}\n{VHOST}\nbroken\n" * 20)
    for text in ("auto", "combined,vhost_combined", "vhost_combined, combined"):
        frame = read_requests(str(path), text)
        assert frame["client"].tolist() == ["198.51.100.7", "203.0.113.9"] * 20
        assert frame["host"].fillna("-").tolist() == ["-", "old.example.com"] * 20
        assert frame["agent"].tolist() == ["curl/8.0"] * 40
        assert read_quarantine(str(path), text)["line"].tolist() == list(range(3, 61, 3))
        activity = read_activity(str(path), text, names=["app.example.com"])
        assert (activity.files[0].lines, activity.files[0].parsed, activity.files[0].quarantined) == (60, 40, 20)
        assert int(activity.cells["foreign"].sum()) == 20


def test_requests_written_in_parts_and_whole(tmp_path: Path) -> None:
    """In one log the parts make a request line, so that both are looked at alike."""
    path = tmp_path / "access.log"
    caddy = samples("caddy")[0][0]
    path.write_text(f"{COMBINED}\n{caddy}\n")
    frame = read_requests(str(path), "caddy,combined")
    assert frame["request"].tolist() == ["GET / HTTP/1.1", "GET /a?b=1 HTTP/1.1"]
    assert frame["target"].tolist() == ["/", "/a?b=1"]
    assert frame["duration_us"].fillna(-1).tolist() == [-1, 1520]
    assert frame["time"].diff().dt.total_seconds().iloc[1] == 0.25


def test_times_of_begin_and_end_in_one_log() -> None:
    """Where one format logs the end of the answer and the other its begin, both give the begin."""
    from analyzer.logs.several import several  # noqa: PLC0415 -- of this test alone
    from analyzer.logs.strict import strict  # noqa: PLC0415 -- of this test alone

    ends, begins = log_format('%{end:sec}t %h "%r" %D'), log_format('%h %t "%r" %D')
    lines = [b'1795458645 192.0.2.1 "GET / HTTP/1.1" 1000000', f'192.0.2.1 {AT} "GET / HTTP/1.1" 1000000'.encode()]
    first = strict(several((ends, begins))).read(lines)
    second = strict(several((begins, ends))).read(lines)
    # Of the first the duration is still to be taken off, as of any format that logs the end.
    assert first.columns[0] == [1795458645000000, 1795458645000000]
    assert second.columns[0] == [1795458644000000, 1795458644000000]


@pytest.mark.parametrize(
    "text",
    [*PRESETS, "combined,vhost_combined", "haproxy,caddy", "%h %t", "#Fields: date time c-ip\n#Fields: c-ip date time"],
)
def test_a_format_is_spelled_so_that_it_is_found_again(text: str) -> None:
    """What was found once can be kept as text."""
    assert log_format(spelled(log_format(text))) == log_format(text)


def test_unclear_files_are_an_error_with_a_remedy(tmp_path: Path) -> None:
    """The first file is named, and what to do."""
    path = tmp_path / "x.log"
    path.write_text("nothing\n" * 5)
    with pytest.raises(InputError, match=r"x\.log: the format is not clear: no format fits .* --log-format"):
        settled("auto", [str(path)])
