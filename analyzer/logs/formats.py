"""A format by its name, or as the server's configuration has it: what `--log-format` and `format` may say."""

from __future__ import annotations

from functools import lru_cache

from analyzer.errors import Fault, InputError
from analyzer.logs.escapes import config_text
from analyzer.logs.grammar import W3C, Field, LogFormat, parts_of
from analyzer.logs.presets import AUTO, PRESETS, preset, samples
from analyzer.logs.several import several
from analyzer.logs.times import reader
from analyzer.logs.w3c import HEADER, w3c
from analyzer.logs.w3c import NAME as IIS

__all__ = ["AUTO", "IIS", "PRESETS", "Field", "LogFormat", "log_format", "samples", "spelled"]
_LONGEST = 4_096  # [characters] of a format string


@lru_cache(maxsize=256)
def log_format(text: str) -> LogFormat:
    r"""Return the format that a preset's name, or a LogFormat string of Apache, stands for.

    Parameters
    ----------
    text
        `combined`; `combined,vhost_combined` for a log with several; `%h %t \"%r\" …` with or without the backslashes
        of apache2.conf; `#Fields: …` as IIS writes it.

    Raises
    ------
    InputError
        If a directive is not known, or the text holds none; the message says which and where.

    Examples
    --------
    >>> [field.directive.column for field in log_format("common").fields]
    ['client', 'ident', 'user', 'time', 'request', 'status', 'bytes']
    """
    named = [preset(name.strip()) for name in text.split(",")]
    known = [one.log_format for one in named if one is not None]
    if len(known) == len(named):
        return several(tuple(dict.fromkeys(known)))
    if text.startswith(HEADER.decode()):
        return _of_headers(text)
    return _of_text(text)


def spelled(log_format: LogFormat) -> str:
    """Return the text from which `log_format` makes a format again.

    Examples
    --------
    >>> spelled(log_format("combined,haproxy"))
    'combined,haproxy'
    """
    if log_format.reader == W3C:
        return log_format.text
    members = log_format.members or (log_format,)
    known = all(PRESETS.get(one.name) == one.text for one in members)
    return ",".join(one.name for one in members) if known else log_format.text


def _of_text(text: str) -> LogFormat:
    """Return the format of a LogFormat string."""
    plain = config_text(text)
    known = preset(plain)
    if known is not None:
        return known.log_format
    if len(plain) > _LONGEST or "\n" in plain:
        raise InputError(Fault("not a LogFormat: too long, or more than one line", where="LogFormat", value=plain))
    if text == AUTO:
        raise InputError(Fault("is found from files, and none are named", where="LogFormat", value=text))
    parts = parts_of(plain)
    if not any(isinstance(part, Field) for part in parts):
        remedy = f"write {AUTO}, {', '.join(PRESETS)} or a LogFormat string of Apache"
        raise InputError(Fault("not a log format", where="LogFormat", value=text, remedy=remedy))
    found = LogFormat(next((name for name, known in PRESETS.items() if known == plain), plain), plain, parts)
    if found.time_fields:
        reader([field.directive.time for field in found.time_fields if field.directive.time])
    return found


def _of_headers(text: str) -> LogFormat:
    """Return the format of one `#Fields:` line, or several."""
    found = w3c(tuple(text.splitlines()))
    if found.text.split() != text.split():
        remedy = f"it must name date, time and c-ip; {IIS} stands for what IIS writes unasked"
        raise InputError(Fault("not a #Fields line that can be used", where="LogFormat", value=text, remedy=remedy))
    return found
