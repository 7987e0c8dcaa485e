"""`POST /partners/{name}`: verify who sends, read by the partner's adapter, ingest, and say what became of it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import orjson
from starlette.requests import Request
from starlette.responses import Response

from adapters.base import Adapter, Reads
from app.http import body_within, viewer_of
from app.importing import Door, Report, adapter_of, delivered, partner_for
from app.refusals import JSON, UnsupportedMedia
from auth.viewer import Viewer, ViewerKind
from domain.errors import Forbidden, NotFound, Unauthenticated
from domain.partners import Partner
from domain.scopes import Scope

BODY_LIMIT = 10_000_000


class Intake:
    """The endpoint. `secrets` holds what a vendor's deliveries are verified by, by partner name."""

    def __init__(self, verified: Callable[[str], Viewer], secrets: Mapping[str, str]) -> None:
        self._verified = verified
        self._secrets = secrets

    async def __call__(self, request: Request) -> Response:
        """Take one delivery; 200 with one result per item, in the order of the payload.

        Raises NotFound for a partner that is not there or not the token's own, Unauthenticated without a
        token or a vendor's mark, BadPayload (422) when nothing can be read; the bytes are then quarantined.
        """
        door: Door = request.state.door
        authorization = request.headers.getlist("authorization")
        viewer = viewer_of(authorization, self._verified) if authorization else None
        partner = await _partner(door, request.path_params["name"], viewer)
        adapter = adapter_of(partner)
        _taken(adapter, request.headers.get("content-type", ""))
        body = await body_within(request, BODY_LIMIT)
        if viewer is None:
            self._verify(adapter, partner, request.headers, body)
        report = await delivered(door, partner, body)
        return Response(orjson.dumps(_answer(report)), media_type=JSON)

    def _verify(self, adapter: Adapter, partner: Partner, headers: Mapping[str, str], body: bytes) -> None:
        secret = self._secrets.get(partner.name)
        if adapter.verify is None or secret is None or not adapter.verify(headers, body, secret):
            raise Unauthenticated("Send a bearer token with activity:write, or the delivery as your platform signs it.")


async def _partner(door: Door, name: str, viewer: Viewer | None) -> Partner:
    absent = NotFound(f"There is no partner “{name[:60]}” that this token may deliver for.")
    if viewer is not None:
        if Scope.ACTIVITY_WRITE not in viewer.scopes:
            raise Forbidden("The token lacks the scope activity:write.")
        if viewer.kind is not ViewerKind.PARTNER or viewer.partner_name is None:
            raise absent
    try:
        partner = await partner_for(door, name)
    except NotFound:
        # The list of partners is for those who are in; at the door, absent and not yours look alike.
        raise absent from None
    if viewer is not None and viewer.partner_name != partner.name:
        raise absent
    return partner


def _taken(adapter: Adapter, content_type: str) -> None:
    """Raises UnsupportedMedia unless the adapter accepts that type; a file may also come as plain bytes."""
    kind = content_type.partition(";")[0].strip().lower()
    accepted = {each for each in adapter.accepts if "/" in each}
    if adapter.reads is Reads.FILE:
        accepted.add("application/octet-stream")
    if kind not in accepted:
        named = ", ".join(sorted(accepted))
        raise UnsupportedMedia(f"{adapter.name} takes: {named}.", {"Accept": named})


def _answer(report: Report) -> dict[str, Any]:
    return {
        "counts": report.counts,
        "results": [
            {
                "index": index,
                "partnerRef": getattr(each.item, "partner_ref", None),
                "outcome": each.outcome.name,
                "problem": {"code": each.problem.code, "path": each.problem.path, "message": each.problem.message}
                if each.problem
                else None,
            }
            for index, each in enumerate(report.results)
        ],
    }
