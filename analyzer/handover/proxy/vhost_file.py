"""The file of the user's own virtual hosts, read and taken apart; nothing of it is changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from analyzer.errors import Fault, InputError
from analyzer.handover.proxy.vhost import INCLUDES, Block, Line, Vhost

if TYPE_CHECKING:
    from pathlib import Path

FILE_BYTES = 1 << 20  # [bytes] a virtual host of thousands of lines is far smaller
_NAME_IT = "name the file of the site that moves, as in sites-available"
_WRITE_IT_OUT = "write the virtual host out: apachectl -t -D DUMP_CONFIG shows what macros and Includes come to"


def read_vhost(path: Path, names: tuple[str, ...]) -> Vhost:
    """Return the virtual hosts of a file that serve one of the names; those without any name if none does.

    Bytes that are not UTF-8 stay what they are (as surrogates).

    Raises
    ------
    InputError
        If it cannot be read, holds no virtual host, or none for the names.
    """
    source = re.sub(r"[^\x20-\x7e]", "?", str(path))  # it stands in a comment, which a line's end would leave
    try:
        with path.open("rb") as file:
            raw = file.read(FILE_BYTES + 1)
    except OSError as error:
        raise InputError(Fault(f"cannot be read: {error.strerror}", source, remedy=_NAME_IT)) from None
    if len(raw) > FILE_BYTES or b"\0" in raw:
        raise InputError(Fault("not a configuration of Apache", source, remedy=_NAME_IT))
    lines = _lines(raw.decode("utf-8", "surrogateescape"))
    blocks = _blocks(lines, source)
    if not blocks:
        raise InputError(Fault("holds no <VirtualHost>", source, remedy=_remedy(lines)))
    wanted = _wanted(blocks, names)
    if not wanted:
        found = ", ".join(one for block in blocks for one in block.names)[:100]
        raise InputError(Fault("none of its virtual hosts is for a name that moves", source, found, _remedy(lines)))
    return Vhost(source, lines, wanted, tuple(one for one in blocks if one not in wanted))


def _remedy(lines: tuple[Line, ...]) -> str:
    """Return what to do about a file without the virtual host."""
    elsewhere = any(line.directive in INCLUDES or line.directive == "<macro" for line in lines)
    return _WRITE_IT_OUT if elsewhere else _NAME_IT


def _wanted(blocks: tuple[Block, ...], names: tuple[str, ...]) -> tuple[Block, ...]:
    """Return the virtual hosts for the names; of a scheme that names none of them, those without any name."""
    own = [block for block in blocks if any(block.serves(name) for name in names)]
    served = {block.scheme for block in own}
    return tuple(block for block in blocks if block in own or (not block.names and block.scheme not in served))


def _lines(text: str) -> tuple[Line, ...]:
    r"""Return the directives of a text; a line that ends with a backslash goes on."""
    found: list[Line] = []
    begun: list[str] = []
    lines = text.removeprefix("\ufeff").removesuffix("\n").split("\n")
    for number, line in enumerate(lines, start=1):
        begun.append(line.removesuffix("\r"))
        if begun[-1].endswith("\\") and number < len(lines):
            continue
        found.append(Line(number - len(begun) + 1, "\n".join(begun)))
        begun = []
    return tuple(found)


def _blocks(lines: tuple[Line, ...], source: str) -> tuple[Block, ...]:
    """Return the virtual hosts of the lines."""
    found: list[Block] = []
    first: Line | None = None
    inside: list[Line] = []
    for line in lines:
        if line.directive == "<virtualhost":
            if first is not None:
                raise InputError(Fault("a <VirtualHost> within another", f"{source}:{line.number}", remedy="close it"))
            first, inside = line, []
        elif line.directive == "</virtualhost" and first is not None:
            found.append(Block(first.number, line.number, first.argument, tuple(inside)))
            first = None
        elif first is not None:
            inside.append(line)
    if first is not None:
        raise InputError(Fault("a <VirtualHost> without its end", f"{source}:{first.number}", remedy="close it"))
    return tuple(found)
