"""A `Site` -> the text of one configuration, from the templates beside this module."""

from __future__ import annotations

import re
from dataclasses import fields, is_dataclass
from functools import cache
from typing import TYPE_CHECKING

from jinja2 import Environment, PackageLoader, StrictUndefined

from analyzer.handover.proxy import logline
from analyzer.handover.proxy.model import Role, key_beside
from analyzer.handover.proxy.modules import needed, used_if_there
from analyzer.handover.proxy.vhost import Vhost

if TYPE_CHECKING:
    from collections.abc import Iterator

    from analyzer.handover.proxy.model import Site, Upstream

# What no value may hold, whatever checked it before: a line's end, a quote, or what expands in one of the grammars.
_UNSAFE = re.compile(r"[^\x20-\x7e]|[\"'`\\$%{}<>#;|&!*?()]")


class UnsafeValueError(ValueError):
    """A value that could end its directive came as far as the templates: a fault of this program, never written."""


def render(site: Site) -> str:
    """Return the configuration's text: the same for the same site, byte for byte.

    Raises
    ------
    UnsafeValueError
        If a value holds what none may; those of `wanted.site` never do.
    """
    for value in _texts(site):
        if _UNSAFE.search(value):
            raise UnsafeValueError(f"not for a configuration: {value!r}")
    template = _environment().get_template(f"{site.server}-{'new' if site.role is Role.NEW else 'proxy'}.j2")
    text = template.render(
        site=site,
        other="old" if site.role in {Role.ROLLBACK, Role.NEW} else "new",
        to=" and ".join(str(one.address) for one in site.upstreams),
        routes=_routes(site),
        needed=needed(site),
        used_if_there=used_if_there(site),
        key_beside=site.tls is not None and key_beside(site.tls),
        token_pattern=site.token.replace(".", "[.]"),
        log=logline,
    )
    return re.sub(r"\n{3,}", "\n\n", text).strip("\n") + "\n"


def _routes(site: Site) -> tuple[tuple[Upstream, bool], ...]:
    """Return the upstreams in the order in which they are tried, and whether each is for clients over IPv6 only."""
    last = site.upstreams[0]
    return (*((one, True) for one in site.upstreams[1:]), (last, False))


def _texts(value: object) -> Iterator[str]:
    """Yield every text within a value. The user's own virtual host is taken over as he wrote it."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, tuple):
        for one in value:
            yield from _texts(one)
    elif isinstance(value, dict):
        yield from _texts(tuple(value) + tuple(value.values()))
    elif is_dataclass(value) and not isinstance(value, Vhost):
        yield from _texts(tuple(getattr(value, one.name) for one in fields(value)))


@cache
def _environment() -> Environment:
    """Return the templates, read once."""
    return Environment(
        loader=PackageLoader("analyzer.handover.proxy"),
        autoescape=False,  # noqa: S701 -- no HTML; no value that could leave its directive comes here
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
