"""Who is asking: the one value that every read and write is judged by."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID

from domain.scopes import Scope


class ViewerKind(StrEnum):
    """In whose name a request comes."""

    ANONYMOUS = "anonymous"
    CITIZEN = "citizen"
    PARTNER = "partner"
    MINISTRY = "ministry"
    SPONSOR = "sponsor"
    ADMIN = "admin"


@dataclass(frozen=True)
class Viewer:
    """Who is asking, by which client, with which scopes.

    `user_id` is the person a token speaks for, None when it speaks for the client alone;
    `partner_name` the organisation whose client it is, None for our own.
    """

    kind: ViewerKind
    user_id: UUID | None = None
    client_id: str | None = None
    partner_name: str | None = None
    scopes: frozenset[str] = frozenset()


ANONYMOUS = Viewer(ViewerKind.ANONYMOUS)

# What a token of each kind carries unless it asks for less.
USUAL_SCOPES: dict[ViewerKind, frozenset[str]] = {
    ViewerKind.ANONYMOUS: frozenset(),
    ViewerKind.CITIZEN: frozenset(
        {
            Scope.OPENID,
            Scope.PROFILE_READ,
            Scope.ACTIVITY_READ,
            Scope.ACTIVITY_WRITE,
            Scope.ROUTE_READ,
            Scope.HEALTH_READ,
            Scope.HEALTH_WRITE,
            Scope.CREDIT_READ,
            Scope.CREDIT_REDEEM,
            Scope.CHALLENGE_READ,
            Scope.CONNECTION_MANAGE,
            Scope.CONSENT_MANAGE,
            Scope.ACCOUNT_EXPORT,
            Scope.ACCOUNT_DELETE,
        }
    ),
    ViewerKind.PARTNER: frozenset(
        {Scope.ACTIVITY_READ, Scope.ACTIVITY_WRITE, Scope.CHALLENGE_READ, Scope.CREDIT_AWARD}
    ),
    ViewerKind.MINISTRY: frozenset({Scope.STATS_READ, Scope.CHALLENGE_READ}),
    ViewerKind.SPONSOR: frozenset(
        {Scope.CHALLENGE_READ, Scope.CHALLENGE_MANAGE, Scope.PARTICIPANT_READ, Scope.CREDIT_REDEEM}
    ),
    # admin:* opens all rows, and each field still asks for its own scope
    ViewerKind.ADMIN: frozenset(Scope),
}
