"""How scalars become JSON: from the texts the driver reads, and from Python values of in-memory objects."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import orjson
from graphql import GraphQLEnumType, GraphQLType, get_named_type, get_nullable_type, is_list_type
from sqlalchemy import ARRAY, JSON, Date, DateTime, Float, Numeric, Time, Uuid
from sqlalchemy.types import TypeEngine

from engine.ids import encoder, uuid_encoder

Convert = Callable[[Any], Any]


def instant(text: str) -> str:
    """ISO 8601 in UTC of what PostgreSQL writes for a timestamptz, such as 2026-01-31 06:30:00.5+00."""
    if text[-3:] == "+00":
        return f"{text[:10]}T{text[11:-3]}Z"
    return moment_text(datetime.fromisoformat(text))


def moment_text(moment: datetime) -> str:
    """ISO 8601 in UTC, its fraction without trailing zeros, as PostgreSQL writes it."""
    text = moment.astimezone(UTC).isoformat().removesuffix("+00:00")
    return f"{text.rstrip('0') if '.' in text else text}Z"


def _whole(value: Any) -> int:
    return value if type(value) is int else int(value)


def _json(value: Any) -> Any:
    return orjson.loads(value) if isinstance(value, str) else value


_FROM_ROW: dict[str, Convert] = {
    "Int": _whole,  # sum() of whole numbers is numeric
    "BigInt": _whole,
    "Float": float,
    "DateTime": instant,
    "JSON": _json,
    "ID": str,
}


_INLINE = {
    _whole: "({value} if type({value}) is int else {convert}({value}))",
    instant: """(f"{{{value}[:10]}}T{{{value}[11:-3]}}Z" if {value}[-3:]=="+00" else {convert}({value}))""",
}


def converted(convert: Convert, value: str, name: Callable[[Any], str]) -> str:
    """The Python expression for the converted value of an expression that is free to evaluate.

    `name` gives the generated code's name for an object. Calls that every row would pay are written out.
    """
    form = _INLINE.get(convert)
    if form is not None:
        return form.format(value=value, convert=name(convert))
    owner = getattr(convert, "__self__", None)
    if isinstance(owner, dict):
        return f"{name(owner)}[{value}]"
    return f"{name(convert)}({value})"


def from_row(graphql_type: GraphQLType, *, kind: Any, stored: bool, ref: str | None = None) -> Convert | None:
    """The converter of a column for a field of that type, or None when the driver's value is JSON already.

    `kind` is its SQL type. `stored` columns are trusted to have the field's type; expressions are not.
    `ref` makes a global id.
    """
    named = get_named_type(graphql_type)
    if isinstance(named, GraphQLEnumType):
        convert: Convert | None = _names(named)
    elif ref is not None:
        convert = uuid_encoder(ref) if isinstance(kind, Uuid) else encoder(ref)
    elif stored and (named.name in ("Int", "BigInt") or (named.name == "Float" and isinstance(kind, Float))):
        convert = None
    else:
        convert = _FROM_ROW.get(named.name)
    return _each(convert, graphql_type)


_FROM_TEXT: tuple[tuple[type[TypeEngine[Any]], Convert], ...] = (
    (Uuid, UUID),
    (DateTime, datetime.fromisoformat),
    (Date, date.fromisoformat),
    (Time, time.fromisoformat),
    (JSON, _json),
)


def loaded(kind: TypeEngine[Any]) -> Convert | None:
    """What makes the Python value of one that the driver reads as text, or None when it is one already."""
    if isinstance(kind, ARRAY):
        item = loaded(kind.item_type)
        return item and (lambda values: [None if v is None else item(v) for v in values])
    if isinstance(kind, Numeric):
        return Decimal if kind.asdecimal else float
    return next((convert for sql_type, convert in _FROM_TEXT if isinstance(kind, sql_type)), None)


def from_python(graphql_type: GraphQLType, *, ref: str | None = None) -> Convert:
    """The converter of an in-memory attribute for a field of that type."""
    named = get_named_type(graphql_type)
    if isinstance(named, GraphQLEnumType):
        names = _names(named)
        convert: Convert = lambda value: names(value.value if isinstance(value, Enum) else value)  # noqa: E731
    elif ref is not None:
        convert = encoder(ref)
    elif named.name in ("Int", "BigInt", "Float"):
        convert = float if named.name == "Float" else _whole
    else:
        convert = _plain
    return _each(convert, graphql_type) or convert


def _names(named: GraphQLEnumType) -> Convert:
    by_value = {}
    for name, item in named.values.items():
        member = getattr(item.value, "value", item.value)
        by_value[getattr(member, "value", member)] = name
    return by_value.__getitem__


def _each(convert: Convert | None, graphql_type: GraphQLType) -> Convert | None:
    bare = get_nullable_type(graphql_type)  # type: ignore[call-overload]
    if convert is None or not is_list_type(bare):
        return convert
    one = _each(convert, bare.of_type) or convert
    return lambda values: [None if v is None else one(v) for v in values]


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, UUID | Decimal):
        return str(value)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return value
