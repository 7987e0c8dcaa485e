"""A mapping tried on a sample, and one suggested for it; nothing of either is kept."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice

import strawberry

from adapters.base import items
from adapters.declared import adapter_of
from adapters.declared_specs import Unit, refusal_of
from adapters.declared_suggesting import suggested
from adapters.thai_columns import Column
from domain.drafts import Draft, Problem, Skipped
from domain.errors import BadInput
from domain.sports import Sport
from resolvers.context import Context
from resolvers.mappings import MappingInput, spec_of

SHOWN = 100
"""Drafts and errors that a preview shows; the rest is counted."""
LARGEST_BYTES = 700_000

_SAMPLE = (
    f"The file itself, or its first rows, in Base64: CSV, XLSX or JSON as the organisation has it, at most "
    f"{LARGEST_BYTES:,} bytes. Nothing of it is kept."
)


@strawberry.input(description="A mapping and a sample to try it on.")
class PreviewMappingInput:
    """What `previewMapping` takes."""

    mapping: MappingInput = strawberry.field(description="The mapping.")
    sample: str = strawberry.field(description=_SAMPLE)


@strawberry.input(description="A sample of a file.")
class SuggestMappingInput:
    """What `suggestMapping` takes."""

    sample: str = strawberry.field(description=_SAMPLE)


@dataclass
class Row:
    """A workout as a mapping reads it."""

    person_ref: str | None
    named_by_citizen_number: bool
    sport: Sport
    sport_word: str | None
    started_at: datetime
    local_date: date
    elapsed_seconds: float
    distance_meters: float | None
    energy_kcal: float | None
    steps: int | None


@dataclass
class RowError:
    """What cannot be read, and where."""

    code: str
    path: list[str]
    message: str


@dataclass
class Previewed:
    """What came of trying."""

    workouts: int
    errors: int
    skipped: int
    rows: Sequence[Row]
    row_errors: Sequence[RowError]
    unknown_sports: Sequence[str]


@dataclass
class SuggestedColumn:
    """Where a figure seems to stand."""

    figure: Column
    at: str | None
    unit: Unit | None


@dataclass
class Suggested:
    """A mapping that seems to fit, and what it leaves open."""

    columns: Sequence[SuggestedColumn]
    items: str | None
    unknown: Sequence[str]
    unknown_sports: Sequence[str]
    missing: str | None


async def preview(context: Context, input: PreviewMappingInput) -> Previewed:  # noqa: A002 - the contract's word
    """What a mapping makes of a sample; nothing is stored. Raises BadInput, BadPayload."""
    _ = context
    spec, sample = spec_of(input.mapping), _sample(input.sample)
    found = await asyncio.to_thread(lambda: list(items(adapter_of(spec), sample)))
    workouts = [each for each in found if isinstance(each, Draft)]
    problems = [each for each in found if isinstance(each, Problem)]
    others = dict.fromkeys(each.sport_word for each in workouts if each.sport is Sport.OTHER and each.sport_word)
    return Previewed(
        workouts=len(workouts),
        errors=len(problems),
        skipped=sum(isinstance(each, Skipped) for each in found),
        rows=[_row(each) for each in workouts[:SHOWN]],
        row_errors=[RowError(each.code, [str(step) for step in each.path], each.message) for each in problems[:SHOWN]],
        unknown_sports=list(islice(others, SHOWN)),
    )


async def suggest(context: Context, input: SuggestMappingInput) -> Suggested:  # noqa: A002 - the contract's word
    """A mapping that seems to fit a sample; nothing is stored. Raises BadInput, BadPayload."""
    _ = context
    found = await asyncio.to_thread(suggested, _sample(input.sample))
    spec, refused = found.spec, refusal_of(found.spec)
    return Suggested(
        columns=[
            SuggestedColumn(each, place.at or None, Unit(place.unit) if place.unit else None)
            for each, place in spec.columns.items()
        ],
        items=spec.items,
        unknown=found.unknown,
        unknown_sports=found.unknown_sports,
        missing=refused[1] if refused else None,
    )


def _sample(given: str) -> bytes:
    path = ("input", "sample")
    if len(given) > LARGEST_BYTES * 4 // 3 + 4:
        raise BadInput(f"Send the first {LARGEST_BYTES:,} bytes of the file at most.", path=path)
    try:
        found = base64.b64decode(given, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadInput("Send the file in Base64.", path=path) from error
    if not found:
        raise BadInput("Send a file with some rows; this one is empty.", path=path)
    return found


def _row(draft: Draft) -> Row:
    return Row(
        person_ref=draft.person_ref,
        named_by_citizen_number=draft.citizen_number is not None,
        sport=draft.sport,
        sport_word=draft.sport_word,
        started_at=draft.started_at,
        local_date=draft.local_date,
        elapsed_seconds=draft.elapsed_seconds,
        distance_meters=draft.distance_meters,
        energy_kcal=draft.energy_kcal,
        steps=draft.steps,
    )
