"""Apache's escapes are undone, in values and in pasted formats."""

from __future__ import annotations

import pytest

from analyzer.logs.escapes import config_text, unescaped


@pytest.mark.parametrize(
    ("raw", "text"),
    [
        (rb"plain", "plain"),
        (rb"Acme \"10\" tablet", 'Acme "10" tablet'),
        (rb"back\\slash", "back\\slash"),
        (rb"\\x41", "\\x41"),
        (rb"a\tb\nc\rd\ve\bf", "a\tb\nc\rd\ve\bf"),
        (rb"zo\xc3\xab\xe2\x86\x92", "zoë→"),
        (rb"zo\xeb", "zoë"),
        (rb"\x16\x03\x01", "\x16\x03\x01"),
        (rb"\xC3\xAB", "ë"),
        (rb"\q\x4", "\\q\\x4"),
        (b"zo\xc3\xab", "zoë"),
        (b"zo\xeb", "zoë"),
        (rb"\\\"", '\\"'),
    ],
)
def test_value(raw: bytes, text: str) -> None:
    """Escapes are undone from left to right, once; the bytes are UTF-8, or else Latin-1."""
    assert unescaped(raw) == text


@pytest.mark.parametrize(
    ("pasted", "text"),
    [
        (r"%h \"%r\" %>s", '%h "%r" %>s'),
        ('%h "%r" %>s', '%h "%r" %>s'),
        (r"%h\t%r", "%h\t%r"),
        (r'LogFormat "%h \"%r\"" combined', '%h "%r"'),
        (r'  CustomLog /var/log/access.log "%h \"%r\" %>s" env=!dontlog', '%h "%r" %>s'),
        (r"{\"h\": \"%h\"}", '{"h": "%h"}'),
        (r'CustomLog "|/usr/bin/rotatelogs /a.%Y 86400" "%h %t \"%r\""', '%h %t "%r"'),
        (r"CustomLog '|/usr/bin/rotatelogs \'/a.%Y\' 86400' '%h %t'", "%h %t"),
        ('CustomLog "|/usr/bin/rotatelogs /a.%Y 86400" combined env=!dontlog', "combined"),
        ("GlobalLog /var/log/access.log common", "common"),
        ('"%h %r"', "%h %r"),
        ('"%r"', '"%r"'),
        ('"%{User-Agent}i"', '"%{User-Agent}i"'),
        (r'LogFormat "%h"', "%h"),
    ],
)
def test_format(pasted: str, text: str) -> None:
    """A format may come as Apache sees it, as it stands in apache2.conf, or with its whole line."""
    assert config_text(pasted) == text
