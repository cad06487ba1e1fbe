"""Writes docs/api.md from the docstrings of the public names, and with a folder named the same as HTML there (pdoc).

python docs/make_api.py [FOLDER]
"""

from __future__ import annotations

import inspect
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import analyzer

if TYPE_CHECKING:
    from collections.abc import Callable

HERE = Path(__file__).parent
GROUPS = {
    "Read": ("load", "gather", "read_activity", "read_requests", "read_quarantine", "read_snapshots", "log_format"),
    "Judge": ("advise", "backtest", "curve", "kinds", "propagation", "states", "RULES"),
    "Show": ("drain_figure", "dns_figure"),
    "Simulate": ("simulate", "read_truth", "SCENARIOS"),
}
HEAD = """\
# The public names

What `import analyzer` offers to notebooks and scripts. `make docs` writes this page from the docstrings, and the
same as HTML. Times are aware and UTC, units stand in the names.

The usual way: `load` a migration, `gather` what its files hold, `advise` at a moment, `curve` and `drain_figure` to
see it. The [notebooks](../notebooks) use nothing else.
"""
LINE = 80  # [characters] of a signature
_SECTION = re.compile(r"^(Parameters|Returns|Yields|Raises|Attributes|Examples|References|Notes)\n-+\n", re.MULTILINE)
_NAMED = re.compile(r"^(\S[^\n]*)\n((?:    [^\n]*(?:\n|$)|\n)+)", re.MULTILINE)


def api() -> str:
    """Return the text of docs/api.md."""
    grouped = [name for names in GROUPS.values() for name in names]
    rest = {"Types": tuple(name for name in analyzer.__all__ if name not in grouped)}
    parts = [HEAD]
    for title, names in {**GROUPS, **rest}.items():
        parts += [f"## {title}\n", *(_entry(name) for name in names)]
    return "\n".join(parts)


def _entry(name: str) -> str:
    """Return what stands of one name."""
    value = getattr(analyzer, name)
    value = value if inspect.isclass(value) else inspect.unwrap(value)  # one that is kept has its own inside
    if inspect.isfunction(value):
        head = f"```python\n{name}{_signature(value)}\n```\n\n"
        return f"### `{name}`\n\n{head}{_markdown(inspect.getdoc(value) or '')}\n"
    if inspect.isclass(value):
        return f"### `{name}`\n\n{_markdown(inspect.getdoc(value) or '')}\n{_methods(value)}"
    return f"### `{name}`\n\n{_constant(name, value)}\n"


def _constant(name: str, value: object) -> str:
    """Return what a table of ours holds."""
    if isinstance(value, dict):
        return f"A table of {len(value)}: " + ", ".join(f"`{key}`" for key in value) + "."
    if isinstance(value, tuple | list):
        return f"The {len(value)} {name.lower()}, in order; each has an id and says what it found."
    return f"`{value!r}`"


def _methods(kind: type) -> str:
    """Return the public methods and properties of a class, each in a line."""
    lines = []
    for name, member in vars(kind).items():
        function = member.fget if isinstance(member, property) else getattr(member, "__func__", member)
        if name.startswith("_") or not inspect.isfunction(function) or not function.__doc__:
            continue
        shown = name if isinstance(member, property) else f"{name}()"
        lines.append(f"- `{shown}`: {inspect.cleandoc(function.__doc__).splitlines()[0]}")
    return "\n".join([*lines, ""]) if lines else ""


def _signature(function: Callable[..., object]) -> str:
    """Return a function's signature, a parameter a line if it is long."""
    signature = inspect.signature(function)
    if len(_plain(str(signature))) <= LINE:
        return _plain(str(signature))
    inside = [_plain(str(one)) for one in signature.parameters.values()]
    keyword = next((n for n, one in enumerate(signature.parameters.values()) if one.kind is one.KEYWORD_ONLY), None)
    if keyword is not None:
        inside.insert(keyword, "*")
    return "(\n    " + ",\n    ".join(inside) + f",\n) -> {str(signature.return_annotation).strip(chr(39))}"


def _plain(text: str) -> str:
    """Return a signature without the quotes of annotations and the addresses of functions."""
    return re.sub(r"<function (\w+) at 0x\w+>", r"\1", re.sub(r"(: |-> )'([^']*)'", r"\1\2", text))


def _markdown(doc: str) -> str:
    """Return a numpydoc text as Markdown."""
    pieces = _SECTION.split(doc)
    parts = [pieces[0].strip()]
    for title, body in zip(pieces[1::2], pieces[2::2], strict=True):
        text = body.strip("\n")
        if title == "Examples":
            parts.append(f"```python\n{text}\n```")
        elif title in {"Parameters", "Attributes", "Returns", "Raises", "Yields"} and _NAMED.match(text + "\n"):
            listed = [_item(found[1], found[2]) for found in _NAMED.finditer(text + "\n")]
            parts.append(f"**{title}**\n\n" + "\n".join(listed))
        else:
            parts.append(f"**{title}**\n\n{text}")
    return "\n\n".join(part for part in parts if part) + "\n"


def _item(name: str, body: str) -> str:
    return f"- `{name.strip()}`: " + " ".join(line.strip() for line in body.splitlines() if line.strip())


def html(folder: Path) -> None:
    """Build the same as HTML, without the rooms behind it."""
    import pdoc  # noqa: PLC0415 -- only who builds HTML needs it

    for name in analyzer.__all__:
        setattr(analyzer, name, getattr(analyzer, name))  # pdoc looks at what is there, and these come when asked for
    pdoc.render.configure(docformat="numpy", footer_text="cutover")
    pdoc.pdoc("analyzer", "!analyzer\\..*", output_directory=folder)


if __name__ == "__main__":
    (HERE / "api.md").write_text(api(), encoding="utf-8")
    if len(sys.argv) > 1:
        html(Path(sys.argv[1]))
