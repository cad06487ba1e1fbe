"""Can the evidence carry a verdict at all? Each of these, failed, makes it `unknown` and says what to bring."""

from __future__ import annotations

import math
from datetime import timedelta
from typing import TYPE_CHECKING

from analyzer.drain.gaps import ORDINARY
from analyzer.drain.rules.case import moment
from analyzer.drain.verdict import Reason
from analyzer.units import DAY_S, WEEK_S, rfc3339, spoken_duration, spoken_share

if TYPE_CHECKING:
    from datetime import datetime

    from analyzer.drain.gaps import Silence
    from analyzer.drain.rules.case import Case

MOST_QUARANTINED = 0.01  # [1] of all lines: beyond it the format is in doubt
FEW_LINES = 10  # quarantined lines that prove nothing, whatever their share
PROBABLY_ALIVE = 0.05  # [1] `safe` rests on no silence in which the log has stopped with a greater chance
HEALED_S = 2 * DAY_S  # [s] of whole log after a gap, at least,
HEALED_TIMES = 3.0  # and so many times the gap: then what it may have hidden has shown itself;
HEALED_MOST_S = WEEK_S  # [s] of whole log, at most: every day of a week had its turn


def change_seen(case: Case) -> Reason:
    """Return whether the change of the DNS is known, and past."""
    rule, at = "change-seen", case.evidence.at
    given = case.evidence.migration.changed_at
    if given is not None and given > at:
        text = f"The change ({rfc3339(given)}) lies after {rfc3339(at)}: nothing can have drained yet."
        return Reason(rule, passed=False, sentence=text)
    if case.changed_at is None:
        text = "No change of the DNS is seen: bring snapshots from before and after it, or write changed_at."
        return Reason(rule, passed=False, sentence=text)
    age_s = case.at_s - case.changed_at.timestamp()
    text = f"The DNS change was published by {moment(case.changed_at.timestamp())}, {spoken_duration(age_s)} ago."
    return Reason(rule, passed=True, sentence=text, value=age_s, unit="s")


def log_speaks(case: Case) -> Reason:
    """Return whether there are requests for the names that move."""
    rule = "log-speaks"
    mine = int(case.evidence.old.sums("cells").columns["requests"].sum())
    if mine:
        text = f"{mine:,} of the {case.used:,} requests logged so far are for the names that move."
        return Reason(rule, passed=True, sentence=text, value=mine, threshold=1, unit="requests")
    if case.used:
        names = ", ".join(case.evidence.migration.names)
        text = f"None of the {case.used:,} requests logged is for {names}: is it the right log, and the right name?"
        return Reason(rule, passed=False, sentence=text, value=0, threshold=1, unit="requests")
    return Reason(rule, passed=False, sentence=_silent(case), value=0, threshold=1, unit="requests")


def _silent(case: Case) -> str:
    """Return why no line of the log counts as evidence."""
    files, until = case.evidence.old.files, rfc3339(case.evidence.at)
    directives = case.evidence.old.directives
    later, refused = sum(file.parsed for file in files), sum(file.quarantined for file in files) - directives
    if later:
        return (
            f"No line of the old server's logs is dated up to {until} ({later:,} are later): bring the logs before it."
        )
    if refused:
        return f"None of the {refused:,} lines of the old server's logs could be read: are these its access logs?"
    return f"The old server's logs {'hold no request' if directives else 'are empty'}: bring those up to {until}."


def reaches_now(case: Case) -> Reason:
    """Return whether the log goes on up to the moment judged."""
    rule, silence = "evidence-reaches-now", case.trailing
    if silence is None or not case.used:
        passed = None if silence is not None else True
        return Reason(rule, passed=passed, sentence="The old server's log reaches up to now." if passed else "No log.")
    length = spoken_duration(case.at_s - silence.start_s)
    text = f"The old server's log is silent since {moment(silence.start_s)} ({length})"
    text += ", while it forwarded requests to the new one" if silence.missed else ", which a living log would hardly be"
    text += ": bring it up to now."
    return Reason(rule, passed=False, sentence=text, value=silence.chance)


