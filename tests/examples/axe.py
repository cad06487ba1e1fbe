"""axe-core, the accessibility checks of Deque: fetched by npm, run in Chromium."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chromium import Chromium

PINNED = Path(__file__).parents[1] / "browser"  # package.json and its lock
NPM = shutil.which("npm")
MISSING = NPM is None and not os.environ.get("CI")
SERIOUS = {"serious", "critical"}


@cache
def source(folder: Path) -> str:
    """Return axe's script, installed below a folder of ours as the lock says."""
    assert NPM is not None, "no npm here; in CI this test must run"
    for name in ("package.json", "package-lock.json"):
        shutil.copy(PINNED / name, folder)
    line = [NPM, "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--prefer-offline", "--silent"]
    subprocess.run(line, cwd=folder, check=True, timeout=120)
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


def faults(browser: Chromium, script: str) -> list[str]:
    """Return what is seriously wrong with the page that is open: the rule, and the first element."""
    browser.value(f"{script}; 1")
    told = browser.value("axe.run(document, {resultTypes: ['violations']}).then(found => JSON.stringify(found))")
    found: dict[str, Any] = json.loads(told)
    assert found["passes"], "no rule looked at anything"
    return [f"{one['id']}: {one['nodes'][0]['html'][:120]}" for one in found["violations"] if one["impact"] in SERIOUS]
