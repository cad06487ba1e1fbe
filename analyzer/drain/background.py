"""Who comes by the address, and not by the name: the background of scanners that every address has, moved or not.

Most of them say so, or ask for what only scanners ask for (`analyzer.logs.kinds`). Some ask for the front page once, as
a browser or a library, and never again. One by one nobody can tell them from a person or a program; together one can:

- Who asks for nothing but what anybody asks for of any server knows nothing of the site (`analyzer.drain.blind`).
- Among people who come by a stale name there are as many short visits (a page and nothing that belongs to it) as
  there always were. What is beyond that share is background, too.
- A program that was here once, or a few times on one day, is one of many such, or it is alone: then it may be a rare
  job. One of the turn of a month has a date, which scanners have not. One that nobody had seen before the change is a
  job as seldom as newcomers of its sort ever came again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from analyzer.drain.blind import PRIOR_LATE, late_people, of_people, of_programs
from analyzer.drain.clients import PERSON, PROGRAM
from analyzer.drain.months import monthly
from analyzer.logs.kinds import NAMELESS
from analyzer.units import DAY_S, WEEK_S

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from analyzer.drain.blind import Asked
    from analyzer.drain.clients import Clients

LEAST_KNOWN = 20  # [clients] people of the baseline whose first visit tells what first visits are like
SHORT = 0.25  # [1] share of people's visits that are called short: as few requests, or one
PASSERS_BY = 3  # [clients] of one agent, none of whom ever came on another day: its name tells as little as none
PASSED_S = WEEK_S  # [s] since they came: before that they might yet come again
FEW_LOOKS = 3  # [visits] of one day: scanners look again within hours
MANY_REQUESTS = 10  # without a look for holes: a program that sends so many has work to do
PRIOR_RARE = 1.5  # [clients] programs here once that are rare jobs: of few such all are, of many few
LIKE = 0.5  # [1] of its requests: who sent so many, or more, is like it


def nameless(kinds: pd.DataFrame) -> NDArray[np.bool_]:
    """Return which clients of a log have the agent of a library, or none, given their kinds."""
    rule = kinds["rule"].array  # its few categories are compared, not each client's
    return np.asarray(rule.categories.isin(NAMELESS)[rule.codes], np.bool_)


def passing(some: Clients, agent: NDArray[np.int32], at_s: float, blindly: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return which programs have an agent that only ever passed by: several clients, each of them on one day alone.

    One is enough where nobody of that name asked for anything of the site's own.

    Parameters
    ----------
    agent
        int32: a number for the agent of each client, negative where there is none.
    blindly
        bool, one a client: it asked for nothing but what anybody asks for of any server.
    """
    number = np.where(some.kind == PROGRAM, agent, -1) + 1
    size = int(number.max(initial=0)) + 1
    here = _one_day(some)
    came_again = np.bincount(number[~here], minlength=size)
    passed = np.bincount(number[here & (some.last_s < at_s - PASSED_S)], minlength=size)
    knew = np.bincount(number[~blindly], minlength=size)
    only = ((passed >= PASSERS_BY) | (knew == 0)) & (came_again == 0)
    only[0] = False
    return np.asarray(only[number], np.bool_)


def _one_day(some: Clients) -> NDArray[np.bool_]:
    """Return which clients were here a few times on one day at most."""
    few = (some.before + some.after <= FEW_LOOKS) & (some.last_s - some.first_s < DAY_S)
    return np.asarray(few & (some.direct <= 0), np.bool_)


def genuine(
    some: Clients, what: Asked, unnamed: NDArray[np.bool_], border_s: float, *, begun_s: float, at_s: float
) -> NDArray[np.float64]:
    """Return the chance that each client comes by the name, and not by the address alone.

    Parameters
    ----------
    what
        What each asked for.
    unnamed
        bool, one a client: its agent is that of a library, or none, or one that only passes by. A name of its own is
        no scanner's.
    border_s
        [s since the epoch] When the last honest cache expired.
    begun_s, at_s
        [s since the epoch] When the log begins, and now.

    Returns
    -------
    float64, shape (n,) [1]
        1 for all others who came twice, or were seen at the new server.
    """
    once = (some.before + some.after <= 1) & (some.direct <= 0)
    chance = np.ones(len(some))
    program = (once | _one_day(some)) & unnamed & (some.kind == PROGRAM) & ~monthly(some)
    # The baseline's passers-by came by the name, too; and who passes by asks for little.
    strange = ((some.first_s > border_s) & (some.requests < MANY_REQUESTS))[program]
    rare = PRIOR_RARE / (PRIOR_RARE + strange + _others_like(some.requests[program]))
    again = _newcomers_again(some, unnamed & (some.kind == PROGRAM), begun_s, at_s)
    chance[program] = np.where(strange, np.minimum(rare, again), rare)
    chance = np.where(program & what.blindly, of_programs(some, what, chance), chance)
    people = (some.kind == PERSON) & ~what.blindly
    late, known = people & (some.first_s > border_s), people & (some.before > 0)
    if int(known.sum()) >= LEAST_KNOWN:
        short = some.requests_per_visit <= np.quantile(some.requests_per_visit[known], SHORT, method="lower")
        chance[late & once & short] = _of_short(short, known, late, once)
    blind = late_people(some, what, border_s)
    chance[blind] = of_people(some, what, int(late.sum()), int(blind.sum()))
    return chance


def _newcomers_again(some: Clients, unnamed: NDArray[np.bool_], begun_s: float, at_s: float) -> float:
    """Return the share of nameless programs new to the log that came again on another day, of those with time for it.

    Who was there before the log began is no newcomer; a week tells most of them. Jeffreys' prior, half and half.
    """
    new = unnamed & (some.first_s > begun_s + PASSED_S) & (some.first_s < at_s - PASSED_S)
    return (float((new & ~_one_day(some)).sum()) + 0.5) / (float(new.sum()) + 1.0)


def _others_like(requests: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return for each of some clients how many others sent half as many requests, or more."""
    ordered = np.sort(requests)
    return np.asarray(len(ordered) - np.searchsorted(ordered, LIKE * requests) - 1, np.float64)


def _of_short(
    short: NDArray[np.bool_], known: NDArray[np.bool_], late: NDArray[np.bool_], once: NDArray[np.bool_]
) -> float:
    """Return the chance that one of the late short visits is a person's who comes by the name."""
    before = int((known & short).sum())
    share = (before + 1) / (int(known.sum()) - before + 1)
    longer, found = int((late & ~short).sum()), int((late & once & short).sum())
    return min((longer + PRIOR_LATE) * share / max(found, 1), 1.0)
