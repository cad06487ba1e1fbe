"""A checklist as one HTML document: printable, nothing beside itself."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from importlib import resources
from itertools import groupby
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from analyzer.handover.checklist.model import PHASES
from analyzer.handover.checklist.text import head
from analyzer.words import stamp, visible

if TYPE_CHECKING:
    from analyzer.handover.checklist.model import Checklist

LENGTH = 2_000  # [characters] of a sentence


def page(plan: Checklist) -> str:
    """Return the checklist as HTML without any script, and without a request to anywhere."""
    css = _css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    phases = [(PHASES[phase], list(steps)) for phase, steps in groupby(plan.steps, key=lambda one: one.phase)]
    return (
        _environment()
        .get_template("plan.html.j2")
        .render(
            plan=plan,
            head=list(head(plan)),
            phases=phases,
            css=Markup(css),  # noqa: S704 -- our own file, no stranger's text
            css_digest=digest,
            when=lambda step: stamp(step.at, plan.zone),
        )
    )


@cache
def _environment() -> Environment:
    """Return the template engine: what is not marked as ours is escaped, what is missing is an error."""
    found = Environment(
        loader=PackageLoader("analyzer.handover.checklist"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    found.filters["shown"] = lambda text: visible(text, LENGTH)
    return found


@cache
def _css() -> str:
    """Return the style sheet."""
    return resources.files("analyzer.handover.checklist").joinpath("templates/plan.css").read_text(encoding="utf-8")
