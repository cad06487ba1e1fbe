"""What Apache's own configuration says of its logs: LogFormat, CustomLog, TransferLog, GlobalLog and ErrorLog.

References
----------
Apache 2.4 "Configuration Files"; mod_log_config; apache/httpd `server/util.c` ap_getword_conf.
"""

from __future__ import annotations

import glob
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.logs.escapes import format_text
from analyzer.logs.grammar import LogFormat, parts_of
from analyzer.logs.presets import preset

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_FILE_BYTES = 1 << 22  # [bytes] of one file; a server's whole configuration is smaller
_MOST_FILES = 2_000
_DEEPEST = 128  # Apache's own AP_MAX_INCLUDE_DEPTH
_WORD = re.compile(r"""\s*(?:"((?:[^"\\]|\\.)*)"?|'((?:[^'\\]|\\.)*)'?|(\S+))""", re.DOTALL)
_VARIABLE = re.compile(r"\$\{(\w+)\}")
_INCLUDES, _LOGS = ("include", "includeoptional"), ("customlog", "globallog")
DEFAULT = "common"  # of a TransferLog before any LogFormat without a name: httpd's DEFAULT_LOG_FORMAT


@dataclass(frozen=True, slots=True)
class Logged:
    """A log that the server writes.

    Attributes
    ----------
    path
        As configured, variables replaced as far as they are known.
    log_format
        Its format, or None where a name has no LogFormat.
    where
        File and line.
    """

    path: str
    log_format: LogFormat | None
    where: str


@dataclass(frozen=True, slots=True)
class ApacheLogs:
    """The formats and logs of a configuration.

    Attributes
    ----------
    named
        Formats with a name.
    logs
        The access logs.
    error_logs
        Paths of error logs.
    """

    named: dict[str, LogFormat]
    logs: tuple[Logged, ...]
    error_logs: tuple[str, ...]

    def of(self, file: str) -> tuple[LogFormat, ...]:
        """Return the formats of the logs that a file may be, by its name without what rotation adds."""
        name = base_name(file)
        found = [one.log_format for one in self.logs if one.log_format and base_name(one.path) == name]
        return tuple(dict.fromkeys(found))

    def every(self) -> tuple[LogFormat, ...]:
        """Return all formats, those in use first."""
        return tuple(dict.fromkeys([one.log_format for one in self.logs if one.log_format] + list(self.named.values())))

    def is_error_log(self, file: str) -> bool:
        """Return whether a file is an error log by its name."""
        return base_name(file) in {base_name(path) for path in self.error_logs}


@dataclass(slots=True)
class _Reading:
    """A configuration being read."""

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    texts: dict[str, tuple[str, str]] = field(default_factory=dict)  # name -> text, where
    unnamed: tuple[str, str] = ("", "")
    logs: list[tuple[str, str, str]] = field(default_factory=list)  # path, name or text, where
    error_logs: list[str] = field(default_factory=list)
    files: int = 0


def base_name(path: str) -> str:
    """Return a log's name without its folder and what rotation and compression add.

    >>> base_name("/var/log/apache2/access.log.2.gz")
    'access.log'
    """
    name = re.sub(r"\.(?:gz|bz2|xz|zst)$", "", path.rpartition("/")[2])
    return re.sub(r"(?:[.-]\d{1,10}|-\d{4}-\d\d-\d\d)$", "", name)


def apache_logs(files: Iterable[str]) -> ApacheLogs:
    """Return what configuration files, and those that they include, say of logs.

    Parameters
    ----------
    files
        `apache2.conf`, `httpd.conf`, files of sites-enabled; a name may be a glob.

    Raises
    ------
    InputError
        If one cannot be read, or a LogFormat that a log uses has a directive that is not known.
    """
    reading = _Reading(Path())
    for name in files:
        found = sorted(map(Path, glob.glob(name))) or [Path(name)]  # noqa: PTH207 -- an absolute pattern
        for path in found:
            reading.root = path.parent
            _read(reading, path, 0)
    used = {text for _, text, _ in reading.logs}
    named = {}
    for name, (text, where) in reading.texts.items():
        try:
            named[name] = _made(text, name, where)
        except InputError:
            if name in used:
                raise  # one that no log uses may have directives of modules that are not known
    logs = tuple(
        Logged(path, named[text] if text in named else _of(text, where), where) for path, text, where in reading.logs
    )
    return ApacheLogs(named, logs, tuple(dict.fromkeys(reading.error_logs)))


