"""The rehearsal: real requests of the old log asked of both servers, and what differs."""

from analyzer.handover.rehearsal.compare import Difference, compare
from analyzer.handover.rehearsal.logged import sample_of
from analyzer.handover.rehearsal.result import Finding, Group, Rehearsal, rehearsal
from analyzer.handover.rehearsal.run import Pace, rehearse
from analyzer.handover.rehearsal.sample import Choice, Sampler

__all__ = [
    "Choice",
    "Difference",
    "Finding",
    "Group",
    "Pace",
    "Rehearsal",
    "Sampler",
    "compare",
    "rehearsal",
    "rehearse",
    "sample_of",
]
