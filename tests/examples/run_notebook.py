"""Run a notebook in its folder and print it with its outputs: a process of its own, as `jupyter execute` is one."""

from __future__ import annotations

import sys
from pathlib import Path

import nbformat
from jupyter_client import KernelManager
from nbclient import NotebookClient

LIMIT_S = 120


def main(path: Path) -> None:
    """Execute the notebook with this environment's Python, whatever kernels are installed."""
    book = nbformat.read(path, as_version=4)
    kernel = KernelManager(kernel_name="python3")
    kernel.kernel_spec.argv[0] = sys.executable
    client = NotebookClient(book, km=kernel, timeout=LIMIT_S, resources={"metadata": {"path": str(path.parent)}})
    client.execute()
    sys.stdout.write(nbformat.writes(book))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
