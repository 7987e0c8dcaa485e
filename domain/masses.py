"""What a person weighs, from which day on: a correction does not rewrite the days before it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import AsyncConnection
from sqlmodel import Field
from sqlmodel.ext.asyncio.session import AsyncSession

from domain.bangkok import local_date_of
from domain.base import Row, driver_of, utc_now
from domain.corrections import reformed_all
from domain.errors import BadInput
from domain.exchange import asked
from domain.holding import locked

LEAST_KG, MOST_KG = 10, 400
_FIRST_DAY, _LAST_DAY = date(1900, 1, 1), date(9999, 12, 31)


class UserMass(Row, table=True):
    """The body mass in force from a local day on, until the day of the next.

    Days before the first are estimated with the first; a person without any with the mass of their row.
    """

    __tablename__ = "user_masses"

    user_id: UUID = Field(primary_key=True)
    valid_from: date = Field(primary_key=True)
    mass_kg: float
    set_at: datetime = Field(default_factory=utc_now)


_HELD = """
    SELECT m.valid_from, m.mass_kg FROM user_masses m WHERE m.user_id = $1 ORDER BY m.valid_from
"""
# The mass that the person had without a date held from the beginning.
_DATE = """
    INSERT INTO user_masses (user_id, valid_from, mass_kg, set_at)
    SELECT id, CAST($2 AS date), mass_kg, created_at FROM users WHERE id = $1 AND mass_kg > 0
    ON CONFLICT DO NOTHING
"""
_SET = """
    INSERT INTO user_masses (user_id, valid_from, mass_kg, set_at)
    VALUES ($1, CAST($2 AS date), CAST($3 AS double precision), CAST($4 AS timestamptz))
    ON CONFLICT (user_id, valid_from) DO UPDATE SET mass_kg = excluded.mass_kg, set_at = excluded.set_at
"""
_NEWEST = """
    UPDATE users SET mass_kg = (SELECT mass_kg FROM user_masses WHERE user_id = $1 ORDER BY valid_from DESC LIMIT 1)
    WHERE id = $1
"""


async def set_mass(session: AsyncSession, user_id: UUID, mass_kg: float, valid_from: date, *, now: datetime) -> int:
    """The person weighs so much from that local day on, until a later day they named; how many activities followed.

    The activities of those days are formed anew, 500 at once; the first mass they ever give counts for the days before
    it, too. The same again changes nothing. Raises BadInput for a mass outside 10 to 400 kg, or a day to come.
    """
    if not LEAST_KG <= mass_kg <= MOST_KG:
        raise BadInput(f"Send a mass of {LEAST_KG} to {MOST_KG} kilograms.", path=("input", "massKg"))
    if not _FIRST_DAY < valid_from <= local_date_of(now):
        raise BadInput("Send a day from 1900 on that is not to come.", path=("input", "validFrom"))
    connection = await driver_of(session)
    await locked(connection, [user_id])
    if not await _held(connection, user_id):
        await asked(connection, (_DATE, [user_id, _FIRST_DAY]))
    before = await _held(connection, user_id)
    if (valid_from, mass_kg) in before:
        return 0
    await asked(connection, (_SET, [user_id, valid_from, mass_kg, now]), (_NEWEST, [user_id]))
    since = valid_from if before and before[0][0] < valid_from else _FIRST_DAY
    until = next((day for day, _ in before if day > valid_from), _LAST_DAY)
    return await reformed_all(session, user_id, now, since=since, until=until)


async def _held(connection: AsyncConnection[Any], user_id: UUID) -> Sequence[tuple[date, float]]:
    (rows,) = await asked(connection, (_HELD, [user_id]))
    return [(day, mass_kg) for day, mass_kg in rows]
