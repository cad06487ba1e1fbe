"""Compiled code reads nothing outside of a block: pages before and after it may not be touched at all."""

from __future__ import annotations

import subprocess
import sys

import pytest

FORMATS = ("common", "combined", "vhost_combined", "caddy", "haproxy", "iis")
CHILD = r"""
import ctypes, mmap, random, sys
import numpy as np
from analyzer.logs.compiled.fold import CompiledFold, _code
from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.state import address
from analyzer.logs.formats import log_format
from analyzer.logs.presets import samples

chosen, PAGE, WITHIN = log_format(sys.argv[1]), mmap.PAGESIZE, 64
if plan(chosen) is None:
    sys.exit(0)
region = mmap.mmap(-1, (WITHIN + 2) * PAGE)
whole = np.frombuffer(region, np.uint8)
libc = ctypes.CDLL(None, use_errno=True)
for page in (0, WITHIN + 1):
    at = ctypes.c_void_p(address(whole) + page * PAGE)
    assert libc.mprotect(at, ctypes.c_size_t(PAGE), 0) == 0
inside = whole[PAGE:-PAGE]
if sys.argv[2] == "touch":
    print(whole[len(whole) - PAGE])

random.seed(1)
own = [line.encode() for line, _ in samples(sys.argv[1])]
parts = [b"2001:db8::", b"192.0.2.1", b'"', b"\\", b"[", b"-", b"", b" ", b"{", b"#Fields: date"]
fold, code = CompiledFold(chosen, ("example.com",), ()), _code(chosen)
worker, into = fold._workers[0], np.empty(len(inside) + 1, np.int32)
taken = 0
for n in range(2_000):
    some = [random.choice(own if random.random() < 0.8 else parts) for _ in range(random.randrange(1, 4))]
    some = [one[: random.randrange(len(one) + 1)] if random.random() < 0.7 else one for one in some]
    text = np.frombuffer(b"\n".join(some) + random.choice([b"\n", b"\r\n"]), np.uint8)
    for data in (inside[-len(text):], inside[: len(text)]):
        data[:] = text
        into[0] = 0
        count = 1 + code.starts(address(data), 0, len(data), address(into[1:]))
        assert count == 1 + int((text == 10).sum())
        taken += worker.take(data, into[:count]).parsed
        again, starts = worker.take_text(data)
        assert starts.tolist() == into[:count].tolist()
        taken += again.parsed
    if worker.rows > 10_000:
        worker.judge()
        worker.state.renew()
assert taken > 1_000
"""


def child(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Return what became of a process that reads between two such pages."""
    return subprocess.run(
        [sys.executable, "-c", CHILD, *arguments], capture_output=True, text=True, timeout=300, check=False
    )


@pytest.mark.parametrize("name", FORMATS)
def test_nothing_outside_of_a_block_is_read(name: str) -> None:
    """Lines of all kinds, whole and cut anywhere, at the very beginning and the very end of what may be read."""
    done = child(name, "")
    assert done.returncode == 0, done.stderr


def test_such_a_page_ends_who_touches_it() -> None:
    """Otherwise the test above could not fail."""
    assert child("common", "touch").returncode < 0
