"""Values that end up in a configuration file: only what no server's grammar can take for something else passes."""

from __future__ import annotations

import re

from analyzer.errors import Fault, UsageError
from analyzer.handover.proxy.model import Brownout
from analyzer.units import HOUR_S, MINUTE_S, is_port, parse_duration_s

LONGEST_PATH = 1_024  # [characters] Linux takes 4,096; a configuration line of Apache holds 8,190 bytes
# Letters, digits and what file names usually hold. No quote, backslash, $, %, {, <, # or control character: each means
# something in one of the four grammars, within quotes too.
_PATH = re.compile(r"/[A-Za-z0-9 ._/@+,=~:-]*[A-Za-z0-9._/@+,=~:-]")
_BROWNOUT = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])/(\S{1,12})")
_DAY_MIN = 24 * 60  # [minutes]


def safe_path(text: str, where: str) -> str:
    """Return an absolute path that may stand between quotes in any of the configurations.

    Raises
    ------
    UsageError
        If it is relative, too long, or holds a character outside letters, digits, blanks inside and `._/@+,=~:-`.
    """
    if not text.startswith("/"):
        raise UsageError(Fault("not an absolute path", where, text, "write it from / on: servers start anywhere"))
    if len(text) > LONGEST_PATH or not _PATH.fullmatch(text):
        remedy = "use a path of letters, digits, blanks and ._/@+,=~:- only; a link will do"
        raise UsageError(Fault("a path that could mean something else in a configuration", where, text, remedy))
    return text


def safe_port(number: int, where: str) -> int:
    """Return a TCP port.

    Raises
    ------
    UsageError
        If it is none.
    """
    if not is_port(number):
        raise UsageError(Fault("not a port", where, str(number), "write a number from 1 to 65535"))
    return number


def brownout(text: str) -> Brownout:
    """Return the minutes that `HH:MM/DURATION` names.

    Raises
    ------
    UsageError
        If it is no such text, or longer than an hour: that is no brown-out but an outage.

    Examples
    --------
    >>> brownout("23:59/2m").minutes
    ('23:59', '00:00')
    """
    remedy = "write the beginning and how long, like 14:00/5m: from one minute to an hour"
    found = _BROWNOUT.fullmatch(text)
    if found is None:
        raise UsageError(Fault("not a brown-out", "--brownout", text, remedy))
    try:
        seconds = parse_duration_s(found[3])
    except ValueError:
        raise UsageError(Fault("not a brown-out", "--brownout", text, remedy)) from None
    if not MINUTE_S <= seconds <= HOUR_S or seconds % MINUTE_S:
        raise UsageError(Fault("not whole minutes up to an hour", "--brownout", text, remedy))
    begin_min = int(found[1]) * 60 + int(found[2])
    minutes = [(begin_min + past) % _DAY_MIN for past in range(int(seconds) // MINUTE_S)]
    return Brownout(tuple(f"{minute // 60:02}:{minute % 60:02}" for minute in minutes))
