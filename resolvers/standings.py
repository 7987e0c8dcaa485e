"""Standings of people: public once their challenge is, by pseudonym; names are for citizens."""

from __future__ import annotations

from typing import Annotated, Any

import strawberry
from sqlalchemy import (
    ColumnElement,
    ScalarSelect,
    Select,
    Text,
    Uuid,
    case,
    cast,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
)
from sqlmodel import col

from auth.viewer import ViewerKind
from domain.challenges import Challenge, Mode
from domain.standings import ChallengeDay, Standing
from domain.users import User
from engine.declare import Ref
from resolvers import challenges
from resolvers.context import Parent, Seer, administers, nothing_of
from resolvers.progress import first_beyond, progress
from resolvers.users import of_age
from resolvers.users import seen_by as users_seen_by

_PSEUDONYM = "P-"
_DIGITS = 12
_SHOWN = f"^{_PSEUDONYM}[0-9A-Fa-f]{{{_DIGITS}}}$"


@strawberry.input(description="Which participant of a challenge; the viewer when nothing is given.")
class ParticipantChoice:
    """Who is looked for on a leaderboard."""

    person: Annotated[strawberry.ID | None, Ref("User")] = strawberry.field(
        description="A person whom the viewer may see; for citizens and administrators."
    )
    pseudonym: str | None = strawberry.field(
        description="A pseudonym of this challenge, P- and 12 hexadecimal digits, as `displayName` shows it; for "
        "citizens it finds those whom they see by pseudonym."
    )


Middle = Annotated[
    ParticipantChoice | None,
    strawberry.argument(
        description="Whom the page has in its middle: as many ahead as behind, more on one side where the other ends. "
        "`first` is the size of the page, and its cursors go on in both directions. Empty without that participant."
    ),
]
Chosen = Annotated[ParticipantChoice, strawberry.argument(description="Whose standing.")]


def standings_seen_by(viewer: Seer) -> Select[Standing]:
    """The standings of challenges that the viewer sees; `display_name_of` decides about names."""
    return select(Standing).where(
        col(Standing.challenge_id).in_(challenges.seen_by(viewer).with_only_columns(col(Challenge.id)))
    )


def leaderboard_of(viewer: Seer, challenge: Parent) -> Select[Standing]:
    """The standings of a challenge; none of a personal goal, where nobody competes."""
    return standings_seen_by(viewer).where(
        col(Standing.challenge_id) == challenge.id, challenge.mode != Mode.PERSONAL_GOAL.value
    )


def line_of(viewer: Seer, challenge: Parent, *, around: Middle = None) -> Select[Standing]:
    """The line of somebody on a challenge's leaderboard."""
    return _chosen(viewer, challenge, around)


def chosen_in(viewer: Seer, challenge: Parent, *, who: Chosen) -> Select[Standing]:
    """The standing of somebody in a challenge."""
    return _chosen(viewer, challenge, who)


def own_in(viewer: Seer, challenge: Parent) -> Select[Standing]:
    """The viewer's own standing in a challenge."""
    return own(viewer).where(col(Standing.challenge_id) == challenge.id)


def standings_of(viewer: Seer, user: Parent) -> Select[Standing]:
    """A person's standings, for that person: others must not learn whose pseudonym is whose."""
    standings = standings_seen_by(viewer) if administers(viewer) else own(viewer)
    return standings.where(col(Standing.user_id) == user.id)


def display_name_of(viewer: Seer, standing: Parent) -> ColumnElement[Any]:
    """The name for citizens and administrators, minors' excepted; for everybody else a pseudonym.

    The pseudonym is random, so that no key that anybody holds leads from a person to it.
    """
    # Leaderboards name people whom users.seen_by hides: taking part in public is what they enrolled for.
    person = select(col(User.display_name)).where(col(User.id) == standing.user_id)
    if administers(viewer):
        return person.scalar_subquery()
    pseudonym = pseudonym_of(viewer, standing)
    if viewer.kind != ViewerKind.CITIZEN:
        return pseudonym
    return func.coalesce(person.where(_named(viewer)).scalar_subquery(), pseudonym)


def pseudonym_of(_viewer: Seer, standing: Parent) -> ColumnElement[Any]:
    """What stands for a participant in a challenge."""
    digits = func.upper(func.left(func.replace(cast(standing.pseudonym_id, Text), "-", ""), _DIGITS))
    return literal(_PSEUDONYM).concat(digits)


