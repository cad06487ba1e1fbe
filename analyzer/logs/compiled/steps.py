"""The steps that take a line apart: what to do, its two arguments, and where what it gives is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    Step = tuple[int, int, int, int]
    Plan = tuple[Step, ...]

LITERAL, QUOTED, WORD, HOST, ADDRESS, IDENT, NUMBER, FLAG, STAMP = range(9)
USER, REQUEST, TO_LAST, REST = range(9, 13)  # texts that may hold what divides them from the next value
EPOCH, OF_A_SECOND, CLOCK, MOMENT = range(13, 17)  # times of another form than `%t`
DIGITS, BARE, SIGNED, LETTERS = range(17, 21)  # words and numbers of other servers
SYSLOG, PEER, CODE, CAPTURED, TO_QUOTE, TAIL = range(21, 27)  # of HAProxy
CADDY = 27  # a whole line
UNBROKEN = 28  # nothing: the line begins as a server writes it
TO_HOST, CAPTURED_HOST, TO_AGENT, CAPTURED_AGENT = range(29, 33)  # of the headers that HAProxy captured

BLANK = 0  # a WORD that ends at white space instead of at one byte
LISTED, UNSPACED = 1, 2  # a WORD that goes on after a comma and a space, and one that holds no white space
PORT_DIGITS = 5  # the most of a NUMBER or DIGITS that is a port
LONE, OR_WORD = 0, 1  # an IDENT that is `-`, or a word too
PLAIN, ESCAPED = 1, 2  # a BARE text that is kept only if it is ASCII without a backslash, or without `#` too
CLIENT, AGENT, NAME, ASKED, KEPT = range(5)  # the values kept as bytes, and how many they are
TIME, STATUS_CODE = KEPT, KEPT + 1  # and those kept as numbers
NOTHING = -1
_AT_ONCE = 8  # [bytes] of a literal text


class NotPlanned(Exception):  # noqa: N818 -- not an error: such a format is read by the other lanes
    """A format with something that compiled code does not read."""


def literal(text: str) -> Plan:
    """Return the steps of a literal text: its bytes as a number, the first one lowest, and how many they are."""
    raw = text.encode()
    some = [raw[at : at + _AT_ONCE] for at in range(0, len(raw), _AT_ONCE)]
    return tuple((LITERAL, int.from_bytes(one, "little"), len(one), NOTHING) for one in some)
