"""Measures when the old server of a moved web application can go.

The public names, for notebooks and scripts. Each room is loaded when one of its names is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from analyzer.loading import undisturbed

if TYPE_CHECKING:
    from analyzer.dns.propagation import Propagation, propagation, states
    from analyzer.dns.snapshots import Snapshots, read_snapshots
    from analyzer.drain.advise import Judgement, advise
    from analyzer.drain.curve import Curve, curve
    from analyzer.drain.evidence import Evidence, Gathered, gather
    from analyzer.drain.forecast import Forecast
    from analyzer.drain.moments import backtest
    from analyzer.drain.rules import RULES
    from analyzer.drain.verdict import Verdict
    from analyzer.errors import CutoverError
    from analyzer.logs.activity import Activity
    from analyzer.logs.formats import LogFormat, log_format
    from analyzer.logs.kinds import kinds
    from analyzer.logs.reading import read_activity
    from analyzer.logs.requests import read_quarantine, read_requests
    from analyzer.migration import Migration, Policy, load
    from analyzer.report.figures import dns_figure, drain_figure
    from analyzer.simulation import SCENARIOS, Truth, read_truth, simulate

_ROOMS = {
    "RULES": "drain.rules",
    "SCENARIOS": "simulation",
    "Activity": "logs.activity",
    "CutoverError": "errors",
    "Curve": "drain.curve",
    "Evidence": "drain.evidence",
    "Forecast": "drain.forecast",
    "Gathered": "drain.evidence",
    "Judgement": "drain.advise",
    "LogFormat": "logs.formats",
    "Migration": "migration",
    "Policy": "migration",
    "Propagation": "dns.propagation",
    "Snapshots": "dns.snapshots",
    "Truth": "simulation",
    "Verdict": "drain.verdict",
    "advise": "drain.advise",
    "backtest": "drain.moments",
    "curve": "drain.curve",
    "dns_figure": "report.figures",
    "drain_figure": "report.figures",
    "gather": "drain.evidence",
    "kinds": "logs.kinds",
    "load": "migration",
    "log_format": "logs.formats",
    "propagation": "dns.propagation",
    "read_activity": "logs.reading",
    "read_quarantine": "logs.requests",
    "read_requests": "logs.requests",
    "read_snapshots": "dns.snapshots",
    "read_truth": "simulation",
    "simulate": "simulation",
    "states": "dns.propagation",
}

__all__ = [
    "RULES",
    "SCENARIOS",
    "Activity",
    "Curve",
    "CutoverError",
    "Evidence",
    "Forecast",
    "Gathered",
    "Judgement",
    "LogFormat",
    "Migration",
    "Policy",
    "Propagation",
    "Snapshots",
    "Truth",
    "Verdict",
    "advise",
    "backtest",
    "curve",
    "dns_figure",
    "drain_figure",
    "gather",
    "kinds",
    "load",
    "log_format",
    "propagation",
    "read_activity",
    "read_quarantine",
    "read_requests",
    "read_snapshots",
    "read_truth",
    "simulate",
    "states",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 -- a module's attribute may be anything
    """Return a public name from its room."""
    room = _ROOMS.get(name)
    if room is None:
        raise AttributeError(f"module 'analyzer' has no attribute {name!r}")
    with undisturbed():
        return getattr(import_module(f"analyzer.{room}"), name)


def __dir__() -> list[str]:
    """Return the public names."""
    return __all__
