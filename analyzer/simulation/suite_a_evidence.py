"""Families of the first suite about evidence: what is missing, broken, or told otherwise."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.simulation.crowds import Neighbours
from analyzer.simulation.drawn_jobs import hard_coded, mess
from analyzer.simulation.given import Given
from analyzer.simulation.ingredients import between, one_of, site, whole, world
from analyzer.simulation.scenario import Family, Setting
from analyzer.units import DAY_S, HOUR_S

if TYPE_CHECKING:
    import numpy as np

    from analyzer.simulation.scenario import Mechanism


def usual(draw: np.random.Generator) -> tuple[Mechanism, ...]:
    """Return an ordinary site with its slow programs."""
    return (*site(draw), *mess(draw))


def gap(draw: np.random.Generator) -> Setting:
    """Return one whose old log misses hours or days soon after the change."""
    start_s = float(draw.uniform(0, 5 * DAY_S))
    return Setting(usual(draw), replace(world(draw), gaps_s=((start_s, start_s + between(draw, 3, 60) * HOUR_S),)))


def hole(draw: np.random.Generator) -> Setting:
    """Return one of whose rotated logs a day is lost."""
    stage = world(draw)
    return Setting(usual(draw), replace(stage, gaps_s=(stage.day_s(whole(draw, 1, 6)),)))


def stopped(draw: np.random.Generator) -> Setting:
    """Return one whose old log stops: nothing later can be told."""
    stage = world(draw, days=21)
    stop_s = float(draw.uniform(0.2, 8)) * DAY_S
    return Setting(usual(draw), replace(stage, gaps_s=((stop_s, float(stage.after_s)),)))


def torn(draw: np.random.Generator) -> Setting:
    """Return one with lines that a crash or a full disk has cut."""
    return Setting(usual(draw), replace(world(draw), torn_share=between(draw, 0.0005, 0.02)))


def old_log_only(draw: np.random.Generator) -> Setting:
    """Return one without the new server's log."""
    return Setting(usual(draw), world(draw), given=Given(new_log=False))


def no_snapshots(draw: np.random.Generator) -> Setting:
    """Return one without DNS answers; the change's moment and the TTL are written down."""
    return Setting(usual(draw), world(draw), given=Given(snapshots=False, changed_at_s=0.0, ttl=True))


def bare(draw: np.random.Generator) -> Setting:
    """Return one of which there is only the old server's log and the moment of the change."""
    given = Given(new_log=False, snapshots=False, changed_at_s=0.0, ttl=bool(draw.integers(2)))
    return Setting(usual(draw), world(draw), given=given)


def short_baseline(draw: np.random.Generator) -> Setting:
    """Return one whose old log begins some hours to two days before the change."""
    return Setting(usual(draw), world(draw, before_days=float(draw.uniform(0.2, 2))))


def no_baseline(draw: np.random.Generator) -> Setting:
    """Return one whose old log begins with the change."""
    return Setting(usual(draw), world(draw, before_days=0.0))


def common(draw: np.random.Generator) -> Setting:
    """Return one whose logs have neither agent nor Referer."""
    return Setting(usual(draw), world(draw), given=Given(old_format="common", new_format="common"))


def vhosts(draw: np.random.Generator) -> Setting:
    """Return one whose old server keeps another site, in the same log."""
    other = Neighbours(visits_per_day=between(draw, 5, 60))
    return Setting((*usual(draw), other), world(draw), given=Given(old_format="vhost_combined"))


def objects(draw: np.random.Generator) -> Setting:
    """Return one whose logs are JSON."""
    return Setting(usual(draw), world(draw), given=Given(old_format="json", new_format="json"))


def accepted(draw: np.random.Generator) -> Setting:
    """Return one with hard-coded programs whose loss is accepted."""
    some = tuple(hard_coded(draw, 40 + i) for i in range(whole(draw, 1, 2)))
    given = Given(accepted=tuple(one.address for one in some))
    return Setting((*usual(draw), *some), world(draw), given=given)


def strict(draw: np.random.Generator) -> Setting:
    """Return one whose owner accepts no loss at all, or one or two requests."""
    given = Given(max_lost_requests=whole(draw, 0, 2), horizon_days=one_of(draw, (7, 14, 30)))
    return Setting(usual(draw), world(draw, days=35), given=given)


def loose(draw: np.random.Generator) -> Setting:
    """Return one whose owner accepts the loss of many requests."""
    given = Given(max_lost_requests=whole(draw, 50, 300), horizon_days=one_of(draw, (7, 30, 60)))
    return Setting(usual(draw), world(draw), given=given)


EVIDENCE_FAMILIES = (
    Family("a-gap", "the old log misses hours or days soon after the change", gap),
    Family("a-hole", "a day of the old log is lost", hole),
    Family("a-stopped", "the old log stops", stopped),
    Family("a-torn", "lines that a crash or a full disk has cut", torn),
    Family("a-old-log-only", "no log of the new server", old_log_only),
    Family("a-no-snapshots", "no DNS answers", no_snapshots),
    Family("a-bare", "only the old log and the moment of the change", bare),
    Family("a-short-baseline", "the old log begins hours to two days before the change", short_baseline),
    Family("a-no-baseline", "the old log begins with the change", no_baseline),
    Family("a-common", "logs without agents", common),
    Family("a-vhosts", "another site in the same log", vhosts),
    Family("a-json", "logs as JSON", objects),
    Family("a-accepted", "hard-coded programs whose loss is accepted", accepted),
    Family("a-strict", "a budget of two requests or none", strict),
    Family("a-loose", "a budget of many requests", loose),
)
