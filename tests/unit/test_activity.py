"""Lines become activity: who asked when, cut at moments, by an independent slow way."""

from __future__ import annotations

import gzip
import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pandas as pd
import pytest

from analyzer.errors import InputError
from analyzer.logs import fold
from analyzer.logs.activity import SLOT_S
from analyzer.logs.fold import Fold
from analyzer.logs.formats import log_format
from analyzer.logs.reading import activity_of, read_activity
from analyzer.logs.sources import Buffers, blocks

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 3, 1, 22, 0, tzinfo=UTC)
VHOST = '%v:%p %h %l %u %t "%r" %>s %O "%{Referer}i" "%{User-Agent}i"'


def line(
    at: datetime, client: str = "192.0.2.1", agent: str = "curl/8.0", status: int = 200, request: str = "GET / HTTP/1.1"
) -> str:
    """Return a combined line."""
    return f'{client} - - [{at:%d/%b/%Y:%H:%M:%S +0000}] "{request}" {status} 512 "-" "{agent}"'


def written(path: Path, *lines: str) -> str:
    """Return the path of a log of these lines."""
    path.write_text("".join(f"{one}\n" for one in lines), encoding="utf-8")
    return str(path)


def test_cells_and_minutes_equal_a_count_by_hand(tmp_path: Path) -> None:
    """Against dictionaries over the same random requests, both lanes, times out of order."""
    rng = random.Random(5)  # noqa: S311 -- made-up lines
    moments = [START + timedelta(minutes=90), START + timedelta(hours=7, seconds=1)]
    cells: dict[tuple[str, str, datetime, int], list[datetime]] = defaultdict(list)
    minutes: dict[tuple[datetime, int], int] = defaultdict(int)
    failed: dict[tuple[str, str, datetime, int], int] = defaultdict(int)
    lines = []
    for _ in range(3_000):
        at = START + timedelta(seconds=rng.randrange(36_000))
        client, agent, status = (
            f"192.0.2.{rng.randrange(9)}",
            rng.choice(["a", "-", 'q"q', "zoë"]),
            rng.choice([200, 404, 503]),
        )
        part = sum(moment < at for moment in moments)
        slot = datetime.fromtimestamp(at.timestamp() // SLOT_S * SLOT_S, UTC)
        cells[client, agent, slot, part].append(at)
        failed[client, agent, slot, part] += status == 503
        minutes[at.replace(second=0), part] += 1
        lines.append(line(at, client, agent.replace('"', '\\"'), status))
    found = read_activity(written(tmp_path / "a.log", *lines), moments=moments)

    frame = found.cells.join(found.clients, on="client")
    frame["agent"] = frame["agent"].fillna("-")
    keys = list(zip(frame["address"], frame["agent"], frame["slot"], frame["part"], strict=True))
    assert len(set(keys)) == len(keys) == len(cells)
    for key, row in zip(keys, frame.itertuples(), strict=True):
        times = cells[key]
        assert (row.requests, row.foreign, row.failed, row.first, row.last) == (
            len(times),
            0,
            failed[key],
            min(times),
            max(times),
        )
    assert (
        dict(
            zip(
                zip(found.minutes["minute"], found.minutes["part"], strict=True), found.minutes["requests"], strict=True
            )
        )
        == minutes
    )


def test_clients_are_numbered_by_address_and_agent(tmp_path: Path) -> None:
    """The codes do not depend on who came first; no agent comes before any."""
    lines = [
        line(START, "192.0.2.2", "b"),
        line(START, "192.0.2.1", "z"),
        line(START, "192.0.2.2", "-"),
        line(START, "192.0.2.10", "a"),
    ]
    found = read_activity(written(tmp_path / "a.log", *lines))
    clients = found.clients.astype(object).where(found.clients.notna(), None)
    assert clients.to_numpy().tolist() == [
        ["192.0.2.1", "z"],
        ["192.0.2.10", "a"],
        ["192.0.2.2", None],
        ["192.0.2.2", "b"],
    ]
    assert found.cells["client"].tolist() == [0, 1, 2, 3]


def test_the_frames_have_their_types(tmp_path: Path) -> None:
    """As documented, with rows and without."""
    utc, number = "datetime64[us, UTC]", "int64"
    for lines in ([line(START)], []):
        found = read_activity(written(tmp_path / "a.log", *lines))
        assert found.cells.dtypes.astype(str).to_dict() == {
            "client": "int32", "slot": utc, "part": "int16", "requests": number, "foreign": number, "probes": number,
            "denied": number, "failed": number, "blind": number, "first": utc, "last": utc,
        }  # fmt: skip
        assert found.minutes.dtypes.astype(str).to_dict() == {
            "minute": utc,
            "part": "int16",
            "requests": number,
            "failed": number,
        }
        assert found.clients.dtypes.astype(str).to_dict() == {"address": "string[pyarrow]", "agent": "string[pyarrow]"}


def test_a_moment_belongs_to_what_is_before_it(tmp_path: Path) -> None:
    """A request at the moment itself is part of the evidence up to it."""
    times = [START - timedelta(seconds=1), START, START + timedelta(seconds=1)]
    found = read_activity(written(tmp_path / "a.log", *(line(at) for at in times)), moments=[START])
    assert found.cells["part"].tolist() == [0, 0, 1] or found.cells.groupby("part")["requests"].sum().tolist() == [2, 1]
    before = found.until(START)
    assert before.cells["requests"].sum() == 2
    assert before.minutes["requests"].sum() == 2
    assert before.cells["last"].max() == START
    assert before.clients.equals(found.clients)
    with pytest.raises(ValueError, match="not in tuple"):
        found.until(START + timedelta(seconds=1))


def test_many_moments_cut_like_many_readings(tmp_path: Path) -> None:
    """500 moments, as a backtest has them: each cut is the reading of the lines up to it."""
    times = [START + timedelta(seconds=37 * n) for n in range(1_000)]
    path = written(tmp_path / "a.log", *(line(at) for at in times))
    moments = [START + timedelta(seconds=74 * n + 3) for n in range(500)]
    found = read_activity(path, moments=moments)
    for moment in moments[::61]:
        assert found.until(moment).cells["requests"].sum() == sum(at <= moment for at in times)


def test_times_before_1970_have_their_slot(tmp_path: Path) -> None:
    """A clock that was never set: the slot starts before the request."""
    found = read_activity(written(tmp_path / "a.log", line(datetime(1969, 12, 31, 23, 45, 30, tzinfo=UTC))))
    assert found.cells["slot"].tolist() == [pd.Timestamp("1969-12-31T23:30Z")]
    assert found.minutes["minute"].tolist() == [pd.Timestamp("1969-12-31T23:45Z")]


def test_other_hosts_are_foreign(tmp_path: Path) -> None:
    """A name matches in any case and with a final dot; requests for others are counted apart."""
    asked = ["app.example.com", "APP.example.com", "app.example.com.", "evil.example", "192.0.2.4", "-"]
    lines = [f"{name}:80 {line(START)}" for name in asked]
    path = written(tmp_path / "a.log", *lines)
    found = read_activity(path, "vhost_combined", names=["App.Example.com"])
    assert (found.cells["requests"].sum(), found.cells["foreign"].sum(), found.minutes["requests"].sum()) == (4, 2, 6)
    assert found.has_host
    assert read_activity(path, "vhost_combined").cells["requests"].sum() == 6


def test_without_hosts_logged_all_requests_count(tmp_path: Path) -> None:
    """The combined format cannot tell; the activity says so."""
    found = read_activity(written(tmp_path / "a.log", line(START)), names=["app.example.com"])
    assert not found.has_host
    assert found.cells["requests"].sum() == 1


@pytest.mark.parametrize(
    ("request_line", "status", "probes"),
    [
        ("GET /.env HTTP/1.1", 404, 1),
        ("GET /blog/wp-login.php HTTP/1.1", 403, 1),
        ("POST /cgi-bin/.%2e/bin/sh HTTP/1.1", 400, 1),
        ("GET /PhpMyAdmin/ HTTP/1.1", 404, 1),
        ("GET /.git/config HTTP/1.1", 404, 1),
        ("GET /?x=${jndi:ldap://x/a} HTTP/1.1", 404, 1),
        (r"\x16\x03\x01\x02", 400, 1),
        ("hello world", 400, 1),
        ("", 400, 1),
        ("-", 408, 0),
        ("GET /wp-login.php HTTP/1.1", 200, 0),
        ("GET /missing.html HTTP/1.1", 404, 0),
        ("GET /environment HTTP/1.1", 404, 0),
        ("GET / HTTP/1.1", 500, 0),
    ],
)
def test_probes(tmp_path: Path, request_line: str, status: int, probes: int) -> None:
    """A look for a known hole that was refused, or no request at all; a silent connection is none."""
    found = read_activity(written(tmp_path / "a.log", line(START, status=status, request=request_line)))
    assert found.cells["probes"].tolist() == [probes]


def test_sums_are_the_same_when_they_are_summed_up_on_the_way(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """After each block of some lines, in SQL; two clients, three half hours, each count."""
    asks = [("GET / HTTP/1.1", 200), ("GET /.env HTTP/1.1", 404), ("GET /a HTTP/1.1", 500), ("GET /b HTTP/1.1", 403)]
    lines = [
        line(
            START + timedelta(minutes=n),
            f"192.0.2.{1 + n % 2}",
            status=asks[n // 7 % 4][1],
            request=asks[n // 7 % 4][0],
        )
        for n in range(84)
    ]
    path, chosen = written(tmp_path / "a.log", *lines), log_format("combined")
    whole = activity_of(blocks([path], Buffers()), chosen, fold=Fold)
    monkeypatch.setattr(fold, "_COMPACT_ROWS", 1)
    some = activity_of(blocks([path], Buffers(1_000)), chosen, fold=Fold)
    pd.testing.assert_frame_equal(whole.cells, some.cells)
    pd.testing.assert_frame_equal(whole.minutes, some.minutes)
    assert (whole.cells[["blind", "probes", "denied", "failed"]].sum() > 1).all()


def test_readings_tell_what_was_read(tmp_path: Path) -> None:
    """Lines, parsed and quarantined a file; the first and last time wherever they stand; troubles."""
    late, early = line(START + timedelta(hours=3)), line(START)
    paths = [written(tmp_path / "a.log", late, "broken", early, ""), written(tmp_path / "b.log")]
    (tmp_path / "c.log").write_bytes(gzip.compress(f"{late}\n{early}\n".encode())[:-12])
    found = read_activity([*paths, str(tmp_path / "c.log")])
    first, second, third = found.files
    assert (first.lines, first.parsed, first.quarantined) == (4, 2, 2)
    assert (first.first, first.last) == (START, START + timedelta(hours=3))
    assert (second.lines, second.first, second.trouble) == (0, None, None)
    assert "breaks off" in str(third.trouble)
    assert third.lines == third.parsed + third.quarantined
    assert found.quarantined["empty line"] == 1
    assert sum(found.quarantined.values()) == sum(one.quarantined for one in found.files)


def test_a_line_cut_with_its_file_is_not_taken_for_whole(tmp_path: Path) -> None:
    """`… 200 5` may be the rest of `… 200 512`: where a compressed file breaks off, its last line is refused."""
    content = f'192.0.2.1 - - [{START:%d/%b/%Y:%H:%M:%S +0000}] "GET / HTTP/1.1" 200 512345\n'.encode() * 20_000
    whole = gzip.compress(content, 0)  # stored, not deflated: it can be cut within a number
    at = whole.rindex(b"512345", 0, len(whole) - 1_000) + 3
    (tmp_path / "a.log.gz").write_bytes(whole[:at])
    found = read_activity(str(tmp_path / "a.log.gz"), "common")
    assert found.files[0].quarantined == 1
    assert found.quarantined == {"cut off where the file breaks off": 1}


def test_only_empty_files_are_said_to_be_empty(tmp_path: Path) -> None:
    """An empty log is no error of its own: it has no line."""
    found = read_activity(written(tmp_path / "a.log"))
    assert (found.files[0].lines, found.files[0].trouble) == (0, "is empty")
    assert len(found.clients) == len(found.cells) == len(found.minutes) == 0


def test_a_format_without_client_or_time_is_refused(tmp_path: Path) -> None:
    """Nothing can be counted by whom or when."""
    path = written(tmp_path / "a.log", "x")
    with pytest.raises(InputError, match="the client"):
        read_activity(path, "%t")
    with pytest.raises(InputError, match="the time"):
        read_activity(path, "%h")


def test_progress_goes_to_the_end(tmp_path: Path) -> None:
    """Bytes done of bytes of all files as stored, never backwards."""
    paths = [written(tmp_path / name, *[line(START)] * 50) for name in ("a.log", "b.log")]
    told: list[tuple[int, int]] = []
    read_activity(paths, progress=lambda done, total: told.append((done, total)))
    total = sum((tmp_path / name).stat().st_size for name in ("a.log", "b.log"))
    assert told == sorted(told)
    assert told[-1] == (total, total)


def test_other_readings_do_not_add(tmp_path: Path) -> None:
    """Other moments, or hosts known on one side only, give no common sums."""
    path = written(tmp_path / "a.log", line(START))
    with pytest.raises(ValueError, match="same moments"):
        read_activity(path) + read_activity(path, moments=[START])


def test_a_comparison_of_lanes_for_hosts(tmp_path: Path) -> None:
    """The same requests, in the first lane and pushed to the second by an escape elsewhere, give the same cells."""
    plain = [f"app.example.com:443 {line(START + timedelta(minutes=n), agent='a')}" for n in range(50)]
    pushed = [one.replace('512 "-"', '512 "\\\\"') for one in plain]
    names = ["app.example.com"]
    one, other = (read_activity(written(tmp_path / "x.log", *lines), VHOST, names=names) for lines in (plain, pushed))
    pd.testing.assert_frame_equal(one.cells, other.cells)
