"""Keyset order: ORDER BY and the predicates of cursors, nulls last in either direction."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, and_, false, func, or_, true, tuple_
from sqlalchemy.types import TypeEngine

Nulls = tuple[bool, ...]
"""Which values of a cursor are null; a statement is compiled for each such pattern that occurs."""


@dataclass(frozen=True)
class Key:
    """One key of an order: the column's name, SQL type, direction, and whether it can be null."""

    name: str
    sql: TypeEngine[Any]
    descending: bool
    nullable: bool


def ordering(key: Key, expression: Any, *, backward: bool) -> ColumnElement[Any]:
    """The ORDER BY item; a backward page reads the list from its end, nulls first."""
    made: ColumnElement[Any] = expression.desc() if key.descending != backward else expression.asc()
    if key.nullable:
        made = made.nulls_first() if backward else made.nulls_last()
    return made


def after(
    keys: Sequence[Key], columns: Sequence[Any], values: Sequence[Any], nulls: Nulls, *, reverse: bool
) -> ColumnElement[bool]:
    """The rows strictly after a cursor in the list's order, or strictly before it if `reverse`.

    Keys of one direction without nulls become one row comparison, which an index answers in one descent.
    """
    up = {not k.descending for k in keys}
    if len(up) == 1 and not any(k.nullable for k in keys):
        left, right = tuple_(*columns), tuple_(*values)
        return left > right if up.pop() != reverse else left < right
    made: ColumnElement[bool] = false()
    for key, expression, value, null in reversed(list(zip(keys, columns, values, nulls, strict=True))):
        strict = _beyond(key, expression, value, null=null, reverse=reverse)
        same = expression.is_(None) if null else expression == value
        made = or_(strict, and_(same, made))
    return made


def beside(keys: Sequence[Key], columns: Sequence[Any], anchor: Sequence[Any], *, ahead: bool) -> ColumnElement[bool]:
    """The rows strictly ahead of an item that a statement finds itself, or from it on; `anchor` are its columns."""
    up = {not k.descending for k in keys}
    if len(up) == 1 and not any(k.nullable for k in keys):
        left, right = tuple_(*columns), tuple_(*anchor)
        if ahead:
            return left < right if up.pop() else left > right
        return left >= right if up.pop() else left <= right
    made: ColumnElement[bool] = false() if ahead else true()
    for key, expression, value in reversed(list(zip(keys, columns, anchor, strict=True))):
        strict: ColumnElement[bool] = expression > value if key.descending == ahead else expression < value
        if key.nullable:  # nulls come last
            there = (
                and_(value.is_(None), expression.is_not(None))
                if ahead
                else and_(value.is_not(None), expression.is_(None))
            )
            strict = or_(func.coalesce(strict, false()), there)
        made = or_(strict, and_(expression.is_not_distinct_from(value), made))
    return made


def _beyond(key: Key, expression: Any, value: Any, *, null: bool, reverse: bool) -> ColumnElement[bool]:
    if null:  # the cursor stands among the nulls, which come last
        return expression.is_not(None) if reverse else false()
    further = expression > value if key.descending == reverse else expression < value
    if key.nullable and not reverse:
        return or_(further, expression.is_(None))
    return further  # type: ignore[no-any-return]
