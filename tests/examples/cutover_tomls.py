"""A cutover.toml as text, read."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from analyzer.errors import ConfigError, Fault
from analyzer.migration import Migration, load

if TYPE_CHECKING:
    from pathlib import Path


LEAST = """\
[migration]
names = ["app.example.com"]
old = ["192.0.2.4"]
new = ["198.51.100.5"]
"""


def read(folder: Path, text: str) -> Migration:
    """Return the migration of a cutover.toml with this text."""
    path = folder / "cutover.toml"
    path.write_text(textwrap.dedent(text), encoding="utf-8")
    return load(path)


def faults(folder: Path, text: str) -> dict[str, Fault]:
    """Return the faults of a cutover.toml with this text, by the place in it."""
    with pytest.raises(ConfigError) as raised:
        read(folder, text)
    return {fault.where.removeprefix(f"{folder / 'cutover.toml'}: "): fault for fault in raised.value.faults}
