"""Readers killed at random moments while a server writes and logrotate rotates: each line is counted once."""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from threading import Event, Lock, Thread
from typing import TYPE_CHECKING, Self

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from lines_of_time import MOMENTS, Lines, once, same

from analyzer.state import State

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGROTATE = shutil.which("logrotate", path=f"{os.environ['PATH']}:/usr/sbin:/sbin")
CUTOVER = Path(sys.executable).with_name("cutover")
CONFIG = (
    '[migration]\nnames = ["app.example.com"]\nold = ["192.0.2.4"]\nnew = ["198.51.100.5"]\n[logs.old]\npaths = {}\n'
)
REOPEN = "  postrotate\n    touch {flag}; while [ -e {flag} ]; do sleep 0.01; done\n  endscript"
MODES = {
    "create delaycompress": f"create\n  delaycompress\n  sharedscripts\n{REOPEN}",
    "copytruncate": "copytruncate",
    "nocreate dateext": f"nocreate\n  dateext\n  dateformat -%Y%m%d%H%M%S\n{REOPEN}",
    "olddir nocompress": f"create\n  nocompress\n  olddir {{old}}\n{REOPEN}",
}
KILLS = int(os.environ.get("CUTOVER_KILLS", "2"))

pytestmark = pytest.mark.skipif(
    LOGROTATE is None and not os.environ.get("CI"), reason="logrotate is not here: apt-get install logrotate"
)


class Server:
    """Writes lines, some in two pieces, until stopped; opens its log anew when told, by a file instead of a signal."""

    def __init__(self, log: Path, flag: Path, seed: int) -> None:
        self.lines, self.whole = Lines(step_s=1), Lock()
        self._log, self._flag, self._random = log, flag, random.Random(seed)  # noqa: S311 -- made-up traffic
        self._stopped = Event()
        self._thread = Thread(target=self._write)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stopped.set()
        self._thread.join()

    def _write(self) -> None:
        file = self._log.open("ab", buffering=0)
        while not self._stopped.is_set():
            with self.whole:  # copytruncate loses what is written while it copies: it is not let in then
                for _ in range(self._random.randrange(1, 40)):
                    line = self.lines.some(1)
                    cut = self._random.randrange(len(line)) if self._random.random() < 0.05 else len(line)
                    file.write(line[:cut])
                    if line[cut:]:
                        time.sleep(0.003)
                        file.write(line[cut:])
            if self._flag.exists():
                file.close()
                file = self._log.open("ab", buffering=0)
                self._flag.unlink()
            time.sleep(self._random.random() * 0.02)
        file.close()


def follow(folder: Path, looks: int, seconds: float) -> None:
    """Follow the logs for some looks that found something, and some time more; then be killed."""
    command = [CUTOVER, "logs", "read", "--config", folder / "cutover.toml", "--follow", "--every", "0.02s"]
    with (folder / "talk").open("ab") as talk:
        reader = subprocess.Popen([*map(str, command), "--format", "jsonl"], stdout=subprocess.PIPE, stderr=talk)
    assert reader.stdout is not None
    try:
        for _ in range(looks):
            assert reader.stdout.readline(), "the reader ended by itself"
        time.sleep(seconds)
    finally:
        reader.kill()
        reader.wait()
        reader.stdout.close()


def rotations(folder: Path, mode: str, server: Server, stopped: Event) -> Iterator[None]:
    """Yield after each rotation, until stopped."""
    configured = folder / "logrotate.conf"
    text = MODES[mode].format(flag=folder / "reopen", old=folder / "old")
    compress = "" if "nocompress" in mode else "  compress\n"
    configured.write_text(f"{folder}/logs/access.log {{\n  rotate 1000\n  missingok\n{compress}  {text}\n}}\n")
    configured.chmod(0o644)
    command = [str(LOGROTATE), "--force", "--state", str(folder / "rotated"), str(configured)]
    while not stopped.is_set():
        with server.whole if "copytruncate" in mode else Lock():
            subprocess.run(command, check=True, capture_output=True, timeout=30)
        yield
        stopped.wait(1.1 if "dateext" in mode else 0.3)  # no two rotations of one second have two names


@pytest.mark.parametrize("mode", MODES)
def test_each_line_is_counted_once(tmp_path: Path, mode: str) -> None:
    """Whatever is killed and renamed, copied, cut, compressed: the sum is that of one reading of all lines."""
    (tmp_path / "logs").mkdir()
    (tmp_path / "old").mkdir()
    paths = [str(tmp_path / "logs" / "access.log*"), *([str(tmp_path / "old")] if "olddir" in mode else [])]
    (tmp_path / "cutover.toml").write_text(CONFIG.format(paths), encoding="utf-8")
    chosen, stopped = random.Random(mode), Event()  # noqa: S311 -- moments of a test
    with Server(tmp_path / "logs" / "access.log", tmp_path / "reopen", seed=1) as server:
        made = list[None]()
        rotating = Thread(target=lambda: made.extend(rotations(tmp_path, mode, server, stopped)))
        rotating.start()
        try:
            for _ in range(KILLS):
                follow(tmp_path, chosen.randrange(1, 5), chosen.uniform(0, 0.3))
        finally:
            stopped.set()
            rotating.join()
    with State.open(tmp_path / "cutover.sqlite") as state:
        before = state.read_logs(paths, "combined", names=["app.example.com"])
        assert before.read_before, "the killed readers never kept anything: the test shows nothing"
        reader = state.read_logs(paths, "combined", names=["app.example.com"])
        assert reader.added == []
        same(reader.activity(MOMENTS), once(server.lines.made, tmp_path))
    assert len(made) >= KILLS
    assert (tmp_path / "talk").read_text(encoding="utf-8") == ""
