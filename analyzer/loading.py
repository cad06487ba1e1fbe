"""Libraries as they are loaded: late, so that work begins before all are there, and undisturbed."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator


class OnDemand(ModuleType):
    """What stands for a library until something of it is first used, and asks it from then on.

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
        with undisturbed():
            found = getattr(import_module(self.__name__), name)
        setattr(self, name, found)  # the next time it is there
        return found


@contextmanager
def undisturbed() -> Iterator[None]:
    """Have no garbage looked for: all that is loaded stays, and to find that out takes a tenth of the time.

    Nor is it looked through right afterwards, as all that is new would be: it counts as old at once.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            if not gc.get_freeze_count():  # else somebody wants what is frozen to stay so
                gc.freeze()
                gc.unfreeze()
            gc.enable()
