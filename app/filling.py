"""Fills a demo: seeds an empty database and writes into `demo.json` who can log in and by which client."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from pwdlib import PasswordHash
from sqlalchemy import select
from sqlmodel import col
from sqlmodel.ext.asyncio.session import AsyncSession

from app import db
from app.closing import all_closed
from app.demo import Demo, written
from app.folding import drained
from app.install import load_reference
from app.jobs import Tools, roll
from app.progress import Report
from app.seed import seeded
from app.settings import Settings
from auth.viewer import USUAL_SCOPES, ViewerKind
from domain.base import utc_now
from domain.drafts import BANGKOK
from domain.errors import NotFound
from domain.partners import Partner, PartnerKind
from domain.users import Login, User

_CITIZENS = 4
_OUR_CLIENT = "ccc-web"


async def filled(settings: Settings, demo: Demo, people: int, report: Report) -> dict[str, Any]:
    """What `demo.json` says from now on: the database is seeded if it was empty, and the demo's users can log in."""
    async with db.opened(settings) as databases:
        await load_reference(databases)
        async with databases.owner() as session:
            empty = (await session.execute(select(User).limit(1))).first() is None
        if empty:
            today = datetime.now(BANGKOK).date()
            made = await seeded(databases.owner, people=people, today=today, progress=report)
            users = [_user(each.username, each.password, each.id) for each in made.demo_users]
        else:
            async with databases.worker.begin() as session:
                users = await _known(session, demo) or await _renewed(session)
        await roll(Tools(databases.worker))
        await drained(databases.worker)
        await all_closed(databases.worker, utc_now(), report)
        async with databases.worker() as session:
            clients = await _clients(session)
    issuer = settings.issued_by()
    card = {"graphql": f"{issuer}/graphql", "issuer": issuer, "users": users, "clients": clients}
    written(demo.card, orjson.dumps(card, option=orjson.OPT_INDENT_2))
    return card


def _user(username: str, password: str, user_id: UUID) -> dict[str, str]:
    return {"username": username, "password": password, "id": str(user_id)}


async def _known(session: AsyncSession, demo: Demo) -> list[dict[str, str]]:
    """The users of the last time, where they are still the database's; else none."""
    try:
        users: list[dict[str, str]] = demo.read()["users"]
    except NotFound:
        return []
    wanted = {(each["username"], UUID(each["id"])) for each in users}
    logins = select(Login).where(col(Login.username).in_([username for username, _ in wanted]))
    found = {(login.username, login.user_id) for login in (await session.execute(logins)).scalars()}
    return users if wanted <= found else []


async def _renewed(session: AsyncSession) -> list[dict[str, str]]:
    """The synthetic people who can log in, the first few, with new passwords: the old ones are known to nobody."""
    logins = select(Login).join(User, col(User.id) == col(Login.user_id)).where(col(User.synthetic))
    users, hasher = [], PasswordHash.recommended()
    for login in (await session.execute(logins.order_by(col(Login.username)).limit(_CITIZENS))).scalars():
        password = secrets.token_urlsafe(9)
        login.password_hash = hasher.hash(password)
        users.append(_user(login.username, password, login.user_id))
    return users


async def _clients(session: AsyncSession) -> list[dict[str, Any]]:
    """A client of every kind, and one for every partner."""
    clients = [
        _client(_OUR_CLIENT, ViewerKind.CITIZEN),
        _client("demo-ministry", ViewerKind.MINISTRY),
        _client("demo-admin", ViewerKind.ADMIN),
    ]
    for partner in (await session.execute(select(Partner).order_by(Partner.name))).scalars():
        kind = ViewerKind.SPONSOR if partner.kind == PartnerKind.SPONSOR else ViewerKind.PARTNER
        clients.append(_client(f"demo-{partner.name}", kind, partner.name))
    return clients


def _client(client_id: str, kind: ViewerKind, partner: str | None = None) -> dict[str, Any]:
    return {"client_id": client_id, "kind": kind.value, "partner": partner, "scopes": sorted(USUAL_SCOPES[kind])}
