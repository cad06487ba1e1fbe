"""Several formats of one log as one: the columns of them all, and each line by the format that it fits."""

from __future__ import annotations

from dataclasses import replace

from analyzer.logs.grammar import SEVERAL, Field, LogFormat


def several(formats: tuple[LogFormat, ...]) -> LogFormat:
    """Return formats as one.

    The first that logs the request line leads: its lines go the fast way, and its fields keep their names. A column
    that only the others log becomes an extra field.

    Parameters
    ----------
    formats
        At least one; the one of most lines first.
    """
    leading = next((one for one in formats if one.column("request")), formats[0])
    others = tuple(one for one in formats if one is not leading)
    if not others:
        return leading
    count = max((int(field.name[1:]) for field in leading.fields), default=-1) + 1
    extra: dict[str, Field] = {}
    for other in others:
        for field in other.fields:
            column = field.directive.column
            if field.directive.time is None and leading.column(column) is None and column not in extra:
                extra[column] = replace(field, name=f"f{count + len(extra)}", quoted=False)
    return replace(
        leading,
        name=",".join(one.name for one in formats),
        text="\n".join(one.text for one in formats),
        reader=SEVERAL,
        extra=(*leading.extra, *extra.values()),
        members=(leading, *others),
    )
