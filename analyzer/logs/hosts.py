r"""What the name or the address of a host looks like: for RE2, which has no look ahead, and the same for Python's re.

A name's last label is never all digits (RFC 3696 section 2), so digits and dots that are no IPv4 address are two lines
that ran into each other, or a value out of its place.

References
----------
RFC 3696 section 2; RFC 4291 section 2.2; RFC 4007 section 11 (zones).
"""

from __future__ import annotations

import re

_OCTET = r"(?:[01]?\d\d?|2[0-4]\d|25[0-5])"
V4 = rf"{_OCTET}(?:\.{_OCTET}){{3}}"
DOTTED = r"\d{1,3}(?:\.\d{1,3}){3}"  # what looks like one
_H = "[0-9A-Fa-f]{1,4}"
V6 = (
    rf"(?:(?:{_H}:){{7}}{_H}|(?:{_H}:){{6}}{V4}|(?:{_H}(?::{_H}){{0,6}})?::(?:(?:{_H}:){{0,6}}(?:{_H}|{V4}))?)"
    r"(?:%[0-9A-Za-z._~-]{1,32})?"
)
_LABEL = "[0-9A-Za-z_-]"
NAME = rf"(?:{_LABEL}*\.)*\d*[A-Za-z_-]{_LABEL}*"  # or the `-` of a peer that has none
SERVER_NAME = r"[0-9A-Za-z._*-]+"  # which Apache takes with a `*` too

# For Python's re, where what follows cannot be a part of it: what is none is refused at once. A name may end in a dot
# here, and a client of nginx is `unix:` if it came by a socket of its own machine.
_IN_NAMES = "[0-9A-Za-z._-]"
_LAST_LABEL_OF_DIGITS = rf"(?:{_LABEL}*+\.(?={_IN_NAMES}))*+\d++\.?+(?!{_IN_NAMES})"
_SIX = r"(?=[0-9A-Fa-f]{0,4}:[0-9A-Fa-f:.]{1,44}+(?![0-9A-Za-z:._~-]))"  # what begins and ends as one
QUICK_ADDRESS = (  # a colon or a `%` behind what might be a name: it is none, and no IPv4 address
    rf"(?>(?={_IN_NAMES}++(?![:%]))(?:{V4}(?![0-9A-Za-z._~-])|(?!{_LAST_LABEL_OF_DIGITS}){_IN_NAMES}++)"
    rf"|{_SIX}{V6}(?![0-9A-Za-z:.%_~-])|unix:)"
)
BEHIND_ADDRESS = re.compile(r"[^0-9A-Za-z._:%~-]")  # what follows one then
QUICK_SERVER = rf"(?>(?:[0-9A-Za-z._*-]++|\\x[0-9a-f]{{2}})++|\[{V6}\])"  # Apache escapes a name beyond ASCII
BEHIND_SERVER = re.compile(r"[^0-9A-Za-z._*-]")
USUAL_SERVER = re.compile(rf"[\w.*-]+|{V6}|\[{V6}\]")  # as text: letters of all languages
