"""Libraries that are loaded late, and undisturbed."""

from __future__ import annotations

import gc
import subprocess
import sys
from importlib import import_module

import pytest

from analyzer.loading import OnDemand, undisturbed


def test_what_is_on_demand_is_the_library_itself() -> None:
    """Whatever is asked for, the second time too."""
    late = OnDemand("json.decoder")
    assert late.JSONDecoder is late.JSONDecoder
    with pytest.raises(AttributeError, match="nothing_like_it"):
        late.nothing_like_it  # noqa: B018 -- asking is what fails


@pytest.mark.parametrize("was_on", [True, False])
def test_collecting_goes_on_as_before(was_on: bool) -> None:
    """Whether it was on or off, and after a failure too."""
    (gc.enable if was_on else gc.disable)()
    try:
        with pytest.raises(ImportError), undisturbed():
            import_module("json" if gc.isenabled() else "nothing_like_it")
        assert gc.isenabled() == was_on
    finally:
        gc.enable()


def test_reading_activity_begins_without_arrow() -> None:
    """It takes as long to load as numpy, and is there by the time that something is to be made of the lines."""
    loads = "import sys, analyzer.logs.activity, analyzer.logs.compiled.fold; print('pyarrow' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", loads], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


AS_OLD = """
import gc, weakref
from analyzer.loading import undisturbed

class Ring:
    def __init__(self):
        self.ring = self

with undisturbed():
    made = Ring()
old = any(one is made for one in gc.get_objects(generation=2))
gone = weakref.ref(made)
del made
gc.collect()
print(old, gone() is None, gc.get_freeze_count())
gc.freeze()
frozen = gc.get_freeze_count()
with undisturbed():
    more = Ring()
print(gc.get_freeze_count() == frozen > 0, any(one is more for one in gc.get_objects(generation=2)))
"""


def test_what_was_loaded_counts_as_old_and_what_somebody_froze_stays_frozen() -> None:
    """It is looked through only when all is, and can be garbage then; a server that forks wants its memory shared."""
    done = subprocess.run([sys.executable, "-c", AS_OLD], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["True", "True", "0", "True", "False"]
