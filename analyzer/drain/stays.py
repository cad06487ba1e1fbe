"""Who is still there: for each client the chance that it uses the old address, and what it would send there."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.identities import lasts, remains
from analyzer.drain.in_turn import in_turn
from analyzer.drain.leaving import (
    COMES_BACK,
    LEAST_SHARE,
    REGULAR_S,
    REGULAR_VISITS,
    STOPPED,
    UNSEEN_STAYED,
    by_kind,
    ended_within,
    expected_stay_s,
    residual_life_s,
)
from analyzer.drain.moves import came_back
from analyzer.drain.newcomers import Newcomers
from analyzer.units import DAY_S

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from analyzer.drain.caches import Residual
    from analyzer.drain.clients import Clients
    from analyzer.drain.leaving import Leaving
    from analyzer.drain.rates import Rates

LONGEST_S = 1e10  # [s] of a stay that is looked for: three centuries
HALVINGS = 50  # of that: to 10 µs


@dataclass(frozen=True, slots=True)
class Stays:
    """For each client, the chance that it still uses the old address, and what it would send there.

    Attributes
    ----------
    chance
        float64, shape (n,) [1].
    expected_requests
        float64, shape (n,) [requests] within the horizon, the chance included.
    per_visit
        float64, shape (n,) [requests/visit].
    share
        float64, shape (n,) [1]: of its visits that go to the old address, where it is there; 1 but for those that come
        to both servers in turn.
    varied
        float64, shape (n,) [requests²/visit]: variance of what its visits bring, where they do not vary as people's do.
    steady
        bool, shape (n,): each of its visits is like the other, but for that.
    held
        float64, shape (n,) [1]: chance that, if it is there, it is so for a cache only.
    guessed
        float64, shape (n,) [1]: the prior chance to be there of programs that were not seen since the change, the same
        for all of them; 0 of others.
    known_by
        float64, shape (n,) [clients]: by how many of its kind that never moved `never` is known, the prior's included.
    kin
        int64, shape (n,): the same number for those who may have one fate.
    release
        When the caches that are old now let go.
    exponent, age_s, never
        float64, shape (n,) [1], [s], [1]: of the residual life, and the chance that the client never moves.
    doubt
        float64, shape (n,) [1]: how far the exponent may be off, of a kind together: the spread of its logarithm.
    """

    chance: NDArray[np.float64]
    expected_requests: NDArray[np.float64]
    per_visit: NDArray[np.float64]
    exponent: NDArray[np.float64]
    age_s: NDArray[np.float64]
    never: NDArray[np.float64]
    doubt: NDArray[np.float64]
    share: NDArray[np.float64]
    varied: NDArray[np.float64]
    steady: NDArray[np.bool_]
    held: NDArray[np.float64]
    guessed: NDArray[np.float64]
    known_by: NDArray[np.float64]
    kin: NDArray[np.int64]
    release: Residual

    def lives_s(
        self,
        some: NDArray[np.int64],
        chance: NDArray[np.float64] | float,
        never: NDArray[np.float64] | None = None,
        exponent: NDArray[np.float64] | None = None,
    ) -> NDArray[np.float64]:
        """Return draws of some clients' further stays [s], given uniform ones: held by a cache, or as Pareto says.

        Parameters
        ----------
        never, exponent
            float64 [1]: drawn chances that they never move, and exponents; their means, if absent.
        """
        exponent = self.exponent[some] if exponent is None else exponent
        drawn, held, never = (
            np.asarray(chance, np.float64),
            self.held[some],
            self.never[some] if never is None else never,
        )
        if not held.any():
            return residual_life_s(self.age_s[some], exponent, drawn, never)
        other = (drawn - held) / np.maximum(1.0 - held, LEAST_SHARE)
        stays = residual_life_s(self.age_s[some], exponent, other, never)
        return np.where(drawn < held, self.release.lives_s(drawn / np.maximum(held, LEAST_SHARE)), stays)

    def exceeded_s(self, chance: float) -> NDArray[np.float64]:
        """Return the further stay [s] that each client exceeds with a chance; infinite where so many never move."""
        life = residual_life_s(self.age_s, self.exponent, chance, self.never)
        if not self.held.any():
            return life
        low, high = np.zeros(len(life)), np.full(len(life), LONGEST_S)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            beyond = self.chance_beyond(middle) > chance
            low, high = np.where(beyond, middle, low), np.where(beyond, high, middle)
        return np.where(self.chance_beyond(high) > chance, np.inf, high)

    def chance_beyond(self, ahead_s: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return the chance [1] that each client, if it is there, stays for longer than a time of its own [s]."""
        moves = (1 - self.never) * (self.age_s / (self.age_s + ahead_s)) ** self.exponent
        return self.held * self.release.exceeded(ahead_s) + (1 - self.held) * (self.never + moves)

    def take(self, some: NDArray[np.int64]) -> Stays:
        """Return some of the clients."""
        columns = {field.name: getattr(self, field.name)[some] for field in fields(self) if field.name != "release"}
        return Stays(**columns, release=self.release)


