"""The headers that HAProxy captured, in the bytes of a line: what is the host's and the agent's, by their forms.

`analyzer.logs.haproxy` has the same as regular expressions, and says why.
"""

from __future__ import annotations

from analyzer.logs.compiled.addresses import four, host, six
from analyzer.logs.compiled.bits import among, byte, trailing, word
from analyzer.logs.compiled.language import called, inline
from analyzer.logs.compiled.layout import REFUSED_AT
from analyzer.logs.compiled.steps import ESCAPED
from analyzer.logs.compiled.texts import is_odd
from analyzer.logs.haproxy import MOST_LABELS, MOST_OF_NAME, MOST_PLACES

_OPEN, _CLOSE, _NEXT, _SPACE = ord("{"), ord("}"), ord("|"), ord(" ")
_MOZILLA = int.from_bytes(b"Mozilla/", "little")
_COMMENT, _PLUS = ord("("), ord("+")
_HTTP, _FOUR_BYTES = int.from_bytes(b"http", "little"), (1 << 32) - 1
_LETTER_CASE = 32  # the bit that a capital letter lacks
_LEAST_OF_IDNA, _PORT_DIGITS = 5, 5


@inline
def before_second(at: int) -> int:
    """Return whether a block ends here, and another one begins."""
    return byte(at) == _CLOSE and byte(at + 1) == _SPACE and byte(at + 2) == _OPEN


@inline
def is_last_label(at: int, stop: int) -> int:
    """Return whether a name may end in a label: of letters, or as IDNA writes others."""
    place, letters = at, 1
    while place < stop and byte(place) != ord("_"):
        letters = letters and (among(place, "azAZ") & 1)
        place += 1
    coded = (byte(at) | _LETTER_CASE) == ord("x") and (byte(at + 1) | _LETTER_CASE) == ord("n")
    coded = coded and byte(at + 2) == ord("-") and byte(at + 3) == ord("-") and stop - at >= _LEAST_OF_IDNA
    return place == stop and (coded or (letters and stop - at > 1))


@called
def name_end(at: int, end: int) -> int:
    """Return where a name with a dot, and perhaps a port, ends: before another place, or the answer's captures."""
    stop, labels, label, place = host(at), 1, at, at
    if stop == REFUSED_AT or stop > end:
        return REFUSED_AT
    last = stop - 1 if byte(stop - 1) == ord(".") else stop
    while place < last:
        if byte(place) == ord("."):
            if place == label or labels == MOST_LABELS:
                return REFUSED_AT
            label, labels = place + 1, labels + 1
        place += 1
    if labels == 1 or label >= last or not is_last_label(label, last):
        return REFUSED_AT
    if byte(stop) == ord(":"):
        some = trailing(~among(stop + 1, "09"))
        if some > _PORT_DIGITS:
            return REFUSED_AT
        stop += 1 + some
    return stop if stop < end and (byte(stop) == _NEXT or before_second(stop)) else REFUSED_AT


@inline
def is_program(at: int) -> int:
    """Return whether a text begins like `curl/8` or `check_http/v2`."""
    some = trailing(~among(at, "azAZ09..__++%%--"))
    if not (among(at, "azAZ") & 1) or not 1 < some <= MOST_OF_NAME or byte(at + some) != ord("/"):
        return False
    at += some + 1
    return among(at + ((byte(at) | _LETTER_CASE) == ord("v")), "09") & 1


@inline
def is_http(at: int) -> int:
    """Return whether `http` stands here."""
    return (word(at) & _FOUR_BYTES) == _HTTP


@inline
def is_browser(at: int) -> int:
    """Return whether a text begins like `Mozilla/5`."""
    return word(at) == _MOZILLA and (among(at + 8, "09") & 1)


@called
def says_its_home(at: int, end: int) -> int:
    """Return whether a text that begins with a letter has `(http` or `(+http` in it, before the next place."""
    known = among(at, "azAZ") & 1
    while known and at < end and byte(at) != _NEXT and byte(at) != _CLOSE:
        if byte(at) == _COMMENT and is_http(at + 1 + (byte(at + 1) == _PLUS)):
            return True
        at += 1
    return False


@called
def of_request(at: int, end: int) -> int:
    """Return whether the first block, behind its brace, is surely the request's: an address, or another block."""
    stop = four(at)
    if stop == REFUSED_AT or (byte(stop) != _NEXT and byte(stop) != ord(",")):
        stop = six(at, end)
    if stop != REFUSED_AT and stop < end and (byte(stop) == _NEXT or byte(stop) == ord(",")):
        return True
    while at < end and byte(at) != _CLOSE:
        at += 1
    return at < end and before_second(at)


@called
def to_host(at: int, end: int) -> int:
    """Return where the host begins; where it stands if none is known."""
    return at + 1 if byte(at) == _OPEN and name_end(at + 1, end) != REFUSED_AT else at


@called
def captured_host(at: int, end: int) -> int:
    """Return where the host ends."""
    return name_end(at, end) if byte(at - 1) == _OPEN else at


@called
def to_agent(at: int, end: int) -> int:
    """Return where the agent begins; where it stands if none is known."""
    place, known = at + 1, 1
    if byte(at - 1) == _SPACE:
        if byte(at) != _OPEN:
            return at
        known = of_request(at + 1, end)
    elif byte(at) != _NEXT:
        return at
    for _ in range(MOST_PLACES):
        if is_browser(place) or (known and (is_program(place) or says_its_home(place, end))):
            return place
        while place < end and byte(place) != _NEXT and byte(place) != _CLOSE:
            place += 1
        if place >= end or byte(place) == _CLOSE:
            return at
        place += 1
    return at


@called
def captured_agent(at: int, end: int) -> int:
    """Return where the agent ends; one that is not what it says is left to others."""
    if byte(at - 1) != _OPEN and byte(at - 1) != _NEXT:
        return at
    while at < end and byte(at) != _NEXT and byte(at) != _CLOSE:
        if is_odd(byte(at), ESCAPED):
            return REFUSED_AT
        at += 1
    while byte(at - 1) == _SPACE:
        at -= 1
    return at


@called
def captured(at: int, end: int) -> int:
    """Return where the captured headers end: none, `{…} ` or `{…} {…} `; in the first of them, perhaps."""
    blocks = 2
    while blocks > 0 and (byte(at) == _OPEN or byte(at - 1) != _SPACE):
        while at < end and byte(at) != _CLOSE:
            at += 1
        at += 2
        if at > end or byte(at - 1) != _SPACE:
            return REFUSED_AT
        blocks -= 1
    return at
