"""The checklist of a cutover, from two weeks before to the decommissioning: times, commands, ways back."""

from analyzer.handover.checklist.calendar import calendar
from analyzer.handover.checklist.model import Checklist, Seen, Step, Ttl
from analyzer.handover.checklist.page import page
from analyzer.handover.checklist.programs import PROGRAMS, System
from analyzer.handover.checklist.status import Sight, ticked
from analyzer.handover.checklist.steps import checklist
from analyzer.handover.checklist.text import markdown, text
from analyzer.handover.checklist.times import Times, move_before, next_batch, proposed_move, times
from analyzer.handover.checklist.ttl import published_ttl

__all__ = [
    "PROGRAMS",
    "Checklist",
    "Seen",
    "Sight",
    "Step",
    "System",
    "Times",
    "Ttl",
    "calendar",
    "checklist",
    "markdown",
    "move_before",
    "next_batch",
    "page",
    "proposed_move",
    "published_ttl",
    "text",
    "ticked",
    "times",
]
