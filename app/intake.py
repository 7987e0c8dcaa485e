"""`POST /partners/{name}`: verify who sends, read by the partner's adapter, ingest, and say what became of it.

NDJSON is taken as it arrives, in batches; everything else is read whole. `GET` answers vendors that try our address.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters import ADAPTERS
from adapters.base import Adapter, Reads
from adapters.signatures import same
from app.bodies import Pace, arriving, whole
from app.http import viewer_of
from app.importing import Door, adapter_of, batched_by_line, delivered, partner_for, taken
from app.refusals import JSON, TooMany, UnsupportedMedia
from app.telling import Told, answer, said_of, tells
from auth.viewer import Viewer, ViewerKind
from domain.errors import Forbidden, NotFound, Unauthenticated
from domain.ingest import Result
from domain.partners import Partner
from domain.scopes import Scope

BODY_LIMIT = 10_000_000
LINES_LIMIT = 8_000_000_000
NDJSON = ADAPTERS["ccc_ndjson"]
HANDSHAKE = ".handshake"
"""Behind a partner's name: what the vendor's tries of our address name, or its own Authorization header."""
_LINES = frozenset(each for each in NDJSON.accepts if "/" in each)
_RETRY_SECONDS = 10
_NO_CONTENT = 204


class Intake:
    """The endpoint. `secrets` holds what a vendor's deliveries are verified by, by partner name.

    `most` deliveries by line of one partner are under way at once in each process.
    """

    def __init__(self, verified: Callable[[str], Viewer], secrets: Mapping[str, str], *, most: int, pace: Pace) -> None:
        self._verified = verified
        self._secrets = secrets
        self._most = most
        self._pace = pace
        self._under_way: dict[str, int] = {}

    async def __call__(self, request: Request) -> Response:
        """Take one delivery; 200 with one result per item, in the order of the payload.

        Raises NotFound for a partner that is not there or not the token's own, Unauthenticated without a
        token or a vendor's mark, BadPayload (422) when nothing can be read; the bytes are then quarantined.
        """
        door: Door = request.state.door
        found = await partner_at(door, request)
        viewer = self._viewer(request, found)
        partner = admitted(request, found, viewer)
        adapter, kind = adapter_of(partner), media_of(request)
        if viewer is not None and kind in _LINES:
            answers = self._by_line(request, door, partner)
            if tells(request):
                return Told(await anext(answers, []), answers)
            return Response(orjson.dumps(await said_of(answers)), media_type=JSON)
        _accepted(adapter, kind)
        body = await whole(arriving(request, BODY_LIMIT, self._pace))
        if viewer is None:
            self._verify(adapter, partner, request, body)
        report = await delivered(door, partner, body)
        status = 200 if viewer else adapter.acknowledged
        content = None if status == _NO_CONTENT else orjson.dumps(answer(report))
        return Response(content, status, media_type=JSON if content else None)

    async def tried(self, request: Request) -> Response:
        """Answer a vendor that tries our address. Raises NotFound for whatever is no such try."""
        partner = admitted(request, await partner_at(request.state.door, request), None)
        shake = adapter_of(partner).handshake
        shaken = shake(request.query_params, self._secrets.get(partner.name + HANDSHAKE, "")) if shake else None
        if shaken is None:
            raise NotFound("Deliveries are sent here by POST; there is nothing to read.")
        body = orjson.dumps(dict(shaken.document)) if shaken.document else None
        return Response(body, shaken.status, media_type=JSON if body else None)

    def _viewer(self, request: Request, partner: Partner | None) -> Viewer | None:
        """Whom a bearer token speaks for; None when only the vendor's own marks can tell."""
        given = request.headers.getlist("authorization")
        if partner is not None and partner.adapter is not None and adapter_of(partner).own_authorization:
            if len(given) == 1 and same(given[0], self._secrets.get(partner.name + HANDSHAKE, "")):
                return None
            if not given:
                raise Unauthenticated("Send the Authorization header that was agreed on, or a bearer token.")
        return viewer_of(given, self._verified) if given else None

    def _verify(self, adapter: Adapter, partner: Partner, request: Request, body: bytes) -> None:
        secret = self._secrets.get(partner.name, "")
        if adapter.verify is not None:
            known = bool(secret) and adapter.verify(request.headers, body, secret)
        else:  # who signs nothing knows an address that nobody else does
            known = same(request.query_params.get("key", ""), secret)
        if not known:
            raise Unauthenticated("Send a bearer token with activity:write, or the delivery as your platform signs it.")

    async def _by_line(self, request: Request, door: Door, partner: Partner) -> AsyncGenerator[list[Result], None]:
        """Lines of our own format, stored as they arrive. Raises TooMany beyond what is taken at once."""
        name = partner.name
        if self._under_way.get(name, 0) >= self._most:
            raise TooMany(
                f"{self._most} deliveries of {name} are under way; send this one when one of them has ended.",
                {"Retry-After": str(_RETRY_SECONDS), "Connection": "close"},
            )
        self._under_way[name] = self._under_way.get(name, 0) + 1
        try:
            batches = batched_by_line(door, partner, NDJSON, arriving(request, LINES_LIMIT, self._pace))
            async with aclosing(taken(door, partner, batches)) as answers:
                async for results in answers:
                    yield results
        finally:
            self._under_way[name] -= 1
            if not self._under_way[name]:
                del self._under_way[name]


async def partner_at(door: Door, request: Request) -> Partner | None:
    """The partner that the address names, if there is one."""
    try:
        return await partner_for(door, request.path_params["name"])
    except NotFound:
        return None


def admitted(request: Request, partner: Partner | None, viewer: Viewer | None) -> Partner:
    """The partner, if the token may deliver for it. Raises NotFound, and Forbidden without the scope.

    The list of partners is for those who are in; at the door, absent and not yours look alike.
    """
    if viewer is not None and Scope.ACTIVITY_WRITE not in viewer.scopes:
        raise Forbidden("The token lacks the scope activity:write.")
    is_theirs = viewer is None or (
        viewer.kind is ViewerKind.PARTNER and partner is not None and viewer.partner_name == partner.name
    )
    if partner is None or not is_theirs:
        name = str(request.path_params["name"])
        raise NotFound(f"There is no partner “{name[:60]}” that this token may deliver for.")
    return partner


def media_of(request: Request) -> str:
    """The media type of the body, without its parameters, in lower case."""
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


def _accepted(adapter: Adapter, kind: str) -> None:
    """Raises UnsupportedMedia unless the adapter accepts that type; a file may also come as plain bytes."""
    accepted = {each for each in adapter.accepts if "/" in each}
    if adapter.reads is Reads.FILE:
        accepted.add("application/octet-stream")
    if kind not in accepted:
        named = ", ".join(sorted(accepted))
        raise UnsupportedMedia(f"{adapter.name} takes: {named}.", {"Accept": named})
