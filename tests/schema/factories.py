"""Small makers of rows: each takes only what a test speaks about and commits what it makes."""

import itertools
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text, update
from sqlmodel import col, select

from adapters.declared_specs import Place, Spec
from adapters.thai_columns import Column
from auth.viewer import USUAL_SCOPES, Viewer, ViewerKind
from domain import ingest, team_days
from domain.base import inserted, table_of, uuid7
from domain.base import run as run_on
from domain.challenges import Challenge
from domain.connections import Connection, connect
from domain.drafts import Draft
from domain.guardians import TEXT_VERSION, GuardianConsent
from domain.mappings import PartnerMapping
from domain.partners import Partner
from domain.records import Quarantined
from domain.scopes import Scope
from domain.sports import Sport
from domain.team_standings import RANKED_FROM, TeamStanding
from domain.teams import Membership, Team
from domain.unmapped import UnmappedSport
from domain.uploads import Upload, UploadError
from domain.users import User
from engine.ids import encoded

NOW = datetime(2026, 1, 31, 5, 0, tzinfo=UTC)
"""Noon in Bangkok on 2026-01-31: the present of these tests."""
TODAY = date(2026, 1, 31)
_numbers = itertools.count(1)


def citizen(user_id: UUID, *, without=()) -> Viewer:
    return Viewer(ViewerKind.CITIZEN, user_id, "ccc-web", None, USUAL_SCOPES[ViewerKind.CITIZEN] - set(without))


def partner(name: str, *scopes: Scope) -> Viewer:
    granted = scopes or (Scope.ACTIVITY_READ, Scope.ACTIVITY_WRITE, Scope.PROFILE_READ, Scope.CHALLENGE_READ)
    return Viewer(ViewerKind.PARTNER, None, f"{name}-server", name, frozenset(granted))


def sponsor(name: str) -> Viewer:
    return Viewer(ViewerKind.SPONSOR, None, f"{name}-server", name, USUAL_SCOPES[ViewerKind.SPONSOR])


def ministry() -> Viewer:
    return Viewer(ViewerKind.MINISTRY, None, "mots-dashboard", None, frozenset(Scope) - {Scope.ADMIN})


def admin() -> Viewer:
    return Viewer(ViewerKind.ADMIN, None, "ccc-admin", None, USUAL_SCOPES[ViewerKind.ADMIN])


def gid(type_name: str, key: object) -> str:
    return encoded(type_name, key)


async def _add(sessions, row):
    async with sessions.begin() as session:
        values = {column.name: getattr(row, column.name) for column in table_of(type(row)).columns}
        await inserted(session, type(row), [values])
    return row


async def person(sessions, display_name="Malee", **columns) -> UUID:
    return (await _add(sessions, User(display_name=display_name, **columns))).id


async def team(sessions, kind="club", *, parent=None, **columns) -> Team:
    made = Team(kind=kind, name_th=columns.pop("name_th", "ทีม"), name_en=columns.pop("name_en", "Team"), **columns)
    made.parent_id = parent.id if parent else None
    made.ancestor_ids = [*(parent.ancestor_ids if parent else []), made.id]
    async with sessions.begin() as session:
        session.add(made)  # arrays of ids do not travel through `inserted`
    return made


async def belongs(sessions, user_id, to: Team, joined_on=TODAY - timedelta(days=30), left_on=None, **columns) -> None:
    given = {"user_id": user_id, "team_id": to.id, "joined_on": joined_on, "left_on": left_on, "kind": to.kind}
    row = Membership(**given, **columns)
    await _add(sessions, row)
    async with sessions.begin() as session:
        await run_on(session, text(team_days.FILL))


async def consented(sessions, minor: UUID, **columns) -> GuardianConsent:
    """A guardian's consent for the minor."""
    given = {"guardian_id": uuid7(), "consented_at": NOW, "code_expires_at": NOW, "text_version": TEXT_VERSION}
    return await _add(sessions, GuardianConsent(minor_id=minor, code=f"code-{next(_numbers)}", **{**given, **columns}))


