"""Challenges and standings: public once published, by pseudonym."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    not_,
    or_,
    select,
)
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.challenges import Challenge, ChallengeState, Metric, Mode
from domain.ranks import BITS, SHIFTS, SIBLINGS, ScoreBucket
from domain.standings import Standing
from domain.team_standings import TeamStanding
from domain.users import User
from engine.declare import Ref
from resolvers.context import Parent, Seer, administers, among, nothing_of
from resolvers.users import of_age
from resolvers.users import seen_by as users_seen_by

COUNTED = 100
"""Participants ahead who are counted one by one: a page's worth."""

ChallengeId = Annotated[strawberry.ID, Ref("Challenge")]


@strawberry.input(description="Which challenges to list; conditions add up.")
class ChallengeFilter:
    """Conditions on challenges."""

    states: list[ChallengeState] | None = strawberry.field(description="Only challenges in these states.")
    sponsor: str | None = strawberry.field(description="Only challenges of the partner of this name.")
    metric: Metric | None = strawberry.field(description="Only challenges that count this.")
    mode: Mode | None = strawberry.field(description="Only challenges of this mode.")


Where = Annotated[
    ChallengeFilter | None, strawberry.argument(description="Which challenges to list; all visible when left out.")
]


def seen_by(viewer: Seer) -> Select[Challenge]:
    """Everything published; an organisation's own drafts too, and those it cancelled."""
    every = select(Challenge)
    if administers(viewer):
        return every
    draft, cancelled = (
        col(Challenge.state) == state.value for state in (ChallengeState.DRAFT, ChallengeState.CANCELLED)
    )
    published = not_(or_(draft, and_(cancelled, col(Challenge.published_at).is_(None))))
    if viewer.kind in (ViewerKind.SPONSOR, ViewerKind.PARTNER):
        return every.where(or_(published, col(Challenge.sponsor_name) == viewer.partner_name))
    return every.where(published)


def by_id(viewer: Seer, key: Parent) -> Select[Challenge]:
    """The challenge behind a global id."""
    return seen_by(viewer).where(col(Challenge.id) == key.id)


def listed(viewer: Seer, _root: Parent, *, where: Where = None) -> Select[Challenge]:
    """The challenges that match."""
    found = seen_by(viewer)
    if where is None:
        return found
    if where.states is not None:
        found = found.where(among(col(Challenge.state), where.states))
    if where.sponsor is not None:
        found = found.where(col(Challenge.sponsor_name) == where.sponsor)
    if where.metric is not None:
        found = found.where(col(Challenge.metric) == where.metric)
    if where.mode is not None:
        found = found.where(col(Challenge.mode) == where.mode)
    return found


def named(viewer: Seer, thing: Parent) -> Select[Challenge]:
    """The challenge that a standing names."""
    return seen_by(viewer).where(col(Challenge.id) == thing.challenge_id)


def standings_seen_by(viewer: Seer) -> Select[Standing]:
    """The standings of challenges that the viewer sees; `display_name_of` decides about names."""
    return select(Standing).where(col(Standing.challenge_id).in_(seen_by(viewer).with_only_columns(col(Challenge.id))))


def leaderboard_of(viewer: Seer, challenge: Parent) -> Select[Standing]:
    """The standings of a challenge; none of a personal goal, where nobody competes."""
    return standings_seen_by(viewer).where(
        col(Standing.challenge_id) == challenge.id, challenge.mode != Mode.PERSONAL_GOAL.value
    )


def own_in(viewer: Seer, challenge: Parent) -> Select[Standing]:
    """The viewer's own standing in a challenge."""
    return own(viewer).where(col(Standing.challenge_id) == challenge.id)


def standings_of(viewer: Seer, user: Parent) -> Select[Standing]:
    """A person's standings, for that person: others must not learn whose pseudonym is whose."""
    standings = standings_seen_by(viewer) if administers(viewer) else own(viewer)
    return standings.where(col(Standing.user_id) == user.id)


def rank_of(_viewer: Seer, standing: Parent) -> ColumnElement[int]:
    """One more than the number of participants with a higher score, at a cost that does not grow with their number.

    Up to `COUNTED` of them are counted, so that the first page shows one moment; more are the sum of score buckets.
    """
    # With an order the index is read from its top; without one a plan may scan the table for the first it meets.
    higher = select(col(Standing.score)).order_by(col(Standing.score).desc()).limit(literal_column(str(COUNTED)))
    first = higher.where(col(Standing.challenge_id) == standing.challenge_id, col(Standing.score) > standing.score)
    counted = select(func.count().label("people")).select_from(first.subquery("first")).subquery("counted")
    few = case((counted.c.people < literal_column(str(COUNTED)), counted.c.people), else_=_ahead_by_buckets(standing))
    return select(few + literal_column("1")).scalar_subquery()


