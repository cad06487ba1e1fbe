"""Files become blocks of whole lines: in order, each line once, whatever the file is."""

from __future__ import annotations

import bz2
import gzip
import lzma
import os
import random
import tracemalloc
from threading import Thread
from typing import TYPE_CHECKING

import pytest
import zstandard

from analyzer.errors import InputError
from analyzer.logs.sources import Block, Buffers, Ended, blocks, expand
from analyzer.logs.strict import LINE_LIMIT

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SMALL = 1 << 14  # [bytes] of a block: many blocks without large files


def read(*paths: Path, block_bytes: int = 2 * LINE_LIMIT) -> tuple[list[bytes], list[Ended]]:
    """Return all lines and how the files ended."""
    lines, ends = [], []
    for item in blocks([str(path) for path in paths], Buffers(block_bytes)):
        if isinstance(item, Block):
            lines += [item.line(n) for n in range(item.lines)]
        else:
            ends.append(item)
    return lines, ends


def written(path: Path, content: bytes) -> Path:
    """Return the path of a file with this content."""
    path.write_bytes(content)
    return path


def test_a_rotated_set_is_read_from_the_oldest(tmp_path: Path) -> None:
    """14 before 2 before 1 before the file still written; another log's set stays together."""
    names = [
        "access.log",
        "access.log.1",
        "access.log.2.gz",
        "access.log.10.gz",
        "access.log.14.gz",
        "other.log",
        "other.log.1",
    ]
    for name in reversed(names):
        (tmp_path / name).touch()
    found = [os.path.basename(path) for path in expand([f"{tmp_path}/*.log*"])]  # noqa: PTH119 -- text
    assert found == [
        "access.log.14.gz", "access.log.10.gz", "access.log.2.gz", "access.log.1", "access.log",
        "other.log.1", "other.log",
    ]  # fmt: skip


def test_dated_rotation_is_read_by_date(tmp_path: Path) -> None:
    """`dateext` of logrotate: the dates ascend, the current file is the last."""
    for name in ("access.log", "access.log-20260303", "access.log-20260301.gz", "access.log-20260302.gz"):
        (tmp_path / name).touch()
    found = [path.removeprefix(f"{tmp_path}/access.log") for path in expand(f"{tmp_path}/access.log*")]
    assert found == ["-20260301.gz", "-20260302.gz", "-20260303", ""]


def test_a_file_named_twice_is_read_once(tmp_path: Path) -> None:
    """By two patterns, by another spelling, by a link: it is one file."""
    (tmp_path / "a.log").touch()
    (tmp_path / "b.log").symlink_to(tmp_path / "a.log")
    assert len(expand([f"{tmp_path}/a.log", f"{tmp_path}/*.log", f"{tmp_path}/./a.log"])) == 1


def test_named_files_keep_their_order(tmp_path: Path) -> None:
    """Who names files one by one decides."""
    paths = [str(written(tmp_path / name, b"")) for name in ("b.log", "a.log")]
    assert list(expand(paths)) == paths


def test_a_name_with_the_signs_of_a_pattern_is_a_name(tmp_path: Path) -> None:
    """A file `access[1].log` is found by its own name."""
    path = str(written(tmp_path / "access[1].log", b""))
    assert expand([path]) == (path,)


def test_directories_among_the_matches_are_no_logs(tmp_path: Path) -> None:
    """A pattern takes the files beside a directory."""
    (tmp_path / "old").mkdir()
    path = str(written(tmp_path / "a.log", b""))
    assert expand([f"{tmp_path}/*"]) == (path,)


def test_all_wrong_paths_are_told_at_once(tmp_path: Path) -> None:
    """A missing file, a pattern without a match and a directory: one fault each."""
    with pytest.raises(InputError) as raised:
        expand([f"{tmp_path}/none.log", f"{tmp_path}/none*", str(tmp_path)])
    assert [fault.what for fault in raised.value.faults] == [
        "no such file",
        "no file matches",
        "is a directory in which no file has 'access' in its name",
    ]


@pytest.mark.parametrize("last", [b"", b"last line without an end"])
def test_lines_across_blocks_are_whole(tmp_path: Path, last: bytes) -> None:
    """Each line comes once and whole, however the blocks fall; a missing last end changes nothing."""
    rng = random.Random(2)  # noqa: S311 -- made-up lines
    lines = [bytes(rng.choices(b'abc \r\x00\xff"\\', k=rng.randrange(0, 3_000))) + b"\n" for _ in range(400)]
    path = written(tmp_path / "a.log", b"".join(lines) + last)
    found, ends = read(path, block_bytes=SMALL)
    assert found == lines + ([last + b"\n"] if last else [])
    assert ends == [Ended(str(path), len(found), None)]


