"""`cutover report` as a user calls it: forms on standard output and in a folder, anonymised, by mail."""

from __future__ import annotations

import csv
import email
import email.policy
import io
import json
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
import small_migration as small
import smtp_servers as servers

from analyzer.cli import main

AT = "2026-03-05T22:00:00Z"
MAIL = (
    '[mail]\nto = ["ops@example.com"]\nfrom = "cutover@example.com"\nserver = "127.0.0.1:{port}"\nsecurity = "none"\n'
)
FILES = ["dns.png", "drain.png", "report.html", "report.json", "verdict.json"]


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended."""

    status: int
    out: str
    told: list[str]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a small migration whose last client is still there."""
    small.write(tmp_path, small.story())
    return tmp_path


def report(capsys: pytest.CaptureFixture[str], folder: Path, *options: object) -> Ran:
    """Return how `cutover report` ran."""
    fixed = ["report", "--config", str(folder / "cutover.toml"), "--at", AT, "--no-downtime"]
    with pytest.raises(SystemExit) as ended:
        main([*fixed, *map(str, options)])
    said = capsys.readouterr()
    return Ran(int(ended.value.code or 0), said.out, said.err.splitlines())


def with_mail(folder: Path, port: int) -> Path:
    """Return the folder after its migration names who gets the mail."""
    (folder / "cutover.toml").write_text(small.toml(rest=small.WITH_NEW + small.WITH_DNS + MAIL.format(port=port)))
    return folder


def test_one_form_goes_to_standard_output(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Text without a word about it; Markdown, JSON, HTML and one table where they are asked for; status as advise."""
    ran = {form: report(capsys, folder, "--format", form) for form in ("markdown", "json", "html", "csv")}
    plain = report(capsys, folder)
    assert {one.status for one in (*ran.values(), plain)} == {10}
    assert plain.out.startswith("… Not yet: ")
    assert ran["markdown"].out.startswith("# Not yet: app.example.com\n")
    assert json.loads(ran["json"].out)["schema"] == "cutover.report/1"
    assert ran["html"].out.startswith("<!DOCTYPE html>")
    rows = list(csv.DictReader(io.StringIO(ran["csv"].out)))
    assert [row["client"] for row in rows] == [small.STUCK]
    assert report(capsys, folder, "--format", "csv", "--table", "rules").out.startswith("rule,passed,")


def test_every_form_goes_into_a_folder(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Beside the files that are always there."""
    out = folder / "out"
    ran = report(capsys, folder, "--out", out, "--format", "text", "--format", "markdown", "--format", "csv")
    names = sorted(path.name for path in out.iterdir())
    assert ran.out == "wait\n"
    assert set(FILES) | {"report.md", "report.txt", "clients.csv", "measured.csv", "rules.csv"} <= set(names)
    assert len(ran.told) == len(names)
    assert "![" in (out / "report.md").read_text()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--format", "json", "--format", "text"), "standard output holds one form"),
        (("--format", "csv", "--table", "x"), "no such table"),
        (("--email",), "nobody is named to send it to"),
    ],
)
def test_what_cannot_be_done_is_told(
    folder: Path, capsys: pytest.CaptureFixture[str], options: tuple[str, ...], told: str
) -> None:
    """In one line, with status 2."""
    ran = report(capsys, folder, *options)
    assert (ran.status, ran.out, len(ran.told)) == (2, "", 1)
    assert told in ran.told[0]


def test_anonymised_nothing_names_the_client(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Neither page nor JSON; with a hash it is the same name in each report, and another with another key."""
    cut = report(capsys, folder, "--out", folder / "cut", "--anonymise", "cut", "--format", "csv")
    assert cut.status == 10
    for path in (folder / "cut").iterdir():
        if path.suffix != ".png":
            assert small.STUCK not in path.read_text()
    assert "203.0.113.0/24" in (folder / "cut" / "clients.csv").read_text()
    hashed = [report(capsys, folder, "--format", "csv", "--anonymise", "hash").out for _ in range(2)]
    assert hashed[0] == hashed[1]
    assert small.STUCK not in hashed[0]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CUTOVER_ANONYMISE_KEY", "another")
        assert report(capsys, folder, "--format", "csv", "--anonymise", "hash").out != hashed[0]


def test_a_dry_run_writes_the_mail_and_sends_nothing(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A file that a mail program opens: the figures, the page, the verdict."""
    with_mail(folder, 9)
    ran = report(capsys, folder, "--out", folder / "out", "--dry-run")
    assert ran.status == 10
    mail = email.message_from_bytes((folder / "out" / "report.eml").read_bytes(), policy=email.policy.default)
    assert mail["Subject"].startswith("[cutover] Not yet: app.example.com: at most ")
    assert [part.get_content_type() for part in mail.walk()].count("image/png") == 2


def test_a_mail_is_sent_once(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """A second run of the same state sends nothing, unless it is told to."""
    box = servers.Box()
    with servers.real(box) as port:
        with_mail(folder, port)
        first, second = (report(capsys, folder, "--email") for _ in range(2))
        again = report(capsys, folder, "--email", "--again")
    assert [one.status for one in (first, second, again)] == [10, 10, 10]
    assert first.told == ["cutover: sent to 1 of 1"]
    assert "not sent" in second.told[0]
    ids = [email.message_from_bytes(content)["Message-ID"] for _, content in box.taken]
    assert len(ids) == len(set(ids)) == 2


def test_a_mail_that_is_not_taken_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One line and status 2; the files stand, and the next run may send it."""
    box = servers.Box(answers={"ops@example.com": ["550 no such user"]})
    with servers.real(box) as port:
        with_mail(folder, port)
        ran = report(capsys, folder, "--out", folder / "out", "--email")
        assert (ran.status, ran.out) == (2, "")
        assert "the mail was not taken: 550" in ran.told[-1]
        assert (folder / "out" / "report.html").exists()
        assert report(capsys, folder, "--email").told == ["cutover: sent to 1 of 1"]
    assert len(box.taken) == 1
