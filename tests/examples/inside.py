"""The command called within the test's own process: quicker, where how a process starts does not matter."""

from __future__ import annotations

import io
from contextlib import redirect_stderr, redirect_stdout

from command import Run

from analyzer.cli import main


def inside(*arguments: object) -> Run:
    """Return how the command ran."""
    out, told = io.StringIO(), io.StringIO()
    status = 0
    with redirect_stdout(out), redirect_stderr(told):
        try:
            main([str(one) for one in arguments])
        except SystemExit as ended:
            status = ended.code if isinstance(ended.code, int) else 0
    return Run(status, out.getvalue(), tuple(told.getvalue().splitlines()))
