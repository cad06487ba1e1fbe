"""`cutover` alone: where the migration of this folder stands, and what to do next."""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small

from analyzer.cli import main


def alone(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    """Return status, output and talk of the bare command in a folder."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TZ", "UTC")
    with pytest.raises(SystemExit) as ended:
        main([])
    said = capsys.readouterr()
    return int(ended.value.code or 0), said.out, said.err


def test_where_there_is_no_migration_the_help_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On stderr, as of any command that cannot be served."""
    code, out, told = alone(tmp_path, monkeypatch, capsys)
    assert (code, out) == (2, "")
    assert "cutover init" not in told
    assert "Usage: cutover" in told


def test_before_the_change_the_way_there_is_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The checklist, the rehearsal, the proxy, the snapshots."""
    small.write(tmp_path, small.story(), small.toml(migration="ttl = 3600", rest=""))
    code, out, told = alone(tmp_path, monkeypatch, capsys)
    assert (code, told) == (0, "")
    assert "The change of the DNS has not been seen yet." in out
    for command in ("cutover plan", "cutover rehearse", "cutover proxy", "cutover dns snapshot"):
        assert f"\n   {command}" in out


def test_after_the_change_verdict_and_steps_are_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The headline of the report, and its numbered steps with commands."""
    by = datetime.now(UTC).replace(microsecond=0) - timedelta(days=3) - small.CHANGED
    changed = f"ttl = 3600\nchanged_at = {small.CHANGED + by:%Y-%m-%dT%H:%M:%SZ}"
    told_story = small.story().shifted(by).until(datetime.now(UTC))
    small.write(tmp_path, told_story, small.toml(migration=changed, rest=small.WITH_NEW))
    code, out, told = alone(tmp_path, monkeypatch, capsys)
    assert (code, told) == (0, "")
    assert out.startswith("app.example.com moves from 192.0.2.4 to 198.51.100.5.\nNot yet: ")
    assert "\n1. Leave the proxy where it is.\n" in out
    assert "\n   cutover advise --config cutover.toml\n" in out


def test_what_is_missing_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A log that is not there is a warning and the next step, not an end without a word."""
    (tmp_path / "cutover.toml").write_text(small.toml())
    code, out, told = alone(tmp_path, monkeypatch, capsys)
    assert code == 0
    assert "old.log" in told
    assert "Next: mend that, then ask again." in out
