"""Logs of real servers: their lines counted and their values compared with what is known of them.

They lie beside the repository (`../shared/data/logs`): elastic-apache-combined.log (elastic/examples, Apache-2.0),
hackers-combined.log (nielsbasjes/logparser, Apache-2.0), and one Apache 2.4.71 that logged the same odd requests in
five formats.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest

from analyzer.logs.reading import read_activity
from analyzer.logs.requests import read_quarantine, read_requests

LOGS = Path(__file__).parents[3] / "shared" / "data" / "logs"
COMBINED_IO = '%h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i" %I %O'
TAB = r"%h\t%{%d/%b/%Y %T}t.%{msec_frac}t %{%z}t\t%m\t%U\t%>s"
JSON = (
    '{"t":"%{%Y-%m-%dT%H:%M:%S}t.%{msec_frac}t%{%z}t","vh":"%v","a":"%a","ca":"%{c}a","u":"%u","m":"%m","U":"%U","q":"%q",'
    '"H":"%H","s":"%>s","s0":"%s","b":%B,"b2":"%b","D":%D,"T":"%T","ms":"%{ms}T","f":"%f","k":%k,"X":"%X","P":%P,'
    '"tid":"%{tid}P","hex":"%{hextid}P","L":"%L","R":"%R","xff":"%{X-Forwarded-For}i","ua":"%{User-Agent}i",'
    '"ct":"%{Content-Type}o","ssl":"%{SSL_PROTOCOL}x","sec":"%{sec}t","end":"%{end:usec}t","h":"%h","rport":"%{remote}p",'
    '"ttfb":"%^FB","c":"%{Session}C","r4":"%{Range}i"}'
)
FORMATS = {"vhost": "vhost_combined", "comb_b": "combined", "comb_io": COMBINED_IO, "tab": TAB, "json": JSON}
pytestmark = pytest.mark.skipif(not LOGS.exists(), reason="the logs lie beside the repository")


def log(name: str) -> str:
    """Return a log's path."""
    return str(LOGS / name)


def test_elastic() -> None:
    """10,000 lines: 9,999 parsed, and line 8,899, which has no closing quote."""
    path = log("elastic-apache-combined.log")
    (reading,) = read_activity(path).files
    assert (reading.lines, reading.parsed, reading.quarantined) == (10_000, 9_999, 1)
    assert read_quarantine(path)["line"].tolist() == [8_899]
    assert len(read_requests(path)) == 9_999


def test_elastic_sums_equal_a_count_by_splitting() -> None:
    """Requests and failures by minute equal those of a split at spaces, which these lines allow."""
    path = log("elastic-apache-combined.log")
    lines = Path(path).read_text(encoding="utf-8").splitlines()
    del lines[8_898]
    stamps = pd.Series([datetime.strptime(line.split("[")[1][:26], "%d/%b/%Y:%H:%M:%S %z") for line in lines])
    wanted = stamps.dt.floor("min").value_counts().sort_index()
    minutes = read_activity(path).minutes
    assert minutes["minute"].tolist() == wanted.index.tolist()
    assert minutes["requests"].tolist() == wanted.tolist()
    assert minutes["failed"].sum() == sum(line.split('"')[2].split()[0].startswith("5") for line in lines)


def test_hackers_has_the_night_of_two_hours() -> None:
    """All lines are read; times carry +0100 and come out in UTC."""
    frame = read_requests(log("hackers-combined.log"))
    assert len(frame) == 3_456
    assert frame["time"].iloc[0] == pd.Timestamp("2015-10-25T03:11:25Z")


@pytest.mark.parametrize("name", FORMATS)
def test_every_line_of_a_real_apache_is_read(name: str) -> None:
    """About 60 odd requests, as the server itself logged them: none is refused."""
    path = log(f"apache-2.4.71-{name}.log")
    lines = Path(path).read_bytes().count(b"\n")
    assert len(read_requests(path, FORMATS[name])) == lines
    assert len(read_quarantine(path, FORMATS[name])) == 0


def test_formats_of_one_server_say_the_same() -> None:
    """The same requests in five formats have the same time, status and, where logged, agent and user."""
    frames = {name: read_requests(log(f"apache-2.4.71-{name}.log"), text) for name, text in FORMATS.items()}
    base = frames["vhost"]
    for name, frame in frames.items():
        if len(frame) != len(base):
            continue  # that log was begun or ended at another request
        assert frame["time"].dt.floor("s").tolist() == base["time"].tolist(), name
        assert frame["status"].tolist() == base["status"].tolist(), name
        for column in {"agent", "user", "request"} & set(frame.columns):
            assert frame[column].fillna("-").tolist() == base[column].fillna("-").tolist(), (name, column)
