"""What other programs recorded -> snapshot objects: zdns' JSON lines, `dig +yaml`, `kdig +json`; ours pass as they are.

Only what says who answered, when, with which records and TTLs can be used: dnsdiag's JSON holds no addresses, doggo's
and dog's no time, and they are refused with that reason.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from analyzer.dns.foreign_json import UNKNOWN, of_json
from analyzer.dns.record import SCHEMA, Unusable, parse_question, plain_name
from analyzer.dns.snapshots import LINE_BYTES, Broken
from analyzer.dns.targets import at_address, is_address
from analyzer.units import is_port, parse_moment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    Record = dict[str, Any]

_DIG_RECORD = re.compile(r"(\S+)\s+(\d{1,10})\s+IN\s+(\S+)\s+(.+)")
_DIG_FIELD = re.compile(r"\s*([A-Za-z_-]+):\s*(.*)")
_DIG_ITEM = re.compile(r"\s*-\s+(.*)")
LINES_OF_ONE = 20_000  # of one message of `dig +yaml`, or of JSON over several lines


@dataclass(frozen=True, slots=True)
class Translated:
    """The records that a file holds, and what of it cannot be used."""

    records: tuple[dict[str, Any], ...]
    broken: tuple[Broken, ...]


def translate(lines: Iterable[bytes], source: str, resolver: str | None = None) -> Translated:
    """Return the snapshot objects that another program's output holds.

    Parameters
    ----------
    lines
        Of one file: JSON lines (ours, zdns'), `dig +yaml` or `kdig +json`; each bounded by the caller.
    source
        Its name, for what cannot be used.
    resolver
        Who answered, where the form does not say it.
    """
    records: list[Record] = []
    broken: list[Broken] = []
    for number, text, found in _pieces(lines, resolver):
        try:
            for record in found():
                parse_question(json.dumps(record).encode())
                records.append(record)
        except Unusable as reason:
            broken.append(Broken(source, number, str(reason), text[:120]))
        except (KeyError, TypeError, ValueError, AttributeError, IndexError):
            broken.append(Broken(source, number, UNKNOWN, text[:120]))
    return Translated(tuple(records), tuple(broken))


def _pieces(lines: Iterable[bytes], resolver: str | None) -> Iterator[tuple[int, str, Any]]:
    """Yield each object of JSON, or each message of YAML: its number, its beginning, and what makes records of it."""
    held: list[str] = []
    begun = 0
    for number, raw in enumerate(lines, start=1):
        text = raw.decode("utf-8", "replace").rstrip("\r\n")
        alone = (text.startswith("{") and text != "{") or len(raw) > LINE_BYTES
        if held and (alone or text == "{" or text.startswith("- ")):
            yield begun, held[0], partial(_of_lines, held, resolver)
            held = []
        if alone:
            yield number, text, partial(_of_text, text, resolver)
        elif not held:
            held, begun = ([text] if text.strip() else []), number
        elif len(held) < LINES_OF_ONE:
            held.append(text)
        if held and (held[0], text) == ("{", "}"):
            yield begun, held[0], partial(_of_lines, held, resolver)
            held = []
    if held:
        yield begun, held[0], partial(_of_lines, held, resolver)


def _of_lines(held: list[str], resolver: str | None) -> Iterator[Record]:
    """Yield the records of what stands on several lines."""
    return _of_text("\n".join(held), resolver) if held[0] == "{" else _of_dig(held)


def _of_text(text: str, resolver: str | None) -> Iterator[Record]:
    """Yield the records of one object of JSON."""
    try:
        fields = json.loads(text)
    except (ValueError, RecursionError):
        raise Unusable("not JSON") from None
    yield from of_json(fields, resolver)


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
        raise Unusable(UNKNOWN)
    name, _, kind = lists["QUESTION_SECTION"][0].split()[:3]
    answers = [_DIG_RECORD.fullmatch(one) for one in lists.get("ANSWER_SECTION", ())]
    yield {
        "schema": SCHEMA,
        "at": _stamp(fields["query_time"]),
        "resolver": _resolver(fields["response_address"].strip('"'), fields["response_port"]),
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


def _resolver(address: str, port: str) -> str:
    """Return a resolver as snapshots name it."""
    if not (is_address(address) and port.isdecimal() and is_port(int(port[:9]))):
        raise Unusable("no address and port of who answered")
    return at_address(address, int(port)).resolver


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
