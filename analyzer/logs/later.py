"""Frames that are made when they are first asked for: until then what is in them is several times smaller."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from analyzer.loading import OnDemand
from analyzer.logs.parts import frame_of
from analyzer.logs.sums import Sums

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa
else:
    pa = OnDemand("pyarrow")


class Later:
    """A field that is given narrow columns, or a frame, and gives a frame."""

    def __init__(self, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, holder: object, _owner: type) -> pd.DataFrame:
        known = vars(holder)[self._name]
        made = known.frame() if isinstance(known, Sums) else frame_of(known) if isinstance(known, pa.Table) else known
        vars(holder)[self._name] = made
        return cast("pd.DataFrame", made)

    def __set__(self, holder: object, value: pd.DataFrame | Sums | pa.Table) -> None:
        vars(holder)[self._name] = value


def later(clients: pa.Table, cells: Sums, minutes: Sums) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Return what such fields can be given, as what they will be."""
    return cast("tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]", (clients, cells, minutes))
