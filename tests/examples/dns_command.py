"""`cutover dns …` within a test's own process."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from command import Run
from typer.testing import CliRunner

from analyzer.cli.dns import app
from analyzer.errors import CutoverError

if TYPE_CHECKING:
    from pathlib import Path

OLD, NEW, TTL_S = "192.0.2.4", "198.51.100.5", 1
TOML = f'[migration]\nnames = ["app.example.com"]\nold = ["{OLD}"]\nnew = ["{NEW}"]\n'


def inside(folder: Path, *arguments: str) -> Run:
    """Return how a command ran in this process: the same, and quicker."""
    with contextlib.chdir(folder):
        result = CliRunner().invoke(app, arguments)
    if isinstance(result.exception, CutoverError):
        return Run(2, result.stdout, tuple(f"cutover: {fault}" for fault in result.exception.faults))
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return Run(result.exit_code, result.stdout, tuple(result.stderr.splitlines()))
