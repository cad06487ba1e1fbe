"""The public names are documented: docs/api.md has each of them, and pdoc builds HTML without a complaint."""

from __future__ import annotations

import inspect
import re
import subprocess
import sys
from pathlib import Path

import pytest

import analyzer

DOCS = Path(__file__).parents[2] / "docs"
IMPORT = f"import sys; sys.path.insert(0, {str(DOCS)!r}); import make_api"
PAGE = (DOCS / "api.md").read_text(encoding="utf-8")


def test_the_page_has_each_public_name_once() -> None:
    """`make docs` writes it anew when a name comes or goes."""
    assert sorted(re.findall(r"^### `(\w+)`$", PAGE, re.MULTILINE)) == sorted(analyzer.__all__)


@pytest.mark.parametrize("name", [name for name in analyzer.__all__ if inspect.isfunction(getattr(analyzer, name))])
def test_every_function_says_what_it_returns_and_takes(name: str) -> None:
    """In numpydoc's words, for everybody who reads the page or asks help()."""
    doc = inspect.getdoc(getattr(analyzer, name)) or ""
    assert re.match(r"(Return|Yield|Write) ", doc), doc[:60]


@pytest.mark.parametrize("name", [name for name in analyzer.__all__ if inspect.isclass(getattr(analyzer, name))])
def test_every_public_field_of_a_type_is_readable(name: str) -> None:
    """A type's documentation says what it is in a sentence, not how it is built."""
    doc = inspect.getdoc(getattr(analyzer, name)) or ""
    assert not doc.startswith(f"{name}("), "dataclass's own text"
    assert len(doc.split()) >= 4


def test_pdoc_builds(tmp_path: Path) -> None:
    """Warnings are errors; the page of HTML has every name."""
    code = f"{IMPORT}; import pathlib; make_api.html(pathlib.Path(sys.argv[1]))"
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", code, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert (done.returncode, done.stderr) == (0, "")
    page = (tmp_path / "analyzer.html").read_text(encoding="utf-8")
    assert [name for name in analyzer.__all__ if f'id="{name}"' not in page] == []


def test_the_page_is_made_from_the_docstrings(tmp_path: Path) -> None:
    """The same text twice, without addresses of memory, with the sections of numpydoc as Markdown."""
    code = f"{IMPORT}; print(make_api.api())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=tmp_path)
    assert " at 0x" not in done.stdout
    assert "**Parameters**" in done.stdout
    assert not re.search(r"^-{4,}$", done.stdout, re.MULTILINE)
    assert [name for name in analyzer.__all__ if f"### `{name}`" not in done.stdout] == []
