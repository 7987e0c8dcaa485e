"""Mappings that organisations declare: tried on a sample, kept by version, activated by their stewards."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import strawberry
from sqlalchemy import ColumnElement, Integer, Select, Text, column, false, func, select
from sqlmodel import col

from adapters.declared_dates import DateStyle
from adapters.declared_specs import Place, Spec, Unit, refusal_of
from adapters.thai_columns import Column
from auth.viewer import ViewerKind
from domain import mappings
from domain.errors import BadInput, NotFound
from domain.mappings import PartnerMapping
from domain.partners import Partner
from domain.scopes import Scope
from domain.sports import Sport
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key, organisation_of

_LONGEST_WORDS, _MOST_SPORTS, _LONGEST_NOTE = 200, 500, 500


@strawberry.input(description="Where one figure stands.")
class MappingColumnInput:
    """A column of a mapping."""

    figure: Column = strawberry.field(description="Which figure.")
    at: str = strawberry.field(
        default="",
        description="The heading of its column as the file has it, or in JSON the path inside an item, such as "
        "`workout.start`. Case and spacing do not matter in headings.",
    )
    always: str = strawberry.field(
        default="", description="Instead: what it is in every row, such as a sport for a walkers' club."
    )
    unit: Unit | None = strawberry.field(default=None, description="Its unit, where the cells do not name one.")


@strawberry.input(description="What a word of the organisation's means.")
class SportWordInput:
    """A word for a sport."""

    word: str = strawberry.field(description="The word in the file, at most 200 characters.")
    sport: Sport = strawberry.field(description="Our sport.")


@strawberry.input(description="A mapping: how an organisation's own file is to be read.")
class MappingInput:
    """A mapping to try or to save."""

    columns: list[MappingColumnInput] = strawberry.field(
        description="Where the figures stand. Needed are DAY, SPORT, DURATION or END, and PERSON or CITIZEN; "
        "START, too, unless the day comes with its time."
    )
    sports: list[SportWordInput] = strawberry.field(
        default_factory=list, description="Words for sports that are not ours, at most 500."
    )
    dates: DateStyle = strawberry.field(default=DateStyle.DAY_FIRST, description="What the numbers of a date mean.")
    items: str | None = strawberry.field(
        default=None,
        description="For JSON: the path to the list of items, empty for a list at the top. Null for a table.",
    )


@strawberry.input(description="A mapping to keep.")
class SaveMappingInput:
    """What `saveMapping` takes."""

    mapping: MappingInput = strawberry.field(description="The mapping.")
    note: str = strawberry.field(description="What it is for or what changed, 1 to 500 characters.")
    partner: str | None = strawberry.field(
        default=None, description="For administrators: whose it is, by the short name; others keep their own."
    )
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="A mapping to read by from now on.")
class ActivateMappingInput:
    """What `activateMapping` takes."""

    version: int | None = strawberry.field(
        description="Its version; null to go back to the agencies' common report, whose headings are known."
    )
    partner: str | None = strawberry.field(
        default=None, description="For administrators: whose it is, by the short name; others activate their own."
    )
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@dataclass
class MappedColumn:
    """Where a figure stands."""

    figure: str
    at: str | None
    always: str | None
    unit: str | None


@dataclass
class MappedSport:
    """What a word means."""

    word: str
    sport: str


@dataclass
class Kept:
    """What came of saving or activating."""

    partner_name: str
    version: int | None
    idempotency_key: str


def seen_by(viewer: Seer) -> Select[PartnerMapping]:
    """A partner's own mappings; all for administrators."""
    every = select(PartnerMapping)
    if administers(viewer):
        return every
    if viewer.kind == ViewerKind.PARTNER:
        return every.where(col(PartnerMapping.partner_name) == viewer.partner_name)
    return nothing_of(every)


def of_partner(viewer: Seer, partner: Parent) -> Select[PartnerMapping]:
    """The mappings of a partner."""
    return seen_by(viewer).where(col(PartnerMapping.partner_name) == partner.name)


def kept(viewer: Seer, made: Parent) -> Select[PartnerMapping]:
    """The mapping that was saved or activated."""
    return seen_by(viewer).where(
        col(PartnerMapping.partner_name) == made.partner_name, col(PartnerMapping.version) == made.version
    )


def columns_of(_viewer: Seer, mapping: Parent) -> Select[Any]:
    """Where each figure stands, as saved."""
    return _rows_of(mapping, "columns", "figure", "at", "always", "unit")


