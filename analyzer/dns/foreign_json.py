"""JSON of other programs -> snapshot objects: zdns' results, and messages as RFC 8427 has them (`kdig +json`)."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from analyzer.dns.record import SCHEMA, Unusable, plain_name
from analyzer.units import is_port, rfc3339

if TYPE_CHECKING:
    from collections.abc import Iterator

    Record = dict[str, Any]

UNKNOWN = "not in a form that is known (ours, zdns, dig +yaml, kdig +json)"
USUAL_PORT = 53
_PORTED = re.compile(r"(?:\[([^\]]+)\]|([^:]+))(?::([0-9]{1,9}))?")
RCODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED"}  # RFC 1035 s4.1.1
# zdns' own words (src/zdns/conf.go) for an answer that did not come.
_ZDNS_ERRORS = {"TIMEOUT": "timeout", "ITERATIVE_TIMEOUT": "timeout", "ITER_TIMEOUT": "timeout"}
_ZDNS_TRANSPORTS = {"udp": "udp", "tcp": "tcp", "tls": "tls", "dot": "tls", "https": "https", "doh": "https"}


def of_json(fields: Record, resolver: str | None) -> Iterator[Record]:
    """Yield the records of one JSON object.

    Parameters
    ----------
    fields
        It.
    resolver
        Who answered, where the form does not say it.

    Raises
    ------
    Unusable
        With the reason, if nothing in it can be used.
    KeyError, TypeError, ValueError, AttributeError, IndexError
        If it is not in the form that it seems to be in.
    """
    if fields.get("schema") == SCHEMA:
        yield fields
    elif "results" in fields:  # zdns 2: one result a record type
        for kind, result in fields["results"].items():
            yield _of_zdns(fields["name"], kind, result)
    elif "status" in fields and "name" in fields:  # zdns 1 does not say what was asked for: its answers do
        kinds = [one["type"] for one in fields["data"]["answers"] if one["type"] != "CNAME"]
        yield _of_zdns(fields["name"], kinds[0], fields)
    elif "QNAME" in fields and "RCODE" in fields:
        yield _of_message(fields, resolver)
    else:
        raise Unusable(_why_not(fields))


def _why_not(fields: Record) -> str:
    """Return why an object cannot be used."""
    if "hostname" in fields and "r_avg" in (fields.get("data") or {}):
        return "dnsdiag records no addresses: nothing in it tells old from new"
    if "responses" in fields:
        return "doggo and dog do not record when they asked: a TTL ends nowhere without it"
    if not fields:
        return "kdig got no answer, and does not say from whom"
    return UNKNOWN


def _of_zdns(name: str, kind: str, result: Record) -> Record:
    """Return the record of one of zdns' results."""
    data = result.get("data") or {}
    if "per_layer_responses" in data or "LOOKUP" in kind:
        raise Unusable("zdns' lookups of several steps do not say which record each server gave: use A, AAAA, HTTPS")
    if not data.get("resolver"):
        raise Unusable("zdns does not say who was asked: let it write normal results, not short ones")
    status = result["status"]
    error = _ZDNS_ERRORS.get(status) or (None if status in RCODES.values() else "malformed")
    answers = [] if error else [_zdns_answer(one) for one in data.get("answers") or () if "type" in one]
    took_s = result.get("duration")
    return _record(
        at=result["timestamp"],
        resolver=_without_port(data["resolver"]),
        transport=_ZDNS_TRANSPORTS.get(str(data.get("protocol", "udp")).lower(), "udp"),
        question=(plain_name(name), kind),
        rcode=None if error else status,
        authoritative=bool((data.get("flags") or {}).get("authoritative", False)),
        answers=answers,
        error=error,
    ) | {"elapsed_ms": None if took_s is None else round(took_s * 1000, 1)}


def _without_port(told: str) -> str:
    """Return a resolver as snapshots name it: without the usual port, and then without brackets.

    >>> _without_port("[2001:db8::53]:53"), _without_port("[2001:db8::53]:5300"), _without_port("9.9.9.9:53")
    ('2001:db8::53', '[2001:db8::53]:5300', '9.9.9.9')
    """
    found = _PORTED.fullmatch(told)
    if found is None:
        return told
    port = int(found[3] or USUAL_PORT)
    if not is_port(port):
        raise Unusable("who answered has a port that is none")
    return (found[1] or found[2]) if port == USUAL_PORT else told


def _zdns_answer(one: Record) -> Record:
    """Return one record; zdns gives HTTPS in parts."""
    data = one.get("answer")
    if data is None and one["type"] in {"HTTPS", "SVCB"}:
        parts = one.get("svcparams") or {}
        hints = {key: parts.get(key) for key in ("ipv4hint", "ipv6hint")}
        told = [f"{key}={_joined(values)}" for key, values in hints.items() if values]
        data = " ".join([str(one.get("priority", 1)), str(one.get("target", ".")), *told])
    if one["type"] == "CNAME" and isinstance(data, str):
        data = data.rstrip(".") + "."
    return {"name": plain_name(one["name"]), "type": one["type"], "ttl": one["ttl"], "data": data}


def _joined(values: str | list[str]) -> str:
    """Return addresses parted by commas, however they are given."""
    return values if isinstance(values, str) else ",".join(values)


def _of_message(fields: Record, resolver: str | None) -> Record:
    """Return the record of one DNS message (RFC 8427); it names neither who sent it nor how it came."""
    if resolver is None:
        raise Unusable("kdig +json does not say who answered: name it with --resolver")
    if fields["QR"] != 1:
        raise Unusable("a question, no answer")
    seconds = fields["dateSeconds"]
    return _record(
        at=rfc3339(datetime.fromtimestamp(float(seconds), UTC)),
        resolver=resolver,
        transport="udp",
        question=(plain_name(fields["QNAME"]), fields["QTYPEname"]),
        rcode=RCODES.get(fields["RCODE"], str(fields["RCODE"])),
        authoritative=fields["AA"] == 1,
        answers=[
            {
                "name": plain_name(one["NAME"]),
                "type": one["TYPEname"],
                "ttl": one["TTL"],
                "data": one[f"rdata{one['TYPEname']}"],
            }
            for one in fields.get("answerRRs", ())
        ],
        error=None,
    )


def _record(
    *,
    at: str,
    resolver: str,
    transport: str,
    question: tuple[str, str],
    rcode: str | None,
    authoritative: bool,
    answers: list[Record],
    error: str | None,
) -> Record:
    """Return the contract's object; what these programs do not tell is null."""
    return {
        "schema": SCHEMA,
        "at": at,
        "resolver": resolver,
        "transport": transport,
        "name": question[0],
        "type": question[1],
        "rcode": rcode,
        "authoritative": authoritative,
        "elapsed_ms": None,
        "answers": answers,
        "error": error,
        "ede": None,
        "nsid": None,
    }
