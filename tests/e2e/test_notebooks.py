"""The notebooks run from the first cell to the last, import only public names, and are committed without outputs."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import nbformat
import pytest

import analyzer

FOLDER = Path(__file__).parents[2] / "notebooks"
NOTEBOOKS = sorted(FOLDER.glob("*.ipynb"))
LIMIT_S = 120
RUNNER = Path(__file__).parents[1] / "examples" / "run_notebook.py"
OTHERS = {"dataclasses", "datetime", "ipaddress", "matplotlib", "numpy", "pandas", "pathlib", "zoneinfo"}


def code(path: Path) -> str:
    """Return a notebook's code, without the notebook's own commands."""
    book = nbformat.read(path, as_version=4)
    cells = [cell.source for cell in book.cells if cell.cell_type == "code"]
    return "\n".join(line for cell in cells for line in cell.splitlines() if not line.startswith("%"))


def test_there_are_four() -> None:
    """Drain curves, DNS caches, what if, a backtest."""
    assert len(NOTEBOOKS) == 4


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_is_committed_clean(path: Path) -> None:
    """No output, no count, no trace of whose machine it ran on."""
    book = nbformat.read(path, as_version=4)
    nbformat.validate(book)
    for cell in book.cells:
        if cell.cell_type == "code":
            assert (cell.outputs, cell.execution_count) == ([], None)
    assert book.metadata["language_info"] == {"name": "python"}
    assert book.cells[0].cell_type == "markdown"
    assert book.cells[0].source.startswith("# ")


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_uses_public_names_only(path: Path) -> None:
    """Of ours what `import analyzer` offers; of others the libraries that everybody has."""
    for node in ast.walk(ast.parse(code(path))):
        if isinstance(node, ast.Import):
            assert {alias.name.split(".")[0] for alias in node.names} <= OTHERS | {"analyzer"}
            assert not [alias.name for alias in node.names if alias.name.startswith("analyzer.")]
        elif isinstance(node, ast.ImportFrom):
            assert str(node.module).split(".")[0] in OTHERS
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "analyzer":
            assert node.attr in analyzer.__all__


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_it_runs(path: Path) -> None:
    """Every cell, in a kernel of its own; at least one figure and one number come out, and no warning."""
    line = [sys.executable, str(RUNNER), str(path)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=2 * LIMIT_S)
    assert done.returncode == 0, done.stderr[-3000:]
    book = nbformat.reads(done.stdout, as_version=4)
    outputs = [output for cell in book.cells if cell.cell_type == "code" for output in cell.outputs]
    assert [output for output in outputs if "image/png" in output.get("data", {})]
    assert [output for output in outputs if output.output_type in {"stream", "execute_result"}]
    assert [output.text for output in outputs if output.output_type == "stream" and output.name == "stderr"] == []
