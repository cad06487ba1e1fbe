"""apache-log-parser 1.7.0, the parser that people know, says the same of lines that it can read.

Where it is known to be wrong (escaped quotes, bytes escaped, HTTP/2, users with spaces) it is no oracle.
"""

from __future__ import annotations

import warnings
from pathlib import Path

import pandas as pd
import pytest

from analyzer.logs.formats import PRESETS
from analyzer.logs.requests import read_requests

LOG = Path(__file__).parents[3] / "shared" / "data" / "logs" / "elastic-apache-combined.log"
SAME = {
    "remote_host": "client",
    "request_method": "method",
    "request_url": "target",
    "request_first_line": "request",
    "request_header_user_agent": "agent",
    "request_header_referer": "referer",
}


@pytest.mark.skipif(not LOG.exists(), reason="the log lies beside the repository")
def test_the_same_values_on_a_real_log() -> None:
    """Every 7th line of 10,000 that needs no escapes: address, request, status, size, agent, referer and time."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it uses invalid escapes in its own source
        from apache_log_parser import make_parser  # noqa: PLC0415 -- its source warns when it is compiled

        parse = make_parser(PRESETS["combined"])
    lines = LOG.read_text(encoding="utf-8").splitlines()
    frame = read_requests(str(LOG)).set_index("line")
    compared = 0
    for number in range(1, len(lines) + 1, 7):
        if "\\" in lines[number - 1] or number not in frame.index:
            continue
        theirs, ours = parse(lines[number - 1]), frame.loc[number]
        for name, column in SAME.items():
            assert theirs[name] == ("-" if ours[column] is pd.NA else ours[column]), (number, name)
        assert int(theirs["status"]) == ours["status"]
        assert theirs["time_received_utc_datetimeobj"] == ours["time"].to_pydatetime()
        assert int(theirs["response_bytes_clf"].replace("-", "0")) == ours["bytes"]
        compared += 1
    assert compared > 1_400
