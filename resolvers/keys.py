"""What changes ask of their caller: a name for the attempt, and a person or an organisation to act for."""

from __future__ import annotations

from uuid import UUID

from auth.viewer import Viewer, ViewerKind
from domain.charges import Actor
from domain.errors import BadInput, Forbidden
from domain.scopes import Scope

_LONGEST = 100


def accepted_key(idempotency_key: str) -> str:
    """The key as given. Raises BadInput unless it has 1 to 100 characters.

    It comes back in the answer, for clients that match answers with attempts. Changes that the identity of what they
    make does not make idempotent keep it, beside what they did.
    """
    if not 0 < len(idempotency_key) <= _LONGEST:
        raise BadInput(f"Send an idempotencyKey of 1 to {_LONGEST} characters.", path=("input", "idempotencyKey"))
    return idempotency_key


def actor_of(viewer: Viewer) -> Actor:
    """Who acts on teams: a person, an organisation's client, or an administrator. Raises Forbidden for others."""
    administers = viewer.kind == ViewerKind.ADMIN and Scope.ADMIN in viewer.scopes
    if viewer.user_id is not None:
        return Actor(f"user:{viewer.user_id}", viewer.user_id, None, administers)
    if viewer.partner_name is not None or administers:
        return Actor(f"client:{viewer.client_id}", None, viewer.partner_name, administers)
    raise Forbidden("This change is for people, organisations and administrators.")


def person_of(viewer: Viewer) -> UUID:
    """The person a token speaks for. Raises Forbidden for tokens of a client alone."""
    if viewer.user_id is None:
        raise Forbidden("This change is a person's own; sign in as a person.")
    return viewer.user_id


def organisation_of(viewer: Viewer) -> str:
    """The organisation whose client asks. Raises Forbidden for clients of none."""
    if viewer.partner_name is None:
        raise Forbidden("This change is an organisation's; use a token of its client.")
    return viewer.partner_name
