"""What makes the run quick and takes nothing from any test."""

from __future__ import annotations

import compileall
import gc
import signal
from pathlib import Path
from typing import TYPE_CHECKING

from hypothesis import settings

import analyzer

if TYPE_CHECKING:
    import pytest

WORKERS_OWN = "workerinput"  # pytest-xdist gives it to workers only

# No test is timed: an example that takes long on a busy machine is no failure. The same code is held against the same
# examples each time; `--hypothesis-profile=explore` looks for others.
settings.register_profile("explore", settings(), deadline=None)
settings.register_profile("same", settings(), deadline=None, derandomize=True)
settings.load_profile("same")


def pytest_configure(config: pytest.Config) -> None:
    """Compile the sources, once; and let Ctrl-C reach the commands that tests start.

    Where Python is told to write no bytecode, each run of the command would compile them again. A shell's `&` has those
    that it starts ignore Ctrl-C, and all that they start: tests that send it would wait in vain.
    """
    if not hasattr(config, WORKERS_OWN):
        compileall.compile_dir(Path(analyzer.__file__).parent, quiet=2)
        if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
            signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_finish() -> None:
    """Let Python not look for garbage among thousands of tests again and again: they stay to the end."""
    gc.collect()
    gc.freeze()
