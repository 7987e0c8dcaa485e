"""The frozen standings of challenges that are final, and the proof of a line: public, by pseudonym."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from uuid import UUID

import strawberry
from sqlalchemy import (
    ARRAY,
    BigInteger,
    ColumnElement,
    Integer,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import aggregate_order_by
from sqlmodel import col

from domain.challenges import Challenge, ChallengeState, Mode
from domain.finals import FAN, FinalHash, FinalPrize, FinalSeal, FinalStanding, FinalTeamStanding, Part
from domain.standings import Standing
from engine.declare import Ref
from resolvers.challenges import seen_by as challenges_seen_by
from resolvers.context import Parent, Seer
from resolvers.scalars import BigInt

MOST_LEVELS = 6
"""Of hashes above a list: enough for 10^12 lines."""

Closed = Annotated[strawberry.ID, Ref("Challenge"), strawberry.argument(description="A challenge that is final.")]
At = Annotated[BigInt, strawberry.argument(description="The position of the frozen standing, from 1.")]
OfTeam = Annotated[strawberry.ID, Ref("Team"), strawberry.argument(description="The team.")]


@dataclass
class Proven:
    """The columns of a line that is proven: of which list of which challenge, and where in it."""

    challenge_id: UUID
    part: str
    position: int
    line: str


@dataclass
class ProofLevel:
    """The columns of one level of a proof."""

    level: int
    number: int
    place: int
    lines: list[str]
    hash: str


def _final(viewer: Seer) -> Select[Any]:
    final = challenges_seen_by(viewer).where(col(Challenge.state) == ChallengeState.FINAL.value)
    return final.with_only_columns(col(Challenge.id))


def seen_by(viewer: Seer) -> Select[FinalStanding]:
    """The frozen standings of everybody who competed, and one's own."""
    return select(FinalStanding).where(col(FinalStanding.challenge_id).in_(_final(viewer)))


def people_of(viewer: Seer, challenge: Parent) -> Select[FinalStanding]:
    """The frozen standings of a challenge; none of a personal goal, where nobody competes."""
    return seen_by(viewer).where(
        col(FinalStanding.challenge_id) == challenge.id, challenge.mode != Mode.PERSONAL_GOAL.value
    )


def people_in(_viewer: Seer, challenge: Parent) -> ColumnElement[int]:
    """How many of these there are: the last position."""
    last = select(func.max(col(FinalStanding.position))).where(
        col(FinalStanding.challenge_id) == challenge.id,
        challenge.state == ChallengeState.FINAL.value,
        challenge.mode != Mode.PERSONAL_GOAL.value,
    )
    return func.coalesce(last.scalar_subquery(), literal_column("0"))


def hash_of_challenge(_viewer: Seer, challenge: Parent) -> ColumnElement[Any]:
    """The challenge's hash, in hex."""
    return func.encode(challenge.standings_hash, literal_column("'hex'"))


def own_in(viewer: Seer, challenge: Parent) -> Select[FinalStanding]:
    """The viewer's own frozen standing in a challenge."""
    own = select(col(Standing.pseudonym_id)).where(
        col(Standing.user_id) == viewer.user_id, col(Standing.challenge_id) == challenge.id
    )
    return seen_by(viewer).where(
        col(FinalStanding.challenge_id) == challenge.id, col(FinalStanding.pseudonym_id) == own.scalar_subquery()
    )


def teams_seen_by(viewer: Seer) -> Select[FinalTeamStanding]:
    """The frozen standings of teams."""
    return select(FinalTeamStanding).where(col(FinalTeamStanding.challenge_id).in_(_final(viewer)))


def teams_of(viewer: Seer, challenge: Parent) -> Select[FinalTeamStanding]:
    """The frozen standings of a challenge's teams."""
    return teams_seen_by(viewer).where(col(FinalTeamStanding.challenge_id) == challenge.id)


def prizes_seen_by(viewer: Seer) -> Select[FinalPrize]:
    """The prizes that were won."""
    return select(FinalPrize).where(col(FinalPrize.challenge_id).in_(_final(viewer)))


def prizes_of(viewer: Seer, challenge: Parent) -> Select[FinalPrize]:
    """The prizes that were won in a challenge."""
    return prizes_seen_by(viewer).where(col(FinalPrize.challenge_id) == challenge.id)


def standing_of_prize(viewer: Seer, won: Parent) -> Select[FinalStanding]:
    """The frozen standing that won a prize."""
    return seen_by(viewer).where(
        col(FinalStanding.challenge_id) == won.challenge_id, col(FinalStanding.pseudonym_id) == won.pseudonym_id
    )


def pseudonym_of(_viewer: Seer, line: Parent) -> ColumnElement[str]:
    """The pseudonym as the lines spell it."""
    return cast(line.pseudonym_id, Text)


def prizes_of_standing(viewer: Seer, standing: Parent) -> Select[FinalPrize]:
    """The prizes that a participant won, by number."""
    return (
        prizes_seen_by(viewer)
        .where(
            col(FinalPrize.challenge_id) == standing.challenge_id,
            col(FinalPrize.pseudonym_id) == standing.pseudonym_id,
        )
        .order_by(col(FinalPrize.number))
    )


def proof_of_standing(_viewer: Seer, standing: Parent) -> Select[Any]:
    """The line of a participant as one that is proven."""
    return _of(standing, Part.PEOPLE)


def proof_of_team(_viewer: Seer, standing: Parent) -> Select[Any]:
    """The line of a team as one that is proven."""
    return _of(standing, Part.TEAMS)


def proof_of_prize(_viewer: Seer, won: Parent) -> Select[Any]:
    """The line of a prize as one that is proven."""
    return _of(won, Part.PRIZES)


