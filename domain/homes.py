"""Where people live, from which day on: a move does not rewrite the days before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from psycopg import AsyncConnection
from sqlalchemy import Text
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import monday
from domain.base import Row, driver_of, utc_now
from domain.counters import each
from domain.errors import UnknownPlace
from domain.exchange import asked
from domain.memberships import move
from domain.teams import HOME_TEAMS, Joining, home_teams

Homes = Sequence[tuple[date, str | None]]
"""Somebody's homes by the day on which each began, the first long ago; empty for who never moved."""

_LONG_AGO = date(1900, 1, 1)


class UserHome(Row, table=True):
    """The home in force from a local day on, until the day of the next; null: they say none.

    Only of people who moved: their first row holds the home that they had before, from long ago.
    """

    __tablename__ = "user_homes"

    user_id: UUID = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    place_code: str | None = Field(default=None, sa_type=Text)
    set_at: datetime = Field(default_factory=utc_now)


MOVED = "SELECT user_id, valid_from, place_code FROM user_homes WHERE user_id = ANY($1::uuid[]) ORDER BY 1, 2"
"""SQL for the homes of those of the people $1 who moved."""


def home_on(homes: Homes, day: date, present: str | None) -> str | None:
    """The home in force on a local day; `present` for who never moved."""
    return next((code for since, code in reversed(homes) if since <= day), present)


_HELD = """
    SELECT u.home_place_code,
           $2::text IS NULL OR EXISTS (SELECT FROM places WHERE code = $2 AND kind IN ('district', 'subdistrict')),
           ARRAY(SELECT m.team_id FROM memberships m JOIN teams t ON t.id = m.team_id
                 WHERE m.user_id = $1::uuid AND m.left_on IS NULL AND t.joining = 'derived')
    FROM users u WHERE u.id = $1::uuid
"""

_DATE = """
    INSERT INTO user_homes (user_id, valid_from, place_code, set_at)
    SELECT id, $2::date, home_place_code, created_at FROM users WHERE id = $1::uuid ON CONFLICT DO NOTHING
"""
_SET = """
    INSERT INTO user_homes (user_id, valid_from, place_code, set_at)
    VALUES ($1::uuid, $2::date, $3::text, $4::timestamptz)
    ON CONFLICT (user_id, valid_from) DO UPDATE SET place_code = excluded.place_code, set_at = excluded.set_at
"""
_PRESENT = "UPDATE users SET home_place_code = $2::text WHERE id = $1::uuid"

# A week or a month counts where its person lives on its last day: those that run go along, with all that they hold.
_PERIODS = f"""
    WITH moved AS (
        UPDATE user_periods p SET home_place_code = $2::text
        WHERE p.user_id = $1::uuid AND (p.period, p.starts_on) IN (('week', $3::date), ('month', $4::date))
          AND p.home_place_code IS DISTINCT FROM $2
        RETURNING old.home_place_code AS before, new.home_place_code AS after, new.period, new.starts_on,
                  {each("new.{0}")}
    )
    INSERT INTO place_changes (home_place_code, period, starts_on, participants, {each("{0}")})
    SELECT before, period, starts_on, -CAST(activities > 0 AS integer), {each("-{0}")}
    FROM moved WHERE before IS NOT NULL
    UNION ALL
    SELECT after, period, starts_on, CAST(activities > 0 AS integer), {each("{0}")} FROM moved WHERE after IS NOT NULL
"""  # noqa: S608

# Whoever is a regular exerciser as of the running week is one of the new place.
_WEEK = "INSERT INTO week_changes (user_id, starts_on) VALUES ($1::uuid, $2::date)"


WRONG = f"""
    SELECT format('user %s: at home in %s, in the teams %s', u.id, coalesce(u.home_place_code, 'no place'), b.teams)
    FROM users u CROSS JOIN LATERAL (
        SELECT coalesce(array_agg(m.team_id ORDER BY m.team_id) FILTER (WHERE m.left_on IS NULL), '{{}}') AS teams,
               count(*) AS times
        FROM memberships m JOIN teams t ON t.id = m.team_id WHERE m.user_id = u.id AND t.joining = 'derived'
    ) b
    WHERE u.id BETWEEN :first AND :last AND b.teams <> {HOME_TEAMS.format(code="u.home_place_code")}
      AND (b.times > 0 OR EXISTS (SELECT FROM user_homes h WHERE h.user_id = u.id))
"""  # noqa: S608
"""SQL with a line for whoever belongs to other teams of places than those they live in, of people who ever did."""


class _Held(NamedTuple):
    home: str | None
    exists: bool
    teams: list[UUID]


async def set_home(
    session: AsyncSession, user_id: UUID, code: str | None, *, today: date, now: datetime
) -> date | None:
    """The local day from which on the person lives in that district or subdistrict, or says no home; None if they did.

    They leave the teams of the province and the district they lived in for those of the new ones. The running week and
    month count in the new place; the day itself is the caller's to book anew, who holds the person's lock. Raises
    UnknownPlace.
    """
    connection = await driver_of(session)
    held = await _held(connection, user_id, code)
    if not held.exists:
        raise UnknownPlace("Send the code of a district or a subdistrict, such as 1001.", path=("input", "place"))
    if held.home == code:
        return None
    wanted = home_teams(code)
    leave = [each for each in held.teams if each not in wanted]
    join = [each for each in wanted if each not in held.teams]
    moved = await move(session, user_id, leave=leave, join=join, admitted=[Joining.DERIVED], today=today, now=now)
    day = moved.local_date
    await asked(
        connection,
        (_DATE, [user_id, _LONG_AGO]),
        (_SET, [user_id, day, code, now]),
        (_PRESENT, [user_id, code]),
        (_PERIODS, [user_id, code, monday(day), day.replace(day=1)]),
        (_WEEK, [user_id, monday(day)]),
    )
    return day


async def _held(connection: AsyncConnection[Any], user_id: UUID, code: str | None) -> _Held:
    ((found,),) = await asked(connection, (_HELD, [user_id, code]))
    return _Held(*found)
