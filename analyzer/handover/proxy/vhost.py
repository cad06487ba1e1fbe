"""The user's own virtual hosts of Apache: what a proxy keeps of them, and what it leaves out."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

# Directives that say who the site is, what it shows as its certificate, and where it logs.
KEPT = frozenset(
    (
        "servername", "serveralias", "serveradmin", "errorlog", "errorlogformat", "loglevel",
        "customlog", "transferlog", "logformat", "setenvif", "setenvifnocase", "browsermatch", "browsermatchnocase",
        "sslengine", "sslcertificatefile", "sslcertificatekeyfile", "sslcertificatechainfile", "sslcacertificatefile",
        "sslprotocol", "sslciphersuite", "sslhonorcipherorder", "sslsessiontickets", "sslopensslconfcmd",
        "sslusestapling", "sslcompression", "sslstrictsnivhostcheck",
    )
)  # fmt: skip
# Outside of virtual hosts: what the kept lines may name, and the ports.
KEPT_OUTSIDE = frozenset(("define", "listen", "logformat", "errorlogformat", "sslstaplingcache"))
# Where the user's own lines stay, these act on a proxied answer too: told, for only the user knows what they are for.
ALSO_PROXIED = frozenset(
    (
        "header", "requestheader", "errordocument", "setoutputfilter", "addoutputfilterbytype", "protocols",
        "substitute", "proxypass", "proxypassmatch", "proxypassreverse", "proxyerroroverride", "timeout",
    )
)  # fmt: skip
INCLUDES = frozenset(("include", "includeoptional", "use"))
TLS_PORT = 443  # without a word of TLS in its virtual host its settings come from an Include
_SECTION = re.compile(r"<(/?)([A-Za-z]+)\s*([^>]*)>?")
# The TLS settings that certbot includes: protocols, ciphers and SSLEngine, nothing of pages.
_TLS_OPTIONS = re.compile(r"/options-ssl-apache[\w-]*\.conf$")
_TOLD = 80  # [characters] of a value in a message


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

    @property
    def argument(self) -> str:
        """What stands in a section's first line behind its name."""
        section = _SECTION.match(self.text.strip())
        return section[3].strip() if section else ""

    @property
    def told(self) -> str:
        """Itself in a message or a comment: number and name; of what takes more lines in, also from where."""
        name = self.directive.lstrip("<")
        where = f" {self.value}" if name in INCLUDES else ""
        return f"line {self.number}: {name}" + re.sub(r"[^\x20-\x7e]", "?", where)[:_TOLD]


def leaves_out(lines: tuple[Line, ...], kept: tuple[Line, ...]) -> tuple[str, ...]:
    """Return what is left out where these lines are kept, for a message; what is inside a section goes with it."""
    numbers = {line.number for line in kept}
    return tuple(line.told for line in _tops(lines, sections=True) if line.directive and line.number not in numbers)


def outer(lines: tuple[Line, ...]) -> tuple[Line, ...]:
    """Return the lines outside of sections; those of <IfModule> count as outside, unless it asks for its absence."""
    return tuple(_tops(lines, sections=False))


def _tops(lines: tuple[Line, ...], *, sections: bool) -> Iterator[Line]:
    """Yield the lines outside of sections, and if so wanted the sections' first lines."""
    opened: list[bool] = []  # for each open section: whether it hides what is inside
    for line in lines:
        if line.directive.startswith("</"):
            opened[-1:] = []
            continue
        begins = line.directive.startswith("<")
        hides = begins and (line.directive != "<ifmodule" or line.argument.startswith("!"))
        if not any(opened) and (not begins or (sections and hides)):
            yield line
        if begins:
            opened.append(hides)


