"""The package's front: what notebooks import."""

from __future__ import annotations

import subprocess
import sys

import pytest

import analyzer


@pytest.mark.parametrize("name", analyzer.__all__)
def test_each_public_name_is_there_and_says_what_it_is(name: str) -> None:
    """It can be imported, and a function or class has a docstring."""
    value = getattr(analyzer, name)
    if callable(value):
        assert (value.__doc__ or "").strip()


def test_public_names_are_listed_once_with_their_rooms() -> None:
    """`__all__` and the table of rooms hold the same names."""
    assert sorted(analyzer.__all__) == sorted(set(analyzer.__all__)) == sorted(analyzer._ROOMS)


def test_a_name_that_is_not_there_is_an_attribute_error() -> None:
    """Like in any module."""
    with pytest.raises(AttributeError, match="nothing_such"):
        _ = analyzer.nothing_such


def test_importing_the_package_loads_no_room() -> None:
    """`import analyzer` is light: no pandas, no duckdb."""
    code = "import sys, analyzer; print(int('pandas' in sys.modules or 'duckdb' in sys.modules))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "0\n"
