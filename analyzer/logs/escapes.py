"""Undoes what Apache escapes: values in the log, and format strings as they stand in apache2.conf.

References
----------
apache/httpd `server/util.c` ap_escape_logitem; `modules/loggers/mod_log_config.c` parse_log_misc_string;
HAProxy Configuration Manual, "Logging", "Escaping of characters".
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_PLAIN = ((b'\\"', b'"'), (b"\\n", b"\n"), (b"\\r", b"\r"), (b"\\t", b"\t"), (b"\\v", b"\v"), (b"\\b", b"\b"))
_HEX = "0123456789abcdefABCDEF"
_BYTES = {f"{high}{low}".encode(): bytes([int(high + low, 16)]) for high in _HEX for low in _HEX}
_SPARE = tuple(bytes([n]) for n in range(0x0E, 0x20))  # bytes that Apache writes only as \xhh
_OF_HASH = {digits: byte for digits, byte in _BYTES.items() if digits == digits.upper()}
_FILE = r"(?:\"(?:[^\"\\]|\\.)*\"|'(?:[^'\\]|\\.)*'|[^\s\"']\S*)"  # or a program, with its arguments in quotes
_CONFIG_LINE = re.compile(
    rf"\s*(?:LogFormat|(?:Custom|Global)Log\s+{_FILE})\s+"
    r"(?:(?P<quote>[\"'])(?P<text>(?:(?!(?P=quote))[^\\]|\\.)*)(?P=quote)|(?P<name>[^\s\"']\S*))(?:\s.*)?",
    re.IGNORECASE | re.DOTALL,
)
_ONE_DIRECTIVE = re.compile(r"%[!<>,\d]*(?:\{[^{}]*\}[!<>,\d]*)?\^?[A-Za-z]{1,2}")
_QUOTED = re.compile(r"\s*(?P<quote>[\"'])(?P<text>%(?:(?!(?P=quote))[^\\]|\\.)*)(?P=quote)\s*", re.DOTALL)
_CONFIG_ESCAPE = re.compile(r"\\([\"'\\nrt])")
_FORMAT_ESCAPE = re.compile(r"\\([\\nrt])")
_CONFIG_PLAIN = {'"': '"', "'": "'", "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def unescaped(raw: bytes) -> str:
    r"""Return the text of a logged value: Apache's escapes undone, the bytes as UTF-8, or else as Latin-1.

    >>> unescaped(rb'zo\xc3\xab \"10\"')
    'zoë "10"'
    """
    return text_of(_bytes_of(raw) if b"\\" in raw else raw)


def _after_x(part: bytes) -> bytes:
    r"""Return what `\\x` and the text after it stand for."""
    byte = _BYTES.get(part[:2])
    return b"\\x" + part if byte is None else byte + part[2:]


def _bytes_of(raw: bytes) -> bytes:
    """Return the bytes that a value with escapes stands for, in whole passes over it: a hostile one is all escapes."""
    if b"\\\\" in raw:
        # Two backslashes are one from the left of each run on; a byte that is not there stands for it meanwhile.
        lower = raw.lower()
        spare = next((one for one in _SPARE if one not in raw and b"\\x%02x" % one[0] not in lower), None)
        if spare is None:
            return b"\\".join(_bytes_of(part) if part else part for part in raw.split(b"\\\\"))
        return _bytes_of(raw.replace(b"\\\\", spare)).replace(spare, b"\\")
    for escape, byte in _PLAIN:
        raw = raw.replace(escape, byte)
    first, *rest = raw.split(b"\\x")
    made = [_BYTES.get(part) or _after_x(part) for part in rest]
    return first + b"".join(made)


def text_of(raw: bytes) -> str:
    """Return the bytes as UTF-8 text, or as Latin-1 where they are not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _of_haproxy(raw: bytes) -> str:
    """Return the text of a value that HAProxy logged: `#XX` stands for a byte."""
    first, *rest = raw.split(b"#")
    made = [_OF_HASH.get(part) or _after_hash(part) for part in rest]
    return text_of(first + b"".join(made))


def _after_hash(part: bytes) -> bytes:
    """Return what `#` and the text after it stand for."""
    byte = _OF_HASH.get(part[:2])
    return b"#" + part if byte is None else byte + part[2:]


def _of_iis(raw: bytes) -> str:
    """Return the text of a header that IIS logged: it writes its spaces as `+`."""
    return text_of(raw).replace("+", " ")


JOINED = "iis"  # a space is written as `+`
READERS: Mapping[str, Callable[[bytes], str]] = {
    "apache": unescaped, "haproxy": _of_haproxy, JOINED: _of_iis, "none": text_of,
}  # fmt: skip


def config_text(text: str) -> str:
    r"""Return a format string as Apache sees it, from however it was pasted.

    `\"` and `\t` of apache2.conf are undone; a whole `LogFormat "…" name` or `CustomLog FILE "…"` line, or an argument,
    gives what is between its quotes, or the name that stands there; blanks around are no part of it. The quotes around
    one directive are the format's.

    >>> config_text(r'LogFormat "%h \"%r\"" short')
    '%h "%r"'
    """
    line = _CONFIG_LINE.fullmatch(text)
    if line is not None and line["name"]:
        return line["name"]
    plain = line["text"] if line is not None else text.strip()
    quoted = _QUOTED.fullmatch(text)
    if quoted is not None and not _ONE_DIRECTIVE.fullmatch(quoted["text"]):
        plain = quoted["text"]
    return _CONFIG_ESCAPE.sub(lambda match: _CONFIG_PLAIN[match[1]], plain)


def format_text(text: str) -> str:
    r"""Return a format string as Apache's parser sees it, from an argument of LogFormat whose quotes are undone.

    >>> format_text(r"%h\t%t")
    '%h\t%t'
    """
    return _FORMAT_ESCAPE.sub(lambda match: _CONFIG_PLAIN[match[1]], text)
