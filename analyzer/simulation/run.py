"""A whole migration in memory: mechanisms, caches, and what both servers and the watcher see of it."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from analyzer.errors import Fault, UsageError
from analyzer.simulation import snapshots
from analyzer.simulation.accesslog import LogFile, new_log, old_log
from analyzer.simulation.caches import answer
from analyzer.simulation.formats import FORMATS
from analyzer.simulation.outcome import truth
from analyzer.simulation.parts import FIXED_OLD, Lookups, join, no_lookups
from analyzer.simulation.resolvers import WATCHED, population
from analyzer.simulation.scenarios import SCENARIOS
from analyzer.simulation.world import World

if TYPE_CHECKING:
    from analyzer.simulation.caches import Answers
    from analyzer.simulation.given import Given
    from analyzer.simulation.parts import Bools, Part
    from analyzer.simulation.scenario import Setting
    from analyzer.simulation.truth import Truth


@dataclass(frozen=True, slots=True)
class Migrated:
    """One simulated migration: the evidence that a user would have, and the truth that he would not."""

    scenario: str
    world: World
    given: Given
    old_files: tuple[LogFile, ...]
    new_files: tuple[LogFile, ...]
    snapshots: str  # JSON lines
    truth: Truth


def simulate(scenario: str = "sample", seed: int = 1) -> Migrated:
    """Return a migration with a known future: the same for the same scenario and seed, on any machine.

    Raises
    ------
    UsageError
        If there is no such scenario; the nearest one is named.
    """
    if scenario not in SCENARIOS:
        near = difflib.get_close_matches(scenario, SCENARIOS, 1, cutoff=0.0)
        remedy = f"did you mean {near[0]}? cutover simulate --list shows all" if near else ""
        raise UsageError(Fault("unknown scenario", "--scenario", scenario, remedy))
    chosen = SCENARIOS[scenario].setting(World(seed=seed).rng(f"family.{scenario}"))
    return seen(scenario, chosen, played(chosen, seed))


@dataclass(frozen=True, slots=True)
class Played:
    """Everything that happens in a migration, before anybody writes it down."""

    world: World
    part: Part
    old: Bools  # goes with `part.requests`: which arrive at the old server
    asked: tuple[snapshots.Question, ...]  # by whoever watches the DNS
    lookups: Lookups  # his first, then the clients'
    answers: Answers  # go with `lookups`


def played(chosen: Setting, seed: int) -> Played:
    """Return what happens in a setting: clients drawn, and all look-ups answered by the caches that they share."""
    world = replace(chosen.world, seed=seed)
    world = replace(world, resolvers=population(chosen.population, world.rng("resolvers")))
    part = join([m.part(world, world.rng(f"{type(m).__name__}.{rank}")) for rank, m in enumerate(chosen.mechanisms)])
    watched = chosen.given.snapshots
    asked, watching = snapshots.questions(world, world.rng("snapshots")) if watched else ((), no_lookups())
    lookups = Lookups(
        np.concatenate([watching.at_s, part.lookups.at_s]),
        np.concatenate([watching.resolver, part.lookups.resolver]),
        np.concatenate([watching.family, part.lookups.family]),
    )
    answers = answer(lookups, world.resolvers, world.zone, world.rng("caches"))
    return Played(world, part, arrive_old(part, answers.old[len(watching.at_s) :]), asked, lookups, answers)


def seen(scenario: str, chosen: Setting, all_of_it: Played) -> Migrated:
    """Return what the owner sees of what happens, and the truth; `scenario` is what the truth calls it."""
    given, world, part, old = chosen.given, all_of_it.world, all_of_it.part, all_of_it.old
    asked = tuple(one for one in all_of_it.asked if given.authoritative or one.server < len(WATCHED))
    return Migrated(
        scenario,
        world,
        given,
        old_log(world, part, old, FORMATS[given.old_format]),
        _new_log(all_of_it, given) if given.new_log else (),
        snapshots.lines(world, asked, all_of_it.lookups, all_of_it.answers),
        truth(world, scenario, part, old),
    )


def _new_log(all_of_it: Played, given: Given) -> tuple[LogFile, ...]:
    world, part, form = all_of_it.world, all_of_it.part, FORMATS[given.new_format]
    return new_log(world, part, all_of_it.old, form, restored=given.restored, skew_s=given.skew_s)


def arrive_old(part: Part, answered_old: Bools) -> Bools:
    """Return which requests arrive at the old server: by the answer of their look-up, or by address."""
    lookup = part.requests.lookup
    by_answer = np.append(answered_old, False)[np.maximum(lookup, -1)]
    return np.where(lookup >= 0, by_answer, lookup == FIXED_OLD)