def sports_of(_viewer: Seer, mapping: Parent) -> Select[Any]:
    """The organisation's words for sports."""
    return _rows_of(mapping, "sports", "word", "sport")


def _rows_of(mapping: Parent, name: str, *names: str) -> Select[Any]:
    rows = func.jsonb_to_recordset(mapping.spec[name])
    row = rows.table_valued(column("n", Integer), *(column(each, Text) for each in names), name=name)
    row = row.render_derived(with_types=True)
    return select(*(row.c[each] for each in names)).order_by(row.c.n)


def date_style_of(_viewer: Seer, mapping: Parent) -> ColumnElement[Any]:
    """What the numbers of a date mean."""
    return mapping.spec["dates"].astext  # type: ignore[no-any-return]  # a parent's columns


def items_path_of(_viewer: Seer, mapping: Parent) -> ColumnElement[Any]:
    """The path to the list of a JSON document."""
    return mapping.spec["items"].astext  # type: ignore[no-any-return]


def is_active(_viewer: Seer, mapping: Parent) -> ColumnElement[Any]:
    """Whether the partner's files are read by this version."""
    held = select(col(Partner.mapping_version)).where(col(Partner.name) == mapping.partner_name)
    return func.coalesce(held.scalar_subquery() == mapping.version, false())


async def save(context: Context, input: SaveMappingInput) -> Kept:  # noqa: A002 - the contract's word
    """The mapping under a version of its own. Raises BadInput, Forbidden, NotFound, Conflict."""
    key, partner, spec = accepted_key(input.idempotency_key), _whose(context, input.partner), spec_of(input.mapping)
    note = input.note.strip()
    if not 0 < len(note) <= _LONGEST_NOTE:
        raise BadInput(f"Say what it is for in 1 to {_LONGEST_NOTE} characters.", path=("input", "note"))
    by = str(context.viewer.user_id or context.viewer.client_id)
    version = await mappings.save(context.session, partner, spec.stored(), note=note, by=by, key=key, now=context.now)
    return Kept(partner, version, key)


async def activate(context: Context, input: ActivateMappingInput) -> Kept:  # noqa: A002 - the contract's word
    """What the partner sends is read by this mapping from now on. Raises Forbidden, NotFound, NotDeclarable."""
    key, partner = accepted_key(input.idempotency_key), _whose(context, input.partner)
    await mappings.activate(context.session, partner, input.version, context.now)
    return Kept(partner, input.version, key)


def _whose(context: Context, partner: str | None) -> str:
    if context.viewer.kind is ViewerKind.ADMIN and Scope.ADMIN in context.viewer.scopes:
        if partner is None:
            raise BadInput("Name the partner whose mapping it is.", path=("input", "partner"))
        return partner
    own = organisation_of(context.viewer)
    if partner not in (None, own):
        raise NotFound("There is no such partner; leave it out for your own.", path=("input", "partner"))
    return own


def spec_of(given: MappingInput) -> Spec:
    """The mapping as given. Raises BadInput for one that could read nothing."""
    path = ("input", "mapping")
    columns: dict[Column, Place] = {}
    for number, each in enumerate(given.columns):
        if each.figure in columns:
            raise BadInput(f"{each.figure.name} is declared twice.", path=(*path, "columns", number))
        if max(len(each.at), len(each.always)) > _LONGEST_WORDS or "\x00" in each.at + each.always:
            raise BadInput(f"Send at most {_LONGEST_WORDS} characters.", path=(*path, "columns", number))
        columns[each.figure] = Place(at=each.at, always=each.always, unit=each.unit.value if each.unit else "")
    if len(given.sports) > _MOST_SPORTS:
        raise BadInput(f"Send at most {_MOST_SPORTS} words.", path=(*path, "sports"))
    for number, word in enumerate(given.sports):
        if not 0 < len(word.word.strip()) <= _LONGEST_WORDS or "\x00" in word.word:
            raise BadInput(f"A word has 1 to {_LONGEST_WORDS} characters.", path=(*path, "sports", number))
    sports = {each.word: each.sport for each in given.sports}
    spec = Spec(columns=columns, sports=sports, dates=given.dates, items=given.items)
    if (refused := refusal_of(spec)) is not None:
        where = next((n for n, each in enumerate(given.columns) if each.figure is refused[0]), None)
        raise BadInput(refused[1], path=(*path, "columns") if where is None else (*path, "columns", where))
    return spec
