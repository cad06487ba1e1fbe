"""A cutover.toml that can hardly be read: what is said of the file itself."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from cutover_tomls import LEAST, faults, read

from analyzer.errors import ConfigError
from analyzer.migration import load


@pytest.mark.parametrize(
    ("text", "line"),
    [("x = \n", 1), ("[migration]\n\nnames = [\n", 4), ("a = 1\na = 2\n", 2), ("[migration\n", 1), ("a = '\x01'\n", 1)],
)
def test_what_is_not_toml_says_file_and_line(tmp_path: Path, text: str, line: int) -> None:
    """As `cutover.toml:3`."""
    (place,) = faults(tmp_path, text)
    assert place == f"{tmp_path / 'cutover.toml'}:{line}"


@pytest.mark.parametrize("text", ["a = " + "[" * 20_000, "a = " + "9" * 9_000, "a.b" * 5_000, "#" * 2_000_000])
def test_a_hostile_file_is_one_fault(tmp_path: Path, text: str) -> None:
    """Nested, long or large beyond use: told, not crashed upon."""
    assert len(faults(tmp_path, text)) == 1


def test_many_faults_are_counted_not_listed(tmp_path: Path) -> None:
    """A thousand unknown keys are a hundred lines and a sum."""
    with pytest.raises(ConfigError) as raised:
        read(tmp_path, "".join(f"k{n} = 1\n" for n in range(1000)))
    assert len(raised.value.faults) == 101
    assert "901 more" in raised.value.faults[-1].what  # 1,000 keys and the missing table, less the hundred


def test_a_file_that_is_not_utf8_says_where(tmp_path: Path) -> None:
    """The line of the first bad byte."""
    path = tmp_path / "cutover.toml"
    path.write_bytes(b"# one\n# two \xff\n")
    with pytest.raises(ConfigError, match=r"cutover\.toml:2: not UTF-8"):
        load(path)


def test_a_byte_order_mark_is_no_fault(tmp_path: Path) -> None:
    """Some editors write one."""
    path = tmp_path / "cutover.toml"
    path.write_bytes(b"\xef\xbb\xbf" + LEAST.encode())
    assert load(path).names == ("app.example.com",)


def test_a_missing_file_and_a_folder_are_told(tmp_path: Path) -> None:
    """With what to do."""
    with pytest.raises(ConfigError, match=r"No such file.*cutover init"):
        load(tmp_path / "cutover.toml")
    with pytest.raises(ConfigError, match="Is a directory"):
        load(tmp_path)