def person_in(viewer: Seer, standing: Parent) -> Select[User]:
    """The person of a standing, for citizens and administrators who may see them."""
    people = users_seen_by(viewer).where(col(User.id) == standing.user_id)
    return people if administers(viewer) or viewer.kind == ViewerKind.CITIZEN else nothing_of(people)


def is_own(viewer: Seer, standing: Parent) -> ColumnElement[bool]:
    """Whether a standing is the viewer's."""
    return func.coalesce(standing.user_id == viewer.user_id, False)


def own(viewer: Seer) -> Select[Standing]:
    """The viewer's own standings."""
    return standings_seen_by(viewer).where(col(Standing.user_id) == viewer.user_id)


def progress_of(_viewer: Seer, standing: Parent) -> Select[Any]:
    """How far a standing's score has come towards the target of its challenge; none without a target."""
    target = select(col(Challenge.target)).where(col(Challenge.id) == standing.challenge_id).scalar_subquery()
    return progress(standing.score, target)


def reached_on_of(viewer: Seer, standing: Parent) -> ColumnElement[Any]:
    """The local day with which a score reached the target, for the person whose it is; null for others and before.

    Found from the days of the window, so that whatever is corrected moves it.
    """
    target = select(col(Challenge.target)).where(col(Challenge.id) == standing.challenge_id).scalar_subquery()
    so_far = func.sum(col(ChallengeDay.value)).over(order_by=col(ChallengeDay.local_date))
    days = days_of(viewer, standing).with_only_columns(col(ChallengeDay.local_date), so_far.label("so_far"))
    return case((standing.score >= target, first_beyond(days.subquery("days"), target)))


def days_of(viewer: Seer, standing: Parent) -> Select[ChallengeDay]:
    """What each day of a standing counts, for the person whose it is."""
    days = select(ChallengeDay).where(
        col(ChallengeDay.user_id) == standing.user_id, col(ChallengeDay.challenge_id) == standing.challenge_id
    )
    return days if administers(viewer) else days.where(col(ChallengeDay.user_id) == viewer.user_id)


def days_counted_of(viewer: Seer, standing: Parent) -> ColumnElement[int | None]:
    """How many days of a standing count for more than nothing, for the person whose it is; null for others."""
    days = days_of(viewer, standing).where(col(ChallengeDay.value) > literal_column("0"))
    counted = select(func.count()).select_from(days.subquery("days")).scalar_subquery()
    return counted if administers(viewer) else case((standing.user_id == viewer.user_id, counted))


def _chosen(viewer: Seer, challenge: Parent, who: Any) -> Select[Standing]:
    lines = leaderboard_of(viewer, challenge)
    if who.person is None and who.pseudonym is None:
        return lines.where(col(Standing.user_id) == viewer.user_id)
    if who.person is not None:
        # Whoever knows people by name and sees pseudonyms could put the two together.
        if not (administers(viewer) or viewer.kind == ViewerKind.CITIZEN):
            return nothing_of(lines)
        lines = lines.where(col(Standing.user_id) == _only(users_seen_by(viewer).where(col(User.id) == who.person)))
    if who.pseudonym is not None:
        lines = lines.where(*_meant(col(Standing.pseudonym_id), who.pseudonym)).order_by(col(Standing.pseudonym_id))
        if viewer.kind == ViewerKind.CITIZEN:
            named = select(_named(viewer)).where(col(User.id) == col(Standing.user_id)).scalar_subquery()
            lines = lines.where(func.coalesce(named, false()) == false())
    return lines


def _only(people: Select[User]) -> ScalarSelect[Any]:
    # One value and not IN, which statistics of another size may turn into a join with everybody.
    return people.with_only_columns(col(User.id)).limit(literal_column("1")).scalar_subquery()


def _named(viewer: Seer) -> ColumnElement[bool]:
    """Whether a citizen sees a person by name: oneself, and whoever is of age."""
    return or_(col(User.id) == viewer.user_id, of_age(col(User.birth_year)))


def _meant(pseudonym_id: Any, shown: ColumnElement[Any]) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    """The conditions on a pseudonym's random number that what is shown of it makes; never met by another text."""
    first, second = func.substr(shown, len(_PSEUDONYM) + 1, 8), func.substr(shown, len(_PSEUDONYM) + 9, 4)
    least, most = [
        case((shown.regexp_match(_SHOWN), cast(func.concat(first, "-", second, "-", digits), Uuid)))
        for digits in ("0000-0000-000000000000", "ffff-ffff-ffffffffffff")
    ]
    return pseudonym_id >= least, pseudonym_id <= most
