"""What the sponsor of a challenge sees of it, and administrators: figures as of the last midnight in Bangkok."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ARRAY, ColumnElement, Select, Text, cast, func, literal, select
from sqlmodel import col

from domain.demographics import UNKNOWN, AgeBand, DemographicCell, Dimension
from domain.enrolment_days import EnrolmentDay
from domain.places import Place
from domain.snapshots import ChallengeSnapshot
from domain.standings import Standing
from domain.users import Sex
from resolvers import challenges, places
from resolvers.context import Parent, Seer
from resolvers.standings import standings_seen_by


def of_challenge(viewer: Seer, challenge: Parent) -> Select[ChallengeSnapshot]:
    """The last snapshot of a challenge that is complete, for its sponsor and administrators."""
    of_it = col(ChallengeSnapshot.challenge_id) == challenge.id
    ended = select(col(ChallengeSnapshot.local_date)).where(of_it, col(ChallengeSnapshot.ended_at).is_not(None))
    newest = ended.order_by(col(ChallengeSnapshot.local_date).desc()).limit(1).scalar_subquery()
    last = select(ChallengeSnapshot).where(of_it, col(ChallengeSnapshot.local_date) == newest)
    return challenges.for_holders(viewer, challenge, last)


def enrolments_by_day(_viewer: Seer, snapshot: Parent) -> Select[EnrolmentDay]:
    """The days on which anybody joined or left, up to that of the snapshot."""
    return select(EnrolmentDay).where(
        col(EnrolmentDay.challenge_id) == snapshot.challenge_id, col(EnrolmentDay.local_date) <= snapshot.local_date
    )


def age_bands_of(_viewer: Seer, snapshot: Parent) -> Select[DemographicCell]:
    """The cells of age, the youngest first, those who did not say last."""
    return _cells(snapshot, Dimension.AGE_BAND).order_by(_position(AgeBand))


def sexes_of(_viewer: Seer, snapshot: Parent) -> Select[DemographicCell]:
    """The cells of sex, those who did not say last."""
    return _cells(snapshot, Dimension.SEX).order_by(_position(Sex))


def provinces_of(_viewer: Seer, snapshot: Parent) -> Select[DemographicCell]:
    """The cells of provinces by code, those who did not say last."""
    return _cells(snapshot, Dimension.PROVINCE).order_by(col(DemographicCell.cell))


def word_of(_viewer: Seer, cell: Parent) -> ColumnElement[Any]:
    """What a cell's people have in common; null for those who did not say."""
    return func.nullif(cell.cell, UNKNOWN)


def province_of(viewer: Seer, cell: Parent) -> Select[Place]:
    """The province of a cell."""
    return places.seen_by(viewer).where(col(Place.code) == cell.cell)


def consenting(viewer: Seer, challenge: Parent) -> Select[Standing]:
    """The standings of those who share them with the sponsor, for the sponsor and administrators."""
    shared = standings_seen_by(viewer).where(
        col(Standing.challenge_id) == challenge.id, col(Standing.shared_at).is_not(None)
    )
    return challenges.for_holders(viewer, challenge, shared)


def _cells(snapshot: Parent, dimension: Dimension) -> Select[DemographicCell]:
    return select(DemographicCell).where(
        col(DemographicCell.challenge_id) == snapshot.challenge_id, col(DemographicCell.dimension) == dimension.value
    )


def _position(words: type[AgeBand | Sex]) -> ColumnElement[int]:
    return func.array_position(cast(literal([*words, UNKNOWN], ARRAY(Text)), ARRAY(Text)), col(DemographicCell.cell))
