"""What other programs recorded -> snapshot objects: zdns' JSON lines and `dig +yaml`; ours pass as they are.

Only what says who answered, when, with which records and TTLs can be used: dnsdiag's JSON holds no addresses, and is
refused with that reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from analyzer.dns.record import SCHEMA, Unusable, parse_question, plain_name
from analyzer.dns.snapshots import LINE_BYTES, Broken
from analyzer.units import parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Record = dict[str, Any]

# zdns' own words (src/zdns/structs.go) for an answer that did not come.
_ZDNS_ERRORS = {"TIMEOUT": "timeout", "ITERATIVE_TIMEOUT": "timeout", "ITER_TIMEOUT": "timeout", "ERROR": "malformed"}
_ZDNS_TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "dot": "tls", "https": "https", "doh": "https"}
_DIG_RECORD = re.compile(r"(\S+)\s+(\d{1,10})\s+IN\s+(\S+)\s+(.+)")
_DIG_FIELD = re.compile(r"\s*([A-Za-z_-]+):\s*(.*)")
_DIG_ITEM = re.compile(r"\s*-\s+(.*)")
LINES_OF_ONE = 20_000  # of one message of `dig +yaml`


@dataclass(frozen=True, slots=True)
class Translated:
    """The records that a file holds, and what of it cannot be used."""

    records: tuple[dict[str, Any], ...]
    broken: tuple[Broken, ...]


def translate(lines: Iterable[bytes], source: str) -> Translated:
    """Return the snapshot objects that another program's output holds.

    Parameters
    ----------
    lines
        Of one file: JSON lines (ours, zdns'), or `dig +yaml`; each bounded by the caller.
    source
        Its name, for what cannot be used.
    """
    records: list[Record] = []
    broken: list[Broken] = []
    for number, text, found in _pieces(lines):
        try:
            for record in found():
                parse_question(json.dumps(record).encode())
                records.append(record)
        except Unusable as reason:
            broken.append(Broken(source, number, str(reason), text[:120]))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            broken.append(Broken(source, number, "not in a form that is known (ours, zdns, dig +yaml)", text[:120]))
    return Translated(tuple(records), tuple(broken))


def _pieces(lines: Iterable[bytes]) -> Iterator[tuple[int, str, Any]]:
    """Yield each line of JSON, or each message of YAML: its number, its beginning, and what makes records of it."""
    held: list[str] = []
    begun = 0
    for number, raw in enumerate(lines, start=1):
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        if text.startswith("{") or len(raw) > LINE_BYTES:
            yield number, text, lambda text=text: _of_json(text)
        elif text.startswith("- ") or not held:
            if held:
                yield begun, held[0], lambda held=held: _of_dig(held)
            held, begun = ([text] if text.strip() else []), number
        elif len(held) < LINES_OF_ONE:
            held.append(text)
    if held:
        yield begun, held[0], lambda held=held: _of_dig(held)


def _of_json(text: str) -> Iterator[Record]:
    """Yield the records of one line of JSON."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Unusable("not JSON") from None
    if fields.get("schema") == SCHEMA:
        yield fields
    elif "results" in fields:  # zdns 2: one result a record type
        for kind, result in fields["results"].items():
            yield _of_zdns(fields["name"], kind, result)
    elif "status" in fields and "name" in fields:  # zdns 1 does not say what was asked for: its answers do
        kinds = [one["type"] for one in fields["data"]["answers"] if one["type"] != "CNAME"]
        yield _of_zdns(fields["name"], kinds[0], fields)
    elif "hostname" in fields and "r_avg" in fields.get("data", {}):
        raise Unusable("dnsdiag records no addresses: nothing in it tells old from new")
    else:
        raise Unusable("not in a form that is known (ours, zdns, dig +yaml)")


def _of_zdns(name: str, kind: str, result: dict[str, Any]) -> Record:
    """Return the record of one of zdns' results."""
    data = result.get("data") or {}
    status = result["status"]
    error = _ZDNS_ERRORS.get(status)
    answers = [] if error else [_zdns_answer(one) for one in data.get("answers") or () if "type" in one]
    return {
        "schema": SCHEMA,
        "at": result["timestamp"],
        "resolver": data["resolver"].removesuffix(":53").strip("[]") if "resolver" in data else "zdns",
        "transport": _ZDNS_TRANSPORTS.get(str(data.get("protocol", "udp")).lower(), "udp"),
        "name": plain_name(name),
        "type": kind,
        "rcode": None if error else status,
        "authoritative": bool((data.get("flags") or {}).get("authoritative", False)),
        "elapsed_ms": round(result["duration"] * 1000, 1) if "duration" in result else None,
        "answers": answers,
        "error": error,
        "ede": None,
        "nsid": None,
    }


def _zdns_answer(one: dict[str, Any]) -> dict[str, Any]:
    """Return one record; zdns gives HTTPS in parts."""
    data = one.get("answer")
    if data is None and one["type"] in {"HTTPS", "SVCB"}:
        hints = {key: one.get("svcparams", {}).get(key) for key in ("ipv4hint", "ipv6hint")}
        told = [f"{key}={','.join(values)}" for key, values in hints.items() if values]
        data = " ".join([str(one.get("priority", 1)), str(one.get("target", ".")), *told])
    if one["type"] == "CNAME" and isinstance(data, str):
        data = data.rstrip(".") + "."
    return {"name": plain_name(one["name"]), "type": one["type"], "ttl": one["ttl"], "data": data}


def _of_dig(lines: list[str]) -> Iterator[Record]:
    """Yield the record of one message of `dig +yaml` (BIND 9.16 and later)."""
    fields: dict[str, str] = {}
    lists: dict[str, list[str]] = {}
    section = ""
    for line in lines:
        item, field = _DIG_ITEM.fullmatch(line), _DIG_FIELD.fullmatch(line)
        if item and section:
            lists.setdefault(section, []).append(_unquoted(item[1]))
        elif field:
            section = field[1] if not field[2] else ""
            fields.setdefault(field[1], field[2])
    if "DIG_ERROR" in lines[0]:
        raise Unusable("dig reached no server, and does not say which")
    if "status" not in fields:
        raise Unusable("not in a form that is known (ours, zdns, dig +yaml)")
    name, _, kind = lists["QUESTION_SECTION"][0].split()[:3]
    address, port = fields["response_address"].strip('"'), fields["response_port"]
    answers = [_DIG_RECORD.fullmatch(one) for one in lists.get("ANSWER_SECTION", ())]
    yield {
        "schema": SCHEMA,
        "at": _stamp(fields["query_time"]),
        "resolver": address if port == "53" else f"[{address}]:{port}" if ":" in address else f"{address}:{port}",
        "transport": fields["socket_protocol"].lower() if fields["socket_protocol"] in {"UDP", "TCP"} else "udp",
        "name": plain_name(name),
        "type": kind,
        "rcode": fields["status"],
        "authoritative": "aa" in fields.get("flags", "").split(),
        "elapsed_ms": _elapsed_ms(fields),
        "answers": [
            {"name": plain_name(one[1]), "type": one[3], "ttl": int(one[2]), "data": one[4]}
            for one in answers
            if one is not None
        ],
        "error": None,
        "ede": fields.get("INFO-CODE"),
        "nsid": fields.get("NSID"),
    }


def _stamp(text: str) -> str:
    """Return a YAML timestamp's text."""
    return text.removeprefix("!!timestamp").strip()


def _elapsed_ms(fields: dict[str, str]) -> float | None:
    """Return how long the answer took [ms]."""
    if "response_time" not in fields:
        return None
    took = parse_moment(_stamp(fields["response_time"])) - parse_moment(_stamp(fields["query_time"]))
    return max(took.total_seconds() * 1000, 0.0)


def _unquoted(text: str) -> str:
    """Return a YAML scalar without its quotes."""
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    return text
