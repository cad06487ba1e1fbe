"""The user's own virtual host of Apache, taken apart: what a proxy keeps of it, and what it leaves out."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES = 1 << 20  # [bytes] a virtual host of thousands of lines is far smaller
# Directives that say who the site is, what it shows as its certificate, and where it logs.
KEPT = frozenset(
    (
        "servername", "serveralias", "serveradmin", "errorlog", "errorlogformat", "loglevel",
        "customlog", "transferlog", "logformat", "sslengine", "sslcertificatefile",
        "sslcertificatekeyfile", "sslcertificatechainfile", "sslcacertificatefile", "sslprotocol",
        "sslciphersuite", "sslhonorcipherorder", "sslsessiontickets", "sslopensslconfcmd",
        "sslusestapling", "sslcompression", "sslstrictsnivhostcheck",
    )
)  # fmt: skip
# Where the user's own lines stay, these act on a proxied answer too: told, for only the user knows what they are for.
ALSO_PROXIED = frozenset(
    (
        "header", "requestheader", "errordocument", "setoutputfilter", "addoutputfilterbytype",
        "substitute", "proxypass", "proxypassmatch", "proxypassreverse", "proxyerroroverride", "timeout",
    )
)  # fmt: skip
_SECTION = re.compile(r"<(/?)([A-Za-z]+)\s*([^>]*)>?")


@dataclass(frozen=True, slots=True)
class Line:
    """One directive, with the lines that it goes on over."""

    number: int
    text: str

    @property
    def directive(self) -> str:
        """Its name in lower case; `<name` for a section; empty for a comment or blank line."""
        found = re.match(r"\s*(</?)?([A-Za-z]\w*)", self.text)
        return f"{found[1] or ''}{found[2].lower()}" if found else ""

    @property
    def value(self) -> str:
        """Its first value, unquoted."""
        parts = self.values
        return parts[0] if parts else ""

    @property
    def values(self) -> tuple[str, ...]:
        """Its values, unquoted."""
        joined = re.sub(r"\\\r?\n", " ", self.text)
        try:
            return tuple(shlex.split(joined, posix=True)[1:])
        except ValueError:
            return tuple(joined.split()[1:])


@dataclass(frozen=True, slots=True)
class Block:
    """One `<VirtualHost>`.

    Attributes
    ----------
    addresses
        What stands behind its name: `*:443`.
    lines
        Everything inside.
    """

    number: int
    addresses: str
    lines: tuple[Line, ...]

    @property
    def scheme(self) -> str:
        """Return https if it has TLS of its own."""
        own = {line.directive: line.value.lower() for line in self.lines}
        return "https" if own.get("sslengine") == "on" or "sslcertificatefile" in own else "http"

    @property
    def acting_too(self) -> tuple[Line, ...]:
        """The lines that touch proxied answers too, where all of the block stays."""
        return tuple(line for line in self.lines if line.directive in ALSO_PROXIED)

    def first(self, directive: str) -> str | None:
        """Return the value of a directive, if it is there."""
        return next((line.value for line in self.lines if line.directive == directive), None)

    @property
    def names(self) -> tuple[str, ...]:
        """ServerName and every alias, in lower case."""
        found = [
            name.lower()
            for line in self.lines
            if line.directive in {"servername", "serveralias"}
            for name in line.values
        ]
        return tuple(dict.fromkeys(found))

    @property
    def kept(self) -> tuple[Line, ...]:
        """The lines that a proxy keeps, outside of inner sections."""
        return tuple(line for line in self._outer() if line.directive in KEPT)

    @property
    def left_out(self) -> tuple[Line, ...]:
        """The lines that a proxy leaves out: everything else but comments."""
        kept = {line.number for line in self.kept}
        return tuple(line for line in self.lines if line.directive and line.number not in kept)

    @property
    def left_out_names(self) -> tuple[str, ...]:
        """What is left out, as `line N: Directive`, for a comment: names only, no values."""
        names = (line.directive.lstrip("</") for line in self.left_out if not line.directive.startswith("</"))
        numbers = (line.number for line in self.left_out if not line.directive.startswith("</"))
        return tuple(f"line {number}: {name}" for number, name in zip(numbers, names, strict=True))

    def _outer(self) -> tuple[Line, ...]:
        """Return the lines outside of inner sections; those of <IfModule> count as outside."""
        depth, found = 0, []
        for line in self.lines:
            section = _SECTION.match(line.text.strip())
            if section is None:
                if depth == 0:
                    found.append(line)
            elif section[2].lower() != "ifmodule":
                depth += -1 if section[1] else 1
        return tuple(found)


@dataclass(frozen=True, slots=True)
class Vhost:
    """A file with virtual hosts.

    Attributes
    ----------
    source
        Its name.
    blocks
        By scheme: the first of each.
    """

    source: str
    blocks: dict[str, Block]

    @property
    def certificate(self) -> str | None:
        """The certificate that the file's https virtual host shows."""
        own = self.blocks.get("https")
        return own.first("sslcertificatefile") if own else None

    @property
    def key(self) -> str | None:
        """Its key."""
        own = self.blocks.get("https")
        return own.first("sslcertificatekeyfile") if own else None


