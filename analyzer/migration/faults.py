"""What pydantic found wrong -> faults that a user can mend: key, value, remedy."""

from __future__ import annotations

import difflib
import re
import types
import typing
from typing import Any

from pydantic import BaseModel, ValidationError

from analyzer.errors import Fault, shown
from analyzer.migration.schema import CutoverToml
from analyzer.migration.values import Refused

if typing.TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from pydantic_core import ErrorDetails

MOST_FAULTS = 100  # a file with more is not a cutover.toml
_BARE_KEY = re.compile(r"[A-Za-z0-9_-]{1,60}")
_Path = tuple[int | str, ...]

# pydantic's error type -> (what, remedy); {…} are filled from pydantic's context
_SAYINGS: Mapping[str, tuple[str, str]] = {
    "missing": ("is missing", "add it"),
    "list_type": ("must be a list", 'write it in brackets: ["…"]'),
    "model_type": ("must be a table", "write it as [section] with keys below"),
    "model_attributes_type": ("must be a table", "write it as [section] with keys below"),
    "string_type": ("must be text", 'write it in quotes: "…"'),
    "int_type": ("must be a whole number", "write digits only, without quotes or unit"),
    "float_type": ("must be a number", "write digits only, without quotes or unit"),
    "finite_number": ("must be a finite number", "write digits only"),
    "too_short": ("must not be empty", "name at least one"),
    "greater_than_equal": ("is too small", "write a number from {ge} on"),
    "less_than_equal": ("is too large", "write a number up to {le}"),
    "greater_than": ("is too small", "write a number above {gt}"),
    "less_than": ("is too large", "write a number below {lt}"),
}
_REMEDIES: Mapping[_Path, str] = {
    ("migration", "ttl"): "write the TTL in seconds, without quotes: 3600",
    ("policy", "confidence"): "write a number between 0 and 1: 0.95",
    ("policy", "max_lost_requests"): "write a number of requests, 0 or more: 10",
    ("migration",): "add the table [migration] with names, old and new",
}


def faults_of(error: ValidationError, source: str) -> tuple[Fault, ...]:
    """Return every fault in the file's order, bounded in number."""
    details = error.errors(include_url=False)
    faults = tuple(_fault(one, source) for one in details[:MOST_FAULTS])
    if len(details) > MOST_FAULTS:
        faults += (Fault(f"and {len(details) - MOST_FAULTS} more faults", source),)
    return faults


def _fault(detail: ErrorDetails, source: str) -> Fault:
    """Return one fault in our own words."""
    path, kind, value = detail["loc"], detail["type"], detail["input"]
    where = f"{source}: {_spelled(path)}"
    context = detail.get("ctx", {})
    refused = context.get("error")
    if kind == "extra_forbidden":
        return Fault("unknown key", where, _shown_value(value), _nearest(path))
    if isinstance(refused, Refused):
        return Fault(refused.what, where, _shown_value(value), refused.remedy)
    what, remedy = _SAYINGS.get(kind, (detail["msg"], ""))
    remedy = _REMEDIES.get(path, remedy.format(**context))
    return Fault(what, where, "" if kind in {"missing", "too_short"} else _shown_value(value), remedy)


def _spelled(path: _Path) -> str:
    """Return a place as people write it.

    >>> _spelled(("migration", "old", 1))
    'migration.old[1]'
    """
    parts = []
    for part in path:
        if isinstance(part, int):
            parts.append(f"[{part}]")
        else:
            parts.append(("." if parts else "") + (part if _BARE_KEY.fullmatch(part) else shown(part)))
    return "".join(parts)


def _shown_value(value: object) -> str:
    """Return a value of the file as text."""
    if isinstance(value, dict):
        return "a table"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)


def _nearest(path: _Path) -> str:
    """Return which known key was probably meant, and where it belongs."""
    key, table = str(path[-1])[:60], path[:-1]
    known = dict(_tables(CutoverToml, ()))
    here = known.get(table, ())
    near = difflib.get_close_matches(key, here, n=1)
    if near:
        return f"did you mean {near[0]}{_in(table)}?"
    elsewhere = {name: place for place, names in reversed(known.items()) for name in names}
    near = difflib.get_close_matches(key, elsewhere, n=1, cutoff=0.75)
    if near:
        return f"did you mean {near[0]}{_in(elsewhere[near[0]])}?"
    near = difflib.get_close_matches(key, here, n=1, cutoff=0.0)
    return f"the nearest known key is {near[0]}{_in(table)}; known are {', '.join(here)}"


def _in(table: _Path) -> str:
    """Return where a key belongs, as words."""
    return f" in [{_spelled(table)}]" if table else ""


def _tables(model: type[BaseModel], path: _Path) -> Iterator[tuple[_Path, tuple[str, ...]]]:
    """Yield every table of the file with its known keys, the inner ones after their own."""
    named = {field.alias or name: field for name, field in model.model_fields.items()}
    yield path, tuple(named)
    for name, field in named.items():
        for inner in _models(field.annotation):
            yield from _tables(inner, (*path, name))


def _models(annotation: Any) -> Iterator[type[BaseModel]]:  # noqa: ANN401 -- an annotation is of any type
    """Yield the tables that a field's annotation allows."""
    if isinstance(annotation, types.UnionType) or typing.get_origin(annotation) is typing.Union:
        for one in typing.get_args(annotation):
            yield from _models(one)
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
