"""What resolvers are called with when a query is planned: names and types, never values.

A placeholder raises PlanError when it is tested, compared and tested, or printed, so no value can
decide the shape of a query. SQLAlchemy lets `column == placeholder` be tested when the column stands
on the left; everything else is caught.
"""

from __future__ import annotations

import enum
import types
import typing
from collections.abc import Callable, Mapping
from datetime import date, datetime, time
from decimal import Decimal
from functools import lru_cache
from typing import Any, NewType, NoReturn, Union, get_args, get_origin
from uuid import UUID

from sqlalchemy import ARRAY, BigInteger, Boolean, Date, DateTime, Float, Integer, Numeric, Text, Time, Uuid
from sqlalchemy.sql.elements import BinaryExpression, BindParameter, ColumnClause
from sqlalchemy.types import TypeEngine

from engine.declare import extras


class PlanError(TypeError):
    """A declaration or resolver that cannot be planned; a bug of ours, told to the developer."""


class _Valueless:
    """The refusals shared by all placeholders."""

    def __bool__(self) -> NoReturn:
        raise PlanError(f"{self!r} has no value while a query is planned; say it in SQL")

    def __str__(self) -> str:
        raise PlanError(f"{self!r} cannot be printed while a query is planned")

    def __format__(self, spec: str) -> str:
        raise PlanError(f"{self!r} cannot be printed while a query is planned")


class _Comparison(BinaryExpression[Any]):
    """A comparison with a placeholder: SQL, but no truth value."""

    inherit_cache = True
    # assigned, not inherited: a second base would change the memory layout, and with it forbid the swap below
    __bool__ = _Valueless.__bool__
    __str__ = _Valueless.__str__
    __format__ = _Valueless.__format__

    def __repr__(self) -> str:
        return "a comparison with a placeholder"


class _Operand(_Valueless):
    """Makes comparisons untestable too."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> Any:
        return _untestable(super().operate(op, *other, **kwargs))  # type: ignore[misc]

    def reverse_operate(self, op: Any, other: Any, **kwargs: Any) -> Any:
        return _untestable(super().reverse_operate(op, other, **kwargs))  # type: ignore[misc]


def _untestable(made: Any) -> Any:
    # SQLAlchemy gives `a == b` a truth value (identity of its sides); swapping the class takes it away
    # without touching how the expression compiles.
    if type(made) is BinaryExpression:
        made.__class__ = _Comparison
    return made


class Placeholder(_Operand, BindParameter[Any]):
    """A typed bind that the executor fills by its key."""

    inherit_cache = True

    def __init__(self, key: str, sql_type: TypeEngine[Any]) -> None:
        super().__init__(key, None, type_=sql_type, required=False)

    def __repr__(self) -> str:
        return f"the placeholder {self.key}"


class Seen(_Operand, ColumnClause[Any]):
    """A column of the parent, already qualified: SQLAlchemy must not look for its table."""

    inherit_cache = True

    def __init__(self, alias: str, key: str, sql_type: TypeEngine[Any]) -> None:
        super().__init__(f"{alias}.{quoted(key)}", sql_type, is_literal=True)

    def __repr__(self) -> str:
        return f"the parent's column {self.name}"


def quoted(name: str) -> str:
    """An SQL identifier in quotes."""
    escaped = name.replace('"', '""')
    return f'"{escaped}"'


class ViewerSeen:
    """The viewer while planning: `kind` and `scopes` are real, all else is a placeholder named `viewer_<attribute>`."""

    def __init__(self, kind: str, scopes: frozenset[str], hints: Mapping[str, Any]) -> None:
        self.kind = kind
        self.scopes = scopes
        self._hints = hints

    def __getattr__(self, name: str) -> Placeholder:
        if name.startswith("_") or name not in self._hints:
            raise PlanError(f"the viewer has no annotated attribute {name}")
        return Placeholder(f"viewer_{name}", sql_type(self._hints[name]))


@lru_cache(maxsize=64)
def viewer_hints(viewer_class: type) -> Mapping[str, Any]:
    """The annotated attributes of a viewer's class, properties included: name -> annotation."""
    hints = dict(typing.get_type_hints(viewer_class))
    for base in reversed(viewer_class.__mro__):
        for name, item in vars(base).items():
            if isinstance(item, property) and item.fget is not None:
                hints[name] = typing.get_type_hints(item.fget).get("return", object)
    return hints


class ParentSeen:
    """The parent while planning: every attribute is one of its columns, and is remembered as touched."""

    def __init__(self, column: Callable[[str], Seen]) -> None:
        self._column = column

    def __getattr__(self, name: str) -> Seen:
        if name.startswith("_"):
            raise AttributeError(name)
        return self._column(name)


class Given:
    """A read-only namespace of an input object's fields; what is absent or null is None."""

    def __init__(self, items: Mapping[str, Any]) -> None:
        self.__dict__.update(items)

    def __setattr__(self, name: str, value: object) -> NoReturn:
        raise PlanError(f"an input is read-only ({name})")


_TYPES: dict[Any, Callable[[], TypeEngine[Any]]] = {
    str: Text,
    int: Integer,
    float: Float,
    bool: Boolean,
    datetime: lambda: DateTime(timezone=True),
    date: Date,
    time: Time,
    Decimal: Numeric,
    UUID: Uuid,
}


def sql_type(annotation: object) -> TypeEngine[Any]:
    """The SQL type of a Python annotation: optional and annotated ones unwrapped, lists as arrays, enums as text.

    `int` is a 32-bit integer; a NewType over it (such as BigInt) is a 64-bit one. Raises PlanError for others.
    """
    bare, _ = extras(annotation)
    if get_origin(bare) in (Union, types.UnionType):
        options = [a for a in get_args(bare) if a is not type(None)]
        if len(options) == 1:
            return sql_type(options[0])
    if get_origin(bare) in (list, tuple):
        return ARRAY(sql_type(get_args(bare)[0]))
    if isinstance(bare, NewType):
        return BigInteger() if bare.__supertype__ is int else sql_type(bare.__supertype__)
    if isinstance(bare, type) and issubclass(bare, enum.Enum):
        return Text()
    if bare in _TYPES:
        return _TYPES[bare]()
    raise PlanError(f"no SQL type is known for {annotation!r}")