def rank_at_the_top(_viewer: Seer, standing: Parent) -> ColumnElement[int]:
    """The rank of those on a leaderboard's first page, where all that are ahead of them stand, too."""
    return func.rank().over(partition_by=standing.challenge_id, order_by=standing.score.desc())


def _ahead_by_buckets(standing: Parent) -> ColumnElement[int]:
    series = func.generate_series(literal_column("0"), literal_column(str(SHIFTS[-1])), literal_column(str(BITS)))
    levels = series.table_valued("shift").render_derived("levels")
    own: ColumnElement[Any] = standing.score.bitwise_rshift(levels.c.shift)
    # A subquery for each level, since a join may be planned as one with all buckets of the challenge.
    above = select(func.sum(col(ScoreBucket.people))).where(
        col(ScoreBucket.challenge_id) == standing.challenge_id,
        col(ScoreBucket.shift) == levels.c.shift,
        col(ScoreBucket.bucket) > own,
        col(ScoreBucket.bucket) <= own.bitwise_or(literal_column(str(SIBLINGS))),
    )
    ahead = select(cast(func.sum(above.correlate(levels).scalar_subquery()), BigInteger)).select_from(levels)
    # What waits to be folded must not put somebody among those who were counted.
    return func.greatest(ahead.scalar_subquery(), literal_column(str(COUNTED)))


def display_name_of(viewer: Seer, standing: Parent) -> ColumnElement[Any]:
    """The name for citizens and administrators, minors' excepted; for everybody else a pseudonym.

    The pseudonym is random, so that no key that anybody holds leads from a person to it.
    """
    # Leaderboards name people whom users.seen_by hides: taking part in public is what they enrolled for.
    person = select(col(User.display_name)).where(col(User.id) == standing.user_id)
    if administers(viewer):
        return person.scalar_subquery()
    digits = func.upper(func.left(func.replace(cast(standing.pseudonym_id, Text), "-", ""), 12))
    pseudonym = literal("P-").concat(digits)
    if viewer.kind != ViewerKind.CITIZEN:
        return pseudonym
    shown = or_(col(User.id) == viewer.user_id, of_age(col(User.birth_year)))
    return func.coalesce(person.where(shown).scalar_subquery(), pseudonym)


def person_in(viewer: Seer, standing: Parent) -> Select[User]:
    """The person of a standing, for citizens and administrators who may see them."""
    people = users_seen_by(viewer).where(col(User.id) == standing.user_id)
    return people if administers(viewer) or viewer.kind == ViewerKind.CITIZEN else nothing_of(people)


def is_own(viewer: Seer, standing: Parent) -> ColumnElement[bool]:
    """Whether a standing is the viewer's."""
    return func.coalesce(standing.user_id == viewer.user_id, False)


def team_standings_seen_by(viewer: Seer) -> Select[TeamStanding]:
    """The team standings of challenges that the viewer sees."""
    visible = seen_by(viewer).with_only_columns(col(Challenge.id))
    return select(TeamStanding).where(col(TeamStanding.challenge_id).in_(visible))


def team_leaderboard_of(viewer: Seer, challenge: Parent) -> Select[TeamStanding]:
    """The team standings of a challenge."""
    return team_standings_seen_by(viewer).where(col(TeamStanding.challenge_id) == challenge.id)


def standings_of_team(viewer: Seer, team: Parent) -> Select[TeamStanding]:
    """A team's standings."""
    return team_standings_seen_by(viewer).where(col(TeamStanding.team_id) == team.id)


def team_rank_of(_viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """One more than the number of ranked teams of its level with a higher figure; null for one that is not ranked."""
    ahead = select(func.count()).where(
        col(TeamStanding.challenge_id) == standing.challenge_id,
        col(TeamStanding.depth) == standing.depth,
        col(TeamStanding.ranked),
        col(TeamStanding.figure) > standing.figure,
    )
    return case((standing.ranked, ahead.scalar_subquery() + 1))


def own(viewer: Seer) -> Select[Standing]:
    """The viewer's own standings."""
    return standings_seen_by(viewer).where(col(Standing.user_id) == viewer.user_id)
