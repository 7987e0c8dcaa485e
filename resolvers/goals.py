"""Goals: how far somebody, or everybody together, has come towards a target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, Float, Select, cast, func, literal_column, select


@dataclass
class Progress:
    """The columns of a progress."""

    value: int
    target: int
    share: float
    reached: bool


def progress(value: ColumnElement[Any], target: ColumnElement[Any]) -> Select[Any]:
    """The row of a progress from a value to a target, both in whole units; none where either is null.

    `value` is computed once, whatever is asked of the progress.
    """
    # OFFSET 0 keeps PostgreSQL from computing the value for each column.
    sides = select(cast(value, BigInteger).label("value"), cast(target, BigInteger).label("target")).offset(0)
    held = sides.subquery("sides")
    share = func.least(literal_column("1.0"), cast(held.c.value, Float(53)) / func.nullif(held.c.target, 0))
    return select(
        held.c.value,
        held.c.target,
        cast(share, Float(53)).label("share"),
        (held.c.value >= held.c.target).label("reached"),
    ).where(held.c.value.is_not(None), held.c.target.is_not(None))
