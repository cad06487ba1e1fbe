"""Which format a log is in, how sure that is, what it lacks for the job, and what to log beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.logs import formats
from analyzer.logs.choosing import Choice, choose, proven
from analyzer.logs.grammar import PATTERN, SEVERAL, LogFormat
from analyzer.logs.presets import DRAIN
from analyzer.logs.sampling import sample
from analyzer.logs.strict import strict

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.apache_config import ApacheLogs

SURE = 0.95  # share [0..1] of the lines tried that a format should read
DRAIN_LOG = "${APACHE_LOG_DIR}/drain.log"
LATEST, FEW = 200, 0.1  # lines of a sample, and the share [0..1] of them: what fewer log is not there yet
_CAPTURES = (  # of HAProxy: column, header, length [bytes]; syslog cuts its lines after 1,024
    ("host_logged", "Host", 128),
    ("agent", "User-Agent", 256),
)
_FIRST = "  # before all other captures"


@dataclass(frozen=True, slots=True)
class Lack:
    """What a format does not log.

    Attributes
    ----------
    what
        The column.
    so
        What cannot be known without it.
    needed
        True if nothing can be read of the log without it.
    """

    what: str
    so: str
    needed: bool = False


@dataclass(frozen=True, slots=True)
class Check:
    """What is known of the format of some files.

    Attributes
    ----------
    files
        Those that were looked into.
    log_format
        Their format; None if it is not clear.
    why
        Why it is not; empty if it is.
    tried, fitting
        Lines of the sample, and those that the format reads.
    next_name, next_fitting
        The next best format, and how many lines prove it; empty and 0 if no other reads any.
    lacks
        What it does not log.
    advice
        Lines to add to the server's configuration; none if nothing is lacking.
    troubles
        What is odd about the files.
    sample
        The lines that were looked at.
    """

    files: tuple[str, ...]
    log_format: LogFormat | None
    why: str
    tried: int
    fitting: int
    next_name: str
    next_fitting: int
    lacks: tuple[Lack, ...]
    advice: tuple[str, ...]
    troubles: tuple[str, ...]
    sample: tuple[bytes, ...]

    @property
    def sure(self) -> bool:
        """True if the format is clear and reads nearly all lines."""
        return self.log_format is not None and self.fitting >= SURE * self.tried


_LACKS = (
    (("client",), "the client (%a or %h)", "nobody's requests can be told from another's", True),
    (("host_logged", "server_name_used", "server_name"), "the host asked (%{Host}i)",
     "requests for other names, and scanners that ask by bare address, count as yours", False),
    (("host_logged", "server_name_used"), "the host asked (%{Host}i)",
     "%v is the virtual host that answered: who asks by bare address counts for the default one", False),
    (("agent",), "the client's program (%{User-Agent}i)",
     "clients behind one address are taken for one, and crawlers and monitors are not known", False),
    (("status",), "the status (%>s)", "what was refused, and looks for holes, cannot be told from the rest", False),
    (("duration_us",), "the duration (%D)", "when a long request ended, and what the proxy costs, is unknown", False),
)  # fmt: skip


def check(files: Sequence[str], config: ApacheLogs | None = None, wanted: str | None = None) -> Check:
    """Return what the format of files is and lacks.

    Parameters
    ----------
    config
        What the server's configuration says of its logs.
    wanted
        The format to look at, as `--log-format` has it; None to find it.

    Raises
    ------
    InputError
        If `wanted` is no format.
    """
    lines = sample(files)
    choice = _given(lines, wanted) if wanted else _found(lines, files, config)
    chosen, other = choice.chosen, choice.next_best
    lacks = () if chosen is None else lacking(chosen, lines)
    return Check(
        files=tuple(files),
        log_format=chosen,
        why=choice.unclear,
        tried=choice.tried,
        fitting=choice.fitting,
        next_name="" if other is None else other.log_format.name,
        next_fitting=0 if other is None else len(other.proven),
        lacks=lacks,
        advice=_advice(chosen, lines) if lacks and chosen is not None else (),
        troubles=() if config is None else tuple(_error_logs(files, config)),
        sample=tuple(lines),
    )


def _found(lines: Sequence[bytes], files: Sequence[str], config: ApacheLogs | None) -> Choice:
    """Return the format of lines, those of the configuration looked at first."""
    if config is not None:
        written = tuple(dict.fromkeys(one for file in files for one in config.of(file))) or config.every()
        choice = choose(lines, written, presets=False)
        if choice.chosen is not None:
            return choice
        return choose(lines, config.every())
    return choose(lines)


def _given(lines: Sequence[bytes], wanted: str) -> Choice:
    """Return how well a format fits that was named."""
    asked = formats.log_format(wanted)
    others = choose(lines)
    fitting = len(proven(asked, lines)) if asked.column("client") and asked.time_fields else 0
    return Choice(asked, others.tried, fitting, others.fits)


def lacking(log_format: LogFormat, lines: Sequence[bytes] = ()) -> tuple[Lack, ...]:
    """Return what a format does not log of what the job needs.

    Parameters
    ----------
    lines
        A sample of the log, the latest last: what a server may log or not is looked for in it.
    """
    found: list[Lack] = []
    missing = _missing(log_format, lines)
    for columns, what, so, needed in _LACKS:
        logged = any(log_format.column(column) and column not in missing for column in columns)
        if not logged and what not in {one.what for one in found}:
            found.append(Lack(what, so, needed))
    if not log_format.time_fields:
        return (Lack("the time (%t)", "nothing can be said of when", needed=True), *found)
    if not _zoned(log_format):
        found.append(Lack("the time's zone (%t, or %z in it)", "the time is read as UTC, and may be hours off"))
    return tuple(found)


def _missing(log_format: LogFormat, lines: Sequence[bytes]) -> set[str]:
    """Return the columns that lines of a format may log, and the latest ones do not."""
    optional = {field.directive.column: field for field in log_format.fields if field.directive.kind.optional}
    if not optional:
        return set()
    lane = strict(log_format)
    rows, names = lane.read(lines), [name for name, _ in lane.columns]
    latest = {column: rows.columns[names.index(field.name)][-LATEST:] for column, field in optional.items()}
    return {column for column, some in latest.items() if not some or sum(x is not None for x in some) < FEW * len(some)}


def _zoned(log_format: LogFormat) -> bool:
    """Return whether the time logged is one moment, wherever it is read."""
    if log_format.members:
        return all(map(_zoned, log_format.members)) or log_format.name == formats.IIS
    forms = [field.directive.time for field in log_format.time_fields]
    told = [form.written for form in forms if form is not None and form.written is not None]
    return len(told) < len([form for form in forms if form and form.part != "fraction"]) or any(
        set(one.conversions) & set("zZs") for one in told
    )


def _advice(log_format: LogFormat, lines: Sequence[bytes]) -> tuple[str, ...]:
    """Return what to add to the server's configuration so that it logs what the job needs."""
    if log_format.name == "haproxy":
        missing = _missing(log_format, lines)
        return tuple(
            f"capture request header {header} len {length}{_FIRST if header == 'Host' else ''}"
            for column, header, length in _CAPTURES
            if column in missing
        )
    if log_format.reader not in {PATTERN, SEVERAL} or log_format.name in {"nginx", "lighttpd"}:
        return ()
    return drain_lines()


def drain_lines(log: str = DRAIN_LOG) -> tuple[str, ...]:
    """Return the lines of Apache's configuration that log what the job needs, beside what is logged now.

    Parameters
    ----------
    log
        Path of the log.
    """
    escaped = DRAIN.replace("\\", "\\\\").replace('"', '\\"')
    return (f'LogFormat "{escaped}" drain', f"CustomLog {log} drain")


def _error_logs(files: Sequence[str], config: ApacheLogs) -> list[str]:
    """Return which files are no access logs by the configuration."""
    return [
        f"{file}: is an error log (ErrorLog)" for file in files if config.is_error_log(file) and not config.of(file)
    ]
