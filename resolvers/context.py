"""Who asks, while a query is planned, and what a change has at hand."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol, TypeVar

from sqlalchemy import ColumnElement, Select, any_, false
from sqlalchemy.ext.asyncio import async_sessionmaker
from sqlalchemy.orm import Mapped
from sqlmodel.ext.asyncio.session import AsyncSession

from auth.viewer import Viewer, ViewerKind
from domain.base import utc_now
from domain.scopes import Scope

Entity = TypeVar("Entity")


class Seer(Protocol):
    """The viewer of a query that is being planned: `kind` and `scopes` are known, the rest are placeholders."""

    kind: str
    scopes: frozenset[str]

    @property
    def user_id(self) -> ColumnElement[Any]:
        """The person a token speaks for."""
        ...

    @property
    def client_id(self) -> ColumnElement[Any]:
        """The OAuth client."""
        ...

    @property
    def partner_name(self) -> ColumnElement[Any]:
        """The organisation whose client it is."""
        ...


Parent = Any
"""The parent of a resolver's rows; its attributes are columns."""


def administers(viewer: Seer) -> bool:
    """Whether this is an administrator with the scope of one: such a viewer sees everything."""
    return viewer.kind == ViewerKind.ADMIN and Scope.ADMIN in viewer.scopes


def nothing_of(query: Select[Entity]) -> Select[Entity]:
    """The query, without rows."""
    return query.where(false())


def among(column: ColumnElement[Any] | Mapped[Any], values: Any) -> ColumnElement[bool]:
    """Whether the column is one of `values`, a placeholder of a list; IN would need to know how many they are."""
    return column == any_(values)


def _uncounted(_partner: str, _outcomes: Mapping[str, int]) -> None:
    """Where nobody measures."""


@dataclass
class Context:
    """What a change has at hand, made for one operation.

    `sessions` are the worker's; `hashed` turns a citizen number into the keyed hash that stands for it; `counted`
    is told how many of a partner's items came to which outcome, once they are stored.
    """

    sessions: async_sessionmaker[AsyncSession]
    viewer: Viewer
    hashed: Callable[[str], str]
    now: datetime = field(default_factory=utc_now)
    counted: Callable[[str, Mapping[str, int]], None] = _uncounted
    _session: AsyncSession | None = None
    _taken: list[tuple[str, Mapping[str, int]]] = field(default_factory=list)

    @property
    def session(self) -> AsyncSession:
        """The session of the transaction that is open. Raises LookupError outside of one."""
        if self._session is None:
            raise LookupError("no transaction is open")
        return self._session

    def taken(self, partner: str, outcomes: Mapping[str, int]) -> None:
        """Notes a partner's items, to be counted when the open transaction is committed."""
        self._taken.append((partner, outcomes))

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[AsyncSession]:
        """One transaction, committed at the end, rolled back by an exception."""
        self._taken.clear()
        async with self.sessions.begin() as session:
            self._session = session
            try:
                yield session
            finally:
                self._session = None
        for partner, outcomes in self._taken:
            self.counted(partner, outcomes)
