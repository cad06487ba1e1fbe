"""Families of migrations: each can be simulated, is read by the product, and differs by its seed."""

from __future__ import annotations

import ast
import json
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest
from typer.testing import CliRunner

from analyzer import simulation
from analyzer.cli import app
from analyzer.logs.reading import read_activity
from analyzer.migration import load
from analyzer.simulation import SUITES
from analyzer.simulation.crowds import Neighbours
from analyzer.simulation.formats import FORMATS
from analyzer.simulation.given import Given, cutover_toml
from analyzer.simulation.run import played, seen
from analyzer.simulation.world import World

if TYPE_CHECKING:
    from analyzer.simulation.scenario import Family, Setting

FAMILIES = [family for families in SUITES.values() for family in families]
ROOM = Path(simulation.__file__).parent


def drawn(family: Family, seed: int) -> Setting:
    """Return the setting of a seed."""
    return family.setting(World(seed=seed).rng(f"family.{family.name}"))


def test_suites_are_kept_apart() -> None:
    """No family is in two, and none bears the name of a scenario."""
    names = [family.name for family in FAMILIES]
    assert len(set(names)) == len(names)
    assert set(names) <= set(simulation.SCENARIOS)
    assert all(family.name.startswith(f"{suite}-") for suite, families in SUITES.items() for family in families)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
def test_setting_follows_from_the_seed(family: Family, tmp_path: Path) -> None:
    """The same seed gives the same setting, another one another moment; and its cutover.toml can be read."""
    one, same, other = drawn(family, 1), drawn(family, 1), drawn(family, 2)
    assert one == same
    assert one.world.changed_at != other.world.changed_at
    for setting in (one, other):
        path = tmp_path / "cutover.toml"
        path.write_text(cutover_toml(setting.world, setting.given))
        migration = load(path)
        assert (migration.new_logs is not None) == setting.given.new_log
        assert bool(migration.dns.snapshots) == setting.given.snapshots
        assert (migration.changed_at is None) == (setting.given.changed_at_s is None)
        reach_days = (setting.world.known_until_s - setting.world.after_s) / 86_400
        assert migration.policy.horizon_s <= reach_days * 86_400, "the truth knows the horizon of the last moment"


@pytest.mark.parametrize("key", list(FORMATS))
def test_product_reads_every_format(key: str, tmp_path: Path) -> None:
    """All lines but the two broken ones are parsed; of the names that move, as many requests as were made.

    Where the format names the host, a neighbour's requests are told apart. What is refused with 400 is no request.
    """
    base = drawn(next(family for family in FAMILIES if family.name == "a-low"), 1)
    others = (Neighbours(visits_per_day=6.0),) if "vhost" in key or key in {"forwarded", "json"} else ()
    setting = replace(base, mechanisms=(*base.mechanisms, *others), given=Given(old_format=key, new_format=key))
    all_of_it = played(setting, 1)
    migrated = seen("formats", setting, all_of_it)
    simulation.write(migrated, tmp_path)
    migration, changed_at = load(tmp_path / "cutover.toml"), migrated.truth.changed_at
    logs = migration.old_logs
    assert logs is not None
    read = read_activity(logs.paths, logs.format, names=migration.names, moments=[changed_at])
    assert sum(file.quarantined for file in read.files) <= 2
    after = int(read.cells["requests"][read.cells["first"] >= changed_at].sum())
    requests = all_of_it.part.requests
    inside = all_of_it.old & (requests.at_s >= 0) & (requests.at_s < migrated.world.after_s)
    ours = np.array([client.host is None for client in all_of_it.part.clients])[requests.client]
    assert after == int((inside & ours & (requests.status != 400)).sum()) > 100


def test_a_family_is_written_byte_for_byte_again(tmp_path: Path) -> None:
    """The same name and seed give the same files."""
    for folder in ("one", "two"):
        simulation.write(simulation.simulate("b-hamlet", 3), tmp_path / folder)
    contents = [
        {path.relative_to(tmp_path / folder): path.read_bytes() for path in (tmp_path / folder).rglob("*.*")}
        for folder in ("one", "two")
    ]
    assert len(contents[0]) > 5
    assert contents[0] == contents[1]


def test_list_as_json_says_which_suite() -> None:
    """Scenarios have none."""
    rows = json.loads(CliRunner().invoke(app, ["simulate", "--list", "--format", "json"]).stdout)
    assert {row["suite"] for row in rows} == {None, "a", "b", "c", "d"}
    assert [row["name"] for row in rows] == list(simulation.SCENARIOS)


def imports(path: Path) -> set[str]:
    """Return the modules of the room that a module imports, for types or otherwise."""
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
    names = {f"{node.module}.{alias.name}" for node in found for alias in node.names} | {str(n.module) for n in found}
    return {name.split(".")[2] for name in names if name.startswith("analyzer.simulation.")}


def test_no_circle_of_imports_even_for_types() -> None:
    """Modules can be put in an order in which each imports only earlier ones."""
    left = {path.stem: imports(path) for path in ROOM.glob("*.py") if path.stem != "__init__"}
    names = set(left)
    while left:
        ready = {name for name, needs in left.items() if not needs & set(left)}
        assert ready, f"a circle among {sorted(left)}"
        left = {name: needs for name, needs in left.items() if name not in ready}
    assert {"parts", "zone", "caches", "world"} <= names
