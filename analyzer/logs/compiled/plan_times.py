"""The steps of the times of a format: `%t`, an epoch, or the pieces of strftime that together make a moment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from analyzer.logs.compiled.steps import CLOCK, EPOCH, MOMENT, NOTHING, OF_A_SECOND, STAMP, TIME, NotPlanned, literal
from analyzer.logs.strftime import WRITTEN
from analyzer.logs.times import SECOND_US

if TYPE_CHECKING:
    from collections.abc import Sequence

    from analyzer.logs.compiled.steps import Plan
    from analyzer.logs.formats import Field, LogFormat
    from analyzer.logs.times import TimeForm

_FRACTION_DIGITS = {1_000: 3, 1: 6}  # by the unit [µs]
_EPOCH_DIGITS = {SECOND_US: 11, 1_000: 14, 1: 17}
_READ = frozenset("YymbdeHkMSz")  # conversions that compiled code reads
_ONE_OF = ("Yy", "mb", "de", "Hk")  # exactly one of each makes a moment


def time_steps(log_format: LogFormat) -> dict[str, Plan]:
    """Return the steps of each time field by its name; those at the end of the line have none.

    Raises
    ------
    NotPlanned
        If the times are of a form that only the strict expression reads.
    """
    fields = [field for field in log_format.fields if field.directive.time]
    forms = {field.name: form for field in fields if (form := field.directive.time)}
    whole = [name for name, form in forms.items() if form.part in {"stamp", "epoch"}]
    dated = [form for form in forms.values() if form.part == "strftime"]
    if len(fields) != len(log_format.time_fields) or len(whole) + bool(dated) != 1:
        raise NotPlanned
    finest = min((form.unit_us for form in forms.values() if form.part == "fraction"), default=0)
    counted_us = min((form.unit_us for form in forms.values() if form.part == "epoch"), default=SECOND_US)
    if 0 < finest < counted_us < SECOND_US:
        raise NotPlanned
    if counted_us < SECOND_US:
        finest = 0  # what an epoch of as fine a unit says is not changed by a fraction
    made = {name: _steps(form, finest) for name, form in forms.items()}
    return {**made, "": ((MOMENT, 0, 0, TIME),)} if _makes_a_moment(dated) else made


def _makes_a_moment(dated: Sequence[TimeForm]) -> bool:
    """Return whether pieces of strftime make the time; each conversion may be there once."""
    letters = [letter for form in dated if form.written for letter in form.written.conversions]
    if not letters:
        return False
    if len(set(letters)) < len(letters) or any(len(set(some) & set(letters)) != 1 for some in _ONE_OF):
        raise NotPlanned
    return True


def has_fractions(log_format: LogFormat) -> bool:
    """Return whether times may lie between two seconds."""
    forms = [form for one in log_format.members or (log_format,) for form in map(_form, one.fields) if form]
    return any(form.part == "fraction" or (form.part == "epoch" and form.unit_us < SECOND_US) for form in forms)


def _form(field: Field) -> TimeForm | None:
    """Return the form of a field's time."""
    return field.directive.time


def _steps(form: TimeForm, finest_us: int) -> Plan:
    """Return the steps of one time; the finest fraction is kept."""
    if form.part == "stamp":
        return ((STAMP, 0, 0, TIME),)
    if form.part == "epoch":
        return ((EPOCH, _EPOCH_DIGITS[form.unit_us], SECOND_US // form.unit_us, TIME),)
    if form.part == "fraction":
        return ((OF_A_SECOND, _FRACTION_DIGITS[form.unit_us], form.unit_us if form.unit_us == finest_us else 0, TIME),)
    made: list[Plan] = []
    for letter, text in form.written.pieces if form.written else ():
        if letter and (letter not in _READ or WRITTEN[letter] != text):
            raise NotPlanned
        made.append(((CLOCK, ord(letter), 0, NOTHING),) if letter else literal(text))
    return tuple(step for some in made for step in some)