def _of(text: str, where: str) -> LogFormat | None:
    """Return the format that a log names by its text; None for a name without a LogFormat."""
    known = preset(text)
    if known is not None:
        return known.log_format
    return _made(text, text, where) if "%" in text else None


def _made(text: str, name: str, where: str) -> LogFormat:
    """Return the format of a text as it stands in the configuration."""
    plain = format_text(text)
    try:
        return LogFormat(name, plain, parts_of(plain))
    except InputError as error:
        fault = error.faults[0]
        raise InputError(Fault(fault.what, where, fault.value, fault.remedy)) from None


def _read(reading: _Reading, path: Path, depth: int) -> None:
    """Read one file and what it includes."""
    reading.files += 1
    if depth > _DEEPEST or reading.files > _MOST_FILES:
        raise InputError(Fault("includes too many files; does one include itself?", str(path)))
    try:
        with path.open("rb") as file:
            text = file.read(_FILE_BYTES).decode("utf-8", "replace")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a path"
        raise InputError(
            Fault(f"cannot be read: {reason}", str(path), remedy="name the server's configuration")
        ) from None
    for number, line in _lines(text):
        words = [_plain_word(match) for match in _WORD.finditer(line)]
        if words:
            _take(reading, words[0].lower(), words[1:], f"{path}:{number}", depth)


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """Yield number and text of the lines that say something; a backslash at the end goes on in the next."""
    whole, begun = "", 0
    for number, line in enumerate(text.splitlines(), start=1):
        begun = begun or number
        if line.endswith("\\"):
            whole += line[:-1]
            continue
        whole += line
        if whole.strip() and not whole.lstrip().startswith("#"):
            yield begun, whole.strip()
        whole, begun = "", 0
    if whole.strip() and not whole.lstrip().startswith("#"):
        yield begun, whole.strip()


def _plain_word(match: re.Match[str]) -> str:
    """Return a word without its quotes, and without the backslashes that let a quote or a backslash stand in it."""
    double, single, bare = match.groups()
    if bare is not None:
        return bare
    quote, text = ('"', double) if double is not None else ("'", single)
    return re.sub(rf"\\([\\{quote}])", r"\1", text)


def _take(reading: _Reading, name: str, words: list[str], where: str, depth: int) -> None:
    """Take note of what one directive says."""
    if name == "define" and len(words) > 1:
        reading.variables[words[0]] = words[1]
    elif name == "serverroot" and words:
        reading.root = Path(_filled(reading, words[0]))
    elif name == "logformat" and words:
        if len(words) > 1:
            reading.texts[words[1]] = (words[0], where)
        else:
            reading.unnamed = (words[0], where)
    elif name in _LOGS and len(words) > 1:
        reading.logs.append((_filled(reading, words[0]), words[1], where))
    elif name == "transferlog" and words:
        reading.logs.append((_filled(reading, words[0]), reading.unnamed[0] or DEFAULT, where))
    elif name == "errorlog" and words:
        reading.error_logs.append(_filled(reading, words[0]))
    elif name in _INCLUDES and words:
        for path in _included(reading, words[0]):
            _read(reading, path, depth + 1)


def _filled(reading: _Reading, text: str) -> str:
    """Return a text with the variables that are defined."""
    return _VARIABLE.sub(lambda match: reading.variables.get(match[1], match[0]), text)


def _included(reading: _Reading, pattern: str) -> list[Path]:
    """Return the files that an Include names: files, folders and globs, in their order."""
    found: list[Path] = []
    whole = str(reading.root / _filled(reading, pattern))
    for one in sorted(glob.glob(whole)):  # noqa: PTH207 -- an absolute pattern
        path = Path(one)
        found += sorted(part for part in path.rglob("*") if part.is_file()) if path.is_dir() else [path]
    return found
