"""What every way of behaving has in common: it draws its part of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import numpy as np

    from analyzer.simulation.parts import Part
    from analyzer.simulation.world import World


class Mechanism(Protocol):
    """A way in which clients behave: draws its part of a migration from its own random stream."""

    def part(self, world: World, draw: np.random.Generator) -> Part:
        """Return clients, look-ups and requests from `world.warm_from_s` on."""
        ...
