"""apache-log-parser, asked in a process of its own: it may take cubic time, crash, or print.

Standard input is one JSON object: `log_format`, `lines` (Latin-1 text) and `line_s` [s]. A JSON object a line comes
back: what it says of the line, or why it says nothing. The line that takes longer than `line_s` is given up.
"""

from __future__ import annotations

import json
import signal
import sys
import warnings
from datetime import datetime
from typing import Any


class _TooLongError(Exception):
    """A line took longer than it may."""


def _give_up(_signal: int, _frame: object) -> None:
    """Leave the line."""
    raise _TooLongError


def _plain(value: Any) -> Any:  # noqa: ANN401 -- whatever the parser gives
    """Return a value as JSON has it."""
    if isinstance(value, datetime):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def main() -> None:
    """Answer the lines of standard input."""
    asked = json.load(sys.stdin)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # it has invalid escapes in its own source
        import apache_log_parser  # noqa: PLC0415 -- below the filter
    signal.signal(signal.SIGALRM, _give_up)
    try:
        parse = apache_log_parser.make_parser(asked["log_format"])
    except Exception as error:  # noqa: BLE001 -- it raises anything
        sys.stdout.write(json.dumps({"no_parser": type(error).__name__}) + "\n")
        return
    for line in asked["lines"]:
        signal.setitimer(signal.ITIMER_REAL, asked["line_s"])
        try:
            told: dict[str, Any] = {"values": {key: _plain(value) for key, value in parse(line).items()}}
        except _TooLongError:
            told = {"error": "slow"}
        except apache_log_parser.LineDoesntMatchException:
            told = {"error": "refused"}
        except Exception as error:  # noqa: BLE001 -- it raises anything
            told = {"error": f"crashed: {type(error).__name__}"}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
