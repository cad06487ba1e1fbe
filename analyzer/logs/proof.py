"""Proves a format on what it is used for: files in which no line fits it are of another one, or no logs at all."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.logs.choosing import MAJORITY, choose
from analyzer.logs.escapes import text_of
from analyzer.logs.grammar import W3C
from analyzer.logs.sampling import SAMPLE_LINES
from analyzer.logs.strict import share

if TYPE_CHECKING:
    from analyzer.logs.formats import LogFormat
    from analyzer.logs.sources import Block, Ended


class Proof:
    """Watches a reading of some files in one format."""

    def __init__(self, chosen: LogFormat, files: int) -> None:
        self._chosen = chosen
        self._files = files
        self._parsed = self._lines = self._parsed_of_file = self._directives = 0
        self._fits: str | None = None
        self._example = ""
        self._faults: list[Fault] = []

    def saw(self, block: Block, parsed: int) -> None:
        """Take note of a block of which so many lines were parsed.

        Raises
        ------
        InputError
            If it starts the only file, and another format fits that.
        """
        if block.first_line == 1:
            self._parsed_of_file, self._fits, self._directives = 0, None, self._directives_in(block)
            if parsed < MAJORITY * block.lines:
                self._look(block, parsed)
        self._parsed += parsed
        self._parsed_of_file += parsed

    def late(self, parsed: int) -> None:
        """Take note of lines of the file before its end that were parsed after their block."""
        self._parsed += parsed
        self._parsed_of_file += parsed

    def _directives_in(self, block: Block) -> int:
        """Return how many lines of a block are the log's own directives."""
        if not any(one.reader == W3C for one in (self._chosen, *self._chosen.members)):
            return 0
        return int((block.data[block.starts[:-1]] == ord("#")).sum())

    def _look(self, block: Block, parsed: int) -> None:
        """Find the format that a file is in, when it is not the chosen one."""
        sample = [block.line(n) for n in range(min(block.lines, SAMPLE_LINES))]
        best = choose(sample).chosen
        if best is not None and best.name != self._chosen.name:
            self._fits = best.name
            example = next((line for line in sample if share(best, [line])), sample[0])
            self._example = text_of(example.rstrip(b"\r\n"))
        if self._fits is not None and parsed == 0 and self._files == 1:
            raise InputError(self._fault(block.source))

    def _fault(self, source: str) -> Fault:
        """Return what is wrong with a file of another format."""
        remedy = f"its lines fit {self._fits}: name that one, by --log-format or as format in cutover.toml"
        return Fault(f"is not in the format {self._chosen.name}", where=source, value=self._example, remedy=remedy)

    def ended(self, end: Ended) -> Ended:
        """Return how a file ended, with what its lines say of the format."""
        self._lines += end.lines
        if end.lines == 0:
            self._faults += [Fault(end.trouble, where=end.source)] if end.trouble else []
            return end
        trouble = None
        if self._fits is not None:
            what = "no line fits" if self._parsed_of_file == 0 else "most lines do not fit"
            trouble = f"{what} the format {self._chosen.name}; they fit {self._fits}"
            self._faults += [self._fault(end.source)] if self._parsed_of_file == 0 else []
        elif self._parsed_of_file == 0 and self._directives < end.lines:
            trouble = f"no line fits the format {self._chosen.name}; is it an access log?"
        return replace(end, trouble="; ".join(text for text in (end.trouble, trouble) if text) or None)

    def done(self) -> None:
        """Say so if nothing could be read.

        Raises
        ------
        InputError
            If no file could be opened, or no line fits and another format was found.
        """
        if self._parsed == 0 and self._faults:
            raise InputError(*self._faults)
