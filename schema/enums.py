"""Makes our enums GraphQL enums, each value with its description."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from strawberry.annotation import StrawberryAnnotation
from strawberry.types.enum import StrawberryEnumDefinition


def described(enum: type[StrEnum], *, says: str, values: Mapping[str, str], name: str | None = None) -> None:
    """`enum` made known to the schema; `values` describes each member, by its value.

    Raises TypeError when a member has no description, or a description no member.
    """
    if {member.value for member in enum} != set(values):
        raise TypeError(f"{enum.__name__}: describe each value, and nothing else")
    # An input may have made the enum known before: then its definition is in use already, and is completed in place.
    definition: StrawberryEnumDefinition = StrawberryAnnotation(enum).resolve()  # type: ignore[assignment]
    definition.name, definition.description = name or enum.__name__, says
    for item in definition.values:
        item.description = values[item.value]
