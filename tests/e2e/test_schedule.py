"""`cutover schedule`: systemd itself finds nothing wrong with the units, and cron gets what it can say."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.cli import main
from analyzer.errors import UsageError
from analyzer.report.schedule import Job, cron, cron_times, systemd, systemd_watch

VERIFY = shutil.which("systemd-analyze")
needs_systemd = pytest.mark.skipif(
    VERIFY is None and not os.environ.get("CI"), reason="no systemd here; in CI it must run"
)
JOB = Job(
    ("/usr/bin/env", "cutover"),
    Path("/etc/cutover/cutover.toml"),
    Path("/var/lib/cutover/report"),
    Path("/var/lib/cutover/cutover.sqlite"),
    "app.example.com",
    3600.0,
    email=True,
    needs_login=True,
)
STRANGE = replace(
    JOB,
    config=Path('/srv/my %n "site" $HOME\\x/cutover.toml'),
    out=Path("/srv/a b%c/report"),
    state=Path("/srv/a b%c/cutover.sqlite"),
)


def verified(folder: Path, files: dict[str, str]) -> str:
    """Return what systemd says about units."""
    for name, text in files.items():
        (folder / name).write_text(text)
    line = [VERIFY or "systemd-analyze", "verify", "--man=no", *(str(folder / name) for name in files)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    return f"{done.stdout}{done.stderr}{done.returncode or ''}"


@needs_systemd
@pytest.mark.parametrize("job", [JOB, STRANGE], ids=["plain", "strange"])
@pytest.mark.parametrize("make", [systemd, systemd_watch])
def test_systemd_finds_nothing_wrong(tmp_path: Path, job: Job, make: object) -> None:
    """Also where paths hold spaces, quotes, percent and dollar signs."""
    assert verified(tmp_path, make(job)) == ""  # type: ignore[operator]


@needs_systemd
def test_systemd_would_find_a_fault(tmp_path: Path) -> None:
    """A key that does not exist is told: the check does run."""
    files = {name: text.replace("ProtectClock", "ProtectClok") for name, text in systemd(JOB).items()}
    assert "ProtectClok" in verified(tmp_path, files)


@needs_systemd
def test_the_service_can_do_little(tmp_path: Path) -> None:
    """Systemd's own measure of exposure, 0 (none) to 10, stays at `OK` or better."""
    files = systemd(JOB)
    verified(tmp_path, files)
    unit = tmp_path / next(iter(files))
    line = [VERIFY or "systemd-analyze", "security", "--offline=yes", "--no-pager", str(unit)]
    done = subprocess.run(line, capture_output=True, text=True, check=False, timeout=60)
    found = re.search(r"Overall exposure level for \S+: ([0-9.]+)", done.stdout)
    assert found, done
    assert float(found[1]) <= 3.0


def test_the_service_runs_as_nobody_special() -> None:
    """An account, the group that reads logs, no capability, no verdict taken for a failure."""
    service = systemd(JOB)["cutover-app.example.com.service"]
    for line in ("User=cutover", "SupplementaryGroups=adm", "CapabilityBoundingSet=", "SuccessExitStatus=0 10 11 12"):
        assert f"\n{line}\n" in service
    assert "\nReadWritePaths=-/var/lib/cutover -/var/lib/cutover/report\n" in service
    assert "EnvironmentFile=/etc/cutover/mail.env" in service
    assert "EnvironmentFile" not in systemd(replace(JOB, needs_login=False))["cutover-app.example.com.service"]


@given(st.integers(1, 100_000))
def test_cron_says_the_step_or_refuses(minutes: int) -> None:
    """What it says happens as often as was asked."""
    try:
        minute, hour, *rest = cron_times(60.0 * minutes).split()
    except UsageError:
        return
    assert rest == ["*", "*", "*"]
    a_day = len(matching(minute, 60)) * len(matching(hour, 24))
    assert a_day * minutes == 24 * 60


def matching(field: str, size: int) -> list[int]:
    """Return the values that a field of crontab stands for."""
    if field.startswith("*"):
        return list(range(0, size, int(field.partition("/")[2] or 1)))
    return [int(field)]


def test_a_percent_sign_does_not_end_the_command() -> None:
    """crontab(5): it would become a line end. What is left is what a shell runs."""
    line = cron(STRANGE).splitlines()[1]
    assert not re.search(r"(?<!\\)%", line)
    words = shlex.split(line.split(None, 5)[5].replace("\\%", "%"))
    assert words[:5] == ["nice", "-n", "10", "sh", "-c"]
    assert str(STRANGE.config) in shlex.split(words[5].replace(";", " "))


def test_the_command_prints_units_or_writes_them(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Paths become absolute; the program is this one."""
    (tmp_path / "cutover.toml").write_text(small.toml())
    base = ["schedule", "--config", str(tmp_path / "cutover.toml"), "--every", "6h"]
    for options in ([], ["--style", "cron"], ["--units", str(tmp_path / "units")]):
        with pytest.raises(SystemExit) as ended:
            main([*base, *options])
        assert ended.value.code == 0
    printed = capsys.readouterr().out
    assert f"ExecStart={sys.executable} -m analyzer report" in printed
    assert "\n7 */6 * * * nice" in printed
    assert sorted(path.name for path in (tmp_path / "units").iterdir()) == [
        "cutover-app.example.com.service",
        "cutover-app.example.com.timer",
    ]


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--every", "7m", "--style", "cron"], "cron cannot say this step"),
        (["--every", "5s"], "too often"),
        (["--user", "root; x"], "not the name of an account"),
        (["--email"], "nobody is named"),
        (["--style", "cron", "--watch"], "cron knows no units"),
    ],
)
def test_what_cannot_be_scheduled_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], options: list[str], told: str
) -> None:
    """In one line."""
    (tmp_path / "cutover.toml").write_text(small.toml())
    with pytest.raises(SystemExit) as ended:
        main(["schedule", "--config", str(tmp_path / "cutover.toml"), *options])
    said = capsys.readouterr()
    assert (ended.value.code, said.out, said.err.count("\n")) == (2, "", 1)
    assert told in said.err
