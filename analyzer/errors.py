"""The one tree of errors that reach a user, each told in one line.

CutoverError
├── UsageError     a command was called in a way it cannot serve
├── ConfigError    cutover.toml has faults (all of them are carried)
├── InputError     a log, a snapshot file or another input cannot be used
├── StateError     what was remembered between runs cannot be used
└── MailError      a mail cannot be composed or was not accepted
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with what the user brought: what, the value, where, what to do."""

    what: str
    where: str = ""
    value: str = ""
    remedy: str = ""

    def __str__(self) -> str:
        head = f"{self.where}: {self.what}" if self.where else self.what
        if self.value:
            head += f" ({shown(self.value)})"
        return f"{head}; {self.remedy}" if self.remedy else head


class CutoverError(Exception):
    """What a user can mend. Carries one or more `Fault`; each prints as one line."""

    def __init__(self, *faults: Fault) -> None:
        super().__init__(*faults)
        self.faults = faults

    def __str__(self) -> str:
        return "\n".join(str(fault) for fault in self.faults)


class UsageError(CutoverError):
    """A command was called in a way it cannot serve."""


class ConfigError(CutoverError):
    """cutover.toml has faults; all of them are carried."""


class InputError(CutoverError):
    """An input cannot be used."""


class StateError(CutoverError):
    """What was remembered between runs cannot be read or kept."""


class MailError(CutoverError):
    """A mail cannot be sent."""


VALUE_LENGTH = 120  # [characters] of a stranger's value in a message: one terminal line


def shown(value: str) -> str:
    r"""Return a stranger's text as a quoted, printable, bounded single line.

    >>> shown("a\x1b[31mb")
    "'a\\x1b[31mb'"
    """
    text = value if len(value) <= VALUE_LENGTH else value[: VALUE_LENGTH - 1] + "…"
    return "'" + "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text) + "'"
