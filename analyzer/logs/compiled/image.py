"""An object file of LLVM's made to run without LLVM, which takes 40 ms and 30 MB to load: sections side by side.

Our code names nothing that is not in the same file, and all places are told from where they are used. So there is
nothing to do but to lay out the sections and to fill in the distances (System V ABI, AMD64 supplement, section 4.4).
"""

from __future__ import annotations

import mmap
import os
import sys
from itertools import count
from struct import Struct
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator

RUNS_HERE = sys.platform == "linux" and os.uname().machine == "x86_64" and hasattr(os, "memfd_create")
_HEADER, _SECTION = Struct("<40xQ10xHHH"), Struct("<IIQQQQIIQQ")  # Elf64_Ehdr from e_shoff on; Elf64_Shdr
_SYMBOL, _RELOCATION, _DISTANCE = Struct("<IBBHQQ"), Struct("<QIIq"), Struct("<i")  # Elf64_Sym, Elf64_Rela
_SYMBOLS, _RELOCATIONS = 2, 4  # SHT_SYMTAB, SHT_RELA
_WRITTEN, _LOADED = 1, 2  # SHF_WRITE, SHF_ALLOC
_BY_DISTANCE = (2, 4)  # R_X86_64_PC32, R_X86_64_PLT32


class Image:
    """Code in memory that nobody can write to.

    Attributes
    ----------
    entries
        Addresses of its functions.

    Raises
    ------
    OSError
        If the object file needs more than that, or the system runs nothing new.
    """

    def __init__(self, code: bytes) -> None:
        linked, offsets = _linked(code)
        place = os.memfd_create("lines", os.MFD_CLOEXEC)
        try:
            os.truncate(place, len(linked))
            os.pwrite(place, linked, 0)
            self._memory = mmap.mmap(place, len(linked), mmap.MAP_PRIVATE, mmap.PROT_READ | mmap.PROT_EXEC)
        finally:
            os.close(place)
        begin = np.frombuffer(self._memory, np.uint8).ctypes.data
        self.entries = {name: begin + offset for name, offset in offsets.items()}


def _linked(code: bytes) -> tuple[bytes, dict[str, int]]:
    """Return the sections side by side, and where the functions are in them."""
    sections = list(_sections(code))
    image, at = bytearray(), dict[int, int]()
    for n, (_, _, flags, _, offset, size, _, _, align, _) in enumerate(sections):
        if flags & _LOADED and size:
            if flags & _WRITTEN:
                raise OSError("code that writes to itself")
            image += bytes(-len(image) % max(align, 1))
            at[n] = len(image)
            image += code[offset : offset + size]
    symbols, names = _symbols(code, sections)
    for _, kind, _, _, offset, size, _, target, _, _ in sections:
        if kind == _RELOCATIONS and target in at:
            for where, how, symbol, addend in _RELOCATION.iter_unpack(code[offset : offset + size]):
                section, value = symbols[symbol]
                if how not in _BY_DISTANCE or section not in at:
                    raise OSError(f"relocation {how} of symbol {symbol}")
                place = at[target] + where
                _DISTANCE.pack_into(image, place, at[section] + value + addend - place)
    return bytes(image), {name: at[symbols[n][0]] + symbols[n][1] for n, name in names.items() if symbols[n][0] in at}


def _sections(code: bytes) -> Iterator[tuple[int, ...]]:
    """Yield the headers of the sections."""
    begin, size, many, _ = _HEADER.unpack_from(code)
    for n in range(many):
        yield _SECTION.unpack_from(code, begin + n * size)


def _symbols(code: bytes, sections: list[tuple[int, ...]]) -> tuple[list[tuple[int, int]], dict[int, str]]:
    """Return section and value of each symbol, and the names of those that have one."""
    _, _, _, _, offset, size, link, _, _, _ = next(one for one in sections if one[1] == _SYMBOLS)
    texts = code[sections[link][4] :]
    found, names = list[tuple[int, int]](), dict[int, str]()
    for n, (name, _, _, section, value, _) in zip(count(), _SYMBOL.iter_unpack(code[offset : offset + size])):
        found.append((section, value))
        if name:
            names[n] = texts[name : texts.index(b"\0", name)].decode()
    return found, names
