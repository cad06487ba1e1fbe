"""The kinds of clients, and which of them an agent's own words name."""

from __future__ import annotations

KINDS = ("person", "program", "crawler", "monitor", "scanner")
