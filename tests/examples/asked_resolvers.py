"""Questions as the product sends them to resolvers on loopback, and what it records of the answers."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from name_servers import ZONE

from analyzer.dns.ask import Limits, ask_all
from analyzer.dns.message import Ask
from analyzer.dns.record import parse_question
from analyzer.dns.targets import target

if TYPE_CHECKING:
    from pathlib import Path

NAME = f"app.{ZONE}"
LIMIT_S = 1.0


def clock() -> datetime:
    """Return the present moment."""
    return datetime.now(UTC)


def asked(
    *resolvers: str, name: str = NAME, kind: str = "A", ca: Path | None = None, **more: Any
) -> list[dict[str, Any]]:
    """Return the records of one question to several resolvers; each is one that can be read back."""
    limits = Limits(question_s=LIMIT_S, floor_s=0.001, ca=ca, **more)
    records = ask_all([Ask(target(one), name, kind) for one in resolvers], clock=clock, limits=limits)
    for one in records:
        parse_question(json.dumps(one).encode())
    return list(records)