def test_line_numbers_and_bytes_go_on(tmp_path: Path) -> None:
    """A block knows its first line's number, and how far the file has been read."""
    path = written(tmp_path / "a.log", b"0123456789abcde\n" * 5_000)
    found = [item for item in blocks([str(path)], Buffers(SMALL)) if isinstance(item, Block)]
    assert [block.first_line for block in found[:2]] == [1, 1 + found[0].lines]
    assert sum(block.lines for block in found) == 5_000
    assert found[-1].read_bytes == 80_000


def test_very_many_short_lines_come_in_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A block never has so many lines that what is kept of each becomes large."""
    monkeypatch.setattr("analyzer.logs.buffers.LINES_AT_ONCE", 100)
    monkeypatch.setattr("analyzer.logs.buffers._SCAN_BYTES", 64)
    content = b"".join(b"%d\n" % n for n in range(1_000))
    found, _ = read(written(tmp_path / "a.log", content))
    assert b"".join(found) == content
    sizes = [item.lines for item in blocks([str(tmp_path / "a.log")]) if isinstance(item, Block)]
    assert sum(sizes) == 1_000
    assert max(sizes) < 100 + 64


@pytest.mark.parametrize("length", [LINE_LIMIT, 3 * LINE_LIMIT + 5, 9 * LINE_LIMIT])
def test_a_line_too_long_is_one_line(tmp_path: Path, length: int) -> None:
    """A line of any length counts as one, and the lines beside it stay; too long ones stay too long when cut."""
    found, ends = read(written(tmp_path / "a.log", b"before\n" + b"x" * length + b"\nafter\n"))
    assert [found[0], found[2]] == [b"before\n", b"after\n"]
    assert ends[0].lines == 3
    assert (len(found[1]) > LINE_LIMIT + 1) == (length > LINE_LIMIT)


def test_a_file_without_any_newline_is_one_line(tmp_path: Path) -> None:
    """It is not held in memory as a whole."""
    found, _ = read(written(tmp_path / "a.log", b"\x00" * (7 * LINE_LIMIT)))
    assert len(found) == 1
    assert LINE_LIMIT < len(found[0]) <= 2 * LINE_LIMIT


def test_gzip_of_several_members(tmp_path: Path) -> None:
    """What logrotate or cat has put together is read as one file, whatever it is called."""
    path = written(tmp_path / "access.log.2", gzip.compress(b"a\nb") + gzip.compress(b"\nc\n") + gzip.compress(b""))
    assert read(path) == ([b"a\n", b"b\n", b"c\n"], [Ended(str(path), 3, None)])


def test_plain_text_called_gz(tmp_path: Path) -> None:
    """A name says nothing about the content."""
    assert read(written(tmp_path / "a.log.gz", b"a\n"))[0] == [b"a\n"]


def test_truncated_gzip_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    """The lines before the break come, the trouble is told, the last line is marked as cut."""
    rng = random.Random(3)  # noqa: S311 -- made-up lines
    lines = [b"%d %d\n" % (n, rng.getrandbits(60)) for n in range(20_000)]
    whole = gzip.compress(b"".join(lines))
    path = written(tmp_path / "a.log.gz", whole[: len(whole) // 2])
    found, (end,) = read(path)
    assert 8_000 < len(found) < 12_000
    assert found[:-1] == lines[: len(found) - 1]
    assert end.trouble is not None
    assert "breaks off" in end.trouble
    last = [item for item in blocks([str(path)]) if isinstance(item, Block)][-1]
    assert last.cut


def test_damaged_gzip_is_used_as_far_as_it_goes(tmp_path: Path) -> None:
    """Bytes that are not deflate, or a wrong checksum, end the file with a trouble."""
    rng = random.Random(4)  # noqa: S311 -- made-up lines
    whole = bytearray(gzip.compress(b"".join(b"%d\n" % rng.getrandbits(60) for _ in range(50_000))))
    whole[len(whole) // 2] ^= 0xFF
    _, (end,) = read(written(tmp_path / "a.log.gz", bytes(whole)))
    assert end.trouble is not None
    assert "cannot be read further" in end.trouble


def test_rubbish_after_gzip_is_told(tmp_path: Path) -> None:
    """What stands before it is read; zeros at the end are padding."""
    found, (end,) = read(written(tmp_path / "a.log.gz", gzip.compress(b"a\n") + b"rubbish"))
    assert found == [b"a\n"]
    assert end.trouble is not None
    assert read(written(tmp_path / "b.log.gz", gzip.compress(b"a\n") + bytes(512)))[1][0].trouble is None


@pytest.mark.parametrize("compress", [bz2.compress, lzma.compress, zstandard.compress])
def test_other_compression(tmp_path: Path, compress: Callable[[bytes], bytes]) -> None:
    """bzip2, xz and zstd are read too, as far as they go."""
    lines = [b"%d\n" % n for n in range(300_000)]
    whole = compress(b"".join(lines))
    assert read(written(tmp_path / "a.log", whole)) == (lines, [Ended(str(tmp_path / "a.log"), len(lines), None)])
    found, (end,) = read(written(tmp_path / "a.log", whole[: len(whole) * 3 // 4]))
    assert len(found) > 100_000
    assert found[:-1] == lines[: len(found) - 1]
    assert "breaks off" in str(end.trouble)


def test_what_only_begins_like_zstd_is_told(tmp_path: Path) -> None:
    """It is a trouble of the file, not a million broken lines."""
    _, (end,) = read(written(tmp_path / "a.log", b"\x28\xb5\x2f\xfd" + b"\n" * 100))
    assert end.lines == 0
    assert "cannot be read" in str(end.trouble)


def test_zstd_of_several_frames(tmp_path: Path) -> None:
    """As `zstd >>` and pzstd write them; a skippable frame holds no text (RFC 8878, section 3.1.2)."""
    frames = [zstandard.compress(b"first\n"), b"\x50\x2a\x4d\x18\x03\0\0\0abc", zstandard.compress(b"second\n")]
    assert read(written(tmp_path / "a.log.zst", b"".join(frames)))[0] == [b"first\n", b"second\n"]
    assert read(written(tmp_path / "b.log.zst", b"".join([frames[1], frames[0]])))[0] == [b"first\n"]


def test_a_small_zstd_file_of_very_much_text_stays_small_in_memory(tmp_path: Path) -> None:
    """What comes out at once is bounded, whatever the ratio: here 1 : 30,000."""
    path = written(tmp_path / "a.log.zst", zstandard.compress(b"\0" * (64 << 20)))
    tracemalloc.start()
    try:
        read(path)
        assert tracemalloc.get_traced_memory()[1] < 40 << 20
    finally:
        tracemalloc.stop()


def test_a_folder_means_its_access_logs(tmp_path: Path) -> None:
    """As in /var/log/apache2: the oldest first, and not the error log beside them."""
    for name in ("access.log", "access.log.1", "error.log", "other_vhosts_access.log"):
        (tmp_path / name).touch()
    found = [os.path.basename(path) for path in expand(f"{tmp_path}/")]  # noqa: PTH119 -- text
    assert found == ["access.log.1", "access.log", "other_vhosts_access.log"]


def test_a_fifo_is_read_to_its_end(tmp_path: Path) -> None:
    """What another program writes into a named pipe, until it closes it."""
    fifo = tmp_path / "log.fifo"
    os.mkfifo(fifo)
    writer = Thread(target=lambda: fifo.write_bytes(b"a\n" * 100_000))
    writer.start()
    found, ends = read(fifo)
    writer.join()
    assert found == [b"a\n"] * 100_000
    assert ends[0].trouble is None


def test_text_that_looks_like_a_compressed_file_is_text(tmp_path: Path) -> None:
    """The first letters of bzip2 alone make no compressed file."""
    assert read(written(tmp_path / "a.log", b"BZh9 is text\n"))[0] == [b"BZh9 is text\n"]


def test_an_unreadable_file_is_a_trouble_among_others(tmp_path: Path) -> None:
    """The files before and after it are read."""
    loop = tmp_path / "b.log"
    loop.symlink_to(loop)
    found, ends = read(written(tmp_path / "a.log", b"a\n"), loop, written(tmp_path / "c.log", b"c\n"))
    assert found == [b"a\n", b"c\n"]
    assert [end.trouble is None for end in ends] == [True, False, True]


def test_an_empty_file_has_no_lines(tmp_path: Path) -> None:
    """Right after a rotation the current file is empty."""
    assert read(written(tmp_path / "a.log", b"")) == ([], [Ended(str(tmp_path / "a.log"), 0, None)])


def test_a_consumer_may_stop(tmp_path: Path) -> None:
    """Reading ahead ends when nobody wants more."""
    coming = blocks([str(written(tmp_path / "a.log", b"line\n" * 100_000))], Buffers(SMALL))
    next(coming)
    coming.close()  # type: ignore[attr-defined]
