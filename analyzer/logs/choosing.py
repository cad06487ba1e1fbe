"""Finds the format of log files: each candidate is proven on a sample, and the best must fit clearly better.

A line proves a format if it fits, the name of RFC 1413 is the `-` that it always is today, and the virtual host is not:
it is a name or an address, and no odd word of a client's making.
So a line of lighttpd, which has the host in that place, is no line of `combined`, and the reverse.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.logs import formats
from analyzer.logs.forwarded import behind
from analyzer.logs.grammar import W3C, LogFormat
from analyzer.logs.hosts import USUAL_SERVER
from analyzer.logs.presets import AUTO, PROVABLE
from analyzer.logs.rows import Value, common_reason
from analyzer.logs.sampling import headers, hidden, sample
from analyzer.logs.several import several
from analyzer.logs.strict import strict
from analyzer.logs.w3c import NAME, w3c

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence

    from analyzer.logs.forwarded import Network

MAJORITY = 0.5  # share [0..1] of a sample that must be read to name a format
LEAST_SHARE = 0.005  # share [0..1] of a sample that a further format must read on its own
LEAST_LINES = 2  # of the sample; one line may be another one cut off
SMALL = 0.2  # share [0..1] of a small sample that is enough all the same
RIVALRY = 0.5  # share [0..1] of a format's lines that another one reads too, and otherwise, so that it is not clear
EMPTY_FORMAT = "combined"  # of logs without a line: whatever it is, there is nothing to read
_COMPARED = 50  # lines on which two formats are compared
_SAME = ("client", "request", "method_logged", "target_logged", "status", "agent", "host_logged", "user", "server_name")


@dataclass(frozen=True, slots=True)
class Fit:
    """How well a format fits a sample.

    Attributes
    ----------
    proven
        The numbers of the lines that prove it.
    """

    log_format: LogFormat
    proven: frozenset[int]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the format of a sample is.

    Attributes
    ----------
    chosen
        The format, or the several of a log that has several; None if none is clear.
    tried, fitting
        Lines of the sample that hold something, and those that what was found reads.
    fits
        All candidates that read any line, best first.
    unclear
        Why none was chosen; empty if one was.
    """

    chosen: LogFormat | None
    tried: int
    fitting: int
    fits: tuple[Fit, ...]
    unclear: str = ""

    @property
    def next_best(self) -> Fit | None:
        """The best of the candidates that were not chosen."""
        names = set() if self.chosen is None else {one.name for one in self.chosen.members or (self.chosen,)}
        return next((fit for fit in self.fits if fit.log_format.name not in names), None)


def settled(wanted: str | LogFormat, files: Sequence[str], trusted: Collection[Network] = ()) -> LogFormat:
    """Return the format that files are to be read in: `auto` is found from them, the layouts of `iis` are looked up.

    Parameters
    ----------
    trusted
        Networks of the proxies whose X-Forwarded-For says who the client is.

    Raises
    ------
    InputError
        If it is no format, or `auto` finds none; or it does not log X-Forwarded-For, and proxies are trusted.
    """
    return behind(_settled(wanted, files), trusted)


def _settled(wanted: str | LogFormat, files: Sequence[str]) -> LogFormat:
    """Return the format that files are to be read in."""
    if isinstance(wanted, LogFormat):
        return wanted
    if wanted == AUTO:
        return found_in(files)
    if wanted == NAME:
        return w3c(headers(files))
    return formats.log_format(wanted)


def found_in(files: Sequence[str], candidates: Collection[LogFormat] = ()) -> LogFormat:
    """Return the format of files, looked for among some candidates, and then among the presets too.

    Raises
    ------
    InputError
        If none fits clearly.
    """
    lines = sample(files)
    if not lines and not hidden(files):
        return formats.log_format(EMPTY_FORMAT)
    choice = choose(lines, candidates, presets=False) if candidates else choose(lines)
    if choice.chosen is None and candidates:
        choice = choose(lines, candidates)
    if choice.chosen is None:
        where = files[0] if len(files) == 1 else "log files"
        remedy = "name it by --log-format or as format in cutover.toml; the server's configuration has it (LogFormat)"
        why = choice.unclear if lines else "too little of a pipe can be seen beforehand"
        raise InputError(Fault(f"the format is not clear: {why}", where, remedy=remedy))
    if any(member.reader == W3C for member in choice.chosen.members or (choice.chosen,)):
        return _with_layouts(choice.chosen, files)
    return choice.chosen


