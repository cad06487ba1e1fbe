"""A kind of migration: a world, the mechanisms that live in it, and the evidence that is had of it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

from analyzer.simulation.given import Given
from analyzer.simulation.resolvers import Population
from analyzer.simulation.world import World

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np

    from analyzer.simulation.parts import Part


class Mechanism(Protocol):
    """A way in which clients behave: draws its part of a migration from its own random stream."""

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return clients, look-ups and requests from `world.warm_from_s` on."""
        ...


@dataclass(frozen=True, slots=True)
class Setting:
    """Everything about one migration but its random draws."""

    mechanisms: tuple[Mechanism, ...]
    world: World = field(default_factory=World)
    population: Population = field(default_factory=Population)
    given: Given = field(default_factory=Given)


class Named(Protocol):
    """What can be simulated by its name."""

    @property
    def name(self) -> str:
        """What `cutover simulate --scenario` calls it."""
        ...

    @property
    def description(self) -> str:
        """One line for `--list`."""
        ...

    def setting(self, draw: np.random.Generator) -> Setting:
        """Return the setting of one seed."""
        ...


@dataclass(frozen=True, slots=True)
class Scenario:
    """One setting; the seed decides who comes and when."""

    name: str
    description: str
    fixed: Setting

    def setting(self, draw: np.random.Generator) -> Setting:  # noqa: ARG002 -- the protocol
        """Return the same setting for every seed."""
        return self.fixed


@dataclass(frozen=True, slots=True)
class Family:
    """Many settings of one theme: the seed decides sizes, TTLs, rhythms and moments too."""

    name: str
    description: str
    make: Callable[[np.random.Generator], Setting]

    def setting(self, draw: np.random.Generator) -> Setting:
        """Return the setting of one seed."""
        return self.make(draw)
