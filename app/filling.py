"""Fills a demo: seeds an empty database and writes into `demo.json` who can log in and by which client."""

from __future__ import annotations

import contextlib
import secrets
from typing import Any
from uuid import UUID

import orjson
from pwdlib import PasswordHash
from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app import db
from app.demo import Demo, written
from app.install import load_reference
from app.progress import Report
from app.seed import seed
from app.settings import Settings
from auth.viewer import USUAL_SCOPES, ViewerKind
from domain.activities import Activity
from domain.errors import NotFound
from domain.partners import Partner, PartnerKind
from domain.users import Login, User

_CITIZENS = 3
_OUR_CLIENT = "ccc-web"


async def filled(settings: Settings, demo: Demo, people: int, report: Report) -> dict[str, Any]:
    """What `demo.json` says from now on: the database is seeded if it was empty, and the demo's users can log in."""
    async with db.opened(settings) as databases:
        await load_reference(databases)
        async with databases.worker() as session:
            empty = (await session.exec(select(User.id).limit(1))).first() is None  # type: ignore[call-overload]
        if empty:
            await seed(databases.worker, people=people, report=report)
        async with databases.worker.begin() as session:
            users = await _citizens(session, demo)
            clients = await _clients(session)
    issuer = settings.issued_by()
    card = {"graphql": f"{issuer}/graphql", "issuer": issuer, "users": users, "clients": clients}
    written(demo.card, orjson.dumps(card, option=orjson.OPT_INDENT_2))
    return card


async def _citizens(session: AsyncSession, demo: Demo) -> list[dict[str, str]]:
    """The demo's users, those of the last time where they still exist; their passwords are known only here."""
    with contextlib.suppress(NotFound):
        known: list[dict[str, str]] = demo.read()["users"]
        ids = [UUID(user["id"]) for user in known]
        found = (await session.exec(select(func.count()).where(col(User.id).in_(ids)))).scalar_one()  # type: ignore[call-overload]
        if ids and found == len(ids):
            return known
    busiest = select(Activity.user_id).group_by(col(Activity.user_id))  # type: ignore[call-overload]
    busiest = busiest.join(User, col(User.id) == col(Activity.user_id)).where(col(User.synthetic))
    busiest = busiest.order_by(func.count().desc(), col(Activity.user_id)).limit(_CITIZENS)
    users, hasher = [], PasswordHash.recommended()
    for number, (user_id,) in enumerate((await session.exec(busiest)).all(), start=1):
        username, password = f"citizen{number}", secrets.token_urlsafe(9)
        login = insert(Login).values(username=username, user_id=user_id, password_hash=hasher.hash(password))
        changed = {"user_id": login.excluded.user_id, "password_hash": login.excluded.password_hash}
        await session.execute(login.on_conflict_do_update(index_elements=["username"], set_=changed))
        users.append({"username": username, "password": password, "id": str(user_id)})
    return users


async def _clients(session: AsyncSession) -> list[dict[str, Any]]:
    """A client of every kind, and one for every partner."""
    clients = [
        _client(_OUR_CLIENT, ViewerKind.CITIZEN),
        _client("demo-ministry", ViewerKind.MINISTRY),
        _client("demo-admin", ViewerKind.ADMIN),
    ]
    for partner in (await session.exec(select(Partner).order_by(Partner.name))).scalars():  # type: ignore[call-overload]
        kind = ViewerKind.SPONSOR if partner.kind == PartnerKind.SPONSOR else ViewerKind.PARTNER
        clients.append(_client(f"demo-{partner.name}", kind, partner.name))
    return clients


def _client(client_id: str, kind: ViewerKind, partner: str | None = None) -> dict[str, Any]:
    return {"client_id": client_id, "kind": kind.value, "partner": partner, "scopes": sorted(USUAL_SCOPES[kind])}