def verified(viewer: Seer, _root: Parent, *, challenge: Closed, position: At) -> Select[Any]:
    """The line at a position of a challenge."""
    return _line(FinalStanding, Part.PEOPLE, _final(viewer)).where(
        col(FinalStanding.challenge_id) == challenge, col(FinalStanding.position) == position
    )


def team_verified(viewer: Seer, _root: Parent, *, challenge: Closed, team: OfTeam) -> Select[Any]:
    """The line of a team in a challenge."""
    return _line(FinalTeamStanding, Part.TEAMS, _final(viewer)).where(
        col(FinalTeamStanding.challenge_id) == challenge, col(FinalTeamStanding.team_id) == team
    )


def seal_of(_viewer: Seer, proof: Parent) -> ColumnElement[Any]:
    """The seal of a line's challenge."""
    return select(col(FinalSeal.seal)).where(col(FinalSeal.challenge_id) == proof.challenge_id).scalar_subquery()


def hash_of(_viewer: Seer, proof: Parent) -> ColumnElement[Any]:
    """The hash of a line's challenge, in hex."""
    own = select(func.encode(col(Challenge.standings_hash), literal_column("'hex'")))
    return own.where(col(Challenge.id) == proof.challenge_id).scalar_subquery()


def levels_of(_viewer: Seer, proof: Parent) -> Select[Any]:
    """The groups from a line up to the root, the line's own first; a bounded number of index reads each."""
    return _levels(proof)


def is_valid(viewer: Seer, proof: Parent) -> ColumnElement[bool]:
    """Whether the hashes made anew from the line's group up to the seal are those that are kept."""
    levels = _levels(proof).subquery("levels")
    text = func.array_to_string(levels.c.lines, literal_column("chr(10)")).concat(literal_column("chr(10)"))
    anew = func.encode(func.sha256(func.convert_to(text, literal_column("'UTF8'"))), literal_column("'hex'"))
    agreeing = select(func.bool_and(levels.c.hash == anew)).scalar_subquery()
    top = select(levels.c.hash).order_by(levels.c.level.desc()).limit(literal_column("1")).scalar_subquery()
    seal = select(col(FinalSeal.seal)).where(col(FinalSeal.challenge_id) == proof.challenge_id).scalar_subquery()
    root = func.split_part(
        func.split_part(seal, literal_column("chr(10)").concat(proof.part).concat(literal_column("' '")), 2),
        literal_column("chr(10)"),
        1,
    )
    sealed = func.encode(func.sha256(func.convert_to(seal, literal_column("'UTF8'"))), literal_column("'hex'"))
    return func.coalesce(
        and_(agreeing, func.split_part(root, literal_column("' '"), 2) == top, sealed == hash_of(viewer, proof)), False
    )


def _of(row: Parent, part: Part) -> Select[Any]:
    columns: list[Any] = [
        row.challenge_id.label("challenge_id"),
        literal(part.value, Text).label("part"),
        row.position.label("position"),
        row.line.label("line"),
    ]
    return select(*columns)


def _line(table: Any, part: Part, final: Select[Any]) -> Select[Any]:
    return _of(table, part).where(col(table.challenge_id).in_(final))


def _levels(proof: Parent) -> Select[Any]:
    series = func.generate_series(literal_column("1"), literal_column(str(MOST_LEVELS)))
    levels = series.table_valued("level").render_derived("above")
    # Divided by the sign itself: SQLAlchemy's `//` makes a double of it, with which no index is searched.
    at = cast(proof.position - literal_column("1"), BigInteger)
    fan: ColumnElement[Any] = literal_column(str(FAN))
    size = cast(func.power(fan, levels.c.level), BigInteger)
    below = cast(func.power(fan, levels.c.level - literal_column("1")), BigInteger)
    # The limit makes it a look-up for each level.
    held = (
        select(FinalHash)
        .where(
            col(FinalHash.challenge_id) == proof.challenge_id,
            col(FinalHash.part) == proof.part,
            col(FinalHash.level) == levels.c.level,
            col(FinalHash.number) == at.op("/")(size),
        )
        .limit(1)
        .lateral("held")
    )
    first = held.c.number * fan
    hashes = select(
        func.array_agg(
            aggregate_order_by(func.encode(col(FinalHash.hash), literal_column("'hex'")), col(FinalHash.number))
        )
    )
    hashes = hashes.where(
        col(FinalHash.challenge_id) == proof.challenge_id,
        col(FinalHash.part) == proof.part,
        col(FinalHash.level) == held.c.level - literal_column("1"),
        col(FinalHash.number) >= first,
        col(FinalHash.number) < first + fan,
    )
    lines = case(
        (held.c.level > literal_column("1"), hashes.scalar_subquery()),
        *[
            (proof.part == literal(part.value, Text), _group(table, proof, first, fan))
            for part, table in (
                (Part.PEOPLE, FinalStanding),
                (Part.TEAMS, FinalTeamStanding),
                (Part.PRIZES, FinalPrize),
            )
        ],
    )
    return (
        select(
            held.c.level.label("level"),
            held.c.number.label("number"),
            cast(cast(at.op("/")(below), BigInteger) % fan, Integer).label("place"),
            cast(lines, ARRAY(Text)).label("lines"),
            func.encode(held.c.hash, literal_column("'hex'")).label("hash"),
        )
        .select_from(levels.join(held, true()))
        .order_by(levels.c.level)
    )


def _group(table: Any, proof: Parent, first: ColumnElement[Any], fan: ColumnElement[Any]) -> ColumnElement[Any]:
    return (
        select(func.array_agg(aggregate_order_by(col(table.line), col(table.position))))
        .where(
            col(table.challenge_id) == proof.challenge_id,
            col(table.position) > first,
            col(table.position) <= first + fan,
        )
        .scalar_subquery()
    )