async def challenge(sessions, **columns) -> Challenge:
    given = {
        "sponsor_name": "demo_sponsor",
        "title_th": "เดินให้ถึงฝัน",
        "title_en": "Walk the talk",
        "description_th": "เดินทุกวัน",
        "description_en": "Walk every day",
        "metric": "credits",
        "mode": "individuals",
        "starts_on": TODAY - timedelta(days=10),
        "ends_on": TODAY + timedelta(days=10),
        "state": "running",
    }
    made = Challenge(**{**given, **columns})
    async with sessions.begin() as session:
        session.add(made)
    return made


async def scored(sessions, of: Challenge, by: Team, score: int) -> None:
    """The team with that total in the challenge, which ranks by it."""
    ranked = by.members >= RANKED_FROM
    row = TeamStanding(
        challenge_id=of.id, team_id=by.id, depth=len(by.ancestor_ids), score=score, figure=score, ranked=ranked
    )
    await _add(sessions, row)


async def linked(sessions, user_id, partner_name, person_ref=None, *scopes) -> str:
    """The person linked to the partner; the partner may do what `scopes` say."""
    ref = person_ref or f"person-{next(_numbers)}"
    async with sessions.begin() as session:
        await connect(session, user_id, partner_name, ref)
        granted = [scope.value for scope in scopes]
        link = col(Connection.user_id) == user_id, col(Connection.partner_name) == partner_name
        await run_on(session, update(Connection).where(*link).values(scopes=granted))
    return ref


def run(started_at=NOW - timedelta(hours=5), **figures) -> Draft:
    """An hour's run of 700 kcal, worth 7 credits, that ended some hours before the present."""
    number = next(_numbers)
    given = {
        "partner_ref": f"ref-{number}",
        "sport": Sport.RUN,
        "started_at": started_at,
        "elapsed_seconds": 3600.0,
        "distance_meters": 10_000.0,
        "energy_kcal": 700.0,
        "raw": str(number).encode(),
    }
    return Draft(**{**given, **figures})


def runs(count: int, **figures) -> list[Draft]:
    """Runs on as many days, the latest today."""
    return [run(NOW - timedelta(days=day, hours=5), **figures) for day in range(count)]


async def sent(sessions, partner_name, *items, owner=None, now=NOW) -> list[ingest.Result]:
    async with sessions.begin() as session:
        sender = await session.get(Partner, partner_name)
        return await ingest.ingest(session, sender, items, now=now, hashed=str, owner=owner)


async def active(sessions, display_name="Malee", *, days=1, partner_name="garmin", scopes=(), **columns) -> UUID:
    """A person linked to a partner, who ran on the last `days` days."""
    user_id = await person(sessions, display_name, **columns)
    ref = await linked(sessions, user_id, partner_name, None, *scopes)
    await sent(sessions, partner_name, *runs(days, person_ref=ref))
    return user_id


async def uploaded(sessions, partner_name) -> Upload:
    """A file of the partner's that was read; all that stands in its quarantine came of it."""
    made = await _add(sessions, Upload(partner_name=partner_name, state="done", items=2, created=1, quarantined=1))
    async with sessions() as session:
        found = await session.exec(select(Quarantined.id).where(col(Quarantined.partner_name) == partner_name))
        failed = found.all()
    for each in failed:
        await _add(sessions, UploadError(upload_id=made.id, quarantine_id=each))
    return made


async def unmapped(sessions, partner_name, word="Plogging", records=3) -> UnmappedSport:
    """A word for a sport that a partner sent and no table knows."""
    seen = {"first_seen_at": NOW - timedelta(days=2), "last_seen_at": NOW}
    return await _add(sessions, UnmappedSport(partner_name=partner_name, word=word, records=records, **seen))


async def declared(sessions, partner_name) -> PartnerMapping:
    """A mapping of the partner's, not activated."""
    columns = {Column.DAY: Place(at="When"), Column.SPORT: Place(always="walk")}
    spec = Spec(columns=columns, sports={"wobble": Sport.WALK}).stored()
    given = {"spec": spec, "note": "the club's list", "saved_by": "somebody", "idempotency_key": "1"}
    return await _add(sessions, PartnerMapping(partner_name=partner_name, version=1, **given))
