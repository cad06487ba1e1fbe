"""`cutover dns import`: what other programs recorded is taken in, and counts."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "examples"))
from command import WARNING
from dns_command import NEW, TOML, inside


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder with a cutover.toml."""
    (tmp_path / "cutover.toml").write_text(TOML)
    return tmp_path


def zdns(address: str) -> dict[str, Any]:
    """Return a line of zdns."""
    answers = [{"answer": address, "class": "IN", "name": "app.example.com", "ttl": 300, "type": "A"}]
    data = {"answers": answers, "protocol": "udp", "resolver": "9.9.9.9:53"}
    result = {"data": data, "duration": 0.2, "status": "NOERROR", "timestamp": "2026-03-02T17:00:00-05:00"}
    return {"name": "app.example.com", "results": {"A": result}}


DIG = """\
- type: MESSAGE
  message:
    type: RECURSIVE_RESPONSE
    query_time: !!timestamp 2026-03-02T22:05:00.097Z
    response_time: !!timestamp 2026-03-02T22:05:00.101Z
    socket_protocol: UDP
    response_address: "192.0.2.53"
    response_port: 5300
    response_message_data:
      opcode: QUERY
      status: NOERROR
      id: 20014
      flags: qr rd ra
      OPT_PSEUDOSECTION:
        EDNS:
          version: 0
          EDE:
            INFO-CODE: 3 (Stale Answer)
      QUESTION_SECTION:
        - 'app.example.com. IN A'
      ANSWER_SECTION:
        - 'app.example.com. 300 IN CNAME web.example.com.'
        - 'web.example.com. 30 IN A 192.0.2.4'
"""


def test_what_others_recorded_is_taken_in(folder: Path) -> None:
    """Lines of zdns and of dig +yaml; dnsdiag's hold no addresses, and are told so."""
    dnsdiag = {"hostname": "app.example.com", "data": {"hostname": "app.example.com", "r_avg": 4.1, "s_ttl": "300"}}
    (folder / "zdns").write_text(json.dumps(zdns(NEW)) + "\n" + json.dumps(dnsdiag) + "\nnonsense\n")
    (folder / "dig").write_text(DIG)
    run = inside(folder, "import", "zdns", "dig")
    assert run.status == 0
    assert run.told[-1] == "2 answers taken in, 2 left out"
    assert any("zdns:2: dnsdiag records no addresses" in told for told in run.told)
    assert all(told.startswith(WARNING) for told in run.told[:-1])
    run = inside(folder, "show", "--at", "2026-03-02T22:05:30Z", "--format", "json")
    states = {one["resolver"]: (one["state"], one["old_expires_at"]) for one in json.loads(run.out)["answers"]}
    assert states["9.9.9.9"] == ("new", None)
    assert states["192.0.2.53:5300"][0] == "old"


@pytest.mark.parametrize(
    "recorded",
    [json.dumps(zdns(NEW)).replace("9.9.9.9:53", "9.9.9.9:65536"), DIG.replace("5300", "99999")],
    ids=["zdns", "dig"],
)
def test_an_answer_from_a_port_that_is_none_is_left_out(folder: Path, recorded: str) -> None:
    """It is told, and nothing of it is taken in."""
    (folder / "recorded").write_text(recorded + "\n")
    run = inside(folder, "import", "recorded")
    assert "0 answers taken in, 1 left out" in run.told[-1]
    assert any("port" in told for told in run.told)