def _with_layouts(chosen: LogFormat, files: Sequence[str]) -> LogFormat:
    """Return a format with IIS's layouts as the files have them."""
    known = w3c(headers(files))
    if chosen.reader == W3C:
        return known
    return several(tuple(known if one.reader == W3C else one for one in chosen.members))


def choose(lines: Sequence[bytes], candidates: Iterable[LogFormat] = (), *, presets: bool = True) -> Choice:
    """Return which format lines are in.

    Parameters
    ----------
    lines
        A sample, with or without line ends.
    candidates
        More formats, those of the server's configuration: they come before the presets where both say the same.
    presets
        Whether the presets are looked at.
    """
    tried = [line for line in lines if common_reason(line) is None and not line.startswith(b"#")]
    headed = tuple(line.decode("latin-1").strip() for line in lines if line.startswith(b"#Fields:"))
    known = [formats.log_format(name) for name in PROVABLE if name != NAME] + [w3c(headed)] if presets else []
    every = {one.text: one for one in known} | {one.text: one for one in candidates}
    first = {one.text: n for n, one in enumerate(candidates)}
    found = (Fit(one, proven(one, tried)) for one in every.values())
    fits = sorted(
        (fit for fit in found if fit.proven),
        key=lambda fit: (-len(fit.proven), first.get(fit.log_format.text, len(first))),
    )
    taken, covered = _covering(fits, len(tried))
    if not tried or len(covered) <= MAJORITY * len(tried):
        what = "there are no lines" if not tried else "no format fits more than half of the lines"
        return Choice(None, len(tried), len(covered), tuple(fits), what)
    rival = _rival(taken, fits, tried)
    if rival is not None:
        return Choice(None, len(tried), len(covered), tuple(fits), f"{rival[0]} and {rival[1]} both fit, and differ")
    return Choice(several(tuple(fit.log_format for fit in taken)), len(tried), len(covered), tuple(fits))


def proven(log_format: LogFormat, lines: Sequence[bytes]) -> frozenset[int]:
    """Return the numbers of the lines that prove a format."""
    if log_format.column("client") is None or not log_format.time_fields:
        return frozenset()
    lane = strict(log_format)
    rows = lane.read(lines)
    names = [name for name, _ in lane.columns]
    kept = set(rows.numbers)
    for member in log_format.members or (log_format,):
        for column, wanted in (("ident", False), ("server_name", True), ("server_name_used", True)):
            field = member.column(column)
            if field is not None and field.name in names and not log_format.members:
                values = rows.columns[names.index(field.name)]
                kept -= {
                    number
                    for number, value in zip(rows.numbers, values, strict=True)
                    if (value is None) == wanted or (wanted and not USUAL_SERVER.fullmatch(str(value)))
                }
    return frozenset(kept)


def _covering(fits: Sequence[Fit], tried: int) -> tuple[list[Fit], set[int]]:
    """Return the formats that together read the sample: the best, then what reads most of the lines left."""
    taken: list[Fit] = []
    covered: set[int] = set()
    while True:
        best = max(fits, key=lambda fit: len(fit.proven - covered), default=None)
        if best is None:
            return taken, covered
        more = len(best.proven - covered)
        enough = more >= LEAST_LINES and more >= LEAST_SHARE * tried
        if not more or (taken and not enough and more < SMALL * tried):
            return taken, covered
        taken.append(best)
        covered |= best.proven


def _rival(taken: Sequence[Fit], fits: Sequence[Fit], lines: Sequence[bytes]) -> tuple[str, str] | None:
    """Return two formats that read the same lines otherwise, one of them chosen; None if there are no such."""
    chosen = {fit.log_format.name for fit in taken}
    for one in taken:
        for other in fits:
            both = sorted(one.proven & other.proven)
            if other.log_format.name in chosen or len(both) < RIVALRY * len(one.proven):
                continue
            some = [lines[number] for number in both[:_COMPARED]]
            if _values(one.log_format, other.log_format, some) != _values(other.log_format, one.log_format, some):
                return one.log_format.name, other.log_format.name
    return None


def _values(log_format: LogFormat, other: LogFormat, lines: Sequence[bytes]) -> list[list[Value]]:
    """Return what a format says of lines, in the columns that matter and that another one has too."""
    lane = strict(log_format)
    rows = lane.read(lines)
    names = [name for name, _ in lane.columns]
    told = [list(rows.columns[0])]
    for column in _SAME:
        mine, theirs = log_format.column(column), other.column(column)
        if mine is not None and theirs is not None:
            told.append(list(rows.columns[names.index(mine.name)]))
    return told