def read_vhost(path: Path, names: tuple[str, ...]) -> Vhost:
    """Return the virtual hosts of a file that serve one of the names; all of it if none names itself.

    Raises
    ------
    InputError
        If it cannot be read, holds no virtual host, or none for the names.
    """
    source = re.sub(r"[^\x20-\x7e]", "?", str(path))  # it stands in a comment, which a line's end would leave
    remedy = "name the file of the site that moves, as in sites-available"
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
        text = raw.decode("utf-8")
    except OSError as error:
        raise InputError(Fault(f"cannot be read: {error.strerror}", source, remedy=remedy)) from None
    except ValueError:
        raise InputError(Fault("not text in UTF-8", source, remedy=remedy)) from None
    if len(raw) > FILE_BYTES or "\0" in text:
        raise InputError(Fault("not a configuration of Apache", source, remedy=remedy))
    blocks = _blocks(_lines(text), source)
    if not blocks:
        raise InputError(Fault("holds no <VirtualHost>", source, remedy=remedy))
    wanted = [one for one in blocks if not one.names or set(one.names) & set(names)]
    if not wanted:
        found = ", ".join(blocks[0].names[:3])
        raise InputError(Fault("none of its virtual hosts is for a name that moves", source, found, remedy))
    first = {one.scheme: one for one in reversed(wanted)}
    return Vhost(source, {scheme: first[scheme] for scheme in sorted(first)})


def _lines(text: str) -> tuple[Line, ...]:
    r"""Return the directives of a text; a line that ends with a backslash goes on."""
    found: list[Line] = []
    begun: list[str] = []
    for number, line in enumerate(text.splitlines(), start=1):
        begun.append(line)
        if line.endswith("\\"):
            continue
        found.append(Line(number - len(begun) + 1, "\n".join(begun)))
        begun = []
    return (*found, Line(len(text.splitlines()), "\n".join(begun))) if begun else tuple(found)


def _blocks(lines: tuple[Line, ...], source: str) -> tuple[Block, ...]:
    """Return the virtual hosts of the lines."""
    found: list[Block] = []
    begun: Block | None = None
    inside: list[Line] = []
    for line in lines:
        if line.directive == "<virtualhost":
            if begun is not None:
                raise InputError(Fault("a <VirtualHost> within another", f"{source}:{line.number}", remedy="close it"))
            section = _SECTION.match(line.text.strip())
            begun, inside = Block(line.number, section[3].strip() if section else "*:80", ()), []
        elif line.directive == "</virtualhost" and begun is not None:
            found.append(replace(begun, lines=tuple(inside)))
            begun = None
        elif begun is not None:
            inside.append(line)
    if begun is not None:
        raise InputError(Fault("a <VirtualHost> without its end", f"{source}:{begun.number}", remedy="close it"))
    return tuple(found)
