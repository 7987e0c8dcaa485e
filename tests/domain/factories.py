"""The fewest rows a test speaks about; everything else has a plausible default."""

from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from sqlalchemy import text
from sqlmodel import select

from domain.activities import Activity
from domain.awards import Award
from domain.base import run, uuid7
from domain.budgets import Decision
from domain.challenges import Challenge
from domain.connections import connect
from domain.credits import CreditKind
from domain.demographics import UNKNOWN
from domain.drafts import Draft
from domain.enrolment_days import EnrolmentChange
from domain.enrolments import Enrolment
from domain.ingest import ingest
from domain.partners import Partner
from domain.posting import Words
from domain.sports import Sport
from domain.teams import Membership, Team, TeamDay
from domain.users import User

NOW = datetime(2026, 11, 1, 3, 0, tzinfo=UTC)
MORNING = datetime(2026, 1, 1, 0, 0, tzinfo=UTC)  # 07:00 in Bangkok


def hashed(number: str) -> str:
    return f"cid:{sum(map(ord, number)):x}"


def draft(ref: str = "1", *, at: datetime = MORNING, minutes: float = 33, kcal: float | None = 371, **figures) -> Draft:
    return Draft(
        **{
            "partner_ref": ref,
            "sport": Sport.RUN,
            "started_at": at,
            "elapsed_seconds": minutes * 60,
            "energy_kcal": kcal,
            "raw": f"{ref} {at} {minutes} {kcal} {sorted(figures.items(), key=str)}".encode(),
            **figures,
        }
    )


async def person(session, **columns) -> UUID:
    user = User(id=uuid7(), display_name="Somebody", **{"home_place_code": "9011", **columns})
    session.add(user)
    await session.flush()
    return user.id


async def team_of(
    session, *members: UUID, kind: str = "province", parent: Team | None = None, place_code: str | None = None
) -> Team:
    made = uuid7()
    team = Team(
        id=made,
        kind=kind,
        parent_id=parent.id if parent else None,
        ancestor_ids=[*(parent.ancestor_ids if parent else []), made],
        name_th="ทีม",
        name_en="Team",
        members=len(members),
        place_code=place_code,
    )
    session.add(team)
    joined = (MORNING - timedelta(days=30)).date()
    if members:
        session.add(TeamDay(team_id=made, local_date=joined, members=len(members), member_days_before=0))
    session.add_all([Membership(user_id=each, team_id=made, joined_on=joined, kind=kind) for each in members])
    await session.flush()
    return team


async def challenge_for(session, *people: UUID, **columns) -> Challenge:
    challenge = Challenge(
        **{
            "id": uuid7(),
            "sponsor_name": "mots",
            "title_th": "ท้าทาย",
            "title_en": "Challenge",
            "description_th": "",
            "description_en": "",
            "metric": "energy_kcal",
            "mode": "individuals",
            "starts_on": MORNING.date(),
            "ends_on": (MORNING + timedelta(days=30)).date(),
            "state": "running",
            "participants": len(people),
            **columns,
        }
    )
    session.add(challenge)
    session.add_all([Enrolment(user_id=each, challenge_id=challenge.id) for each in people])
    cells = dict.fromkeys(("age_band", "sex", "province_code"), UNKNOWN)
    joined = {"challenge_id": challenge.id, "local_date": challenge.starts_on, "people": 1, **cells}
    session.add_all([EnrolmentChange(**joined) for _ in people])
    await session.flush()
    return challenge


async def taken(session, partner: str, *items, owner: UUID | None = None, now: datetime = NOW):
    """What became of the items, as they come in from a partner."""
    row = await session.get(Partner, partner)
    return await ingest(session, row, items, now=now, hashed=hashed, owner=owner)


async def activities_of(session, user: UUID) -> list[Activity]:
    """The person's living activities, earliest first, as the database holds them now."""
    rows = select(Activity).where(Activity.user_id == user, Activity.deleted_at.is_(None)).order_by(Activity.started_at)
    return list((await session.exec(rows.execution_options(populate_existing=True))).all())


async def figure(session, sql: str, **binds):
    """The one value that a statement gives."""
    return (await run(session, text(sql), binds)).scalar()


async def balance_of(session, user: UUID) -> int:
    return await figure(session, "SELECT balance FROM credit_balances WHERE user_id = :user", user=user) or 0


WORDS = Words("จิตอาสา", "Volunteering")
FISCAL_YEAR = date(2026, 10, 1)
"""The fiscal year of NOW."""


def decision(**given) -> Decision:
    usual = {"partner_name": "dpe", "kind": CreditKind.VOLUNTEERING, "starts_on": FISCAL_YEAR, "most_per_award": None}
    return Decision(**{**usual, "budget": 1000, "reason": "agreed", **given})


def an_award(ref: str, amount: int, kind: CreditKind = CreditKind.VOLUNTEERING) -> Award:
    return Award(user_id=None, person_ref=ref, amount=amount, kind=kind, words=WORDS, local_date=None)


async def granted(session, user: UUID, partner: str, ref: str, *scopes) -> None:
    """The person linked to the partner under `ref`, which may do what `scopes` say."""
    await connect(session, user, partner, ref)
    sql = "UPDATE connections SET scopes = CAST(:scopes AS text[]) WHERE user_id = :user AND partner_name = :partner"
    await run(session, text(sql), {"scopes": [str(each) for each in scopes], "user": user, "partner": partner})
