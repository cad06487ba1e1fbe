"""`logs check`: what a format lacks, what to add, and what the other parser says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from command import cutover

from analyzer.logs.apache_config import apache_logs
from analyzer.logs.check import check, drain_lines, lacking
from analyzer.logs.formats import log_format
from analyzer.logs.presets import DRAIN
from analyzer.logs.second_opinion import second_opinion

AT = "[23/Nov/2026:18:30:44 +0000]"
LINE = f'198.51.100.7 - - {AT} "GET /a HTTP/1.1" 200 512 "-" "{{}}"'


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("drain", []),
        ("json", []),
        ("caddy", []),
        ("combined", ["host", "duration"]),
        ("common", ["host", "program", "duration"]),
        ("vhost_combined", ["host", "duration"]),
        ("lighttpd", ["duration"]),
        ("haproxy", ["host", "program", "zone"]),
        ("iis", ["host"]),
        ('%{%F %T}t %h "%r" %>s %D %{User-agent}i %V', ["zone"]),
        ('%{%F %T}t %{%z}t %h "%r" %>s %D %{User-agent}i %V', []),
        ("%h %>s", ["time", "host", "program", "duration"]),
        ("%t", ["client", "host", "program", "status", "duration"]),
    ],
)
def test_what_a_format_lacks(text: str, words: list[str]) -> None:
    """Each thing once, and why it matters; what nothing can be read without is marked."""
    found = lacking(log_format(text))
    assert len(found) == len(words)
    assert all(word in lack.what for word, lack in zip(words, found, strict=True))
    assert [lack.needed for lack in found] == [word in {"time", "client"} for word in words]


BALANCED = (
    "198.51.100.7:33317 [23/Nov/2026:18:30:44.655] in app/s 1/0/3/6/10 200 27 - - ---- 1/1/1/1/0 0/0"
    ' {}"GET / HTTP/1.1"\n'
)


@pytest.mark.parametrize(
    ("captured", "words", "headers"),
    [
        ("", ["host", "program", "zone"], ["Host", "User-Agent"]),
        ("{203.0.113.9|curl/8} ", ["host", "zone"], ["Host"]),
        ("{app.example.com|203.0.113.9} ", ["program", "zone"], ["User-Agent"]),
        ("{app.example.com|curl/8} ", ["zone"], []),
    ],
)
def test_what_haproxy_is_to_capture(tmp_path: Path, captured: str, words: list[str], headers: list[str]) -> None:
    """Only what its latest lines do not have; lines from before the captures were added do not count."""
    log = tmp_path / "haproxy.log"
    log.write_text(BALANCED.format("") * 100 + BALANCED.format(captured) * 300)
    found = check([str(log)])
    assert found.log_format is not None
    assert found.log_format.name == "haproxy"
    assert all(word in lack.what for word, lack in zip(words, found.lacks, strict=True))
    assert [line.split()[3] for line in found.advice] == headers
    assert all(line.startswith("capture request header ") for line in found.advice)


def test_the_lines_to_add_are_what_the_configuration_takes(tmp_path: Path) -> None:
    """Read as Apache reads them they are the format `drain`."""
    path = tmp_path / "a.conf"
    path.write_text("\n".join(drain_lines("/var/log/drain.log")) + "\n")
    found = apache_logs([str(path)])
    assert found.logs[0].path == "/var/log/drain.log"
    assert found.logs[0].log_format is not None
    assert found.logs[0].log_format.text == DRAIN


def test_the_format_of_the_configuration_comes_first(tmp_path: Path) -> None:
    """By the file's name; a format that does not fit is not believed, and an error log is told."""
    config, log, errors = tmp_path / "a.conf", tmp_path / "shop.log", tmp_path / "shop-error.log"
    config.write_text('LogFormat "%h %t %V %>s" shop\nCustomLog /x/shop.log shop\nErrorLog /x/shop-error.log\n')
    log.write_text(f"192.0.2.1 {AT} app.example.com 200\n" * 3)
    errors.write_text("[Mon Nov 23 18:30:44 2026] [error] x\n" * 3)
    written = apache_logs([str(config)])
    found = check([str(log)], written)
    assert found.sure
    assert found.log_format is not None
    assert found.log_format.name == "shop"
    log.write_text(LINE.format("a") + "\n")
    other = check([str(log)], written)
    assert other.log_format is not None
    assert other.log_format.name == "combined"
    assert "is an error log" in check([str(errors)], written).troubles[0]


def test_what_the_other_parser_says() -> None:
    """Nothing on plain lines; escapes, offsets with minutes and lines of another format are explained."""
    chosen = log_format("combined")
    plain = [LINE.format("curl/8").encode()] * 5
    same = second_opinion(chosen, plain)
    assert (same.asked, same.same, same.differences, same.silent) == (5, 5, (), "")
    odd = [
        LINE.format(r"a \"b\" c").encode(),
        LINE.format("a").replace("+0000", "+0530").encode(),
        b"old.example.com:80 " + plain[0],
        b"nothing at all",
    ]
    told = {one.why: one.lines for one in second_opinion(chosen, odd).differences}
    assert sorted(told.values()) == [1, 1, 1]
    assert all(any(word in why for why in told) for word in ("escape", "offset", "vhost_combined"))
    assert second_opinion(log_format("caddy"), plain).silent


def test_the_other_parser_is_stopped() -> None:
    """A line on which it takes cubic time costs a fifth of a second, and the rest is answered."""
    junk = LINE.format("a").replace("GET /a HTTP/1.1", "- " * 30_000).encode()
    told = second_opinion(log_format("combined"), [junk, LINE.format("b").encode()])
    assert told.asked == 2


def test_the_command(tmp_path: Path) -> None:
    """Text for people, one object for programs; status 2 where it is not clear, with what was found all the same."""
    log = tmp_path / "access.log"
    log.write_text((LINE.format("curl/8") + "\n") * 20 + "broken\n")
    text = cutover("logs", "check", log)
    assert text.status == 0
    assert "format      combined" in text.out
    assert "20 of 21 lines tried" in text.out
    assert 'LogFormat "%v:%p %a' in text.out
    told = json.loads(cutover("logs", "check", log, "--format", "json", "--no-second-opinion").out)
    assert told["schema"] == "cutover.logs-check/1"
    assert (told["format"], told["sure"], told["lines"]) == ("combined", True, {"tried": 21, "fitting": 20})
    assert told["second_opinion"] is None
    log.write_text("nothing\n" * 9)
    unclear = cutover("logs", "check", log, "--format", "json")
    assert unclear.status == 2
    assert json.loads(unclear.out)["format"] is None
    assert "the format is not clear" in unclear.told[0]
