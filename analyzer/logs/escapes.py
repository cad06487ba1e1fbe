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

_ESCAPE = re.compile(rb'\\(?:x([0-9A-Fa-f]{2})|(["\\nrtvb]))')
_PLAIN = {b'"': b'"', b"\\": b"\\", b"n": b"\n", b"r": b"\r", b"t": b"\t", b"v": b"\v", b"b": b"\b"}
_HASH = re.compile(rb"#([0-9A-F]{2})")
_CONFIG_LINE = re.compile(r'\s*(?:LogFormat|CustomLog\s+\S+)\s+"((?:[^"\\]|\\.)*)"(?:\s.*)?', re.IGNORECASE | re.DOTALL)
_CONFIG_ESCAPE = re.compile(r'\\(["\\nrt])')
_FORMAT_ESCAPE = re.compile(r"\\([\\nrt])")
_CONFIG_PLAIN = {'"': '"', "\\": "\\", "n": "\n", "r": "\r", "t": "\t"}


def unescaped(raw: bytes) -> str:
    r"""Return the text of a logged value: Apache's escapes undone, the bytes as UTF-8, or else as Latin-1.

    >>> unescaped(rb'zo\xc3\xab \"10\"')
    'zoë "10"'
    """
    if b"\\" in raw:
        raw = _ESCAPE.sub(_byte, raw)
    return text_of(raw)


def text_of(raw: bytes) -> str:
    """Return the bytes as UTF-8 text, or as Latin-1 where they are not UTF-8."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return raw.decode("latin-1")


def _of_haproxy(raw: bytes) -> str:
    """Return the text of a value that HAProxy logged: `#XX` stands for a byte."""
    return text_of(_HASH.sub(lambda match: bytes([int(match[1], 16)]), raw)) if b"#" in raw else text_of(raw)


def _of_iis(raw: bytes) -> str:
    """Return the text of a header that IIS logged: it writes its spaces as `+`."""
    return text_of(raw).replace("+", " ")


READERS: Mapping[str, Callable[[bytes], str]] = {
    "apache": unescaped, "haproxy": _of_haproxy, "iis": _of_iis, "none": text_of,
}  # fmt: skip


def config_text(text: str) -> str:
    r"""Return a format string as Apache sees it, from however it was pasted.

    `\"` and `\t` of apache2.conf are undone, and a whole `LogFormat "…" name` line gives what is between its quotes.

    >>> config_text(r'LogFormat "%h \"%r\"" short')
    '%h "%r"'
    """
    line = _CONFIG_LINE.fullmatch(text)
    return _CONFIG_ESCAPE.sub(lambda match: _CONFIG_PLAIN[match[1]], line[1] if line else text)


def format_text(text: str) -> str:
    r"""Return a format string as Apache's parser sees it, from an argument of LogFormat whose quotes are undone.

    >>> format_text(r"%h\t%t")
    '%h\t%t'
    """
    return _FORMAT_ESCAPE.sub(lambda match: _CONFIG_PLAIN[match[1]], text)


def _byte(match: re.Match[bytes]) -> bytes:
    """Return the one byte that an escape stands for."""
    return bytes([int(match[1], 16)]) if match[1] else _PLAIN[match[2]]