@dataclass(frozen=True, slots=True)
class Block:
    """One `<VirtualHost>`.

    Attributes
    ----------
    number, last
        Of its first line, and of `</VirtualHost>`.
    addresses
        What stands behind its name: `*:443`.
    lines
        Everything inside.
    """

    number: int
    last: int
    addresses: str
    lines: tuple[Line, ...]

    @property
    def scheme(self) -> str:
        """Return https if it has TLS of its own, or takes in from elsewhere what its port 443 is for."""
        own = {line.directive: line.value.lower() for line in outer(self.lines)}
        if "sslengine" in own:
            return "https" if own["sslengine"] == "on" else "http"
        port = re.search(rf":{TLS_PORT}(?!\d)", self.addresses)
        return "https" if port or "sslcertificatefile" in own else "http"

    @property
    def names(self) -> tuple[str, ...]:
        """ServerName and every alias, in lower case, without scheme and port."""
        lines = (line for line in self.lines if line.directive in {"servername", "serveralias"})
        told = (re.sub(r"^\w+://|:\d*$|\.$", "", name.lower()) for line in lines for name in line.values)
        return tuple(dict.fromkeys(told))

    def serves(self, name: str) -> bool:
        """Return whether a name is one of its own, or fits one with `*` or `?`."""
        return any(fnmatchcase(name, own.replace("[", "[[]")) for own in self.names)

    def first(self, directive: str) -> str | None:
        """Return the value of a directive, if it is there."""
        return next((line.value for line in outer(self.lines) if line.directive == directive), None)

    @property
    def switches_tls_on(self) -> bool:
        """Whether it says so itself: certbot's leave it to a file that they include."""
        return (self.first("sslengine") or "").lower() == "on"

    @property
    def acting_too(self) -> tuple[Line, ...]:
        """The lines that touch proxied answers too, where all of the block stays."""
        return tuple(line for line in self.lines if line.directive in ALSO_PROXIED)

    @property
    def kept(self) -> tuple[Line, ...]:
        """The lines that a proxy keeps, outside of inner sections."""
        return tuple(
            line
            for line in outer(self.lines)
            if line.directive in KEPT or (line.directive == "include" and _TLS_OPTIONS.search(line.value))
        )

    @property
    def left_out(self) -> tuple[str, ...]:
        """What a proxy leaves out of it, for a comment."""
        return leaves_out(self.lines, self.kept)


@dataclass(frozen=True, slots=True)
class Vhost:
    """A file with virtual hosts.

    Attributes
    ----------
    source
        Its name.
    lines
        All of it.
    blocks
        The virtual hosts that serve a name that moves.
    others
        Those that do not.
    """

    source: str
    lines: tuple[Line, ...]
    blocks: tuple[Block, ...]
    others: tuple[Block, ...] = ()

    @property
    def schemes(self) -> tuple[str, ...]:
        """Which schemes its virtual hosts serve."""
        found = {block.scheme for block in self.blocks}
        return tuple(scheme for scheme in ("http", "https") if scheme in found)

    def of(self, scheme: str) -> tuple[Block, ...]:
        """Return its virtual hosts of a scheme."""
        return tuple(block for block in self.blocks if block.scheme == scheme)

    def begins(self, line: Line) -> Block | None:
        """Return the virtual host that begins at a line."""
        return next((block for block in self.blocks if block.number == line.number), None)

    def ends(self, line: Line) -> Block | None:
        """Return the virtual host that ends at a line."""
        return next((block for block in self.blocks if block.last == line.number), None)

    def missing(self, scheme: str, names: tuple[str, ...]) -> tuple[str, ...]:
        """Return the names that no virtual host of a scheme serves."""
        return tuple(name for name in names if not any(block.serves(name) for block in self.of(scheme)))

    @property
    def around(self) -> tuple[Line, ...]:
        """The lines outside of every virtual host; wrappers of <IfModule> say nothing by themselves."""
        spans = [(block.number, block.last) for block in (*self.blocks, *self.others)]
        return tuple(
            line
            for line in self.lines
            if line.directive not in {"", "<ifmodule", "</ifmodule"}
            and not any(first <= line.number <= last for first, last in spans)
        )

    @property
    def kept(self) -> tuple[Line, ...]:
        """The lines outside of virtual hosts that a proxy keeps."""
        return tuple(line for line in outer(self.around) if line.directive in KEPT_OUTSIDE)

    @property
    def left_out(self) -> tuple[str, ...]:
        """What a proxy leaves out around the virtual hosts, those for other names first."""
        others = (f"line {one.number}: the virtual host of {_name(one)}" for one in self.others)
        return (*others, *leaves_out(self.around, self.kept))


def _name(block: Block) -> str:
    """Return a virtual host's name for a message."""
    return re.sub(r"[^\x20-\x7e]", "?", block.names[0])[:_TOLD] if block.names else "no name"
