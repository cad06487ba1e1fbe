"""Code runs without LLVM where it can, by LLVM where the system refuses that, and is the same code in both."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import numpy as np
import pytest

from analyzer.logs.compiled import image, machine
from analyzer.logs.compiled.plan import plan
from analyzer.logs.compiled.state import address
from analyzer.logs.formats import log_format

if TYPE_CHECKING:
    from pathlib import Path

needs_images = pytest.mark.skipif(not image.RUNS_HERE, reason="LLVM runs the code itself here")


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> bytes:
    """Return an object file, and have nothing found that was made before."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    steps = plan(log_format("common"))
    assert steps is not None
    return machine._object(steps)


def starts(entries: dict[str, int]) -> list[int]:
    """Return where lines end, as code finds it."""
    text = np.frombuffer(b"one\ntwo\n\n" + bytes(70) + b"\n", np.uint8)
    found = np.zeros(9, np.int32)
    count = machine._function(entries["starts"], 4)(address(text), 0, len(text), address(found))
    return found[:count].tolist()


def test_code_is_the_same_by_llvm_and_without(code: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where no code may be put into memory in this way, LLVM does it."""
    assert starts(machine._run(code).entries) == [4, 8, 9, 80]

    def refused(*_given: object) -> int:
        raise PermissionError

    monkeypatch.setattr(os, "memfd_create", refused, raising=False)
    run = machine._run(code)
    assert not isinstance(run, image.Image)
    assert starts(run.entries) == [4, 8, 9, 80]


@needs_images
def test_nobody_can_write_to_code_that_runs(code: bytes) -> None:
    """What is in memory to be run cannot be changed any more."""
    run = image.Image(code)
    with pytest.raises(TypeError):
        run._memory[0] = 0
    begin = run.entries["starts"]
    with open("/proc/self/maps", encoding="utf-8") as told:  # noqa: PTH123 -- not a file
        parts = [line.split() for line in told]
    (rights,) = [one[1] for one in parts if int(one[0].split("-")[0], 16) <= begin < int(one[0].split("-")[1], 16)]
    assert rights == "r-xp"


@needs_images
def test_code_that_needs_more_is_left_to_llvm(code: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    """Symbols of other libraries, absolute addresses, sections that are written to."""
    with monkeypatch.context() as patch:
        patch.setattr(image, "_BY_DISTANCE", (4,))
        with pytest.raises(OSError, match="relocation 2"):
            image.Image(code)
    with monkeypatch.context() as patch:
        patch.setattr(image, "_WRITTEN", 2)
        with pytest.raises(OSError, match="writes"):
            image.Image(code)


def test_without_linux_the_processor_is_what_llvm_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Its name and what it can do: other systems have no `/proc/cpuinfo`, other processors no flags in it."""
    here = machine._features()
    monkeypatch.setattr(machine, "_PROCESSORS", tmp_path / "none")
    there = machine._features()
    (tmp_path / "other").write_text("processor\t: 0\nFeatures\t: fp asimd\n\n", encoding="ascii")
    monkeypatch.setattr(machine, "_PROCESSORS", tmp_path / "other")
    assert machine._features() == there
    assert "" not in (here, there)
