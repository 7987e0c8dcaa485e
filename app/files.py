"""`POST /partners/{name}/files`: a file of any length, kept and answered with the upload under which it is read."""

from __future__ import annotations

import asyncio
import errno
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import timedelta
from pathlib import Path
from uuid import UUID

import orjson
from starlette.requests import Request
from starlette.responses import Response

from app.bodies import Pace, arriving
from app.http import viewer_of
from app.importing import Door, adapter_of
from app.intake import admitted, partner_at
from app.multipart import Form, boundary_of, received
from app.refusals import JSON, BadRequest, NoRoom, TooMany
from app.spool import Spool
from app.unpacking import Unpacked
from auth.viewer import Viewer
from domain import uploads
from domain.citizens import keyed, unreadable
from domain.errors import Conflict, Unauthenticated
from domain.partners import AgreementState, Partner
from engine.ids import encoded

_FORM_BYTES = 20_000  # what a form may have around its file
_LONGEST_PERSON = 200
_LONGEST_NAME = 200
_RETRY = timedelta(seconds=30)


class Files:
    """The endpoint; `limit` is the largest file, `most` how many of a partner may be under way."""

    def __init__(self, verified: Callable[[str], Viewer], spool: Spool, *, limit: int, most: int, pace: Pace) -> None:
        self._verified = verified
        self._spool = spool
        self._limit = limit
        self._most = most
        self._pace = pace

    async def __call__(self, request: Request) -> Response:
        """202 with the upload's id once the file is whole and looks like one that can be read.

        Raises Unauthenticated, Forbidden, NotFound as for deliveries, TooMany, and what is wrong with the form or the
        file; then nothing of it is left.
        """
        door: Door = request.state.door
        found = await partner_at(door, request)
        given = request.headers.getlist("authorization")
        if not given:
            raise Unauthenticated("Send a bearer token with activity:write.")
        viewer = viewer_of(given, self._verified)
        partner = admitted(request, found, viewer)
        adapter, boundary = adapter_of(partner), boundary_of(request)
        pieces = arriving(request, self._limit + _FORM_BYTES, self._pace, packed="")
        async with self._begun(door, partner, viewer) as upload:
            with self._spool.arriving(upload) as (file, path):
                with _room():
                    form = await received(boundary, pieces, file)
                    await asyncio.to_thread(file.flush)
                unpacked = await asyncio.to_thread(Unpacked.at, path, adapter)
                await self._accept(door, partner, upload, form, unpacked.total_bytes)
        said = {"upload": {"id": encoded("Upload", upload), "state": "WAITING", "bytes": form.file_bytes}}
        return Response(orjson.dumps(said), 202, media_type=JSON)

    @asynccontextmanager
    async def _begun(self, door: Door, partner: Partner, viewer: Viewer) -> AsyncIterator[UUID]:
        """An upload under way, forgotten again if the block fails."""
        if partner.agreement != AgreementState.SIGNED.value:
            raise Conflict(
                f"The agreement with {partner.name} is {partner.agreement}; files are taken when it is signed."
            )
        async with door.sessions.begin() as session:
            upload = await uploads.begun(session, partner.name, viewer.client_id, self._most, door.now())
        if upload is None:
            raise TooMany(
                f"{self._most} files of {partner.name} are under way; send this one when one of them is done.",
                {"Retry-After": str(int(_RETRY.total_seconds())), "Connection": "close"},
            )
        accepted = False
        try:
            yield upload
            accepted = True
        finally:
            if not accepted:
                self._spool.remove(upload)
                await asyncio.shield(_dropped(door, upload))

    async def _accept(self, door: Door, partner: Partner, upload: UUID, form: Form, total: int) -> None:
        person = form.fields.get("person", "").strip() or None
        if person is not None and (len(person) > _LONGEST_PERSON or "\x00" in person):
            raise BadRequest(
                f"`person` is your reference of the person, 1 to {_LONGEST_PERSON} characters without NUL."
            )
        async with door.sessions.begin() as session:
            # Before the commit: whoever sees the job finds the file.
            await asyncio.to_thread(self._spool.settle, upload)
            await uploads.accepted(
                session,
                upload,
                partner.name,
                person_ref=keyed(person, door.hashed) if person else None,
                file_name=_shown(form.file_name, door.hashed),
                size=form.file_bytes,
                total=total,
            )


@contextmanager
def _room() -> Iterator[None]:
    """Raises NoRoom when the disk is full."""
    try:
        yield
    except OSError as error:
        if error.errno not in {errno.ENOSPC, errno.EDQUOT}:
            raise
        raise NoRoom("There is no room for files now; send it later.", {"Retry-After": "300"}) from error


async def _dropped(door: Door, upload: UUID) -> None:
    async with door.sessions.begin() as session:
        await uploads.dropped(session, upload)


def _shown(name: str | None, hashed: Callable[[str], str]) -> str | None:
    """The file's name as it is shown: without folders, what cannot be printed, or a citizen number."""
    last = Path((name or "").replace("\\", "/")).name
    plain = "".join(letter for letter in last if letter.isprintable())[:_LONGEST_NAME]
    return unreadable(plain.encode(), hashed).decode("utf-8", "replace") or None
