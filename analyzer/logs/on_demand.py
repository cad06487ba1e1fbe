"""Libraries that are loaded when something of them is first used: reading begins before all are there."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any


class OnDemand(ModuleType):
    """What stands for a library until then, and asks it ever after.

    Parameters
    ----------
    name
        As it is imported.

    Examples
    --------
    >>> OnDemand("json").dumps([1])
    '[1]'
    """

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 -- a module's attribute may be anything
        found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)  # the next time it is there
        return found