def heard_lately(case: Case) -> Reason:
    """Return whether the silence at the log's end is an ordinary one: `safe` rests on it."""
    rule, silence = "heard-lately", case.quiet
    if silence is None:
        return Reason(rule, passed=True, sentence="The old server's log has just shown a request.")
    passed = _ordinary(silence)
    text = f"The old server's log shows nothing since {moment(silence.start_s)}"
    text += f" ({spoken_duration(silence.end_s - silence.start_s)})"
    if not passed:
        text += f": a living log would be silent for so long with a chance of {spoken_share(silence.chance)}."
        text += " Wait for its next line, or send it a canary (`cutover canary`)"
    elif silence.chance >= ORDINARY:
        text += ", as long as a living log may"
    else:
        text += ", as is to be expected when all have left; a canary (`cutover canary`) would prove that it lives"
    return Reason(rule, passed=passed, sentence=f"{text}.", value=silence.chance, threshold=ORDINARY)


def _ordinary(silence: Silence) -> bool:
    """Return whether a silence is ordinary, or one that no longer wait would make clearer, as of all who have left."""
    if silence.missed or silence.chance >= ORDINARY:
        return not silence.missed
    return silence.stopped is not None and silence.stopped <= PROBABLY_ALIVE and not silence.falls


def heard_at(case: Case) -> datetime:
    """Return when the next line is as likely to have come as not, if one is waited for; else now."""
    at, silence = case.evidence.at, case.quiet
    if silence is None or not 0.0 < silence.chance < ORDINARY or _ordinary(silence):
        return at
    # The chance of a silence d at a rate r is about exp(-r d); the median wait is ln 2 / r.
    return at + timedelta(seconds=round((silence.end_s - silence.start_s) * math.log(2) / -math.log(silence.chance)))


def no_gap(case: Case) -> Reason:
    """Return whether the log is whole since the change, or was so for long enough after its gaps."""
    rule = "no-gap"
    change_s = case.forecast.change_s if case.forecast is not None else 0.0
    still_open = [gap for gap in case.gaps if gap.end_s > change_s and healed_s(gap) > case.at_s]
    if still_open:
        worst = max(still_open, key=lambda gap: gap.end_s - gap.start_s)
        length_s = worst.end_s - worst.start_s
        text = f"The log has a gap from {moment(worst.start_s)} to {moment(worst.end_s)} ({spoken_duration(length_s)})"
        text += f": bring these lines, or whole logs until {moment(healed_s(worst))}."
        return Reason(rule, passed=False, sentence=text, value=length_s, unit="s")
    total_s = sum(gap.end_s - gap.start_s for gap in case.gaps)
    text = "The log has no gap." if case.trailing is None else "The log has no gap before its end."
    if case.gaps:
        text = f"The log has gaps ({spoken_duration(total_s)} in all), outweighed by the whole log since."
    return Reason(rule, passed=True, sentence=text, value=total_s, unit="s")


def healed_s(gap: Silence) -> float:
    """Return when what a gap may have hidden has had time to show itself [s since the epoch]."""
    return gap.end_s + min(max(HEALED_S, HEALED_TIMES * (gap.end_s - gap.start_s)), HEALED_MOST_S)


def lines_understood(case: Case) -> Reason:
    """Return whether nearly all lines could be read; the log's own directives (`#Fields: …`) are left out."""
    files, directives = case.evidence.old.files, case.evidence.old.directives
    lines, bad = sum(file.lines for file in files) - directives, sum(file.quarantined for file in files) - directives
    share = bad / max(lines, 1)
    passed = share <= MOST_QUARANTINED or bad <= FEW_LINES
    text = f"{bad:,} of {lines:,} lines could not be read"
    if not passed:
        text += f", more than {spoken_share(MOST_QUARANTINED)}: is the format right? See `cutover logs quarantine`"
    text += "."
    if directives:
        text += f" {directives:,} more are directives of the log."
    return Reason("lines-understood", passed=passed, sentence=text, value=share, threshold=MOST_QUARANTINED)