def stays(
    some: Clients,
    law: Leaving,
    rate: Rates,
    at_s: float,
    horizon_s: float,
    *,
    new_known: bool,
    new: Newcomers | None = None,
    until_moved: NDArray[np.float64] | None = None,
) -> Stays:
    """Return who is still there, and what they would send; programs that nobody has seen are a guess in common.

    Parameters
    ----------
    new
        How newcomers are led; as others, if absent.
    until_moved
        float64, shape (n,) [1]: chance of each one's silence until it moved, if it did; 1, if absent. It tells only
        where the new server's log is not known.
    """
    new = Newcomers.none(len(some)) if new is None else new
    least, alone = _never_shown(some, law), _still(some, law, at_s)
    still = new.still(alone)
    prior = np.where(some.seen_after, np.maximum(still, least), _unseen(some, law))
    both, share = in_turn(some, law, at_s)
    share = share * remains(some, law, at_s, horizon_s)
    moved = np.ones(len(some)) if until_moved is None else until_moved
    moved = np.where(new_known & some.told, rate.silence, moved)
    silent = _after_silence(some, law, rate, prior, at_s, horizon_s=horizon_s, new_known=new_known, moved=moved)
    going_on = prior * both / np.maximum(prior * both + 1 - prior, 1e-300)
    chance = np.where(some.cleared, going_on, silent) * some.genuine
    # Who has not come since has had no occasion to leave either: no end of its stay is in sight.
    age = np.full(len(some), max(float(law.age_s(at_s)), law.scale_s))
    waited_for = some.seen_after | (some.kind == PERSON)
    never = np.maximum(np.where(waited_for, law.never_moves(some.kind, at_s), 1.0), least / prior)
    never, exponent = new.never(alone, never), new.exponents(law.exponents(some.kind))
    held, release = law.held(some.kind, at_s), law.mixture.residual(float(law.age_s(at_s)))
    held = np.where(some.seen_after, held, 0.0)
    staying_s = never * horizon_s + (1 - never) * expected_stay_s(age, exponent, horizon_s)
    stay_days = (held * release.mean_s(horizon_s) + (1 - held) * staying_s) / DAY_S
    return Stays(
        chance=chance, expected_requests=chance * rate.per_day * share * stay_days * some.requests_per_visit,
        per_visit=some.requests_per_visit, exponent=exponent, age_s=age, never=never, share=share,
        doubt=by_kind(some.kind, law.doubt, 0.0),
        varied=np.where(some.kind == PERSON, 0.0, some.varied), steady=some.kind != PERSON, held=held,
        guessed=np.where(~some.seen_after & (some.kind == PROGRAM) & np.isnan(some.written), prior, 0.0),
        known_by=law.never_known_by(some.kind), kin=some.kin, release=release,
    )  # fmt: skip


def _still(some: Clients, law: Leaving, at_s: float) -> NDArray[np.float64]:
    """Return the prior chance that each client seen since the change is there still."""
    last_old = np.where(np.isfinite(some.last_after_s), some.last_after_s, law.change_s)
    still = law.still(some.kind, last_old, at_s)
    turns = came_back(some, law)  # of several machines behind one address the moves of others tell nothing
    still[turns] = law.as_believed().still(some.kind[turns], last_old[turns], at_s)
    return still


def _after_silence(
    some: Clients,
    law: Leaving,
    rate: Rates,
    prior: NDArray[np.float64],
    at_s: float,
    *,
    horizon_s: float,
    new_known: bool,
    moved: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return the chance that each client is there, weighing four stories of its silence.

    It still comes to the old address (and would have been seen), it moved (and would have been seen
    at the new server, if that one's log is known), it has stopped, for good or (people) for a while, or it has
    another address and is known by that.
    """
    lives = lasts(some.churn, at_s - some.last_s)  # who goes on under another address is a face there
    weight = prior * rate.silence * lives
    stopped = STOPPED * (1 - rate.silence)
    # Without the new server's log a silence is a move; a program that rests is waited for (`regulars-accounted`).
    rests = (some.kind == PERSON) & (some.last_after_s >= law.change_s + law.scale_s) & new_known
    back = np.where(rests, prior * COMES_BACK * ended_within(np.maximum(at_s - some.last_s, 1.0), horizon_s), 0.0)
    other = (1 - prior) * moved * lives + stopped + 1 - lives
    chance = (weight + stopped * back) / np.maximum(weight + other, 1e-300)
    led = ~some.seen_after & (some.kind == PERSON) & (law.age_s(at_s) < law.scale_s)  # whom the caches' flow holds
    return np.where(_unseen_people(some) | led, 0.0, chance)


def _never_shown(some: Clients, law: Leaving) -> NDArray[np.float64]:
    """Return the least prior chance of programs to be there for good: no visit makes one likelier to have moved.

    One that came while honest caches still held the old address is as one that has not come: its turn is yet to come.
    Of a fleet the others tell how many have it in their set-up.
    """
    told = some.last_after_s >= law.change_s + law.scale_s
    shown = np.minimum(UNSEEN_STAYED, np.where(np.isnan(some.written), UNSEEN_STAYED, some.written))
    return np.where(some.kind == PERSON, 0.0, np.where(told, shown, _unseen(some, law)))


def _unseen(some: Clients, law: Leaving) -> NDArray[np.float64]:
    """Return the prior chance to be there of who has not come since the change; of a fleet as the others tell."""
    return np.where(np.isnan(some.written), law.unseen(some.kind), some.written)


def may_be_there(some: Clients, law: Leaving) -> NDArray[np.bool_]:
    """Return which clients may still use the old address at all; most have moved, and have no say any more."""
    return np.asarray(~_unseen_people(some) & (~some.cleared | came_back(some, law)), bool)


def _unseen_people(some: Clients) -> NDArray[np.bool_]:
    """Return the people not seen at the old address since the change: they count among the surprises.

    All but those who came as often and regularly before it that they are missed.
    """
    missed = (some.before >= REGULAR_VISITS) & (some.interval_s <= REGULAR_S)
    return np.asarray(~some.seen_after & (some.kind == PERSON) & ~missed, bool)
