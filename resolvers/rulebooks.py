"""Rulebooks: approved ones are public, since rules are; drafts and who decided are for administrators."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry
from sqlalchemy import (
    JSON,
    ColumnElement,
    Date,
    Float,
    Integer,
    Select,
    Text,
    case,
    cast,
    column,
    func,
    literal,
    select,
)
from sqlalchemy import tuple_ as row_of
from sqlmodel import col

from domain import rulemaking
from domain.cards import Stated, stated
from domain.errors import BadInput
from domain.figures import Figures
from domain.rulebooks import Rebooking, Rulebook, RulebookState
from domain.rulemaking import Administrator, RulebookStep, Wish
from resolvers.context import Context, Parent, Seer, administers, nothing_of
from resolvers.keys import accepted_key

FIGURES: Mapping[str, Stated] = {"_".join(each.path): each for each in stated(Figures())}
"""Every figure by its flat name, `speed_limits_running_flag_mps`, with the value of version 1."""

_LONGEST_REASON = 500
_REASON = f"Why, 1 to {_LONGEST_REASON} characters; it is kept."


def said(figure: Stated) -> str:
    """The description of a figure in the contract: what it decides, for which sports, unit and bounds."""
    of = f"{figure.path[1].capitalize()}: " if len(figure.path) > 1 else ""
    card = figure.card
    return f"{of}{card.says.en} In {card.unit.en}, {card.least:,.10g} to {card.most:,.10g}."


if TYPE_CHECKING:

    class RulebookFiguresInput:
        """Changed figures by their flat names; None leaves one as it is."""

else:

    def _figures_input() -> type:
        body = {name: strawberry.field(description=said(each)) for name, each in FIGURES.items()}
        hints = {name: (int if each.whole else float) | None for name, each in FIGURES.items()}
        made = type("RulebookFiguresInput", (), {**body, "__annotations__": hints, "__module__": __name__})
        return strawberry.input(made, description="Figures to change; those left out stay as they are.")

    RulebookFiguresInput = _figures_input()


@strawberry.input(description="A rulebook to draft.")
class DraftRulebookInput:
    """What `draftRulebook` takes."""

    figures: RulebookFiguresInput = strawberry.field(
        description="What changes against the rulebook in force on `inForceFrom`; all else is copied from it."
    )
    in_force_from: date = strawberry.field(
        description="The first day in Thailand that it decides: tomorrow at the earliest, after 23:00 the day after."
    )
    reason: str = strawberry.field(description=_REASON)
    idempotency_key: str = strawberry.field(description="The client's name for this attempt, 1 to 100 characters.")


@strawberry.input(description="A rulebook to decide about.")
class DecideRulebookInput:
    """What `approveRulebook` and `withdrawRulebook` take."""

    version: int = strawberry.field(description="Its version.")
    reason: str = strawberry.field(description=_REASON)


@dataclass
class Decided:
    """What came of a change."""

    version: int
    idempotency_key: str | None = None


@dataclass
class RulebookFigure:
    """The columns of a figure; `value_before` is None where nothing came before."""

    n: int
    name: str
    says_th: str
    says_en: str
    unit_th: str
    unit_en: str
    source_th: str
    source_en: str
    least: float
    most: float
    value: float
    value_before: float | None


On = Annotated[
    date | None, strawberry.argument(description="A day in Thailand, also one ahead; today when it is left out.")
]


def seen_by(viewer: Seer) -> Select[Rulebook]:
    """Approved ones for everybody, all for administrators."""
    every = select(Rulebook)
    return every if administers(viewer) else every.where(col(Rulebook.state) == RulebookState.APPROVED.value)


def by_id(viewer: Seer, key: Parent) -> Select[Rulebook]:
    """The rulebook behind a global id."""
    return seen_by(viewer).where(col(Rulebook.version) == key.id)


def listed(viewer: Seer, _root: Parent) -> Select[Rulebook]:
    """All of them."""
    return seen_by(viewer)


def of_version(viewer: Seer, thing: Parent) -> Select[Rulebook]:
    """The rulebook that a change or an entry names."""
    return seen_by(viewer).where(col(Rulebook.version) == thing.version)


def in_force(viewer: Seer, _root: Parent, *, on: On = None) -> Select[Rulebook]:
    """The rulebook that decides a local day, as `Rulebooks.on` finds it."""
    day: Any = cast(func.timezone("Asia/Bangkok", func.now()), Date) if on is None else on
    anew = select(col(Rebooking.rulebook_version)).where(col(Rebooking.starts_on) <= day, col(Rebooking.ends_on) >= day)
    anew = anew.order_by(col(Rebooking.number).desc()).limit(1)
    counting = select(col(Rulebook.version)).where(col(Rulebook.state) == RulebookState.APPROVED.value)
    dated = counting.where(col(Rulebook.in_force_from) <= day)
    dated = dated.order_by(col(Rulebook.in_force_from).desc(), col(Rulebook.version).desc()).limit(1)
    first = counting.order_by(col(Rulebook.in_force_from), col(Rulebook.version)).limit(1)
    chosen = func.coalesce(anew.scalar_subquery(), dated.scalar_subquery(), first.scalar_subquery())
    return seen_by(viewer).where(col(Rulebook.version) == chosen)


def replaced_by(viewer: Seer, rulebook: Parent) -> Select[Rulebook]:
    """The approved rulebook that one follows."""
    place = row_of(col(Rulebook.in_force_from), col(Rulebook.version))
    before = place < row_of(rulebook.in_force_from, rulebook.version)
    found = seen_by(viewer).where(col(Rulebook.state) == RulebookState.APPROVED.value, before)
    return found.order_by(col(Rulebook.in_force_from).desc(), col(Rulebook.version).desc()).limit(1)


def itself(viewer: Seer, rulebook: Parent) -> Select[Rulebook]:
    """The same rulebook, for its figures."""
    return seen_by(viewer).where(col(Rulebook.version) == rulebook.version)


def figure_of(figure: Stated) -> Callable[[Seer, Parent], ColumnElement[Any]]:
    """The resolver of one figure; a rulebook stored without it has the value of version 1."""

    def value(_viewer: Seer, rulebook: Parent) -> ColumnElement[Any]:
        kind = Integer if figure.whole else Float
        stored = cast(cast(rulebook.figures[figure.path].astext, Float), kind)
        return func.coalesce(stored, literal(figure.value, kind))

    return value


_CARDS = orjson.dumps(
    [
        {
            "n": n,
            "name": each.name,
            "says_th": each.card.says.th,
            "says_en": each.card.says.en,
            "unit_th": each.card.unit.th,
            "unit_en": each.card.unit.en,
            "source_th": each.card.source.th,
            "source_en": each.card.source.en,
            "least": each.card.least,
            "most": each.card.most,
            "usual": each.value,
        }
        for n, each in enumerate(FIGURES.values())
    ]
).decode()
_COLUMNS: Mapping[str, Any] = {
    "n": Integer,
    **dict.fromkeys(("name", "says_th", "says_en", "unit_th", "unit_en", "source_th", "source_en"), Text),
    **dict.fromkeys(("least", "most", "usual"), Float),
}


def rules_of(viewer: Seer, rulebook: Parent) -> Select[Any]:
    """Every figure with its card and what it was before, in the order of the page of rules."""
    cards = func.json_to_recordset(cast(literal(_CARDS, Text), JSON))
    card = cards.table_valued(*(column(name, kind) for name, kind in _COLUMNS.items()), name="card")
    card = card.render_derived(with_types=True)
    before = replaced_by(viewer, rulebook).with_only_columns(col(Rulebook.figures).label("figures")).lateral("before")
    path = func.string_to_array(card.c.name, ".")

    def value(figures: Any) -> ColumnElement[float]:
        return func.coalesce(cast(figures.op("#>>")(path), Float), card.c.usual)

    was = case((before.c.figures.is_not(None), value(before.c.figures)))
    shown = [card.c[name] for name in _COLUMNS if name != "usual"]
    found = select(*shown, value(rulebook.figures).label("value"), was.label("value_before"))
    return found.select_from(card.outerjoin(before, literal(1) == 1)).order_by(card.c.n)


def changes_of(viewer: Seer, rulebook: Parent) -> Select[Any]:
    """The figures that differ from the rulebook before."""
    every = rules_of(viewer, rulebook).subquery("every")
    return select(every).where(every.c.value != every.c.value_before).order_by(every.c.n)


def steps_of(viewer: Seer, rulebook: Parent) -> Select[RulebookStep]:
    """What was done to a rulebook, in order, for administrators."""
    every = select(RulebookStep).where(col(RulebookStep.version) == rulebook.version).order_by(col(RulebookStep.number))
    return every if administers(viewer) else nothing_of(every)


async def draft(context: Context, input: DraftRulebookInput) -> Decided:  # noqa: A002 - the contract's word
    """A new draft. Raises what `rulemaking.drafted` does."""
    wish = Wish(
        changes=changes_in(input.figures),
        in_force_from=input.in_force_from,
        reason=reasoned(input.reason),
        idempotency_key=accepted_key(input.idempotency_key),
    )
    version = await rulemaking.drafted(context.session, wish, administrator(context), context.now)
    return Decided(version, wish.idempotency_key)


async def approve(context: Context, input: DecideRulebookInput) -> Decided:  # noqa: A002 - the contract's word
    """The draft approved. Raises what `rulemaking.approve` does."""
    by, reason = administrator(context), reasoned(input.reason)
    await rulemaking.approve(context.session, input.version, by, reason, context.now)
    return Decided(input.version)


async def withdraw(context: Context, input: DecideRulebookInput) -> Decided:  # noqa: A002 - the contract's word
    """The rulebook withdrawn. Raises what `rulemaking.withdraw` does."""
    by, reason = administrator(context), reasoned(input.reason)
    await rulemaking.withdraw(context.session, input.version, by, reason, context.now)
    return Decided(input.version)


def administrator(context: Context) -> Administrator:
    """Who acts: the person of the token, or its client where it speaks for none."""
    viewer = context.viewer
    name = f"user:{viewer.user_id}" if viewer.user_id else f"client:{viewer.client_id}"
    return Administrator(name, viewer.client_id)


def changes_in(figures: RulebookFiguresInput) -> Mapping[tuple[str, ...], float]:
    """The figures given, by where they stand."""
    given = ((each.path, getattr(figures, name)) for name, each in FIGURES.items())
    return {path: value for path, value in given if value is not None}


def reasoned(reason: str) -> str:
    """The reason without space around it. Raises BadInput for none, and for one too long."""
    if not 0 < len(reason.strip()) <= _LONGEST_REASON:
        raise BadInput(f"Say why in 1 to {_LONGEST_REASON} characters.", path=("input", "reason"))
    return reason.strip()
