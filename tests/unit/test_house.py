"""The house keeps its shape: arrows go down only; clock, talk and network stay in their rooms."""

from __future__ import annotations

import ast
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parents[2] / "analyzer"
MODULES = sorted(PACKAGE.rglob("*.py"))

# A room may import rooms of a lower floor, and itself. logs and dns share a floor: neither knows the other.
FLOOR = {
    "errors": 0,
    "loading": 0,
    "units": 0,
    "words": 1,
    "logs": 1,
    "dns": 1,
    "migration": 2,
    "drain": 3,
    "handover": 3,
    "state": 3,
    "simulation": 1,
    "report": 4,
    "watch": 5,
    "cli": 6,
    "__main__": 7,
}
NETWORK = {"socket", "ssl", "http", "urllib.request", "smtplib", "ftplib", "asyncio", "requests", "httpx", "httpx2"} | {
    f"dns.{one}" for one in ("query", "asyncquery", "resolver", "asyncresolver", "asyncbackend", "quic")
}
# The only modules that open connections, each for what its room exists for.
ONLINE = {
    "handover/asking.py",
    "handover/canary.py",
    "handover/proxy/asking.py",
    "handover/rehearsal/run.py",
    "dns/ask.py",
    "dns/transports/",
    "report/mail/session.py",
    "watch/",
}
CLOCK = {
    ("datetime", "now"),
    ("datetime", "utcnow"),
    ("datetime", "today"),
    ("date", "today"),
    ("time", "time"),
    ("time", "time_ns"),
    ("Timestamp", "now"),
    ("Timestamp", "today"),
}
LIGHT = {"cli", "__init__", "errors", "loading", "units"}  # what every start loads
HEAVY = {"pandas", "numpy", "duckdb", "pyarrow", "matplotlib", "scipy", "pydantic", "jinja2", "rich"}


def room(path: Path) -> str:
    """Return the room that a module lies in."""
    return path.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imported(tree: ast.AST) -> set[str]:
    """Return the full names that a module imports."""
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            names |= {str(node.module)} | {f"{node.module}.{alias.name}" for alias in node.names}
    return names


def parse(path: Path) -> ast.Module:
    """Return a module's syntax tree."""
    return ast.parse(path.read_text(encoding="utf-8"), str(path))


def ids(path: Path) -> str:
    """Return a module's name for the test's id."""
    return str(path.relative_to(PACKAGE))


@pytest.mark.parametrize("path", MODULES, ids=ids)
def test_arrows_go_down_only(path: Path) -> None:
    """A module imports its own room and lower floors; the package's front shows names of every room."""
    here = room(path)
    if here == "__init__":
        return
    for name in imported(parse(path)):
        if name.startswith("analyzer."):
            there = name.split(".")[1]
            assert there == here or FLOOR[there] < FLOOR[here], f"{here} must not import {name}"


def test_no_modules_import_each_other_in_a_circle() -> None:
    """Nor for types alone, nor within a function; a package's front and what lies in it are not looked at."""
    known = {str(path.relative_to(PACKAGE.parent).with_suffix("")).replace("/", "."): path for path in MODULES}
    arrows = {name: imported(parse(path)) & known.keys() for name, path in known.items() if path.stem != "__init__"}
    try:
        list(TopologicalSorter(arrows).static_order())
    except CycleError as circle:
        pytest.fail(" -> ".join(reversed(circle.args[1])))


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) not in {"cli", "watch"}], ids=ids)
def test_nothing_below_cli_prints_or_reads_the_clock(path: Path) -> None:
    """Neither print nor a present time outside cli: `at` is an argument."""
    for node in ast.walk(parse(path)):
        if not isinstance(node, ast.Call):
            continue
        call = node.func
        assert not (isinstance(call, ast.Name) and call.id == "print"), f"print in line {node.lineno}"
        if isinstance(call, ast.Attribute):
            owner = call.value.attr if isinstance(call.value, ast.Attribute) else getattr(call.value, "id", "")
            assert (owner, call.attr) not in CLOCK, f"the clock is read in line {node.lineno}"


@pytest.mark.parametrize("path", [p for p in MODULES if not ids(p).startswith(tuple(ONLINE))], ids=ids)
def test_nothing_talks_to_the_network(path: Path) -> None:
    """No module opens a connection, but those that exist for it."""
    for name in imported(parse(path)):
        assert not any(name == one or name.startswith(f"{one}.") for one in NETWORK), name


@pytest.mark.parametrize("path", [p for p in MODULES if room(p) in LIGHT], ids=ids)
def test_start_is_light(path: Path) -> None:
    """What every start loads imports no heavy library at its top: `cutover --help` stays quick."""
    top = ast.Module([node for node in parse(path).body if not isinstance(node, ast.If)], [])
    outside = [node for node in top.body if isinstance(node, (ast.Import, ast.ImportFrom))]
    names = imported(ast.Module(list(outside), []))
    for name in names:
        assert name.split(".")[0] not in HEAVY, name
        if name.startswith("analyzer."):
            assert name.split(".")[1] in LIGHT, name


def test_every_room_has_its_floor() -> None:
    """A new room must be placed in the house."""
    assert {room(path) for path in MODULES} - {"__init__"} <= set(FLOOR)
