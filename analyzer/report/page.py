"""The page: one HTML file that needs nothing beside itself."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

if TYPE_CHECKING:
    from analyzer.report.content import Content

PNG_SIZE = slice(16, 24)  # width and height in the header of a PNG, two big-endian 32-bit numbers


@dataclass(frozen=True, slots=True)
class Picture:
    """A figure as the page holds it: its bytes in a data: URI, and its size on the page [px]."""

    source: str
    width: int
    height: int


def page(content: Content, drain_png: bytes, dns_png: bytes) -> str:
    """Return the report as one HTML document: no script, and no request to anywhere.

    Parameters
    ----------
    content
        What it says.
    drain_png, dns_png
        The figures, at twice the page's resolution.
    """
    css = _css()
    digest = base64.b64encode(hashlib.sha256(css.encode()).digest()).decode("ascii")
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            content=content,
            css=Markup(css),  # noqa: S704 -- our own file, no stranger's text
            css_digest=digest,
            drain=picture(drain_png),
            dns=picture(dns_png),
        )
    )


def picture(png: bytes) -> Picture:
    """Return a PNG as the page embeds it, at half its size in pixels."""
    width, height = struct.unpack(">II", png[PNG_SIZE])
    return Picture(f"data:image/png;base64,{base64.b64encode(png).decode('ascii')}", width // 2, height // 2)


@cache
def environment() -> Environment:
    """Return the template engine: what is not marked as ours is escaped, what is missing is an error."""
    return Environment(
        loader=PackageLoader("analyzer.report"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,  # an update of the package must not mix with a watch that is running
        trim_blocks=True,
        lstrip_blocks=True,
    )


@cache
def _css() -> str:
    """Return the page's style sheet."""
    return resources.files("analyzer.report").joinpath("templates/report.css").read_text(encoding="utf-8")
