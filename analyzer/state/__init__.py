"""What a migration remembers between two runs: what was asked, read and said. One SQLite file beside cutover.toml."""

from analyzer.state.state import State

__all__ = ["State"]
